"""The small records that the study's steps hand on: files of results and what is chosen by. Computes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cosmic.records import Task
from cosmic.study.matrices import Order
from cosmic.study.published import Family


@dataclass(frozen=True, slots=True)
class UnitDone:
    """The results of one unit on disk (`GridResult` blocks), and the weighted F1 on validation of each row, in order."""

    path: Path
    validation_f1: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class FamilyTested:
    """One family of one task on the test part; a `GridTest` of the facts on disk."""

    task: Task
    family: Family
    path: Path


@dataclass(frozen=True, slots=True)
class Explored:
    """What was seen of a task before any classifier; an `Exploration` of the facts on disk."""

    task: Task
    path: Path


@dataclass(frozen=True, slots=True)
class Studied:
    """Everything that the study's steps of one run handed back; `tasks` are those that were asked for."""

    tasks: tuple[Task, ...]
    order: Order
    done: tuple[UnitDone, ...]
    other_sets: tuple[UnitDone, ...]
    tested: tuple[FamilyTested, ...]
    explored: tuple[Explored, ...]
