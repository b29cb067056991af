"""What tests of the catalogue ask of it, in one line each."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from cosmic.catalogue import Catalogue
from cosmic.records import Ingest


def counts(record: Ingest) -> tuple[int, int, int]:
    return record.inserted, record.updated, record.unchanged


def value(catalogue: Catalogue, key: str, column: str) -> Any:
    rows = catalogue.rows()
    return rows.filter(pc.equal(rows["object_key"], key))[column].to_pylist()[0]


def changed(rows: pa.Table, **columns: Any) -> pa.Table:
    for name, values in columns.items():
        rows = rows.set_column(
            rows.column_names.index(name), rows.schema.field(name), pa.array(values, rows.schema.field(name).type)
        )
    return rows


def sql(catalogue: Catalogue, statement: str) -> list[tuple[Any, ...]]:
    with catalogue._database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]
