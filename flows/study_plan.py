"""The dry run of the published study: what of the grid is in the cache. Runs no task, writes nothing."""

from __future__ import annotations

from itertools import product

from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Snapshot
from cosmic.settings import PipelineOptions
from cosmic.splits import SALT
from cosmic.study.chosen import best_rows, rows_for_other_sets
from cosmic.study.grid import speed_here
from cosmic.study.load import heaviest_first
from cosmic.study.published import Family
from cosmic.study.units import units
from flows.plan import Line, Memory, known
from flows.studying import BALANCES, asked_tasks, grid_units, of_task, order_of, place_of
from tasks import study as tasks


def study_lines(snapshot: Snapshot | None, *, options: PipelineOptions, settings: Settings, home: Home) -> list[Line]:
    """Count what is remembered of the study. A step is only known where all before it are."""
    asked, order, speed, seed = asked_tasks(options), order_of(options), speed_here(), options.seed
    look = Memory(home.results)
    prepared = [
        look(
            tasks.rows, snapshot, task, split=options.split, salt=settings.split_salt or SALT, seed=seed,
            min_class_size=options.class_size, filter=options.filter, folder=home.datasets,
        )
        for task in asked
    ]  # fmt: skip
    made = {
        (task, balance): look(tasks.matrix, one, balance, order=order, speed=speed, seed=seed, folder=home.study)
        for (task, one), balance in product(zip(asked, prepared, strict=True), BALANCES)
    }
    explored = [
        look(tasks.explore, one, sky=options.sky, seed=seed, resamples=settings.resamples, folder=home.study)
        for one in prepared
    ]
    sizes = {place: one.n_fitted for place, one in made.items() if one is not None}
    todo = grid_units(asked, sizes)
    done = [look(tasks.unit, unit, made[place_of(unit)], seed=seed, speed=speed, folder=home.study) for unit in todo]
    lines = [
        Line("study rows", known(prepared), len(prepared)),
        Line("matrices", known(list(made.values())), len(made)),
        Line("explore", known(explored), len(explored)),
        Line("grid", known(done), len(done), "in units of settings that one fit answers"),
    ]
    there, whole = [one for one in prepared if one is not None], [one for one in done if one is not None]
    if len(whole) < len(done) or len(there) < len(prepared):  # what is best is not known
        return [*lines, Line("study test", 0, len(asked) * len(Family), "and the best of them on other feature sets")]
    further = heaviest_first(units(rows_for_other_sets(todo, whole), converged=False), sizes)
    others = [
        look(tasks.unit, unit, made[place_of(unit)], seed=seed, speed=speed, folder=home.study) for unit in further
    ]
    tested = [
        look(
            tasks.test, row, of_task(there, row), made[row.task, row.balance], seed=seed,
            resamples=settings.resamples, folder=home.study,
        )
        for row in best_rows(todo, whole).values()
    ]  # fmt: skip
    return [
        *lines,
        Line("other sets", known(others), len(others), "other feature sets"),
        Line("study test", known(tested), len(tested), "the best of each family"),
    ]
