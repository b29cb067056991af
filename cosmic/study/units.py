"""The grid cut into units of work: the rows that one fit answers, under a key of their content. Orders no tasks.

A unit is what a flow caches and resumes: equal matrix, rows, seed and library give an equal key, and the same figures.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final, TypeVar

import numpy as np

from cosmic.facts.grid import Cost, Epoch, GridResult, GridScores
from cosmic.study import accelerated, network
from cosmic.study.expressed import EXACT_ROWS, cannot, converged_svm, estimator
from cosmic.study.forests import ForestNest
from cosmic.study.matrices import Matrix, PreparedMatrix
from cosmic.study.nested import FAST_ROWS, LogisticNest, NeighboursNest, Nest, NetworkNest, PlainNest, TreeNest
from cosmic.study.published import (
    Balance,
    Family,
    ForestSetting,
    GridRow,
    KnnSetting,
    LogisticSetting,
    NetworkSetting,
    SvmSetting,
    TreeSetting,
)
from cosmic.study.results import grid_scores, named, not_run

CONVERGED: Final = "converged"
"""Variant of an SVM that is left to converge, beside the study's that is stopped."""
_log = logging.getLogger(__name__)


class Kind(StrEnum):
    """What one fit of a unit can answer."""

    NEIGHBOURS = "neighbours"
    FOREST = "forest"
    TREE = "tree"
    LOGISTIC = "logistic"
    PLAIN = "plain"
    NETWORK = "network"
    CONVERGED_SVM = "converged-svm"


class Speed(StrEnum):
    """How far a fit may leave the study's own.

    ``exact`` shares fits and nothing else: the models are those of a plain fit for each row. ``fast`` also takes the
    accelerator's neighbours and forests where it is installed and as good, Newton's method where lbfgs converges
    soon, all on many rows only: models of the same quality, whose notes say so.
    """

    EXACT = "exact"
    FAST = "fast"


@dataclass(frozen=True, slots=True)
class Unit:
    """Rows of the grid, of one task and balance, that are fitted together."""

    kind: Kind
    rows: tuple[GridRow, ...]

    @property
    def variant(self) -> str:
        """What sets its results apart from settings as published, or nothing."""
        return CONVERGED if self.kind is Kind.CONVERGED_SVM else ""

    def key(self, matrix: PreparedMatrix, *, seed: int, speed: Speed) -> str:
        """Return a digest of everything that decides the unit's scores, an optional library that it needs too."""
        lacking = None
        if self.kind is Kind.NETWORK:
            lacking = network.missing()
        elif self.kind in (Kind.NEIGHBOURS, Kind.FOREST) and speed is Speed.FAST:
            lacking = accelerated.missing()
        what = [matrix.id, self.kind, [row.key for row in self.rows], seed, speed, lacking]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds that have passed, and seconds that all cores of the process have worked.

    Units that run beside others in one process see the others' seconds of work too.
    """

    wall: Callable[[], float] = time.perf_counter
    cpu: Callable[[], float] = time.process_time


def units(grid: Iterable[GridRow], *, converged: bool = True) -> tuple[Unit, ...]:
    """Return the units that answer every row of a grid, each row once, in the order of the grid.

    Parameters
    ----------
    converged : bool
        Whether each SVM that the study stopped has a converged one beside it: one for each C, after the others.
    """
    rows = list(grid)
    nests: dict[tuple[Kind, object], list[GridRow]] = {}
    for row in rows:
        nests.setdefault(_nest(row), []).append(row)
    found = [Unit(kind[0], tuple(members)) for kind, members in nests.items()]
    if converged:
        last = {
            (row.task, row.features, row.balance, row.setting.C): row
            for row in rows
            if isinstance(row.setting, SvmSetting)
        }
        found += [Unit(Kind.CONVERGED_SVM, (row,)) for row in last.values()]
    return tuple(found)


def _nest(row: GridRow) -> tuple[Kind, object]:
    """What rows must share to be answered by one fit."""
    place = (row.task, row.features, row.balance)
    match row.setting:
        case KnnSetting() if cannot(row) is None:
            return Kind.NEIGHBOURS, place
        case ForestSetting(bootstrap=bootstrap):
            return Kind.FOREST, (place, bootstrap)
        case TreeSetting(criterion=criterion):
            return Kind.TREE, (place, criterion)
        case LogisticSetting(solver=solver, penalty=penalty, C=C):
            return Kind.LOGISTIC, (place, solver, penalty, C)
        case NetworkSetting():
            return Kind.NETWORK, row.key
        case _:
            return Kind.PLAIN, row.key


def run_unit(
    unit: Unit,
    matrix: Matrix,
    *,
    seed: int,
    speed: Speed = Speed.EXACT,
    threads: int = 1,
    train_scores: bool = True,
    clocks: Clocks = Clocks(),
) -> tuple[GridResult, ...]:
    """Return a result for each row of a unit, fitted on one matrix in the rows' feature set.

    Parameters
    ----------
    matrix : Matrix
        X0 of the rows' task and balance.
    seed : int
        Of whatever the models draw.
    speed : Speed
        How far a fit may leave the study's own.
    threads : int
        Cores for neighbours and forests.
    train_scores : bool
        Whether the rows that were fitted on are answered too (most of the cost of neighbours), and networks say what
        each epoch gave.
    """
    first = unit.rows[0]
    if (matrix.card.task, _rows_of(matrix.card.balance)) != (first.task, _rows_of(first.balance)):
        raise ValueError(f"{first.key} was given the matrix of {matrix.card.task}, {matrix.card.balance}.")
    data = matrix.reading(first.features)
    barred = {row: reason for row in unit.rows if (reason := _barred(row, data))}
    rows = tuple(row for row in unit.rows if row not in barred)
    found = {row: not_run(row, reason, variant=unit.variant) for row, reason in barred.items()}
    if rows:
        nest = build(unit.kind, rows, seed=seed, speed=speed, threads=threads)
        found |= _run(unit, rows, data, nest, seed=seed, train_scores=train_scores, clocks=clocks)
    return tuple(found[row] for row in unit.rows)


def unrun_unit(unit: Unit, matrix: PreparedMatrix) -> tuple[GridResult, ...]:
    """Return the results of a unit whose matrix does not exist: its reason, for each row."""
    return tuple(not_run(row, matrix.not_run or "no matrix", variant=unit.variant) for row in unit.rows)


def _rows_of(balance: Balance) -> Balance:
    """Class weights leave the rows as they are."""
    return Balance.NONE if balance is Balance.CLASS_WEIGHT else balance


def _barred(row: GridRow, data: Matrix) -> str | None:
    if reason := cannot(row):
        return reason
    if row.family is Family.FFNN and (reason := network.missing()):
        return reason
    if isinstance(row.setting, KnnSetting) and row.setting.n_neighbors > len(data.y):
        return f"{row.setting.n_neighbors} neighbours are more than the {len(data.y)} training rows"
    return None


def _run(
    unit: Unit,
    rows: tuple[GridRow, ...],
    data: Matrix,
    nest: Nest,
    *,
    seed: int,
    train_scores: bool,
    clocks: Clocks,
) -> dict[GridRow, GridResult]:
    notes = data.card.notes
    if unit.kind is Kind.CONVERGED_SVM:
        data, said = _fewer(data, seed=seed)
        notes = (*notes, said)
    labels = data.card.labels
    if isinstance(nest, NetworkNest) and train_scores:
        nest.network.watched = data.X_validation, data.y_validation
    _, fit = _timed(lambda: nest.fit(data.X, data.y, classes=len(labels)), clocks)
    epochs: tuple[Epoch, ...] = nest.network.epochs_ if isinstance(nest, NetworkNest) else ()
    validation, read_validation = _timed(lambda: nest.read(data.X_validation), clocks)
    train: tuple[GridScores | None, ...] = (None,) * len(rows)
    read_train = None
    if train_scores:
        answers, read_train = _timed(lambda: nest.read(data.X), clocks)
        train = tuple(grid_scores(data.y, answer, labels) for answer in answers)
    _log.info("%s, %s: %d rows by one %s in %.1f s", rows[0].task, rows[0].balance, len(rows), unit.kind, fit.wall_s)
    engines = nest.engines()
    return {
        row: GridResult(
            **named(row, variant=unit.variant),
            matrix=data.id,
            seed=seed,
            n_train=data.card.n_train,
            n_fitted=len(data.y),
            n_validation=len(data.y_validation),
            train=train[at],
            validation=grid_scores(data.y_validation, validation[at], labels),
            shared=len(rows),
            fit=fit,
            read_validation=read_validation,
            read_train=read_train,
            engine=engines[at],
            weights=nest.network.weights if isinstance(nest, NetworkNest) else None,
            epochs=epochs,
            notes=(*notes, *nest.notes()[at]),
        )
        for at, row in enumerate(rows)
    }


def _fewer(data: Matrix, *, seed: int) -> tuple[Matrix, str]:
    """As many rows as an exact SVM can be fitted on, drawn at random, in words too."""
    n = len(data.y)
    if n <= EXACT_ROWS:
        return data, f"left to converge, exact on all {n:,} rows"
    kept = np.sort(np.random.default_rng(seed).choice(n, EXACT_ROWS, replace=False))
    said = f"left to converge, exact on {EXACT_ROWS:,} of {n:,} rows drawn at random"
    return dataclasses.replace(data, X=data.X[kept], y=data.y[kept]), said


def build(
    kind: Kind, rows: tuple[GridRow, ...], *, seed: int, speed: Speed, threads: int, from_rows: int = FAST_ROWS
) -> Nest:
    """Return the unfitted models of a unit; fast ones leave the study's way on `from_rows` rows or more."""
    fast = speed is Speed.FAST
    fast_rows = from_rows if fast else None
    match kind:
        case Kind.NEIGHBOURS:
            return NeighboursNest(rows, index=partial(accelerated.nearest, threads=threads, accelerate=fast))
        case Kind.FOREST:
            return ForestNest(rows, seed=seed, threads=threads, fast_rows=fast_rows)
        case Kind.TREE:
            return TreeNest(rows, seed=seed)
        case Kind.LOGISTIC:
            return LogisticNest(rows, seed=seed, threads=threads, fast_rows=fast_rows)
        case Kind.CONVERGED_SVM:
            return PlainNest(converged_svm(rows[0]))
        case Kind.NETWORK:
            return NetworkNest(rows[0], seed=seed)
        case Kind.PLAIN:
            return PlainNest(estimator(rows[0], seed=seed, threads=threads))


T = TypeVar("T")


def _timed(work: Callable[[], T], clocks: Clocks) -> tuple[T, Cost]:
    wall, cpu = clocks.wall(), clocks.cpu()
    done = work()
    return done, Cost(wall_s=clocks.wall() - wall, cpu_s=clocks.cpu() - cpu)
