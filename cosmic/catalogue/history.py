"""What rows were before they changed: written by the ingest that changes them, read by object. Changes no object."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from cosmic.catalogue.tables import HistoryRow, IngestRow, PageRow
from cosmic.columns import OBJECT_SCHEMA
from cosmic.records import PageId

Value = str | int | float | None
SCHEMA = pa.schema([("object_key", pa.string()), ("page_id", pa.string()), ("changed", pa.string())])


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an object: when, from which page, and each column before and after."""

    when: datetime
    page: PageId
    origin: str
    columns: dict[str, tuple[Value, Value]]


def between(before: pa.Table, after: pa.Table) -> pa.Table:
    """Return what differs, in `SCHEMA`.

    Parameters
    ----------
    before, after : pyarrow.Table
        The same n objects in the same order; `after` has ``page_id``. A column that one lacks is null there.
    """
    found: list[dict[str, tuple[Value, Value]]] = [{} for _ in range(after.num_rows)]
    for name in OBJECT_SCHEMA.names[1:]:
        old, new = _cells(before, name), _cells(after, name)
        same = pc.or_(pc.fill_null(pc.equal(old, new), False), pc.and_(pc.is_null(old), pc.is_null(new)))
        places = pc.indices_nonzero(pc.invert(same))
        olds, news = old.take(places).to_pylist(), new.take(places).to_pylist()
        for place, was, now in zip(places.to_pylist(), olds, news, strict=True):
            found[place][name] = (was, now)
    columns = [_cells(after, "object_key"), _cells(after, "page_id") if after.num_rows else pa.nulls(0, pa.string())]
    return pa.table([*columns, pa.array([json.dumps(one) for one in found], pa.string())], schema=SCHEMA)


def of(connection: sa.Connection, key: str) -> tuple[Change, ...]:
    """Return every change of an object, oldest first."""
    statement = (
        sa.select(IngestRow.started, HistoryRow.page_id, PageRow.origin, HistoryRow.changed)
        .join(IngestRow, IngestRow.id == HistoryRow.ingest_id)
        .join(PageRow, PageRow.id == HistoryRow.page_id)
        .where(HistoryRow.object_key == key)
        .order_by(IngestRow.started)
    )
    return tuple(
        Change(row.started, PageId(row.page_id), row.origin, {name: _pair(pair) for name, pair in row.changed.items()})
        for row in connection.execute(statement)
    )


def _pair(pair: Sequence[Value]) -> tuple[Value, Value]:
    return pair[0], pair[1]


def _cells(rows: pa.Table, name: str) -> pa.ChunkedArray:
    if name in rows.column_names:
        return rows[name]
    kind = OBJECT_SCHEMA.field(name).type if name in OBJECT_SCHEMA.names else pa.string()
    return pa.chunked_array([pa.nulls(rows.num_rows, kind)])
