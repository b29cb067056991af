"""Connects to the database of a catalogue: URL, settings of each connection, the writers' lock, errors in plain words.

Knows no table. A password never leaves this module: neither in a message nor in a log.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema

from cosmic.errors import ArtefactCorrupt, CatalogueAway, ConfigError, ContractViolation, CosmicError, DiskFull
from cosmic.records import Sky

_EXAMPLES: Final = "sqlite:////folder/catalogue.db or postgresql://user@host/name"
_POSTGRES: Final = ("postgresql", "postgres", "postgresql+psycopg")
_SCHEMA: Final = "schema"
"""The one parameter of a URL that is ours; all others go to the driver."""
_NAME: Final = re.compile("[a-z][a-z0-9_]{0,39}")
_CONNECT_S: Final = 10
_GLANCE_S: Final = 5
_WRITE: Final = "cosmic_write"
"""Execution option of connections that are going to write: SQLite then takes its lock at once."""

# SQLSTATE classes and codes that a person must correct; everything else of a server may pass.
_WRONG: Final = {
    "28": "refused the user or the password",
    "3D": "does not have this database",
    "42501": "does not let this user do that",
    "42P01": "lacks a table of the catalogue: it was deleted or replaced while it was open",
}

_REFUSALS: Final = ("authentication failed", "no password supplied", "does not exist", "permission denied")
"""What a server says that lets nobody in, or not this user."""


class Database:
    """Where one catalogue lives.

    Parameters
    ----------
    url : str
        ``sqlite:///file`` or ``postgresql://…`` (``postgres://`` and ``postgresql+psycopg://`` are the same).
    sky : Sky
        In Postgres each sky has a schema of its own, ``cosmic_real`` and ``cosmic_simulated``, so that one URL
        serves both and they never meet; ``?schema=NAME`` in the URL says another word than ``cosmic``.
    lock_folder : Path
        Where the lock file of a SQLite catalogue lies; Postgres locks by itself.
    lock_timeout : float
        Seconds to wait for another writer.

    Raises
    ------
    ConfigError
        If the URL cannot be used.
    """

    def __init__(self, url: str, *, sky: Sky, lock_folder: Path, lock_timeout: float) -> None:
        self.url = parse(url)
        self.schema = schema_of(url, sky=sky)
        self.is_postgres = self.url.get_backend_name() == "postgresql"
        self.name = _name(self.url)
        self._lock_folder = lock_folder
        self._lock_timeout = lock_timeout
        if self.is_postgres:
            self._engine = _engine(self.url, connect_args=_timely(self.url, _CONNECT_S))
            event.listen(self._engine, "connect", self._use_schema, insert=True)
        else:
            try:
                Path(str(self.url.database)).absolute().parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise ConfigError(f"{self.name} cannot be made ({error}). Check the folder and its rights.") from error
            self._engine = _engine(self.url, connect_args={"timeout": lock_timeout})
            event.listen(self._engine, "connect", _set_pragmas)
            event.listen(self._engine, "begin", _begin)

    def close(self) -> None:
        """Close what is open."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the catalogue, whatever is written meanwhile."""
        with self.explained():
            engine = self._engine.execution_options(isolation_level="REPEATABLE READ") if self.is_postgres else None
            with (engine or self._engine).begin() as connection:
                yield connection

    @contextmanager
    def writing(self, *, foreign_keys: bool = True) -> Iterator[sa.Connection]:
        """Give the only connection that may write; everything it wrote is kept at the end, or nothing.

        The lock belongs to the operating system or to the server, which free it when this process dies.

        Parameters
        ----------
        foreign_keys : bool
            False for migrations of SQLite, which copies tables to alter them; they are checked before the end.
        """
        with (
            self.explained(),
            self._file_lock(),
            self._engine.execution_options(**{_WRITE: True}).connect() as connection,
        ):
            if not self.is_postgres and not foreign_keys:
                connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")  # inside a transaction: no effect
            with connection.begin():
                if self.is_postgres:
                    self._advisory_lock(connection)
                yield connection
                if not self.is_postgres and not foreign_keys:
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                    if broken:
                        raise ArtefactCorrupt(f"{self.name}: {len(broken)} rows refer to rows that are gone.")

    def prepare(self) -> None:
        """Make the schema of this sky in Postgres, or let readers and the writer of a SQLite file work side by side.

        Waits for no writer where that is done already.
        """
        if self.is_postgres:
            self._make_schema()
            return
        with self.explained(), self._engine.connect() as connection:
            cursor = connection.connection.cursor()
            if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                with self._file_lock():
                    cursor.execute("PRAGMA journal_mode = WAL")  # kept in the file

    def _make_schema(self) -> None:
        # An engine of its own: SQLAlchemy asks once, at the first connection, which schema is the default one.
        bootstrap = _engine(self.url, connect_args=_timely(self.url, _CONNECT_S))
        with self.explained(), bootstrap.begin() as connection:
            if sa.inspect(connection).has_schema(self.schema):
                return
            self._advisory_lock(connection)
            if not sa.inspect(connection).has_schema(self.schema):
                connection.execute(CreateSchema(self.schema))

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn errors of the driver into ours, without secrets."""
        driver: Any = self._engine.dialect.loaded_dbapi  # COPY and PRAGMA speak to the driver itself
        try:
            yield
        except (exc.DBAPIError, driver.Error) as error:
            raise self._explain(error.orig if isinstance(error, exc.DBAPIError) else error, driver) from error

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        if self.is_postgres:
            yield
            return
        from filelock import FileLock, Timeout

        self._lock_folder.mkdir(parents=True, exist_ok=True)
        place = hashlib.sha256(str(Path(str(self.url.database)).resolve()).encode()).hexdigest()[:12]
        try:
            with FileLock(str(self._lock_folder / f"catalogue-{place}.lock"), timeout=self._lock_timeout):
                yield
        except Timeout as error:
            raise self._busy() from error

    def _advisory_lock(self, connection: sa.Connection) -> None:
        key = int.from_bytes(hashlib.sha256(f"cosmic:{self.schema}".encode()).digest()[:8], "big", signed=True)
        wait = f"{max(1, round(self._lock_timeout * 1000))}ms"
        connection.execute(sa.select(sa.func.set_config("lock_timeout", wait, True)))
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))

    def _use_schema(self, connection: Any, _record: object) -> None:
        autocommit, connection.autocommit = connection.autocommit, True
        with connection.cursor() as cursor:
            cursor.execute(f'SET SESSION search_path = "{self.schema}"')
        connection.autocommit = autocommit

    def _busy(self) -> CatalogueAway:
        return CatalogueAway(
            f"{self.name} is being written by another process and stayed locked for {self._lock_timeout:g} s. "
            "Nothing was changed; run again when it has finished."
        )

    def _full(self, said: str) -> DiskFull:
        return DiskFull(
            f"The disk of {self.name[0].lower()}{self.name[1:]} is full ({said}). Nothing was changed; make room, then run "
            "again: finished work is kept."
        )

    def _explain(self, error: BaseException | None, driver: Any) -> CosmicError:
        said = _scrubbed(next(iter(str(error).strip().splitlines()), ""), self.url)
        known = self._explain_postgres(error, said) if self.is_postgres else self._explain_sqlite(said)
        if known is not None:
            return known
        if isinstance(error, driver.OperationalError | driver.InterfaceError):
            return CatalogueAway(
                f"{self.name} cannot be reached or went away ({said}). Nothing was changed; check that it is there, "
                "then run again."
            )
        if isinstance(error, driver.IntegrityError | driver.DataError):
            return ContractViolation(
                f"{self.name} refused rows that their contract let pass: {said}. Nothing was changed; the column "
                "definitions and the tables disagree, which is a mistake in Cosmic.",
                reasons=(said,),
            )
        return CosmicError(
            f"{self.name} refused a statement: {said}. Nothing was changed; this is a mistake in Cosmic."
        )

    def _explain_sqlite(self, said: str) -> CosmicError | None:
        if "database is locked" in said:
            return self._busy()
        if "disk is full" in said:
            return self._full(said)
        if "no such table" in said:
            return ConfigError(f"{self.name} was deleted or replaced while it was open. Run again: it is made anew.")
        if "unable to open" in said or "readonly" in said:
            return ConfigError(f"{self.name} cannot be opened for writing ({said}). Check the folder and its rights.")
        if "not a database" in said or "malformed" in said:
            return ArtefactCorrupt(f"{self.name} is not a readable SQLite file ({said}). Move it away and run again.")
        return None

    def _explain_postgres(self, error: BaseException | None, said: str) -> CosmicError | None:
        code = getattr(error, "sqlstate", None) or ""
        if code == "55P03":
            return self._busy()
        if code == "53100":
            return self._full(said)
        for prefix, reason in _WRONG.items():
            if code.startswith(prefix):
                return ConfigError(f"{self.name} {reason} ({said}). Correct COSMIC_DATABASE_URL or the server.")
        # A connection that was never made has no SQLSTATE; what the server said is all there is.
        if not code and any(words in said for words in _REFUSALS):
            return ConfigError(f"{self.name} refused the connection ({said}). Correct COSMIC_DATABASE_URL.")
        return None


def reach(url: str, *, sky: Sky) -> None:
    """Raise, in plain words, unless the Postgres server of a URL lets this user in. Writes nothing.

    Raises
    ------
    ConfigError
        If it refuses the user, the password or the database.
    TransientSourceError
        If it does not answer.
    """
    server = Database(url, sky=sky, lock_folder=Path(), lock_timeout=0.0)
    try:
        with server.explained(), _engine(server.url, connect_args=_timely(server.url, _GLANCE_S)).connect():
            pass
    finally:
        server.close()


def parse(url: str) -> URL:
    """Return the URL of a catalogue, with the driver that Cosmic uses, without our own parameter ``schema``.

    Raises
    ------
    ConfigError
        If it is no URL, names another kind of database or a SQLite database that is no file. The message does not
        repeat the URL, which may hold a password.
    """
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError) as error:
        raise ConfigError(f"The database URL cannot be read. It looks like {_EXAMPLES}.") from error
    if parsed.drivername in _POSTGRES:
        return parsed.set(drivername="postgresql+psycopg").difference_update_query([_SCHEMA])
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ConfigError(f"Databases of kind {parsed.drivername!r} are not supported. Use {_EXAMPLES}.")
    if not parsed.database or parsed.database == ":memory:":
        raise ConfigError(f"A catalogue in SQLite needs a file, as in {_EXAMPLES}: one in memory is lost at the end.")
    return parsed


def schema_of(url: str, *, sky: Sky) -> str:
    """Return the schema of a sky in Postgres: ``cosmic_real``, or ``NAME_real`` where the URL has ``?schema=NAME``.

    Raises
    ------
    ConfigError
        If the URL cannot be used, or the name is none that needs no quotes.
    """
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite":
        return f"cosmic_{sky}"
    given = make_url(url).normalized_query.get(_SCHEMA, ("cosmic",))[0]
    if not _NAME.fullmatch(given):
        raise ConfigError(
            f"The database URL names the schema {given!r}. Use small letters, digits and _, a letter first, at most 40 of them: "
            "each sky's schema is named NAME_real and NAME_simulated."
        )
    return f"{given}_{sky}"


def _timely(url: URL, seconds: int) -> dict[str, object]:
    """Return how long to wait for a server, unless the URL says so."""
    return {} if "connect_timeout" in url.query else {"connect_timeout": seconds}


def _engine(url: URL, *, connect_args: dict[str, object]) -> sa.Engine:
    # No pool: a catalogue is opened a few times a run, and a deleted file or a killed server is noticed at once.
    return sa.create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args=connect_args,
        json_serializer=partial(json.dumps, allow_nan=False, sort_keys=True),
    )


def _set_pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin in _begin, so that reads and DDL are part of them
    for pragma in ("foreign_keys = ON", "cache_size = -65536"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITE) else "BEGIN")


def _name(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return f"The catalogue {url.database}"
    host = url.host or url.normalized_query.get("host", ("the local socket",))[0]
    return f"The database {url.database} at {host}{f':{url.port}' if url.port else ''}"


def _scrubbed(text: str, url: URL) -> str:
    """Return what a driver said, without the password in any spelling."""
    secrets = [str(url.password)] if url.password else []
    secrets += url.normalized_query.get("password", ())
    for secret in secrets:
        for spelling in {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}:
            text = text.replace(spelling, "***") if spelling else text
    return text
