"""One unit of the grid, from its matrix to a file of results. May run beside others in threads of one process.

Numerical libraries keep to one thread, so that two units share two cores; networks, whose library takes every core, wait
for one another. Chooses nothing.
"""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from cosmic.errors import ConfigError
from cosmic.facts.grid import GridResult
from cosmic.models.fit import one_thread
from cosmic.models.rebalance import NEIGHBOURS
from cosmic.records import Prepared, Task
from cosmic.study import accelerated
from cosmic.study.kept import UnitResults, write_facts
from cosmic.study.matrices import Matrix, MatrixCard, Order, PreparedMatrix, prepare_matrix
from cosmic.study.nested import FAST_ROWS
from cosmic.study.published import Balance
from cosmic.study.records import UnitDone
from cosmic.study.results import not_run
from cosmic.study.units import Clocks, Kind, Speed, Unit, run_unit, unrun_unit

ONE_AT_A_TIME: Final = threading.Lock()
"""Held while a network is trained or asked."""
WHOLE_PROCESS: Final = "CPU seconds are of the whole process, so of whatever ran beside it too"
FIVE_FEATURES: Final = "five features: these stars have no ELODIE values"
STUDY_ORDER: Final = "class sizes were balanced before scaling, as in the study"


def speed_here() -> Speed:
    """Return how far fits leave the study's own here: ``fast`` where the accelerator is installed."""
    return Speed.EXACT if accelerated.missing() else Speed.FAST


def grid_unit(unit: Unit, prepared: PreparedMatrix, *, seed: int, speed: Speed, folder: Path) -> UnitDone:
    """Return the results of a unit, written to `folder`: scores of each row, or why it was not run.

    Raises
    ------
    ArtefactCorrupt
        If the matrix is missing or changed.
    """
    results = _results(unit, prepared, seed=seed, speed=speed)
    path = write_facts(UnitResults(results=results), folder, "unit")
    return UnitDone(path, tuple(one.validation.f1 if one.validation else None for one in results))


def _results(unit: Unit, prepared: PreparedMatrix, *, seed: int, speed: Speed) -> tuple[GridResult, ...]:
    if prepared.path is None:
        return unrun_unit(unit, prepared)
    matrix = Matrix.load(prepared)
    try:
        matrix.reading(unit.rows[0].features)
    except ConfigError as error:
        return tuple(not_run(row, str(error), variant=unit.variant) for row in unit.rows)
    alone = stays_in_thread(unit, speed=speed, rows=matrix.card.n_fitted)
    # the wall clock is read within the lock: waiting is no cost of the unit
    with one_thread(), ONE_AT_A_TIME if unit.kind is Kind.NETWORK else nullcontext():
        results = run_unit(
            unit, matrix, seed=seed, speed=speed, clocks=Clocks(cpu=time.thread_time) if alone else Clocks()
        )
    said = (*what_is_special(matrix.card), *(() if alone else (WHOLE_PROCESS,)))
    return tuple(
        one.model_copy(update={"notes": (*one.notes, *said)}) if one.validation else one for one in results
    )  # fmt: skip


def what_is_special(card: MatrixCard) -> tuple[str, ...]:
    """Return what a reader must know of a matrix that is not quite that of the study, or of no other."""
    said = []
    if card.task is Task.STAR and not any(name.startswith("elodie") for name in card.features):
        said.append(FIVE_FEATURES)
    if card.order is Order.STUDY:
        said.append(STUDY_ORDER)
    return tuple(said)


def stays_in_thread(unit: Unit, *, speed: Speed, rows: int) -> bool:
    """Return whether all work of a unit is done by the thread that asks for it, so that its own clock sees it all."""
    if unit.kind is Kind.NETWORK:
        return False
    if speed is Speed.EXACT or accelerated.missing():
        return True
    return unit.kind is not Kind.NEIGHBOURS and (unit.kind is not Kind.FOREST or rows < FAST_ROWS)


def grid_matrix(
    prepared: Prepared, *, balance: Balance, order: Order, speed: Speed, seed: int, folder: Path
) -> PreparedMatrix:
    """Return the matrix of a data set and balance; ``fast`` lets the accelerator find SMOTE's neighbours."""
    with one_thread():
        return prepare_matrix(
            prepared,
            balance=balance,
            order=order,
            seed=seed,
            folder=folder,
            neighbours=accelerated.nearest(NEIGHBOURS + 1, threads=1) if speed is Speed.FAST else None,
        )
