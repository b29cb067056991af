"""The best row of a family is the best on validation among settings as published; feature sets follow from it."""

from __future__ import annotations

from pathlib import Path

from cosmic.records import Task
from cosmic.study.chosen import OTHER_SETS, best_rows, rows_for_other_sets, study_tasks
from cosmic.study.published import Balance, Family, FeatureSet, GridRow, KnnSetting, SvmSetting, study_grid
from cosmic.study.records import UnitDone
from cosmic.study.units import CONVERGED, units

UNITS = units(study_grid())


def scored(figures: dict[str, float | None], other: float = 0.5) -> list[UnitDone]:
    """Return results in which some rows have figures of their own, converged SVMs perfect ones."""
    return [
        UnitDone(Path("none"), tuple(0.99 if unit.variant else figures.get(row.key, other) for row in unit.rows))
        for unit in UNITS
    ]


def key(task: Task, family: Family, *, last: bool = False) -> str:
    rows = [row.key for row in study_grid() if (row.task, row.family) == (task, family)]
    return rows[-1 if last else 0]


def test_every_task_and_family_has_one_row_whatever_the_order_of_units() -> None:
    best = best_rows(UNITS, scored({}))
    assert len(best) == len(study_tasks()) * len(Family) == 18
    assert best == best_rows(UNITS[::-1], scored({})[::-1])


def test_of_equals_the_first_of_the_table_is_taken_and_a_better_one_before_it() -> None:
    first, last = key(Task.STAR, Family.LOGISTIC), key(Task.STAR, Family.LOGISTIC, last=True)
    assert best_rows(UNITS, scored({}))[Task.STAR, Family.LOGISTIC].key == first
    assert best_rows(UNITS, scored({last: 0.6}))[Task.STAR, Family.LOGISTIC].key == last


def test_a_converged_svm_is_no_row_of_the_study() -> None:
    assert any(unit.variant == CONVERGED for unit in UNITS)
    best = key(Task.GALAXY, Family.SVM, last=True)
    assert best_rows(UNITS, scored({best: 0.6}))[Task.GALAXY, Family.SVM].key == best


def test_a_family_without_figures_is_left_out() -> None:
    none: dict[str, float | None] = {row.key: None for row in study_grid() if row.family is Family.FFNN}
    assert {family for _, family in best_rows(UNITS, scored(none))} == set(Family) - {Family.FFNN}


def test_galaxies_take_the_study_s_final_settings_to_other_sets_and_the_rest_its_best() -> None:
    better = "galaxy/X0/rarest/knn/n_neighbors=5"
    assert better in {row.key for row in study_grid()}
    rows = rows_for_other_sets(UNITS, scored({better: 0.9, "star/X0/rarest/svm/C=10,max_iter=10": 0.9}))
    assert len(rows) == 18 * len(OTHER_SETS) == len({row.key for row in rows})
    assert FeatureSet.X0 not in {row.features for row in rows}
    of_galaxies = {(row.balance, row.setting) for row in rows if row.task is Task.GALAXY}
    assert (Balance.SMOTE, KnnSetting(100)) in of_galaxies
    assert (Balance.SMOTE, SvmSetting(1.0, 100)) in of_galaxies
    assert (Balance.RAREST, KnnSetting(5)) not in of_galaxies
    assert GridRow(Task.STAR, Balance.RAREST, SvmSetting(10.0, 10), FeatureSet.X2) in rows
