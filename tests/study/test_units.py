"""The grid is cut so that every row is answered once, and every row has figures or a reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from cosmic.records import Prepared, Task
from cosmic.study import network
from cosmic.study.matrices import Matrix, Order, PreparedMatrix, prepare_matrix
from cosmic.study.published import Balance, Family, FeatureSet, KnnSetting, SvmSetting, study_grid
from cosmic.study.units import Clocks, Kind, Speed, Unit, run_unit, units, unrun_unit

GRID = study_grid()
HERE = tuple(row for row in GRID if row.task is Task.SUPERCLASS and row.balance is Balance.SMOTE)
NOWHERE = PreparedMatrix("0" * 64, None, Task.SUPERCLASS, Balance.SMOTE, Order.SCALE_FIRST, "no redshift column")


def first(kind: Kind) -> Unit:
    return next(unit for unit in units(HERE) if unit.kind is kind)


def test_every_row_of_the_grid_is_in_one_unit() -> None:
    cut = units(GRID, converged=False)
    assert Counter(row for unit in cut for row in unit.rows) == Counter(GRID)
    assert Counter(unit.kind for unit in cut) == {
        Kind.NEIGHBOURS: 6, Kind.LOGISTIC: 30, Kind.PLAIN: 36, Kind.TREE: 12, Kind.FOREST: 12, Kind.NETWORK: 24,
    }  # fmt: skip


def test_each_stopped_svm_has_a_converged_one_beside_it_under_a_name_of_its_own() -> None:
    beside = [unit for unit in units(GRID) if unit.kind is Kind.CONVERGED_SVM]
    assert len(beside) == 18
    assert {unit.variant for unit in beside} == {"converged"}


def test_a_unit_never_mixes_tasks_or_balances() -> None:
    for unit in units(GRID):
        assert len({(row.task, row.balance, row.features) for row in unit.rows}) == 1


def test_a_key_is_of_everything_that_decides_the_scores() -> None:
    unit = first(Kind.NEIGHBOURS)
    keys = {
        unit.key(NOWHERE, seed=0, speed=Speed.EXACT),
        unit.key(NOWHERE, seed=1, speed=Speed.EXACT),
        unit.key(replace(NOWHERE, id="1" * 64), seed=0, speed=Speed.EXACT),
        unit.key(NOWHERE, seed=0, speed=Speed.FAST),
        replace(unit, rows=unit.rows[:2]).key(NOWHERE, seed=0, speed=Speed.EXACT),
        first(Kind.FOREST).key(NOWHERE, seed=0, speed=Speed.EXACT),
    }
    assert len(keys) == 6
    assert unit.key(NOWHERE, seed=0, speed=Speed.EXACT) == first(Kind.NEIGHBOURS).key(
        NOWHERE, seed=0, speed=Speed.EXACT
    )
    assert len({unit.key(NOWHERE, seed=0, speed=Speed.EXACT) for unit in units(GRID)}) == len(units(GRID))


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.NETWORK])
def test_every_row_of_a_unit_has_figures(matrix: Matrix, kind: Kind) -> None:
    unit = first(kind)
    found = run_unit(unit, matrix, seed=0)
    suffix = f"/{unit.variant}" if unit.variant else ""
    assert [result.key for result in found] == [f"{row.key}{suffix}" for row in unit.rows]
    for result in found:
        assert result.validation is not None
        assert result.train is not None
        assert result.validation.n == len(matrix.y_validation)
        assert result.train.n == len(matrix.y) == result.n_fitted
        assert result.validation.recall == pytest.approx(result.validation.accuracy)
        assert result.shared == len(unit.rows)
        assert result.matrix == matrix.id
        assert result.fit is not None
        assert result.fit.cpu_s >= 0


def test_the_same_unit_gives_the_same_scores(matrix: Matrix) -> None:
    one, two = (run_unit(first(Kind.FOREST), matrix, seed=5, threads=threads) for threads in (1, 2))
    assert [(a.train, a.validation) for a in one] == [(b.train, b.validation) for b in two]


def test_costs_are_those_of_the_whole_unit_by_the_clocks_given(matrix: Matrix) -> None:
    ticks, work = count(0, 10), count(0, 7)
    clocks = Clocks(wall=lambda: float(next(ticks)), cpu=lambda: float(next(work)))
    found = run_unit(first(Kind.TREE), matrix, seed=0, train_scores=False, clocks=clocks)
    assert {(result.fit.wall_s, result.fit.cpu_s) for result in found if result.fit} == {(10.0, 7.0)}
    assert all(result.train is None and result.read_train is None for result in found)


def test_a_stopped_svm_says_so_and_the_converged_one_says_how_it_was_made(matrix: Matrix) -> None:
    stopped = Unit(Kind.PLAIN, tuple(row for row in HERE if row.setting == SvmSetting(1.0, 10)))
    assert any(
        note.startswith("not converged after 10 iterations") for note in run_unit(stopped, matrix, seed=0)[0].notes
    )
    X = np.random.default_rng(0).normal(size=(10_050, 5))
    many = replace(matrix, X=X, y=(X[:, 0] > 0).astype(np.int64))
    (fewer,) = run_unit(first(Kind.CONVERGED_SVM), many, seed=0)
    assert "left to converge, exact on 10,000 of 10,050 rows drawn at random" in fewer.notes
    assert fewer.n_fitted == 10_000
    assert "exact on all" in run_unit(first(Kind.CONVERGED_SVM), matrix, seed=0)[0].notes[-1]


def test_more_neighbours_than_rows_are_not_run_and_fewer_are(matrix: Matrix) -> None:
    small = replace(matrix, X=matrix.X[:50], y=matrix.y[:50])
    found = run_unit(first(Kind.NEIGHBOURS), small, seed=0)
    assert [result.validation is None for result in found] == [False, False, True]
    assert found[2].not_run == "100 neighbours are more than the 50 training rows"
    assert found[0].shared == 2


def test_rows_without_a_matrix_have_its_reason() -> None:
    for unit in units(HERE):
        assert {result.not_run for result in unrun_unit(unit, NOWHERE)} == {"no redshift column"}


def test_neighbours_with_class_weights_say_why_they_are_not_run(prepared: Prepared, tmp_path: Path) -> None:
    made = prepare_matrix(prepared, balance=Balance.CLASS_WEIGHT, order=Order.SCALE_FIRST, seed=0, folder=tmp_path)
    weighted = [replace(row, balance=Balance.CLASS_WEIGHT) for row in (HERE[0], HERE[40])]
    assert [row.family for row in weighted] == [Family.KNN, Family.FFNN]
    (unit, _) = units(weighted, converged=False)
    (result,) = run_unit(unit, Matrix.load(made), seed=0)
    assert result.not_run == "nearest neighbours know no class weights"


def test_another_feature_set_is_read_from_the_same_matrix(matrix: Matrix) -> None:
    row = replace(HERE[0], features=FeatureSet.X2, setting=KnnSetting(3))
    (unit,) = units([row])
    (result,) = run_unit(unit, matrix, seed=0)
    assert result.key == "superclass/X2/smote/knn/n_neighbors=3"
    assert result.validation is not None


def test_a_unit_refuses_the_matrix_of_another_task(matrix: Matrix) -> None:
    star = next(unit for unit in units(GRID) if unit.rows[0].task is Task.STAR)
    with pytest.raises(ValueError, match="was given the matrix of superclass, smote"):
        run_unit(star, matrix, seed=0)


@pytest.mark.skipif(network.missing() is None, reason="extra neural is installed")
def test_without_tensorflow_networks_are_not_run_and_say_so(matrix: Matrix) -> None:
    (result,) = run_unit(first(Kind.NETWORK), matrix, seed=0)
    assert result.not_run == "extra neural is not installed"


@pytest.mark.skipif(network.missing() is not None, reason="extra neural is not installed")
@pytest.mark.filterwarnings("ignore")
def test_a_network_is_a_unit_of_one_row(matrix: Matrix) -> None:
    (result,) = run_unit(first(Kind.NETWORK), matrix, seed=0)
    assert result.validation is not None
    assert result.weights == 69_123
