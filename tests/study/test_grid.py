"""A unit of the grid becomes a file of results that is named by them; what makes it special is said."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from cosmic.artefacts import intact
from cosmic.records import Prepared, Task
from cosmic.study import accelerated
from cosmic.study.grid import (
    FIVE_FEATURES,
    STUDY_ORDER,
    WHOLE_PROCESS,
    grid_matrix,
    grid_unit,
    stays_in_thread,
    what_is_special,
)
from cosmic.study.kept import read_results
from cosmic.study.matrices import Matrix, Order, PreparedMatrix
from cosmic.study.published import Balance, FeatureSet, study_grid
from cosmic.study.units import Kind, Speed, Unit, units

TREES = next(unit for unit in units(study_grid()) if unit.kind is Kind.TREE)
"""Six trees of the superclass after SMOTE."""


@pytest.fixture(scope="module")
def made(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> PreparedMatrix:
    folder = tmp_path_factory.mktemp("grid")
    return grid_matrix(
        prepared, balance=Balance.SMOTE, order=Order.SCALE_FIRST, speed=Speed.EXACT, seed=0, folder=folder
    )


def test_a_unit_is_a_file_with_a_result_for_each_row_and_the_figure_that_is_chosen_by(
    made: PreparedMatrix, tmp_path: Path
) -> None:
    done = grid_unit(TREES, made, seed=0, speed=Speed.EXACT, folder=tmp_path)
    results = read_results(done.path)
    assert intact(done.path)
    assert [one.key for one in results] == [row.key for row in TREES.rows]
    assert done.validation_f1 == tuple(one.validation.f1 for one in results if one.validation)
    assert all(one.train and one.notes == () for one in results)
    assert made.n_fitted == results[0].n_fitted


def test_without_a_matrix_each_row_says_why(tmp_path: Path) -> None:
    none = PreparedMatrix("0", None, Task.SUPERCLASS, Balance.SMOTE, Order.SCALE_FIRST, "fewer than two classes")
    done = grid_unit(TREES, none, seed=0, speed=Speed.EXACT, folder=tmp_path)
    assert done.validation_f1 == (None,) * len(TREES.rows)
    assert {one.not_run for one in read_results(done.path)} == {"fewer than two classes"}


def test_a_feature_set_that_the_rows_cannot_give_is_a_reason_and_no_error(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = grid_matrix(
        prepared, balance=Balance.RAREST, order=Order.SCALE_FIRST, speed=Speed.EXACT, seed=0, folder=tmp_path
    )
    whole = Matrix.load(matrix)
    lacking = dataclasses.replace(whole, card=whole.card.model_copy(update={"features": tuple("abcde")}))
    monkeypatch.setattr(Matrix, "load", lambda _: lacking)
    rows = tuple(dataclasses.replace(row, features=FeatureSet.X1, balance=Balance.RAREST) for row in TREES.rows)
    done = grid_unit(Unit(Kind.TREE, rows), matrix, seed=0, speed=Speed.EXACT, folder=tmp_path)
    reason = read_results(done.path)[0].not_run
    assert reason is not None
    assert "X1 needs redshift_log" in reason


def test_stars_without_elodie_and_the_study_s_order_are_said(made: PreparedMatrix) -> None:
    card = Matrix.load(made).card
    assert what_is_special(card) == ()
    changed = card.model_copy(update={"task": Task.STAR, "order": Order.STUDY})
    assert what_is_special(changed) == (FIVE_FEATURES, STUDY_ORDER)
    assert what_is_special(card.model_copy(update={"task": Task.STAR, "features": ("elodie_bv",)})) == ()


def test_work_of_other_threads_is_measured_by_the_process_and_says_so() -> None:
    kinds = {unit.kind: unit for unit in units(study_grid())}
    assert not stays_in_thread(kinds[Kind.NETWORK], speed=Speed.EXACT, rows=10)
    assert stays_in_thread(kinds[Kind.NEIGHBOURS], speed=Speed.EXACT, rows=10)
    accelerates = accelerated.missing() is None
    assert stays_in_thread(kinds[Kind.NEIGHBOURS], speed=Speed.FAST, rows=10) is not accelerates
    assert stays_in_thread(kinds[Kind.FOREST], speed=Speed.FAST, rows=10)
    assert stays_in_thread(kinds[Kind.FOREST], speed=Speed.FAST, rows=60_000) is not accelerates
    assert "whole process" in WHOLE_PROCESS
