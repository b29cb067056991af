"""Rows survive the way into JSON text and back exactly, so that quarantined rows can be judged again."""

from __future__ import annotations

import json

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic.contracts import row_texts, rows_from_texts
from cosmic.contracts.rowtext import UNCASTABLE

SCHEMA = pa.schema(
    [("spec_obj_id", pa.string()), ("plate", pa.int64()), ("u", pa.float64()), ("subclass", pa.string())]
)
NO_CELLS = pa.Table.from_pylist([], schema=UNCASTABLE)

rows = st.lists(
    st.fixed_dictionaries(
        {
            "spec_obj_id": st.none() | st.integers(0, 2**64 - 1).map(str),
            "plate": st.none() | st.integers(-(2**63), 2**63 - 1),
            "u": st.none() | st.floats(allow_nan=False),
            "subclass": st.none() | st.text(st.characters(codec="utf-8"), max_size=8),
        }
    ),
    min_size=1,
    max_size=8,
)


def numbered(values: list[dict[str, object]]) -> pa.Table:
    table = pa.Table.from_pylist(values, schema=SCHEMA)
    return table.add_column(0, "row_number", pa.array(range(1, len(values) + 1), pa.int64()))


@settings(max_examples=60, deadline=None)
@given(rows)
def test_rows_come_back_exactly(values: list[dict[str, object]]) -> None:
    table = numbered(values)
    back, broken = rows_from_texts(row_texts(table, uncastable=NO_CELLS), schema=SCHEMA)
    assert broken.num_rows == 0
    assert [{name: row.get(name) for name in SCHEMA.names} for row in back.to_pylist()] == values


def test_uncastable_cells_keep_their_text_both_ways() -> None:
    table = numbered([{"u": None, "plate": None, "subclass": "K1"}, {"u": 18.5, "plate": 266, "subclass": None}])
    cells = pa.table({"row_number": [1, 1], "column": ["u", "plate"], "value": ["n/k", "26.5"]})
    texts = row_texts(table, uncastable=cells)
    assert texts == ['{"plate":"26.5","subclass":"K1","u":"n/k"}', '{"plate":266,"u":18.5}']
    back, broken = rows_from_texts(texts, schema=SCHEMA)
    assert back["u"].to_pylist() == [None, 18.5]
    assert sorted((cell["row_number"], cell["column"], cell["value"]) for cell in broken.to_pylist()) == [
        (1, "plate", "26.5"),
        (1, "u", "n/k"),
    ]


def test_infinities_are_strict_json_and_come_back() -> None:
    texts = row_texts(numbered([{"u": float("inf")}, {"u": float("-inf")}]), uncastable=NO_CELLS)
    assert [json.loads(text) for text in texts] == [{"u": "inf"}, {"u": "-inf"}]
    assert rows_from_texts(texts, schema=SCHEMA)[0]["u"].to_pylist() == [float("inf"), float("-inf")]


def test_text_does_not_depend_on_the_order_of_columns_or_the_row_number() -> None:
    table = numbered([{"u": 18.5, "plate": 266}])
    turned = table.select(["u", "subclass", "plate", "row_number", "spec_obj_id"])
    turned = turned.set_column(turned.column_names.index("row_number"), "row_number", pa.array([77], pa.int64()))
    assert row_texts(table, uncastable=NO_CELLS) == row_texts(turned, uncastable=NO_CELLS)
