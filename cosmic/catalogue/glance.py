"""A look at a catalogue that changes nothing: no file, no schema, no lock. For dry runs; never migrates, never writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from cosmic.catalogue import census, cutouts
from cosmic.catalogue.database import parse, reach, schema_of
from cosmic.catalogue.tables import OBJECTS, CatalogueRow, IngestPageRow, IngestRow
from cosmic.records import CatalogueId, Sky
from cosmic.skyserver.census import Shard

Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Glance:
    """What a catalogue is and holds: its id, the state of its rows, their number, and the pages of its last ingest."""

    id: CatalogueId
    state: str
    rows: int
    last_pages: tuple[str, ...]


def is_there(url: str, *, sky: Sky) -> bool:
    """Return whether there is a catalogue, of whichever version: a SQLite file, or its tables in Postgres.

    Raises
    ------
    ConfigError, TransientSourceError
        As `glance`.
    """
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite":
        return Path(str(parsed.database)).exists()
    return bool(look(url, sky, lambda connection: sa.inspect(connection).has_table(CatalogueRow.__tablename__)))


def glance(url: str, *, sky: Sky) -> Glance | None:
    """Return what the catalogue at a URL holds; None where there is none yet, or it cannot be read as it is.

    Raises
    ------
    ConfigError
        If the URL is wrong, or a server refuses the user.
    TransientSourceError
        If a server cannot be reached.
    """
    last = sa.select(IngestRow.id).order_by(IngestRow.number.desc()).limit(1).scalar_subquery()
    pages = sa.select(IngestPageRow.page_id).where(IngestPageRow.ingest_id == last).order_by(IngestPageRow.position)

    def ask(connection: sa.Connection) -> Glance:
        here = connection.execute(sa.select(CatalogueRow.id, CatalogueRow.state)).one()
        rows = connection.execute(sa.select(sa.func.count()).select_from(OBJECTS)).scalar_one()
        return Glance(CatalogueId(here.id), here.state, rows, tuple(connection.execute(pages).scalars()))

    return look(url, sky, ask)


def glance_census(url: str, *, sky: Sky, series: str) -> tuple[dict[int, Shard], datetime | None]:
    """Return what a series was counted to hold when its rows were last brought, and when that was; {} and None where
    there is no such catalogue yet.

    Raises
    ------
    ConfigError, TransientSourceError
        As `glance`.
    """
    return look(url, sky, lambda connection: (census.read(connection, series), census.since(connection, series))) or (
        {},
        None,
    )


def glance_lacking(url: str, *, sky: Sky, release: int, again: bool) -> int | None:
    """Return how many galaxies have no image, as `cutouts.lacking` counts them; None as `glance` says.

    Raises
    ------
    ConfigError, TransientSourceError
        As `glance`.
    """
    return look(url, sky, lambda connection: cutouts.lacking(connection, release=release, limit=1, again=again)[1])


def look(url: str, sky: Sky, ask: Callable[[sa.Connection], Seen]) -> Seen | None:
    """Return what is found over a connection that cannot write; None where there is no catalogue that can be read.

    Raises
    ------
    ConfigError, TransientSourceError
        As `glance`.
    """
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite":
        file = Path(str(parsed.database)).absolute()
        if not file.exists():
            return None
        # SQLite makes files beside a database in WAL mode even to read it, unless it is told that nobody writes
        writing = file.with_name(f"{file.name}-wal").exists()
        address = f"sqlite:///{file.as_uri()}?mode=ro&uri=true" + ("" if writing else "&immutable=1")
        engine = sa.create_engine(address, hide_parameters=True)
    else:
        reach(url, sky=sky)
        own = f"-c search_path={schema_of(url, sky=sky)} -c default_transaction_read_only=on"
        given = " ".join(parsed.normalized_query.get("options", ()))
        timeout = {} if "connect_timeout" in parsed.query else {"connect_timeout": 5}
        engine = sa.create_engine(parsed, connect_args={"options": f"{given} {own}", **timeout}, hide_parameters=True)
    try:
        with engine.connect() as connection:
            return ask(connection)
    except exc.SQLAlchemyError:
        return None
    finally:
        engine.dispose()
