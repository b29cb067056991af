from __future__ import annotations

import math

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cosmic.canonical import canonical, row_digests, table_digest


def digest(**cells: object) -> str:
    names = {name: pa.array([value]) for name, value in cells.items()}
    return str(row_digests(canonical(pa.table(names))).to_pylist()[0])


def test_not_a_number_is_null_and_negative_zero_is_zero() -> None:
    rows = canonical(pa.table({"redshift": [math.nan, -0.0, 0.5, None], "note": ["", "b", "c", "d"]}))
    assert rows["redshift"].to_pylist() == [None, 0.0, 0.5, None]
    assert math.copysign(1, rows["redshift"][1].as_py()) == 1
    assert rows["note"].to_pylist() == ["", "b", "c", "d"]


def test_texts_that_say_nothing_are_null_and_hold_no_nul() -> None:
    rows = canonical(pa.table({"subclass": ["", "K5", "A\0B", "\0"]}))
    assert rows["subclass"].to_pylist() == [None, "K5", "AB", None]


def test_spectrum_ids_are_exact_and_without_leading_zeros() -> None:
    rows = canonical(pa.table({"spec_obj_id": ["18446744073709551615", "00000299489677444096", "0"]}))
    assert rows["spec_obj_id"].to_pylist() == ["18446744073709551615", "299489677444096", None]


def test_the_digest_of_a_row_ignores_absent_and_empty_columns_and_their_order() -> None:
    assert digest(u=19.5, subclass="K5") == digest(subclass="K5", redshift=math.nan, u=19.5, plate=None)


def test_the_digest_of_a_row_knows_which_column_a_value_is_in() -> None:
    assert len({digest(u=19.5), digest(g=19.5), digest(u=19.5, g=19.5), digest(plate=1), digest(subclass="1")}) == 5


def test_the_digest_of_a_row_does_not_depend_on_its_neighbours() -> None:
    both = canonical(pa.table({"u": [19.5, 20.5], "subclass": [None, "K5"]}))
    assert row_digests(both).to_pylist()[0] == digest(u=19.5)


def test_rows_without_any_value_have_a_digest() -> None:
    assert len(row_digests(pa.table({"object_key": ["row:a", "row:b"]})).unique()) == 1


TEXT = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=4))
ROW = st.tuples(TEXT, TEXT, st.one_of(st.none(), st.floats()), st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)))


@given(st.lists(ROW, min_size=1, max_size=6))
def test_rows_are_equal_where_their_digests_are(drawn: list[tuple[object, ...]]) -> None:
    names = ("subclass", "class_noqso", "redshift", "z_warning")
    kinds = (pa.string(), pa.string(), pa.float64(), pa.int64())
    columns = zip(*drawn, strict=True)
    cells = {name: pa.array(list(values), kind) for name, kind, values in zip(names, kinds, columns, strict=True)}
    rows = canonical(pa.table(cells))
    values = [tuple(row.values()) for row in rows.to_pylist()]
    digests = row_digests(rows).to_pylist()
    for one in range(len(values)):
        for other in range(len(values)):
            assert (values[one] == values[other]) == (digests[one] == digests[other])


def test_the_digest_of_a_table_ignores_how_it_is_cut() -> None:
    whole = pa.table({"object_key": ["row:a", "row:b", "row:c"], "u": [1.0, None, 3.0]})
    cut = pa.concat_tables([whole.slice(0, 1), whole.slice(1, 2)])
    assert table_digest(whole, salt="x") == table_digest(cut, salt="x")
    assert table_digest(whole.slice(1, 2), salt="x") == table_digest(whole.slice(1, 2).combine_chunks(), salt="x")


def test_the_digest_of_a_table_ignores_what_lies_under_a_null() -> None:
    hidden = pa.Array.from_buffers(pa.float64(), 2, [pa.py_buffer(b"\x01"), pa.array([1.0, 9.0]).buffers()[1]])
    assert hidden.to_pylist() == [1.0, None]
    tables = (pa.table({"u": hidden}), pa.table({"u": pa.array([1.0, None])}))
    assert table_digest(tables[0], salt="") == table_digest(tables[1], salt="")


def test_the_digest_of_a_table_knows_values_names_order_nulls_and_salt() -> None:
    first = pa.table({"u": [1.0, 2.0], "subclass": ["a", "bc"]})
    others = [
        pa.table({"u": [2.0, 1.0], "subclass": ["a", "bc"]}),
        pa.table({"u": [1.0, 2.0], "subclass": ["ab", "c"]}),
        pa.table({"g": [1.0, 2.0], "subclass": ["a", "bc"]}),
        pa.table({"u": pa.array([1.0, 0.0]), "subclass": ["a", "bc"]}),
        pa.table({"u": pa.array([1.0, None]), "subclass": ["a", "bc"]}),
        first.slice(0, 1),
    ]
    digests = {table_digest(table, salt="x") for table in [first, *others]} | {table_digest(first, salt="y")}
    assert len(digests) == len(others) + 2


def test_the_digests_of_some_rows_are_these_on_every_machine() -> None:
    rows = pa.table({"object_key": ["row:a", "row:b"], "spec_obj_id": ["9259471051523641344", None], "mjd": [55000, None],
                     "u": [19.5, 20.25], "subclass": [None, "sd:F0 (G_84-29)"]})  # fmt: skip
    assert row_digests(canonical(rows)).to_pylist() == [
        "be253444701be383046cf2ab6623e124895fffd4b4629160c138b8eef2c37288",
        "62f13eab724907a8e02732d4b650aa18d335631d2124946c23d5e76742e88d72",
    ]
    assert table_digest(canonical(rows), salt="x") == "5d1be26f8db2efd83c0743b4ee576fba127d427933ce10cc9a012567852a58ec"
