"""A small matrix that the tests of the grid share."""

from __future__ import annotations

import pytest

from cosmic.records import Prepared, Task
from cosmic.study.matrices import Matrix, Order, prepare_matrix
from cosmic.study.published import Balance
from tests.study.small_study import small_prepared


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Superclass rows of broad classes, so that models differ."""
    return small_prepared(tmp_path_factory.mktemp("study"), task=Task.SUPERCLASS)


@pytest.fixture(scope="session")
def matrix(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    """The superclass after SMOTE."""
    folder = tmp_path_factory.mktemp("matrices")
    return Matrix.load(prepare_matrix(prepared, balance=Balance.SMOTE, order=Order.SCALE_FIRST, seed=0, folder=folder))
