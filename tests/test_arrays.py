"""A column is an array of numbers, whether or not the rows have it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from cosmic.arrays import as_floats, floats


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.int64()])
def test_a_null_is_not_a_number(kind: pa.DataType) -> None:
    rows = pa.table({"r": pa.chunked_array([pa.array([1, None], kind), pa.array([3], kind)])})
    found = floats(rows, "r")
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [1.0, np.nan, 3.0])
    np.testing.assert_array_equal(as_floats(pa.array([None, 2], kind)), [np.nan, 2.0])


def test_a_column_that_is_not_there_has_no_numbers() -> None:
    found = floats(pa.table({"r": [1.0, 2.0]}), "g")
    assert found.shape == (2,)
    assert np.isnan(found).all()
