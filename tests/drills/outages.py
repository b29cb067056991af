"""What outage drills share: a small sky in either database, a Prefect server that can be killed, writers that are held up.

Asserts nothing.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from cosmic.catalogue import open_catalogue
from cosmic.catalogue.database import parse
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Sky
from cosmic.settings import PipelineOptions
from tasks import intake
from tests.flows.drill import environment, free_port

ROWS, SEED = 2_000, 4
NIGHT = ("--source", "simulated", "--rows", str(ROWS), "--seed", str(SEED), "--night", "1")
"""The run that something happens to: the night after the one that is there."""
PATIENCE = 240.0


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {PATIENCE:.0f} s in vain for {what}")
        time.sleep(0.05)


def store(night: int, *, home: Path, url: str) -> str:
    """Bring one night by the functions behind the tasks, without Prefect, and return the state of the catalogue."""
    place, limits = Home(home, Sky.SIMULATED), Settings().limits
    pages = intake.fetch.fn(PipelineOptions(rows=ROWS, seed=SEED, night=night, home=home), folder=place.pages)
    judged = [intake.judge.fn(page, limits=limits, folder=place.judged) for page in pages]
    with open_catalogue(place, Settings(database_url=url)) as catalogue:
        return catalogue.ingest(judged).state


def state_of(home: Path, url: str) -> str:
    with open_catalogue(Home(home, Sky.SIMULATED), Settings(database_url=url)) as catalogue:
        return catalogue.state


@dataclass
class Server:
    """A Prefect server of its own, in a process group of its own."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(60)


def start_server(folder: Path, port: int | None = None) -> Server:
    """Start a Prefect server whose files lie in a folder, and return once it answers."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    variables = {"PREFECT_HOME": str(folder / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
                 "PREFECT_SERVER_API_PORT": str(port)}  # fmt: skip
    with (folder / "server.txt").open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"],
            cwd=folder, env=environment(folder, **variables), stdin=subprocess.DEVNULL, stdout=said,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    server = Server(folder, port, process)

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"{server.api}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    wait_until(answers, "the Prefect server")
    return server


@contextmanager
def held_up(url: str, home: Path) -> Iterator[Callable[[], bool]]:
    """Keep every writer of a catalogue waiting in the middle of an ingest; give whether one waits.

    In Postgres it waits within its transaction, for the table of objects; in SQLite for the beginning of it.
    """
    # no pool: what holds the writers up must be gone at the end, also where the database itself went away
    engine = sa.create_engine(parse(url), poolclass=NullPool)
    if url.startswith("sqlite"):
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            locks = Home(home, Sky.SIMULATED).locks
            # its own lock file is taken by whoever waits for the database
            yield lambda: any(_is_locked(path) for path in locks.glob("catalogue-*.lock"))
            connection.exec_driver_sql("ROLLBACK")
        return
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

    def waits() -> bool:
        with engine.connect() as other:
            return bool(other.exec_driver_sql(waiting).scalar())

    with engine.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE cosmic_simulated.objects IN EXCLUSIVE MODE")
        yield waits


def _is_locked(path: Path) -> bool:
    from filelock import FileLock, Timeout

    try:
        with FileLock(str(path), timeout=0):
            return False
    except Timeout:
        return True
