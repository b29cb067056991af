"""What an answer to a claim is, and where figures for one are found in facts. Knows no claim.

What is missing is said in the words of the facts; nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cosmic.facts import Facts, Result
from cosmic.facts.claims import PublishedClaim
from cosmic.facts.exploration import Exploration
from cosmic.reporting import words
from cosmic.reporting.best import PUBLISHED, best_result, why_not
from cosmic.reporting.shown import Number, Sentence, Style, Words

NOT_RUN: Final = "not run"


class Verdict(StrEnum):
    """What became of a claim."""

    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not reproduced"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Answer:
    """Our figure for a claim, its interval and number of objects, the verdict, and why.

    `of` says what our figure is of where that is something else than the claim's figure.
    """

    verdict: Verdict
    why: Sentence
    ours: Number | None = None
    interval: tuple[Number, Number] | None = None
    n: Number | None = None
    of: str = ""


Judge = Callable[[Facts, PublishedClaim], Answer]


def verdict_of(same: bool) -> Verdict:
    """Return whether a claim is reproduced."""
    return Verdict.REPRODUCED if same else Verdict.NOT_REPRODUCED


def agrees(published: float | None, ours: Number, interval: tuple[Number, Number] | None, near: float) -> bool:
    """Return whether a printed figure lies within `near` of ours or of its interval."""
    low, high = (interval[0].value, interval[1].value) if interval else (ours.value, ours.value)
    return published is not None and low - near - 1e-9 <= published <= high + near + 1e-9


def ends_at(path: str, ends: tuple[float, float]) -> tuple[Number, Number]:
    """Return the ends of an interval with their paths."""
    return Number(f"{path}[0]", ends[0], Style.SCORE), Number(f"{path}[1]", ends[1], Style.SCORE)


def same_inputs(one: Result, task: str) -> bool:
    """Return whether a result is of the task and the study's inputs, with all classes, and of no search: families are to be compared."""
    return one.task == task and one.arm == PUBLISHED and not one.dropped_classes and not one.searched


def index_of(facts: Facts, task: str, model: str, *, rebalancing: str | None = None) -> int | None:
    """Return the index of a family's result that is best on validation, or None."""

    def among(one: Result) -> bool:
        return same_inputs(one, task) and one.model == model and rebalancing in (None, one.rebalancing)

    return best_result(facts.results, among)


def objects_of(facts: Facts, index: int) -> Number | None:
    """Return the number of test objects of a result."""
    n = facts.results[index].n_test
    return None if n is None else Number(f"results[{index}].n_test", n, Style.COUNT)


def unknown(facts: Facts, task: str, model: str = "", what: str = "") -> Answer:
    """Return that something was not run, with the reason that the facts give."""
    reason = why_not(facts, task, PUBLISHED) or why_not(facts, task)
    ran = any(one.task == task and one.test for one in facts.results)
    if reason is None or (ran and model):
        named = what or (words.model(model) if model else words.task(task))
        return Answer(Verdict.CANNOT_TELL, (f"{NOT_RUN}: {named}",))
    return Answer(Verdict.CANNOT_TELL, (f"{NOT_RUN}: ", reason))


def explored(facts: Facts, task: str) -> tuple[int, Exploration | None]:
    """Return the exploration of a task and its index; -1 and None where there is none."""
    return next(((i, one) for i, one in enumerate(facts.exploration) if one.task == task), (-1, None))


def unexplored(at: int, found: Exploration | None) -> Answer:
    """Return that there is no exploration, with its reason."""
    if found is None or found.not_run is None:
        return Answer(Verdict.CANNOT_TELL, (NOT_RUN,))
    return Answer(Verdict.CANNOT_TELL, (f"{NOT_RUN}: ", Words(f"exploration[{at}].not_run", found.not_run)))
