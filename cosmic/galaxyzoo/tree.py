"""The questions of Galaxy Zoo 2 and which answer leads to which question. Counts no votes.

The 37 answers stand everywhere in the order of `STEMS`, so that votes of n galaxies are arrays of shape (n, 37). The
stems come from ``cosmic/data/gz2_vote_stems.txt``; the README there names their source. The tree is that of Willett et
al. (2013), table 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Final

FIRST: Final = 1
"""The task that every classification begins with."""

_LEADS_TO: Final[dict[int, int | None]] = {
    1: 7, 2: 2, 3: None,
    4: 9, 5: 3,
    6: 4, 7: 4,
    8: 10, 9: 5,
    10: 6, 11: 6, 12: 6, 13: 6,
    14: 8, 15: None,
    16: 6, 17: 6, 18: 6,
    19: None, 20: None, 21: None, 22: None, 23: None, 24: None, 38: None,
    25: 6, 26: 6, 27: 6,
    28: 11, 29: 11, 30: 11,
    31: 5, 32: 5, 33: 5, 34: 5, 36: 5, 37: 5,
}  # fmt: skip
"""By answer number, the task that is asked next; None where the classification ends."""
_GATES: Final[dict[int, int | None]] = {
    1: None, 2: 2, 3: 5, 4: 5, 5: 5, 6: None, 7: 1, 8: 14, 9: 4, 10: 8, 11: 8,
}  # fmt: skip
"""By task, the last answer that everyone who sees it has given. Task 6 is asked of all who do not say artefact."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the 37 answers.

    Parameters
    ----------
    column : int
        Its place among the 37.
    number : int
        The number in its stem, ``aNN``; 35 does not exist.
    stem : str
        How its columns begin: ``<stem>_count``, ``<stem>_weighted_fraction``, ``<stem>_debiased`` and others.
    task : int
        The task that it answers.
    leads_to : int or None
        The task that is asked next.
    """

    column: int
    number: int
    stem: str
    task: int
    leads_to: int | None


@dataclass(frozen=True, slots=True)
class Task:
    """One of the eleven questions.

    Parameters
    ----------
    number : int
        From 1 to 11.
    name : str
        As the stems have it, such as ``bulge_prominence``.
    answers : tuple of Answer
        In the order of their columns, which follow each other.
    gate : int or None
        The column of the last answer that everyone who is asked has given; None where there is none.
    """

    number: int
    name: str
    answers: tuple[Answer, ...]
    gate: int | None

    @property
    def columns(self) -> slice:
        """Return the place of its answers among the 37."""
        return slice(self.answers[0].column, self.answers[-1].column + 1)


def _answers() -> tuple[Answer, ...]:
    stems = resources.files("cosmic").joinpath("data", "gz2_vote_stems.txt").read_text(encoding="ascii").split()
    answers = []
    for column, stem in enumerate(stems):
        number = next(int(part[1:]) for part in stem.split("_") if part[0] == "a" and part[1:].isdigit())
        answers.append(Answer(column, number, stem, int(stem[1:3]), _LEADS_TO[number]))
    return tuple(answers)


def _tasks(answers: tuple[Answer, ...]) -> dict[int, Task]:
    column = {answer.number: answer.column for answer in answers}
    tasks = {}
    for number, gate in _GATES.items():
        own = tuple(answer for answer in answers if answer.task == number)
        name = own[0].stem[4 : own[0].stem.index(f"_a{own[0].number:02d}_")]
        tasks[number] = Task(number, name, own, None if gate is None else column[gate])
    return tasks


ANSWERS: Final = _answers()
"""The 37 answers, in the order of their columns."""
STEMS: Final = tuple(answer.stem for answer in ANSWERS)
"""Their stems."""
TASKS: Final = _tasks(ANSWERS)
"""The eleven tasks by number."""
COLUMN: Final = {answer.number: answer.column for answer in ANSWERS}
"""The column of each answer by its number."""
ARTEFACT: Final = COLUMN[3]
"""The column of "star or artefact", the one answer after which nothing more is asked."""


def reached_through(task: int) -> tuple[int, ...]:
    """Return the columns of the answers that everyone has given who is asked this task, first to last.

    >>> [STEMS[column][:7] for column in reached_through(10)]
    ['t01_smo', 't02_edg', 't04_spi']
    """
    columns: list[int] = []
    gate = TASKS[task].gate
    while gate is not None:
        columns.append(gate)
        gate = TASKS[ANSWERS[gate].task].gate
    return tuple(reversed(columns))
