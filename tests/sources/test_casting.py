"""Cells become values of their column's type, or are named with the reason; ids keep every digit."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmic.columns import BY_NAME
from cosmic.sources.casting import (
    BEYOND_INTEGER,
    CUT_ID,
    NOT_A_NUMBER,
    NOT_AN_ID,
    NOT_AN_INTEGER,
    NOT_FINITE,
    ROUNDED_ID,
    Cast,
    cast,
)


def of(cells: pa.Array | list[object], column: str) -> Cast:
    array = cells if isinstance(cells, pa.Array) else pa.array(cells, pa.string())
    found = cast(array, BY_NAME[column])
    assert len(found.values) == len(array)
    assert all(found.values[place].as_py() is None for place in failures(found))
    return found


def failures(found: Cast) -> dict[int, str]:
    return {place: reason for mask, reason in found.failures for place, bad in enumerate(mask.to_pylist()) if bad}


def test_numbers_of_every_spelling_are_read() -> None:
    cells = ["17.5", " 17.5 ", "1.75e1", "+17.5", "17.5E+00", "-9999", "", "nan", "NULL", "None", "n/a", None]
    found = of(cells, "u")
    assert found.values.to_pylist() == [17.5] * 5 + [-9999.0] + [None] * 6
    assert failures(found) == {}


def test_cells_that_are_no_number_are_named_one_by_one() -> None:
    found = of(["17.5", "abc", "17,5", "0x1F", "inf", "-Infinity", "1e999", "18"], "u")
    assert found.values.to_pylist() == [17.5, None, None, None, None, None, None, 18.0]
    assert failures(found) == {
        1: NOT_A_NUMBER, 2: NOT_A_NUMBER, 3: NOT_A_NUMBER, 4: NOT_FINITE, 5: NOT_FINITE, 6: NOT_FINITE
    }  # fmt: skip


def test_binary_numbers_lose_nan_and_name_infinity() -> None:
    found = of(pa.array([1.0, float("nan"), float("inf"), None]), "u")
    assert found.values.to_pylist() == [1.0, None, None, None]
    assert failures(found) == {2: NOT_FINITE}


@pytest.mark.parametrize(
    "cells",
    [
        pa.array(["2891.0", "5", "", "+7"]),
        pa.array([2891.0, 5.0, None, 7.0]),
        pa.array([2891, 5, None, 7], pa.uint16()),
    ],
)
def test_integers_in_float_form_are_integers(cells: pa.Array) -> None:
    assert of(cells, "plate").values.to_pylist() == [2891, 5, None, 7]
    assert of(cells, "plate").values.type == pa.int64()


def test_what_is_no_integer_is_named() -> None:
    found = of(["1", "2.5", "x", "1e30", "9223372036854775808", str(2**53 + 1)], "mjd")
    assert found.values.to_pylist() == [1, None, None, None, None, 2**53 + 1]
    assert failures(found) == {1: NOT_AN_INTEGER, 2: NOT_A_NUMBER, 3: BEYOND_INTEGER, 4: BEYOND_INTEGER}
    assert failures(of(pa.array([1, 2**64 - 1], pa.uint64()), "mjd")) == {1: BEYOND_INTEGER}


@given(st.lists(st.integers(min_value=1, max_value=10**20 - 1), min_size=1, max_size=20))
def test_ids_of_up_to_20_digits_are_exact(ids: list[int]) -> None:
    found = of([f" {value:020d} " if index % 2 else str(value) for index, value in enumerate(ids)], "spec_obj_id")
    clipped = [None if value == 2**63 - 1 else str(value) for value in ids]
    assert found.values.to_pylist() == clipped


@given(
    st.lists(st.integers(min_value=1, max_value=2**64 - 1).filter(lambda n: n != 2**63 - 1), min_size=1, max_size=20)
)
def test_unsigned_and_decimal_ids_are_exact(ids: list[int]) -> None:
    texts = [str(value) for value in ids]
    assert of(pa.array(ids, pa.uint64()), "spec_obj_id").values.to_pylist() == texts
    assert of(pa.array([Decimal(value) for value in ids], pa.decimal128(20, 0)), "obj_id").values.to_pylist() == texts


def test_ids_that_passed_through_a_float_are_refused() -> None:
    found = of(["1.2346E+18", "1237648702966988820.0", "6.5e18", "123.0", "12"], "obj_id")
    assert found.values.to_pylist() == [None, None, None, "123", "12"]
    assert failures(found) == {0: ROUNDED_ID, 1: ROUNDED_ID, 2: ROUNDED_ID}
    floats = of(pa.array([1.2376487e18, 12.0, None, 0.0]), "obj_id")
    assert floats.values.to_pylist() == [None, "12", None, None]
    assert failures(floats) == {0: ROUNDED_ID}


def test_ids_cut_to_signed_numbers_and_other_texts_are_refused() -> None:
    found = of([str(2**63 - 1), str(12 - 2**63), "SDSS J1", "1" * 21], "spec_obj_id")
    assert failures(found) == {0: CUT_ID, 1: CUT_ID, 2: NOT_AN_ID, 3: NOT_AN_ID}


def test_ids_that_say_none_are_absent_and_counted() -> None:
    found = of(["0", "-9999", "-1", "0.0", "", "null", "7"], "spec_obj_id")
    assert found.values.to_pylist() == [None] * 6 + ["7"]
    assert (found.absent, failures(found)) == (4, {})


def test_class_is_known_in_any_letter_case_and_an_unknown_one_stays_as_written() -> None:
    cells = ["quasar", " Star ", "GALAXY", "QSO", "Galaxyy", "", "null", "NaN", None]
    assert of(cells, "class").values.to_pylist() == ["QSO", "STAR", "GALAXY", "QSO", "Galaxyy", None, None, None, None]
    assert of(pa.array([3, 6]), "class").values.to_pylist() == ["3", "6"]


def test_subclass_is_trimmed_and_empty_is_null() -> None:
    cells = pa.array(["F5  ", "", " ", "null", "nan", "None", "K5 (G_19-24)"]).dictionary_encode()
    assert of(cells, "subclass").values.to_pylist() == ["F5", None, None, None, None, None, "K5 (G_19-24)"]


@pytest.mark.parametrize("column", ["u", "plate", "obj_id", "class", "subclass"])
@pytest.mark.parametrize("cells", [pa.nulls(3), pa.array([], pa.string()), pa.array(["", "", ""])])
def test_empty_columns_are_null(column: str, cells: pa.Array) -> None:
    found = of(cells, column)
    assert found.values.null_count == len(cells)
    assert failures(found) == {}
