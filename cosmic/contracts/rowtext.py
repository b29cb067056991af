"""A row as canonical JSON text, and back. Judges nothing; the same values give the same text on every machine."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Final, TypeAlias

import pyarrow as pa

Cell: TypeAlias = str | int | float | None

ROW_NUMBER: Final = "row_number"
UNCASTABLE: Final = pa.schema([(ROW_NUMBER, pa.int64()), ("column", pa.string()), ("value", pa.string())])
"""Cells that hold no value of their column's type; a source may add columns."""


def row_texts(rows: pa.Table, *, uncastable: pa.Table) -> list[str]:
    """Return each row as JSON text: sorted names, shortest exact numbers, no nulls, not its number in the page.

    A cell that could not be cast stands with the text that it had, and an infinity as ``"inf"`` or ``"-inf"``, so
    that nothing is lost and every JSON reader accepts it.

    Parameters
    ----------
    rows : pyarrow.Table
        n rows with ``row_number``.
    uncastable : pyarrow.Table
        ``row_number``, ``column``, ``value``; cells of other rows are left out.
    """
    texts: dict[int, dict[str, Cell]] = {}
    for cell in uncastable.select(UNCASTABLE.names).to_pylist():
        texts.setdefault(cell[ROW_NUMBER], {})[cell["column"]] = cell["value"]
    numbers = rows[ROW_NUMBER].to_pylist()
    values = rows.drop_columns([ROW_NUMBER]).to_pylist()
    return [_text(row | texts.get(number, {})) for number, row in zip(numbers, values, strict=True)]


def rows_from_texts(texts: Sequence[str], *, schema: pa.Schema) -> tuple[pa.Table, pa.Table]:
    """Return the rows behind texts of `row_texts`, numbered from 1, and their uncastable cells.

    The table has ``row_number`` and then those columns of the schema that any of the rows has, so that rows set
    aside under an older contract can be judged again.

    Parameters
    ----------
    texts : sequence of str
        n texts.
    schema : pyarrow.Schema
        Canonical columns and types: float64, int64 or string. Names that it lacks are dropped.
    """
    rows: list[dict[str, Cell]] = [json.loads(text) for text in texts]
    known = {name for row in rows for name in row}
    columns: dict[str, pa.Array] = {ROW_NUMBER: pa.array(range(1, len(rows) + 1), pa.int64())}
    broken: list[dict[str, Cell]] = []
    for field in schema:
        if field.name not in known:
            continue
        cells: list[Cell] = []
        for number, row in enumerate(rows, start=1):
            value, text = _cell(row.get(field.name), field.type)
            cells.append(value)
            if text is not None:
                broken.append({ROW_NUMBER: number, "column": field.name, "value": text})
        columns[field.name] = pa.array(cells, field.type)
    return pa.table(columns), pa.Table.from_pylist(broken, schema=UNCASTABLE)


def _text(row: dict[str, Cell]) -> str:
    cells = {name: _strict(value) for name, value in row.items() if value is not None}
    return json.dumps(cells, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _strict(value: Cell) -> Cell:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _cell(value: Cell, kind: pa.DataType) -> tuple[Cell, str | None]:
    """The value as the column's type holds it, and the text of a cell that it cannot hold."""
    if value is None or pa.types.is_string(kind):
        return (value if value is None else str(value)), None
    if pa.types.is_floating(kind) and (not isinstance(value, str) or value in ("inf", "-inf")):
        return float(value), None
    if isinstance(value, int):
        return value, None
    return None, str(value)
