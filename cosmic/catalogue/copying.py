"""Copies a whole catalogue into an empty database, SQLite or Postgres, and proves that both hold the same.

One transaction: an interrupted copy leaves nothing behind, and a copy that differs is not kept. Changes nothing in the
source, opens no file of the home, and knows no snapshot: how equal rows are named is handed in.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from cosmic.catalogue import changes, galaxy_tables, schema
from cosmic.catalogue.database import Database
from cosmic.catalogue.tables import OBJECTS, Base, CatalogueRow, table_of
from cosmic.columns import OBJECT_SCHEMA
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.records import MagnitudeSystem, Sky

log = logging.getLogger(__name__)

ROWS: Final = 2_000
"""Rows in memory at a time, of any table."""
_DIGESTS: Final = 1 << 256
_OBJECT: Final = (*OBJECT_SCHEMA.names, "block", "same_as")
_CATALOGUE: Final = table_of(CatalogueRow)
assert galaxy_tables.VoteRow.metadata is Base.metadata  # imported so that its tables are among those copied

Identify = Callable[[pa.Table, MagnitudeSystem], str]
Told = Callable[[str, int], None]
"""Hears of each step: what is done with which table, and how many rows of it were done now."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a database holds of a catalogue.

    Parameters
    ----------
    rows, digests : dict of str to int and to str
        By table: its rows, and a digest of their values that does not depend on their order or on the database.
    snapshot : str or None
        Id of the snapshot that its objects give; None where there are none.
    """

    rows: dict[str, int]
    digests: dict[str, str]
    snapshot: str | None


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that was kept: what both databases hold."""

    source: str
    target: str
    held: Held
    seconds: float


def tables() -> list[sa.Table]:
    """Return the tables of a catalogue, each after those that it refers to."""
    return list(Base.metadata.sorted_tables)


def count(database: Database) -> dict[str, int]:
    """Return the rows of each table that is there."""
    with database.reading() as connection:
        return {table.name: _rows(connection, table) for table in _present(connection)}


def hold(database: Database, *, identify: Identify) -> Held:
    """Return what a database holds, of whichever revision its tables are."""
    with database.reading() as connection:
        present = _present(connection)
        return _held(connection, {t.name: _read(connection, t, partial(_silent, "")) for t in present}, identify)


def copy(
    source: Database, target: Database, *, sky: Sky, now: datetime, identify: Identify, told: Told | None = None
) -> Copied:
    """Copy every row of a catalogue into an empty database and return what both hold, counted and read again there.

    Parameters
    ----------
    source : Database
        A catalogue of this version's revision or an older one, which the copy gets too. Others may go on reading and writing;
        the copy is of one moment.
    target : Database
        Without a catalogue, or with one that holds nothing; it takes over the source's id.
    sky : Sky
        Whose sky both are.
    now : datetime
        When tables are made in the target.
    identify : callable
        Returns the id of the snapshot that rows of a catalogue give.

    Raises
    ------
    ConfigError
        If the target is the source, holds anything, or is of another revision or sky.
    ArtefactCorrupt
        If the target would hold something else than the source; nothing is kept then.
    """
    started = time.perf_counter()
    demand_ready(source, target, sky=sky)
    schema.move(target, str(schema.revision(source)), sky=sky, now=now)
    tell = told or _silent
    with source.reading() as before, target.writing() as after:
        _demand_empty(after, target, sky=sky)
        after.execute(sa.delete(_CATALOGUE))
        present = _present(before)
        sent = {t.name: _copy(before, after, t, partial(tell, f"copying {t.name}")) for t in present}
        here = _held(before, sent, identify)
        arrived = {t.name: _read(after, t, partial(tell, f"checking {t.name}")) for t in present}
        there = _held(after, arrived, identify)
        demand_equal(here, there, target)
    took = time.perf_counter() - started
    log.info("%s: %d rows copied from %s in %.1f s", target.name, sum(here.rows.values()), source.name, took)
    return Copied(source.name, target.name, there, took)


def demand_ready(source: Database, target: Database, *, sky: Sky) -> None:
    """Raise unless the target could take a copy of the source. Writes no row.

    Raises
    ------
    ConfigError
        As `copy` says.
    """
    if (source.url, source.schema) == (target.url, target.schema):
        raise ConfigError(f"{target.name} is what would be copied. Name another database with --to.")
    target.prepare()
    found, wanted = schema.revision(target), schema.revision(source)
    with target.reading() as connection:
        if found is not None and found != wanted:
            raise ConfigError(
                f"{target.name} has tables of revision {found}, and those to copy are of {wanted}. Name an empty database."
            )
        if found is not None:
            _demand_empty(connection, target, sky=sky)
            return
        inside = sa.inspect(connection)
        foreign = sorted({table.name for table in tables()} & set(inside.get_table_names()))
    if foreign:
        raise ConfigError(
            f"{target.name} has tables of other programs with the names of ours ({', '.join(foreign[:5])}). Name an empty "
            "database, or another schema."
        )


def demand_equal(here: Held, there: Held, target: Database) -> None:
    """Raise unless both hold the same rows in every table and give the same snapshot.

    Raises
    ------
    ArtefactCorrupt
        If they differ; says where.
    """
    wrong = [
        f"{name}: {here.rows[name]:,} rows there, {there.rows[name]:,} in the copy"
        if here.rows[name] != there.rows[name]
        else f"{name}: other values"
        for name in here.rows
        if (here.rows[name], here.digests[name]) != (there.rows[name], there.digests[name])
    ]
    if here.snapshot != there.snapshot:
        wrong.append(f"snapshot {here.snapshot} there, {there.snapshot} in the copy")
    if wrong:
        raise ArtefactCorrupt(
            f"{target.name} would not hold what was copied ({'; '.join(wrong)}). Nothing was kept and the source is as it "
            "was. Run it again; if it happens again, check the memory and the disk of both machines."
        )


def _demand_empty(connection: sa.Connection, target: Database, *, sky: Sky) -> None:
    here = connection.execute(sa.select(_CATALOGUE.c.sky)).scalar_one()
    if here != sky:
        raise ConfigError(
            f"{target.name} is of the {here} sky, and the {sky} one is to be copied. Name another database."
        )
    full = [(t.name, n) for t in _present(connection) if t.name != _CATALOGUE.name and (n := _rows(connection, t))]
    if full:
        raise ConfigError(
            f"{target.name} is not empty: it has {', '.join(f'{n:,} rows in {name}' for name, n in full[:3])}. A copy never "
            "mixes with what is there. Name an empty database or, in Postgres, another schema."
        )


def _silent(_step: str, _rows: int) -> None:
    """Tell nobody."""


def _rows(connection: sa.Connection, table: sa.Table) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _held(connection: sa.Connection, digests: dict[str, str], identify: Identify) -> Held:
    rows = {table.name: _rows(connection, table) for table in _present(connection) if table.name in digests}
    system = connection.execute(sa.select(_CATALOGUE.c.magnitude_system)).scalar_one()
    if system is None:
        return Held(rows, digests, None)
    there = {column["name"] for column in sa.inspect(connection).get_columns(OBJECTS.name)}
    objects = changes.stored(connection, [name for name in _OBJECT if name in there])
    return Held(rows, digests, identify(objects, MagnitudeSystem(system)))


def _present(connection: sa.Connection) -> list[sa.Table]:
    """Return the tables and columns of a catalogue that are there: an older one has fewer."""
    inside, found = sa.inspect(connection), []
    names = set(inside.get_table_names())
    for table in tables():
        if table.name in names:
            there = {column["name"] for column in inside.get_columns(table.name)}
            columns = [sa.Column(column.name, column.type) for column in table.columns if column.name in there]
            found.append(sa.Table(table.name, sa.MetaData(), *columns))
    return found


def _copy(before: sa.Connection, after: sa.Connection, table: sa.Table, done: Callable[[int], None]) -> str:
    """Copy a table and return the digest of what was read."""
    dialect = after.dialect
    bind = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns]
    total = 0
    for rows in _parts(before, table):
        total += _weight(table, rows)
        cells = [
            [value if convert is None else convert(value) for value, convert in zip(row, bind, strict=True)]
            for row in rows
        ]
        _send(after, table, cells)
        done(len(rows))
    return f"{total % _DIGESTS:064x}"


def _read(connection: sa.Connection, table: sa.Table, done: Callable[[int], None]) -> str:
    total = 0
    for rows in _parts(connection, table):
        total += _weight(table, rows)
        done(len(rows))
    return f"{total % _DIGESTS:064x}"


def _parts(connection: sa.Connection, table: sa.Table) -> Iterator[Sequence[sa.Row[Any]]]:
    options = {"stream_results": True, "yield_per": ROWS}
    return connection.execute(sa.select(table), execution_options=options).partitions()


def _send(connection: sa.Connection, table: sa.Table, cells: Sequence[Sequence[object]]) -> None:
    """Insert rows whose values are as the driver takes them."""
    names = [column.name for column in table.columns]
    if connection.dialect.name == "sqlite":
        compiled = sa.insert(table).compile(dialect=connection.dialect, column_keys=names)
        order = [names.index(name) for name in compiled.positiontup or ()]
        connection.exec_driver_sql(str(compiled), [tuple(row[at] for at in order) for row in cells])
        return
    from psycopg import sql

    columns = sql.SQL(", ").join(sql.Identifier(name) for name in names)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as stream:
        for row in cells:
            stream.write_row(row)


def _weight(table: sa.Table, rows: Sequence[sa.Row[Any]]) -> int:
    """Return the sum of the digests of rows: the same in any order."""
    documents = [at for at, column in enumerate(table.columns) if isinstance(column.type, sa.JSON)]
    total = 0
    for row in rows:
        values: list[object] = list(row)
        for at in documents:
            values[at] = json.dumps(values[at], sort_keys=True)
        total += int.from_bytes(hashlib.sha256(repr(values).encode()).digest(), "big")
    return total
