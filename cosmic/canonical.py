"""Rows in the one form that is stored and hashed: equal measurements are equal bytes, whatever brought them.

Changes no measurement and knows no database and no file format. Digests made here name rows in the catalogue and
snapshots on disk: a change in them makes every stored row look updated.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.columns import OBJECT_SCHEMA

_NUL: Final = "\0"


def canonical(rows: pa.Table) -> pa.Table:
    """Return the rows with every survey column in its canonical type and form; other columns are left alone.

    A float that is not a number is null and -0.0 is 0.0; an empty text is null and holds no NUL (Postgres refuses
    them); spec_obj_id is a decimal number without leading zeros, and 0, which SDSS writes where there is none, is
    null.

    Parameters
    ----------
    rows : pyarrow.Table
        Any of the columns of `cosmic.columns.OBJECT_SCHEMA`, in any order.
    """
    for index, name in enumerate(rows.column_names):
        position = OBJECT_SCHEMA.get_field_index(name)
        if position < 0:
            continue
        field = OBJECT_SCHEMA.field(position)
        rows = rows.set_column(index, field, _canonical(rows[name].cast(field.type), field))
    return rows


def _canonical(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if pa.types.is_floating(field.type):
        column = pc.if_else(pc.fill_null(pc.is_nan(column), True), None, column)
        return pc.add(column, 0.0)
    if pa.types.is_string(field.type):
        if pc.any(pc.match_substring(column, _NUL)).as_py():
            column = pc.replace_substring(column, _NUL, "")
        if field.name == "spec_obj_id":
            column = pc.utf8_ltrim(column, "0")
        return pc.if_else(pc.equal(column, ""), None, column)
    return column


def row_digests(rows: pa.Table) -> pa.Array:
    """Return the sha256 of each row's survey values as hexadecimal text; the key is not part of it.

    Nulls and absent columns are the same, so a survey column that is added later leaves the digests of rows that
    lack it as they were. The rows must be canonical.
    """
    parts = [
        pc.binary_join_element_wise(_scalar(f"{name}\0"), _bytes(rows[name]), _scalar(""))
        for name in OBJECT_SCHEMA.names[1:]
        if name in rows.column_names and rows[name].null_count < rows.num_rows
    ]
    if not parts:
        return pa.array([hashlib.sha256().hexdigest()] * rows.num_rows, pa.string())
    joined = pc.binary_join_element_wise(*parts, _scalar(""), null_handling="replace", null_replacement="")
    return pa.array([hashlib.sha256(row).hexdigest() for row in joined.to_pylist()], pa.string())


def _bytes(column: pa.ChunkedArray) -> pa.Array:
    """Return each value as bytes that cannot be confused with what follows them: 8 bytes, or a text and its NUL."""
    whole = column.combine_chunks()
    if pa.types.is_string(whole.type):
        return pc.binary_join_element_wise(whole.cast(pa.binary()), _scalar(""), _scalar(_NUL))
    return whole.view(pa.binary(8)).cast(pa.binary())


def _scalar(text: str) -> pa.Scalar:
    return pa.scalar(text.encode(), pa.binary())


def table_digest(table: pa.Table, *, salt: str) -> str:
    """Return the sha256 of a table's names, types and values in the order they stand.

    Free of Parquet, of Arrow's stream format and of how the table is cut into chunks: for every column its name and
    type, which cells are null, then the values as 8 little-endian bytes, or the lengths and the bytes of the texts.

    Parameters
    ----------
    table : pyarrow.Table
        Columns of float64, int64 and text; survey columns must be canonical.
    salt : str
        What else the digest is of, such as the magnitude system.
    """
    sha = hashlib.sha256(f"{salt}\0{table.num_rows}".encode())
    for field in table.schema:
        column = table[field.name].combine_chunks()
        sha.update(f"\0{field.name}\0{field.type}\0".encode())
        sha.update(np.packbits(column.is_valid().to_numpy(zero_copy_only=False)).tobytes())
        if pa.types.is_string(field.type):
            texts = column.fill_null("")
            sha.update(_little_endian(pc.binary_length(texts).to_numpy(zero_copy_only=False)))
            sha.update("".join(texts.to_pylist()).encode())
        else:
            sha.update(_little_endian(column.fill_null(0).to_numpy(zero_copy_only=False)))
    return sha.hexdigest()


def _little_endian(values: npt.NDArray[np.generic]) -> bytes:
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
