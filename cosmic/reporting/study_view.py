"""What the page of the study shows of each task: which rows of the facts stand where, as indices. Draws nothing, scores nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cosmic.facts import Facts
from cosmic.facts.grid import GridResult
from cosmic.reporting.best import HONEST, NO_LEAK, PUBLISHED, best_of
from cosmic.reporting.grid_judges import best_family

_X0: Final = "X0"


@dataclass(frozen=True, slots=True)
class Remark:
    """A note that rows share: the first of `rows` has it at place `at` of its notes. `everywhere` if all that ran do."""

    rows: tuple[int, ...]
    at: int
    everywhere: bool


@dataclass(frozen=True, slots=True)
class Tuning:
    """The tuning table of one family: rows of ``facts.grid`` in the order of the published table.

    Parameters
    ----------
    settings : tuple of str
        Names of the family's settings, which are the columns.
    best : int or None
        The row whose weighted F1 on validation is highest.
    variants : tuple of int
        Rows beside the published ones, such as converged SVMs.
    remarks : tuple of Remark
        What is to be known of rows and variants.
    """

    family: str
    settings: tuple[str, ...]
    rows: tuple[int, ...]
    best: int | None
    variants: tuple[int, ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class StudyTask:
    """One section of the page: places in the facts.

    Parameters
    ----------
    arms : tuple of int
        Best results of the arms with the study's inputs, of those less the leak, and without a spectrum.
    tested : tuple of int
        Of ``facts.grid_test``.
    best : int or None
        The family that is best on validation.
    curves : tuple of int
        Networks of the grid whose epochs are known.
    sets : tuple of int
        Rows of other feature sets.
    """

    name: str
    arms: tuple[int, ...]
    tested: tuple[int, ...]
    best: int | None
    tuning: tuple[Tuning, ...]
    curves: tuple[int, ...]
    sets: tuple[int, ...]
    exploration: int | None
    label: int | None


def study_tasks(facts: Facts) -> tuple[StudyTask, ...]:
    """Return the sections of the page, in the order of the published table."""
    return tuple(
        _task(facts, name)
        for name in dict.fromkeys([*(one.task for one in facts.grid), *(one.task for one in facts.exploration)])
    )


def printed(facts: Facts) -> dict[str, int]:
    """Return the place in ``facts.published_grid`` of each row of the grid, by its key."""
    return {row.key: i for i, row in enumerate(facts.published_grid)}


def run_and_all(facts: Facts) -> tuple[int, int]:
    """Return how many rows of the published table have figures, and how many there are."""
    rows = [one for one in facts.grid if one.features == _X0 and not one.variant]
    return sum(one.not_run is None for one in rows), len(rows)


def _task(facts: Facts, name: str) -> StudyTask:
    mine = [i for i, one in enumerate(facts.grid) if one.task == name]
    arms = (best_of(facts, name, arm) for arm in (PUBLISHED, NO_LEAK, HONEST))
    families = dict.fromkeys(facts.grid[i].family for i in mine)
    return StudyTask(
        name=name,
        arms=tuple(i for i in arms if i is not None),
        tested=tuple(i for i, one in enumerate(facts.grid_test) if one.task == name),
        best=best_family(facts, name),
        tuning=tuple(_tuning(facts, [i for i in mine if facts.grid[i].family == family]) for family in families),
        curves=tuple(i for i in mine if facts.grid[i].epochs and facts.grid[i].features == _X0),
        sets=tuple(i for i in mine if facts.grid[i].features != _X0),
        exploration=next((i for i, one in enumerate(facts.exploration) if one.task == name), None),
        label=next((i for i, one in enumerate(facts.labels) if one.task == name), None),
    )


def _tuning(facts: Facts, mine: list[int]) -> Tuning:
    mine = [i for i in mine if facts.grid[i].features == _X0]
    rows = [i for i in mine if not facts.grid[i].variant]
    first = facts.grid[rows[0]]
    return Tuning(
        family=first.family,
        settings=tuple(first.setting),
        rows=tuple(rows),
        best=max((i for i in rows if facts.grid[i].validation), key=lambda i: (_f1(facts.grid[i]), -i), default=None),
        variants=tuple(i for i in mine if facts.grid[i].variant),
        remarks=tuple(_remarks(facts, mine)),
    )


def _f1(one: GridResult) -> float:
    return one.validation.f1 if one.validation else -1.0


def _remarks(facts: Facts, mine: list[int]) -> Iterable[Remark]:
    ran = [i for i in mine if facts.grid[i].validation]
    for note in dict.fromkeys(note for i in ran for note in facts.grid[i].notes):
        rows = tuple(i for i in ran if note in facts.grid[i].notes)
        yield Remark(rows, facts.grid[rows[0]].notes.index(note), everywhere=len(rows) == len(ran))
