"""Moves many rows between Arrow and a database, both ways, on a connection that somebody else opened.

Knows the databases' fast ways in; decides nothing about which rows go where. Statements are built by SQLAlchemy.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from cosmic.catalogue.tables import SPEC_OBJ_ID_DIGITS, Base, SpecObjId, table_of

_SENT: Final = 10_000
"""Rows sent at a time: bounds memory."""
_FETCHED: Final = 1_000
"""Rows fetched at a time. Of 1,000, 5,000 and all, measured with 47 columns, the fastest on both databases."""

Insert = postgresql.Insert | sqlite.Insert


def put(connection: sa.Connection, row: type[Base], values: Mapping[str, Any], *, keep: Collection[str] = ()) -> None:
    """Write one row; one with its key is overwritten, but for the columns in `keep`."""
    table = table_of(row)
    connection.execute(overwriting(insert(connection, table), table, list(values), keep=keep), dict(values))


def read(
    connection: sa.Connection,
    columns: Sequence[sa.ColumnElement[Any]],
    schema: pa.Schema,
    *,
    keys: pa.Array | None = None,
) -> pa.Table:
    """Return these columns of a table, in no particular order.

    Parameters
    ----------
    columns : sequence of k columns of one table
        What to read.
    schema : pyarrow.Schema
        Names and types of the k columns of the answer.
    keys : pyarrow.Array, optional
        Only the rows with these values of ``object_key``.
    """
    if keys is None:
        return _fetch(connection, sa.select(*columns), schema)
    table = columns[0].table
    with staged(connection, table, pa.table({"object_key": keys})) as wanted:
        joined = sa.select(*columns).join_from(table, wanted, table.c.object_key == wanted.c.object_key)
        return _fetch(connection, joined, schema)


def _fetch(connection: sa.Connection, statement: sa.Select[Any], schema: pa.Schema) -> pa.Table:
    result = connection.execute(statement, execution_options={"stream_results": True, "yield_per": _FETCHED})
    batches = []
    for rows in result.partitions():
        cells = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), schema.types, strict=True)]
        batches.append(pa.record_batch(cells, schema=schema))
    return pa.Table.from_batches(batches, schema).combine_chunks()


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: pa.Table,
    *,
    constants: Mapping[str, object],
    keep: Collection[str] = (),
) -> None:
    """Insert rows, or overwrite the given columns where the primary key is there already.

    Parameters
    ----------
    table : sqlalchemy.Table
        Where to.
    rows : pyarrow.Table
        Columns of `table`, unique by its primary key.
    constants : mapping of str to object
        Columns with the same value in every row.
    keep : collection of str
        Columns that keep their value in rows that are there already.
    """
    if not rows.num_rows:
        return
    names = [*rows.column_names, *constants]
    if connection.dialect.name == "sqlite":  # no round trips to save, so no stage: half the time
        statement = overwriting(insert(connection, table), table, names, keep=keep)
        _execute_many(connection, table, rows, statement, constants)
        return
    with staged(connection, table, rows) as stage:
        fixed = [sa.literal(value, table.c[name].type) for name, value in constants.items()]
        chosen = sa.select(*(stage.c[name] for name in rows.column_names), *fixed).where(sa.true())
        connection.execute(overwriting(insert(connection, table).from_select(names, chosen), table, names, keep=keep))


def insert(connection: sa.Connection, table: sa.Table) -> Insert:
    """Return an insert statement that can say what happens to rows that are there already."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def overwriting(statement: Insert, table: sa.Table, names: Sequence[str], *, keep: Collection[str] = ()) -> Insert:
    """Return the insert statement that overwrites `names` of rows that are there already, save `keep` and the key."""
    key = [column.name for column in table.primary_key]
    new = {name: statement.excluded[name] for name in names if name not in keep and name not in key}
    if not new:
        return statement.on_conflict_do_nothing(index_elements=key)
    return statement.on_conflict_do_update(index_elements=key, set_=new)


@contextmanager
def staged(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> Iterator[sa.Table]:
    """Give a temporary table that holds these rows, with the column types of `table` and none of its constraints."""
    columns = (sa.Column(name, table.c[name].type) for name in rows.column_names)
    stage = sa.Table(f"stage_{table.name}", sa.MetaData(), *columns, prefixes=["TEMPORARY"])
    stage.create(connection)
    if connection.dialect.name == "postgresql":
        _copy(connection, stage, rows)
    else:
        _execute_many(connection, stage, rows, sqlite.insert(stage), {})
    yield stage
    stage.drop(connection)  # where an error comes before, the transaction's end removes it


def _execute_many(
    connection: sa.Connection, table: sa.Table, rows: pa.Table, statement: Insert, constants: Mapping[str, object]
) -> None:
    compiled = statement.compile(dialect=connection.dialect, column_keys=[*rows.column_names, *constants])
    fixed = {name: repeat(_bound(connection, table.c[name], value)) for name, value in constants.items()}
    for start in range(0, rows.num_rows, _SENT):
        part = rows.slice(start, _SENT)
        cells = [
            fixed[name] if name in fixed else _cells(table.c[name], part[name]) for name in compiled.positiontup or ()
        ]
        # Past SQLAlchemy's parameter processing, which takes longer than the insert itself.
        connection.exec_driver_sql(str(compiled), list(zip(*cells, strict=False)))


def _cells(column: sa.Column[Any], values: pa.ChunkedArray) -> list[object]:
    padded = isinstance(column.type, SpecObjId)
    cells: list[object] = (pc.utf8_lpad(values, SPEC_OBJ_ID_DIGITS, "0") if padded else values).to_pylist()
    return cells


def _bound(connection: sa.Connection, column: sa.Column[Any], value: object) -> object:
    """Return a value as the driver takes it."""
    convert = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return value if convert is None else convert(value)


def _copy(connection: sa.Connection, stage: sa.Table, rows: pa.Table) -> None:
    from psycopg import sql

    names = sql.SQL(", ").join(sql.Identifier(name) for name in rows.column_names)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(sql.Identifier(stage.name), names)
    options = pacsv.WriteOptions(include_header=False, quoting_style="all_valid")  # null: nothing, not even quotes
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as stream:
        for start in range(0, rows.num_rows, _SENT):
            text = io.BytesIO()
            pacsv.write_csv(rows.slice(start, _SENT), text, options)
            stream.write(text.getbuffer())
