"""The published study's steps: rows, matrices, units of the grid, test scores, exploration. Each wraps one call; orders nothing."""

from __future__ import annotations

from pathlib import Path

from prefect import task
from prefect.runtime import task_run

from cosmic.records import Prepared, Sky, Snapshot, SplitName, Task
from cosmic.study.matrices import Order, PreparedMatrix
from cosmic.study.published import Balance, GridRow
from cosmic.study.records import Explored, FamilyTested, UnitDone
from cosmic.study.units import Speed, Unit
from tasks.policies import policy


@task(**policy("study-rows"), task_run_name="rows of {task}")
def rows(
    snapshot: Snapshot,
    task: Task,
    *,
    split: SplitName,
    salt: str,
    seed: int,
    min_class_size: int,
    filter: str,
    folder: Path,
) -> Prepared:
    """Make the data set of the study's features for a task, or say why there is none."""
    from cosmic.study import matrices

    return matrices.study_rows(
        snapshot, task=task, split=split, salt=salt, seed=seed, min_class_size=min_class_size, filter=filter,
        folder=folder,
    )  # fmt: skip


@task(**policy("study-matrix"), task_run_name="matrix {prepared.task} · {balance}")
def matrix(
    prepared: Prepared, balance: Balance, *, order: Order, speed: Speed, seed: int, folder: Path
) -> PreparedMatrix:
    """Make the matrix of a task and balance, or say why there is none."""
    from cosmic.study import grid

    return grid.grid_matrix(prepared, balance=balance, order=order, speed=speed, seed=seed, folder=folder)


def _unit_name() -> str:
    """Return how a run of `unit` is called in the UI."""
    given: Unit = task_run.parameters["given"]
    first, more = given.rows[0], len(given.rows) - 1
    return f"{first.key}{f' and {more} more' if more else ''}{f', {given.variant}' if given.variant else ''}"


@task(**policy("study-unit"), task_run_name=_unit_name)
def unit(given: Unit, prepared: PreparedMatrix, *, seed: int, speed: Speed, folder: Path) -> UnitDone:
    """Fit and score the rows of a unit on one matrix, or say why not."""
    from cosmic.study import grid

    return grid.grid_unit(given, prepared, seed=seed, speed=speed, folder=folder)


@task(**policy("study-test"), task_run_name="test {row.task} · {row.family}")
def test(
    row: GridRow, prepared: Prepared, prepared_matrix: PreparedMatrix, *, seed: int, resamples: int, folder: Path
) -> FamilyTested:
    """Score the best validated row of a family on the test part."""
    from cosmic.study import finals

    return finals.score_family(row, prepared, prepared_matrix, seed=seed, resamples=resamples, folder=folder)


@task(**policy("explore"), task_run_name="explore {prepared.task}")
def explore(prepared: Prepared, *, sky: Sky, seed: int, resamples: int, folder: Path) -> Explored:
    """Look at a task's features before any classifier."""
    from cosmic.study import explored

    return explored.explore_task(prepared, sky=sky, seed=seed, resamples=resamples, folder=folder)
