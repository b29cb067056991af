"""The study's rows of a small made-up sky, for the tests of the grid."""

from __future__ import annotations

from pathlib import Path

from cosmic.records import Prepared, SplitName, Task
from cosmic.study.matrices import study_rows
from tests.small_sky import small_rows, small_snapshot


def small_prepared(folder: Path, *, task: Task, n: int = 1_500, without: tuple[str, ...] = ()) -> Prepared:
    """Return the study's rows of a task of a small made-up sky, with broad classes so that models differ."""
    snapshot = small_snapshot(folder / "snapshots", small_rows(n, scatter=0.9, without=without))
    return study_rows(
        snapshot, task=task, split=SplitName.SKY, salt="tests", seed=0, min_class_size=20, filter="none",
        folder=folder / "datasets",
    )  # fmt: skip
