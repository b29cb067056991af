from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from filelock import FileLock
from pydantic import TypeAdapter
from sqlalchemy import event
from sqlalchemy.engine import make_url

from cosmic.catalogue import Catalogue
from cosmic.catalogue.database import Database, parse
from cosmic.errors import ArtefactCorrupt, ConfigError, CosmicError, TransientSourceError
from cosmic.records import JudgedPage, Sky
from tests.catalogue.looking import sql

MakeRows = Callable[..., pa.Table]
MakePage = Callable[..., JudgedPage]
OpenCatalogue = Callable[..., Catalogue]

NOWHERE: dict[str, None] = {"ra": None, "dec": None}
"""Rows without a position spare each process the import of astropy."""
SECRET = "pa:ss/wo@rd"
INGEST = """
import os, signal, sys
from pathlib import Path
from pydantic import TypeAdapter
from sqlalchemy import event
from sqlalchemy.engine import Engine
from cosmic.catalogue import Catalogue
from cosmic.records import JudgedPage, Sky
from tests.catalogue.looking import sql

url, locks, when, *pages = sys.argv[1:]
catalogue = Catalogue.open(url, sky=Sky.REAL, lock_folder=Path(locks))

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def look(connection, cursor, statement, *_):
    if when in statement:
        die()

if when == "COMMIT":
    event.listen(Engine, "commit", die)
elif when:
    event.listen(Engine, "before_cursor_execute", look)
record = catalogue.ingest([TypeAdapter(JudgedPage).validate_json(Path(page).read_bytes()) for page in pages])
print(record.inserted, record.updated, record.unchanged)
"""


def ingesting(url: str, folder: Path, *pages: JudgedPage, when: str = "") -> subprocess.Popen[str]:
    """Start an ingest in a process of its own, which kills itself before the first statement that holds `when`."""
    files = []
    for page in pages:
        files.append(folder / f"{page.page.id}.json")
        files[-1].write_bytes(TypeAdapter(JudgedPage).dump_json(page))
    command = [sys.executable, "-c", INGEST, url, str(folder / "locks"), when, *map(str, files)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path.cwd())


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.strip()


@pytest.mark.parametrize(
    "when", ["INSERT INTO ingests", "INSERT INTO objects", "INSERT INTO quarantine", "UPDATE catalogue", "COMMIT"]
)
def test_a_killed_ingest_leaves_the_catalogue_as_it_was_and_the_next_one_does_it_all(
    database_url: str, tmp_path: Path, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage, when: str
) -> None:  # fmt: skip
    catalogue = open_catalogue(database_url)
    catalogue.ingest([make_page(make_rows(20, **NOWHERE), name="before")])
    before = (catalogue.state, catalogue.rows())
    bad = (1, None, ["u is missing"], "{}")
    page = make_page(make_rows(200, seed=1, **NOWHERE), name="new", quarantined=[bad])
    process = ingesting(database_url, tmp_path, page, when=when)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert catalogue.state == before[0]
    assert catalogue.rows().equals(before[1])
    assert sql(catalogue, "SELECT 1 FROM quarantine") == []
    assert catalogue.baseline("new") is None
    record = catalogue.ingest([page])
    assert (record.inserted, record.updated, record.unchanged) == (200, 0, 0)
    assert catalogue.rows().num_rows == 220


def test_two_processes_that_ingest_at_once_double_nothing(
    database_url: str, tmp_path: Path, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    rows = make_rows(600, **NOWHERE)
    first, second = make_page(rows.slice(0, 400), name="a"), make_page(rows.slice(200), name="b")
    running = [ingesting(database_url, tmp_path, first), ingesting(database_url, tmp_path, second)]
    done = sorted(tuple(map(int, finish(process).split())) for process in running)
    assert done == [(200, 0, 200), (400, 0, 0)]
    catalogue = open_catalogue(database_url)
    assert catalogue.rows().num_rows == 600
    assert catalogue.ingest([first, second]).unchanged == 800


@contextmanager
def busy(url: str, locks: Path, how: str) -> Iterator[None]:
    """Hold the catalogue as another writer does."""
    if how == "sqlite":  # a program that is not ours
        with closing(sqlite3.connect(make_url(url).database or "", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
    else:
        with Database(url, sky=Sky.REAL, lock_folder=locks, lock_timeout=5).writing():
            yield


@pytest.mark.parametrize(("backend", "how"), [("sqlite", "sqlite"), ("sqlite", "cosmic"), ("postgres", "cosmic")])
def test_a_catalogue_that_stays_locked_is_an_error_that_passes(
    make_database: Any, tmp_path: Path, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage,
    backend: str, how: str,
) -> None:  # fmt: skip
    url = make_database(backend)
    catalogue = open_catalogue(url, lock_timeout=0.2)
    with (
        busy(url, tmp_path / "locks", how),
        pytest.raises(TransientSourceError, match=r"written by another process.*0\.2 s"),
    ):
        catalogue.ingest([make_page(make_rows(3))])
    assert catalogue.ingest([make_page(make_rows(3))]).inserted == 3


@pytest.mark.parametrize(("backend", "how"), [("sqlite", "sqlite"), ("sqlite", "cosmic"), ("postgres", "cosmic")])
def test_a_catalogue_that_is_being_written_can_be_opened_and_read(
    make_database: Any, tmp_path: Path, open_catalogue: OpenCatalogue, backend: str, how: str
) -> None:
    url = make_database(backend)
    first = open_catalogue(url)
    with busy(url, tmp_path / "locks", how):
        second = open_catalogue(url, lock_timeout=0.1)
        assert second.id == first.id
        assert second.rows().num_rows == 0


def test_the_lock_file_of_a_dead_process_holds_nobody_up(
    sqlite_url: str, tmp_path: Path, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    catalogue = open_catalogue(sqlite_url, lock_timeout=0.2)
    (lock,) = (tmp_path / "locks").glob("*.lock")
    with FileLock(str(lock)), pytest.raises(TransientSourceError):
        catalogue.ingest([make_page(make_rows(3))])
    lock.write_text("left behind")
    assert catalogue.ingest([make_page(make_rows(3))]).inserted == 3


@pytest.mark.parametrize("when", ["CREATE TEMPORARY TABLE stage_objects", "UPDATE catalogue"])
def test_a_connection_that_the_server_ends_changes_nothing_and_passes(
    postgres_url: str, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage, when: str
) -> None:
    catalogue, page = open_catalogue(postgres_url), make_page(make_rows(50))
    other = sa.create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"))

    def end(connection: sa.Connection, _cursor: object, statement: str, *_: object) -> None:
        if when in statement:
            here = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
            with other.connect() as killer:
                killer.execute(sa.select(sa.func.pg_terminate_backend(here, 5_000)))

    engine = catalogue._database._engine
    event.listen(engine, "after_cursor_execute", end)
    with pytest.raises(TransientSourceError, match=r"Nothing was changed.*run again"):
        catalogue.ingest([page])
    event.remove(engine, "after_cursor_execute", end)
    other.dispose()
    assert catalogue.rows().num_rows == 0
    assert catalogue.ingest([page]).inserted == 50


def test_a_new_file_that_another_program_has_locked_is_an_error_that_passes(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "catalogue.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        error = refused(f"sqlite:///{tmp_path / 'catalogue.db'}", tmp_path)
    assert isinstance(error, TransientSourceError)


def test_a_catalogue_deleted_while_open_is_named_and_not_written(
    sqlite_url: str, tmp_path: Path, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    catalogue = open_catalogue(sqlite_url)
    for file in tmp_path.glob("catalogue.db*"):
        file.unlink()
    with pytest.raises(ConfigError, match=r"deleted or replaced.*Run again"):
        catalogue.ingest([make_page(make_rows(3))])


def test_a_catalogue_replaced_while_open_is_named_and_not_written(
    sqlite_url: str, tmp_path: Path, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    catalogue = open_catalogue(sqlite_url)
    for file in tmp_path.glob("catalogue.db*"):
        file.unlink()
    other = open_catalogue(sqlite_url)
    with pytest.raises(ConfigError, match="replaced by another one"):
        catalogue.ingest([make_page(make_rows(3))])
    assert other.rows().num_rows == 0


def refused(url: str, tmp_path: Path) -> CosmicError:
    with pytest.raises(CosmicError) as caught:
        Catalogue.open(url, sky=Sky.REAL, lock_folder=tmp_path / "locks", lock_timeout=0.2)
    told = "".join(traceback.format_exception(caught.value))
    for spelling in (SECRET, "pa%3Ass%2Fwo%40rd", "wo@rd", "wo%40rd"):
        assert spelling not in told
    return caught.value


def test_a_server_that_does_not_answer_is_an_error_that_passes_and_tells_no_password(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = sa.URL.create("postgresql", "someone", SECRET, "127.0.0.1", port, "sky").render_as_string(hide_password=False)
    error = refused(url, tmp_path)
    assert isinstance(error, TransientSourceError)
    assert f"The database sky at 127.0.0.1:{port} cannot be reached" in str(error)


def test_a_wrong_password_is_an_error_to_correct_and_is_not_told(postgres_url: str, tmp_path: Path) -> None:
    if os.environ.get("COSMIC_TEST_POSTGRES_URL"):
        pytest.skip("how a server that is not ours asks for passwords is not ours to change")
    user = "cosmic_password"
    engine = sa.create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        known = connection.execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :user"), {"user": user}).scalar()
        connection.execute(sa.text(f"{'ALTER' if known else 'CREATE'} ROLE {user} LOGIN PASSWORD 'another'"))
    engine.dispose()
    for password in (SECRET, None):
        url = make_url(postgres_url).set(username=user, password=password).render_as_string(hide_password=False)
        error = refused(url, tmp_path)
        assert isinstance(error, ConfigError)
        assert "COSMIC_DATABASE_URL" in str(error)
    url = make_url(postgres_url).set(username=user, password="another").render_as_string(hide_password=False)
    assert "permission denied" in str(refused(url, tmp_path))  # it may connect, and make no schema


def test_a_database_that_is_not_there_is_an_error_to_correct(postgres_url: str, tmp_path: Path) -> None:
    error = refused(make_url(postgres_url).set(database="nowhere").render_as_string(hide_password=False), tmp_path)
    assert isinstance(error, ConfigError)
    assert "nowhere" in str(error)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"mysql://someone:{SECRET}@host/sky", "kind 'mysql'"),
        (f"postgresql://someone:{SECRET}@host:no/sky", "cannot be read"),
        ("catalogue.db", "cannot be read"),
        ("", "cannot be read"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_a_url_that_cannot_be_used_is_explained_without_its_password(url: str, said: str, tmp_path: Path) -> None:
    error = refused(url, tmp_path)
    assert isinstance(error, ConfigError)
    assert said in str(error)
    assert "sqlite:////folder/catalogue.db or postgresql://" in str(error)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_a_postgres_url_is_taken(scheme: str) -> None:
    assert parse(f"{scheme}://postgres:@/sky?host=/tmp/socket").drivername == "postgresql+psycopg"


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("these are notes, and not a few of them " * 100)
    error = refused(f"sqlite:///{file}", tmp_path)
    assert isinstance(error, ArtefactCorrupt)
    assert str(file) in str(error)
    assert file.read_text().startswith("these are notes")


def test_a_place_that_cannot_hold_a_file_is_an_error_to_correct(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    for place in (tmp_path, tmp_path / "notes.txt" / "catalogue.db"):
        error = refused(f"sqlite:///{place}", tmp_path)
        assert isinstance(error, ConfigError)
        assert "Check the folder" in str(error)
