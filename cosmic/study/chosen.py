"""Which rows are looked at further: the best of each family on validation, and what is tried on other feature sets.

Sees validation scores alone; scores nothing itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from cosmic.evaluation.choice import best_on_validation
from cosmic.records import Task
from cosmic.study.published import (
    Balance,
    Family,
    FeatureSet,
    ForestSetting,
    GridRow,
    KnnSetting,
    LogisticSetting,
    NetworkSetting,
    Setting,
    SvmSetting,
    TreeSetting,
    study_grid,
)
from cosmic.study.records import UnitDone
from cosmic.study.units import Unit

OTHER_SETS: Final = (FeatureSet.X1, FeatureSet.X2, FeatureSet.X3, FeatureSet.X7)


def study_tasks() -> tuple[Task, ...]:
    """Return the tasks that the study's table has rows of, in its order."""
    return tuple(dict.fromkeys(row.task for row in study_grid()))


def best_rows(units: Sequence[Unit], done: Sequence[UnitDone]) -> dict[tuple[Task, Family], GridRow]:
    """Return the row of each task and family with the best weighted F1 on validation, among settings as published.

    Of equals the first of the table is taken. A family without any figure is left out.
    """
    return _best(_figures(units, done))


def rows_for_other_sets(units: Sequence[Unit], done: Sequence[UnitDone]) -> tuple[GridRow, ...]:
    """Return one row a task, family and feature set other than X0.

    The setting is the study's final one for galaxies, where it names one, and otherwise the best on validation with X0.
    """
    figures = _figures(units, done)
    final = {row: f1 for row, f1 in figures.items() if row.task is not Task.GALAXY or _is_final(row)}
    rows = _best(final)
    return tuple(dataclasses.replace(row, features=features) for row in rows.values() for features in OTHER_SETS)


def _figures(units: Sequence[Unit], done: Sequence[UnitDone]) -> dict[GridRow, float]:
    pairs = zip(units, done, strict=True)
    found = {
        row: f1
        for unit, one in pairs
        if not unit.variant
        for row, f1 in zip(unit.rows, one.validation_f1, strict=True)
        if f1 is not None
    }
    return {row: found[row] for row in study_grid() if row in found}


def _best(figures: dict[GridRow, float]) -> dict[tuple[Task, Family], GridRow]:
    families = dict.fromkeys((row.task, row.family) for row in figures)
    return {
        family: _first([row for row in figures if (row.task, row.family) == family], figures) for family in families
    }


def _first(rows: Sequence[GridRow], figures: dict[GridRow, float]) -> GridRow:
    at = best_on_validation([figures[row] for row in rows])
    if at is None:
        raise ValueError("there is no row to choose from.")
    return rows[at]


def _is_final(row: GridRow) -> bool:
    """Whether a row is the setting that the study ends with for galaxies, as far as it names one."""
    return row.balance is Balance.SMOTE and _final(row.setting)


def _final(setting: Setting) -> bool:
    match setting:
        case KnnSetting(n_neighbors=100) | LogisticSetting(penalty="none") | ForestSetting(n_estimators=50):
            return True
        case SvmSetting(C=1.0, max_iter=100) | TreeSetting("entropy", 10, 10) | NetworkSetting("relu", 0.1):
            return True
        case _:
            return False
