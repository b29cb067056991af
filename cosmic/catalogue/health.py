"""What the database of a catalogue says of itself: is it sound, what may this user do, what do the tables hold. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from cosmic.catalogue.database import parse, schema_of
from cosmic.catalogue.glance import look
from cosmic.catalogue.tables import OBJECTS, CatalogueRow, IngestRow
from cosmic.records import Sky

_RIGHTS = sa.text(
    "SELECT current_setting('server_version') AS version, now() AS moment, current_user AS who, "
    "to_regnamespace(:schema) IS NOT NULL AS there, "
    "has_database_privilege(current_database(), 'CREATE') AS may_make, "
    "coalesce(has_schema_privilege(to_regnamespace(:schema)::oid, 'USAGE,CREATE'), false) AS may_write, "
    "(SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser"
)


@dataclass(frozen=True, slots=True)
class FileHealth:
    """What SQLite says of a file: ``ok`` or its first complaint, None where it cannot read it; and its journal's mode."""

    sound: str | None
    journal: str | None


@dataclass(frozen=True, slots=True)
class Rights:
    """What a Postgres server says of itself and of this user: may the schema be made, may it be written."""

    version: str
    moment: datetime
    who: str
    there: bool
    may_make: bool
    may_write: bool
    superuser: bool


@dataclass(frozen=True, slots=True)
class Holdings:
    """The revision of the tables, their objects, whose sky, and when something was last brought."""

    revision: str | None
    rows: int
    sky: str
    last: datetime | None


def file_of(url: str) -> Path | None:
    """Return the file of a SQLite catalogue, which need not be there; None for a server.

    Raises
    ------
    ConfigError
        If the URL is wrong.
    """
    parsed = parse(url)
    return Path(str(parsed.database)).absolute() if parsed.get_backend_name() == "sqlite" else None


def file_health(url: str, *, sky: Sky) -> FileHealth:
    """Ask SQLite whether a catalogue's file is sound: it reads all of it."""

    def pragma(name: str) -> str | None:
        return look(url, sky, lambda connection: str(connection.exec_driver_sql(f"PRAGMA {name}").scalar()))

    said = pragma("quick_check")
    return FileHealth(said.splitlines()[0] if said else said, pragma("journal_mode"))


def rights(url: str, *, sky: Sky) -> Rights | None:
    """Ask a Postgres server what this user may do; None where it does not say.

    Raises
    ------
    ConfigError, TransientSourceError
        If it refuses the user, or does not answer.
    """

    def ask(connection: sa.Connection) -> Rights:
        return Rights(*connection.execute(_RIGHTS, {"schema": schema_of(url, sky=sky)}).one())

    return look(url, sky, ask)


def holdings(url: str, *, sky: Sky) -> Holdings | None:
    """Return what a catalogue holds; None where there is none that can be read.

    Raises
    ------
    ConfigError, TransientSourceError
        As `rights`.
    """

    def ask(connection: sa.Connection) -> Holdings:
        from alembic.runtime.migration import MigrationContext

        rows = connection.execute(sa.select(sa.func.count()).select_from(OBJECTS)).scalar_one()
        whose = connection.execute(sa.select(CatalogueRow.sky)).scalar_one()
        last = connection.execute(sa.select(sa.func.max(IngestRow.last_seen))).scalar()
        return Holdings(MigrationContext.configure(connection).get_current_revision(), rows, str(whose), last)

    return look(url, sky, ask)
