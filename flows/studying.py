"""The order of the published study's steps, for every flow that redoes it. Orders tasks; computes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import product

from cosmic.home import Home
from cosmic.records import Prepared, Snapshot, Task
from cosmic.settings import PipelineOptions
from cosmic.study.accelerated import expect_threads
from cosmic.study.chosen import best_rows, rows_for_other_sets, study_tasks
from cosmic.study.grid import speed_here
from cosmic.study.load import Sizes, heaviest_first, weight
from cosmic.study.matrices import Order, PreparedMatrix
from cosmic.study.published import Balance, GridRow, study_grid
from cosmic.study.records import Studied, UnitDone
from cosmic.study.units import Unit, units
from flows.steps import Steps
from tasks import study as tasks

BALANCES = (Balance.SMOTE, Balance.RAREST)
"""What the study did about class sizes."""
Matrices = dict[tuple[Task, Balance], PreparedMatrix]


def study(
    snapshot: Snapshot, *, options: PipelineOptions, salt: str, resamples: int, home: Home, steps: Steps
) -> Studied:
    """Redo the study for every task that was asked for: explore, fit the grid, look at other feature sets, test."""
    expect_threads()
    asked, order, speed = asked_tasks(options), order_of(options), speed_here()
    prepared = steps.many(
        "study, rows",
        asked,
        lambda task: tasks.rows.submit(
            snapshot,
            task,
            split=options.split,
            salt=salt,
            seed=options.seed,
            min_class_size=options.class_size,
            filter=options.filter,
            folder=home.datasets,
        ),
    )
    made = steps.many(
        "study, matrices",
        list(product(prepared, BALANCES)),
        lambda pair: tasks.matrix.submit(
            pair[0], pair[1], order=order, speed=speed, seed=options.seed, folder=home.study
        ),
    )
    explored = steps.many(
        "study, exploring",
        prepared,
        lambda one: tasks.explore.submit(
            one, sky=options.sky, seed=options.seed, resamples=resamples, folder=home.study
        ),
    )
    matrices = {(one.task, one.balance): one for one in made}
    sizes = {place: one.n_fitted for place, one in matrices.items()}

    def run(label: str, todo: Sequence[Unit]) -> tuple[UnitDone, ...]:
        return steps.many(
            label,
            todo,
            lambda unit: tasks.unit.submit(
                unit, matrices[place_of(unit)], seed=options.seed, speed=speed, folder=home.study
            ),
            pace=left(todo, sizes),
        )

    todo = grid_units(asked, sizes)
    done = run("study, grid", todo)
    other_sets = run("study, other feature sets", heaviest_first(units(rows_for_other_sets(todo, done),
                                                                       converged=False), sizes))  # fmt: skip
    tested = steps.many(
        "study, test part",
        list(best_rows(todo, done).values()),
        lambda row: tasks.test.submit(
            row,
            of_task(prepared, row),
            matrices[row.task, row.balance],
            seed=options.seed,
            resamples=resamples,
            folder=home.study,
        ),
    )
    return Studied(asked, order, done, other_sets, tested, explored)


def asked_tasks(options: PipelineOptions) -> tuple[Task, ...]:
    """Return the tasks of the study that are among those asked for."""
    return tuple(task for task in study_tasks() if not options.task or task in options.task)


def order_of(options: PipelineOptions) -> Order:
    """Return whether class sizes are balanced before scaling."""
    return Order.STUDY if options.rebalance_first else Order.SCALE_FIRST


def grid_units(asked: Sequence[Task], sizes: Sizes) -> tuple[Unit, ...]:
    """Return the units of the grid of these tasks, in the order in which they are run."""
    return heaviest_first(units(row for row in study_grid() if row.task in asked), sizes)


def place_of(unit: Unit) -> tuple[Task, Balance]:
    """Return which matrix a unit is fitted on."""
    return unit.rows[0].task, unit.rows[0].balance


def of_task(prepared: Sequence[Prepared], row: GridRow) -> Prepared:
    """Return the data set of a row's task."""
    return next(one for one in prepared if one.task is row.task)


def left(todo: Sequence[Unit], sizes: Sizes) -> Callable[[Unit], str]:
    """Return what says, told each unit that is done, about how long the others take at the pace so far."""
    total, started, done = sum(weight(unit, sizes) for unit in todo), time.monotonic(), 0.0

    def words(unit: Unit) -> str:
        nonlocal done
        done += weight(unit, sizes)
        seconds = max(0.0, total - done) * (time.monotonic() - started) / done
        return f"about {seconds / 60:.0f} min left" if seconds >= 90 else f"about {seconds:.0f} s left"

    return words
