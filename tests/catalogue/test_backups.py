"""A backup is one file that gives the catalogue again, wherever it was; tables are brought up only where there is one."""

from __future__ import annotations

import gzip
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from cosmic.catalogue import Catalogue, backups, copying, schema
from cosmic.catalogue.database import Database
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.records import JudgedPage, Sky
from cosmic.snapshots import identify
from tests.catalogue.filled import NOW, columns, complete

MakeRows = Callable[..., pa.Table]
MakePage = Callable[..., JudgedPage]
OpenCatalogue = Callable[..., Catalogue]
Connect = Callable[[str], Database]
NAME = partial(identify, sky=Sky.REAL)
PREVIOUS = Path(__file__).with_name("previous_release.sql.gz")
"""A catalogue as `flows.ingest` of revision 0005 left it: 80 rows of a simulated export as a file, 2 of them refused, then
10 of them again with one class changed; dumped by Python's sqlite3."""
PREVIOUS_STATE = "df38037f2dea62af7013bb049879d8d5881b1840bc3c9d17e373bfd5e87671ce"


@pytest.fixture
def connect(tmp_path: Path) -> Connect:
    return lambda url: Database(url, sky=Sky.REAL, lock_folder=tmp_path / "locks", lock_timeout=5)


@pytest.fixture
def previous(tmp_path: Path) -> Path:
    """Give the file of a catalogue that the previous release wrote."""
    file = tmp_path / "previous" / "catalogue.db"
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(gzip.decompress(PREVIOUS.read_bytes()).decode())
        connection.execute("PRAGMA journal_mode = WAL")
    return file


@pytest.mark.parametrize("back", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def test_a_catalogue_is_restored_from_its_backup_into_either_database(
    database_url: str, back: str, make_database: Callable[[str], str], connect: Connect, tmp_path: Path,
    open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage,
) -> None:  # fmt: skip
    catalogue = open_catalogue(database_url)
    catalogue.ingest([make_page(make_rows(4, **columns()))])
    complete(catalogue)
    kept = backups.backup(connect(database_url), tmp_path / "b.db", sky=Sky.REAL, now=NOW, identify=NAME)
    assert kept.held == copying.hold(connect(database_url), identify=NAME)
    assert [path.name for path in tmp_path.glob("b.db*")] == ["b.db"], "one file"
    target = make_database(back)  # type: ignore[arg-type]
    done = backups.restore(tmp_path / "b.db", connect(target), sky=Sky.REAL, now=NOW, identify=NAME)
    assert done.held == kept.held
    again = open_catalogue(target)
    assert (again.id, again.state) == (catalogue.id, catalogue.state)
    assert again.rows().equals(catalogue.rows())


def test_a_backup_replaces_no_file_and_a_restore_no_catalogue(
    sqlite_url: str,
    connect: Connect,
    tmp_path: Path,
    open_catalogue: OpenCatalogue,
    make_rows: MakeRows,
    make_page: MakePage,
) -> None:
    open_catalogue(sqlite_url).ingest([make_page(make_rows(3))])
    backups.backup(connect(sqlite_url), tmp_path / "b.db", sky=Sky.REAL, now=NOW, identify=NAME)
    with pytest.raises(ConfigError, match="never replaces another"):
        backups.backup(connect(sqlite_url), tmp_path / "b.db", sky=Sky.REAL, now=NOW, identify=NAME)
    with pytest.raises(ConfigError, match="is not empty"):
        backups.restore(tmp_path / "b.db", connect(sqlite_url), sky=Sky.REAL, now=NOW, identify=NAME)
    with pytest.raises(ConfigError, match="is no file"):
        backups.restore(tmp_path / "c.db", connect(sqlite_url), sky=Sky.REAL, now=NOW, identify=NAME)


def test_a_backup_is_of_one_moment_while_rows_arrive(
    sqlite_url: str,
    connect: Connect,
    tmp_path: Path,
    open_catalogue: OpenCatalogue,
    make_rows: MakeRows,
    make_page: MakePage,
) -> None:
    catalogue = open_catalogue(sqlite_url)
    catalogue.ingest([make_page(make_rows(10))])
    pages = [make_page(make_rows(10, seed=seed), name=f"{seed}.csv") for seed in range(1, 6)]
    states = [catalogue.state]

    def go_on() -> None:
        states.extend(catalogue.ingest([page]).state for page in pages)

    writer = threading.Thread(target=go_on)
    writer.start()
    backups.backup(connect(sqlite_url), tmp_path / "b.db", sky=Sky.REAL, now=NOW, identify=NAME)
    writer.join()
    with closing(sqlite3.connect(tmp_path / "b.db")) as kept:
        assert kept.execute("SELECT state FROM catalogue").fetchone()[0] in states


def test_a_damaged_catalogue_or_backup_is_named_and_nothing_is_kept(
    sqlite_url: str,
    connect: Connect,
    tmp_path: Path,
    open_catalogue: OpenCatalogue,
    make_rows: MakeRows,
    make_page: MakePage,
) -> None:
    catalogue = open_catalogue(sqlite_url)
    catalogue.ingest([make_page(make_rows(300))])
    catalogue.close()
    backups.backup(connect(sqlite_url), tmp_path / "b.db", sky=Sky.REAL, now=NOW, identify=NAME)
    whole = (tmp_path / "b.db").read_bytes()
    (tmp_path / "b.db").write_bytes(whole[: 4096 * 9] + bytes(4096 * 8) + whole[4096 * 17 :])
    url = f"sqlite:///{tmp_path / 'b.db'}"
    with pytest.raises(ArtefactCorrupt, match="damaged"):
        backups.backup(connect(url), tmp_path / "c.db", sky=Sky.REAL, now=NOW, identify=NAME)
    assert list(tmp_path.glob("*c.db*")) == []


def test_a_catalogue_of_the_previous_release_is_brought_up_beside_its_backup(
    previous: Path, tmp_path: Path, connect: Connect, open_catalogue: OpenCatalogue
) -> None:
    url = f"sqlite:///{previous}"
    before = copying.hold(connect(url), identify=NAME)
    assert "incidents" not in before.rows
    opened = open_catalogue(url)
    assert opened.state == PREVIOUS_STATE
    assert opened.rows().num_rows == before.rows["objects"] == 78
    assert opened.incidents() == ()
    after = copying.hold(connect(url), identify=NAME)
    assert after.snapshot == before.snapshot
    (kept,) = previous.parent.glob("catalogue.db.0005-*.backup")
    there = connect(f"sqlite:///{kept}")
    assert schema.revision(there) == "0005"
    assert copying.hold(there, identify=NAME) == before
    open_catalogue(url)
    assert len(list(previous.parent.glob("*.backup"))) == 1, "a second start finds nothing to do"


def test_a_backup_of_the_previous_release_is_restored_and_brought_up(
    previous: Path, tmp_path: Path, connect: Connect, postgres_url: str, open_catalogue: OpenCatalogue
) -> None:
    done = backups.restore(previous, connect(postgres_url), sky=Sky.REAL, now=NOW, identify=NAME)
    assert done.held == copying.hold(connect(f"sqlite:///{previous}"), identify=NAME)
    assert schema.revision(connect(postgres_url)) == schema.revisions()[-1]
    assert open_catalogue(postgres_url).state == PREVIOUS_STATE


def test_in_postgres_a_catalogue_of_the_previous_release_waits_for_a_backup(
    previous: Path, tmp_path: Path, connect: Connect, postgres_url: str, open_catalogue: OpenCatalogue
) -> None:
    url = f"sqlite:///{previous}"
    held = copying.copy(connect(url), connect(postgres_url), sky=Sky.REAL, now=NOW, identify=NAME).held
    with pytest.raises(
        ConfigError, match=r"revision 0005.*cosmic catalogue backup --to FILE.*COSMIC_DATABASE_BACKED_UP=true"
    ):
        open_catalogue(postgres_url)
    assert schema.revision(connect(postgres_url)) == "0005", "nothing was changed"
    kept = backups.backup(connect(postgres_url), tmp_path / "b.db", sky=Sky.REAL, now=NOW, identify=NAME)
    assert kept.revision == "0005"
    assert kept.held == held, "a backup can be made by the new release"
    with Catalogue.open(postgres_url, sky=Sky.REAL, lock_folder=tmp_path, backed_up=True) as catalogue:
        assert catalogue.state == PREVIOUS_STATE


def test_where_no_backup_can_be_made_tables_stay_as_they_are(previous: Path, connect: Connect, tmp_path: Path) -> None:
    database = connect(f"sqlite:///{previous}")
    file = previous.with_name(f"{previous.name}.0005-{NOW:%Y%m%dT%H%M%S%f}.backup")
    file.write_text("in the way")
    with pytest.raises(ConfigError, match="never replaces another"):
        schema.upgrade(database, sky=Sky.REAL, now=NOW)
    assert schema.revision(database) == "0005"
