"""A catalogue is copied between databases whole, exactly and provably, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from cosmic.catalogue import Catalogue, copying, schema
from cosmic.catalogue.database import Database
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.records import JudgedPage, MagnitudeSystem, Sky
from cosmic.snapshots import freeze, identify
from tests.catalogue.filled import IDS, NOW, columns, complete

MakeRows = Callable[..., pa.Table]
MakePage = Callable[..., JudgedPage]
OpenCatalogue = Callable[..., Catalogue]
Copy = Callable[..., copying.Copied]
PROBLEM = (7, None, ["u is missing", "z is out of range"], '{"u":null,"z":99}')
NAME = partial(identify, sky=Sky.REAL)


@pytest.fixture
def connect(tmp_path: Path) -> Callable[[str], Database]:
    return lambda url: Database(url, sky=Sky.REAL, lock_folder=tmp_path / "locks", lock_timeout=5)


@pytest.fixture
def copy(connect: Callable[[str], Database]) -> Copy:
    """Give a function that copies from one URL to another."""

    def run(source: str, target: str, **more: Any) -> copying.Copied:
        return copying.copy(connect(source), connect(target), sky=Sky.REAL, now=NOW, **({"identify": NAME} | more))

    return run


@pytest.fixture
def filled(sqlite_url: str, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage) -> Catalogue:
    """Give a catalogue in SQLite with rows in every table."""
    catalogue = open_catalogue(sqlite_url)
    catalogue.ingest([make_page(make_rows(4, **columns()), quarantined=[PROBLEM])])
    catalogue.ingest([make_page(make_rows(4, **columns() | {"redshift": [0.2, 0.2, 0.2, 0.2]}), name="again.csv")])
    complete(catalogue)
    return catalogue


def test_a_catalogue_goes_to_postgres_and_back_unchanged(
    filled: Catalogue, sqlite_url: str, postgres_url: str, tmp_path: Path, copy: Copy, open_catalogue: OpenCatalogue
) -> None:
    heard: list[tuple[str, int]] = []
    there = copy(sqlite_url, postgres_url, told=lambda step, n: heard.append((step, n)))
    assert all(there.held.rows.values()), "every table has rows, so that every table is proved"
    assert sum(n for _, n in heard) == 2 * sum(there.held.rows.values())
    back_url = f"sqlite:///{tmp_path / 'back' / 'catalogue.db'}"
    back = copy(postgres_url, back_url)
    assert back.held == there.held
    first, moved, again = (open_catalogue(url) for url in (sqlite_url, postgres_url, back_url))
    assert first.rows().equals(moved.rows())
    assert first.rows().equals(again.rows())
    assert (first.id, first.state) == (moved.id, moved.state) == (again.id, again.state)
    frozen = freeze(moved.rows(), folder=tmp_path / "s", system=MagnitudeSystem.MODEL, sky=Sky.REAL)
    assert frozen.id == there.held.snapshot


def test_ids_are_numbers_in_postgres_and_padded_text_in_sqlite(
    filled: Catalogue, sqlite_url: str, postgres_url: str, copy: Copy, connect: Callable[[str], Database]
) -> None:
    copy(sqlite_url, postgres_url)
    ask = sa.text("SELECT max(spec_obj_id) FROM objects")
    with connect(sqlite_url).reading() as here, connect(postgres_url).reading() as there:
        assert here.execute(ask).scalar_one() == IDS[0]
        assert int(there.execute(ask).scalar_one()) == int(str(IDS[0]))


@pytest.mark.slow
def test_the_copy_goes_on_as_the_catalogue_would(
    filled: Catalogue, sqlite_url: str, postgres_url: str, copy: Copy, open_catalogue: OpenCatalogue,
    make_rows: MakeRows, make_page: MakePage,
) -> None:  # fmt: skip
    copy(sqlite_url, postgres_url)
    more = make_page(make_rows(30, seed=3), name="more.csv")
    there = open_catalogue(postgres_url)
    assert there.ingest([more]).inserted == filled.ingest([more]).inserted == 30
    assert there.state == filled.state


def test_nothing_is_copied_onto_something(
    filled: Catalogue, sqlite_url: str, postgres_url: str, copy: Copy, open_catalogue: OpenCatalogue,
    make_rows: MakeRows, make_page: MakePage,
) -> None:  # fmt: skip
    there = open_catalogue(postgres_url)
    there.ingest([make_page(make_rows(3, seed=9))])
    state = there.state
    with pytest.raises(ConfigError, match=r"is not empty: it has 3 rows in objects|is not empty: it has 1 rows in"):
        copy(sqlite_url, postgres_url)
    assert open_catalogue(postgres_url).state == state
    with pytest.raises(ConfigError, match="is what would be copied"):
        copy(sqlite_url, sqlite_url)


def test_a_target_of_another_revision_or_sky_is_refused(
    filled: Catalogue, sqlite_url: str, tmp_path: Path, copy: Copy, connect: Callable[[str], Database]
) -> None:
    old = f"sqlite:///{tmp_path / 'old.db'}"
    schema.move(connect(old), "0005", sky=Sky.REAL, now=NOW)
    with pytest.raises(ConfigError, match=r"tables of revision 0005, and those to copy are of"):
        copy(sqlite_url, old)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    schema.upgrade(connect(other), sky=Sky.SIMULATED, now=NOW)
    with pytest.raises(ConfigError, match="is of the simulated sky"):
        copy(sqlite_url, other)


def test_tables_of_another_program_are_left_alone(
    filled: Catalogue, sqlite_url: str, tmp_path: Path, copy: Copy, connect: Callable[[str], Database]
) -> None:
    url = f"sqlite:///{tmp_path / 'theirs.db'}"
    with connect(url).writing() as connection:
        connection.exec_driver_sql("CREATE TABLE runs (theirs TEXT)")
    with pytest.raises(ConfigError, match=r"tables of other programs with the names of ours \(runs\)"):
        copy(sqlite_url, url)


@pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def test_a_copy_that_breaks_off_leaves_nothing_and_the_next_one_is_whole(
    backend: str, filled: Catalogue, sqlite_url: str, make_database: Callable[[str], str], copy: Copy,
    connect: Callable[[str], Database],
) -> None:  # fmt: skip
    target = make_database(backend)

    class Gone(Exception):
        pass

    def gone(step: str, rows: int) -> None:
        if step == "copying votes":
            raise Gone

    with pytest.raises(Gone):
        copy(sqlite_url, target, told=gone)
    left = copying.count(connect(target))
    assert {name for name, rows in left.items() if rows} == {"catalogue"}
    assert copy(sqlite_url, target).held.rows["votes"] == 1


def test_a_copy_that_would_differ_is_not_kept(
    filled: Catalogue, sqlite_url: str, postgres_url: str, copy: Copy, connect: Callable[[str], Database]
) -> None:
    """A rule of the server changes a value on its way in: counts are equal, values are not."""
    schema.upgrade(connect(postgres_url), sky=Sky.REAL, now=NOW)
    with connect(postgres_url).writing() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN NEW.redshift := NEW.redshift + 1e-9; RETURN NEW; END $$"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER spoil BEFORE INSERT ON objects FOR EACH ROW EXECUTE FUNCTION spoil()"
        )
    with pytest.raises(ArtefactCorrupt, match=r"objects: other values; snapshot \w{64} there, \w{64} in the copy"):
        copy(sqlite_url, postgres_url)
    left = copying.count(connect(postgres_url))
    assert {name for name, rows in left.items() if rows} == {"catalogue"}


def test_an_empty_catalogue_can_be_copied(
    sqlite_url: str, tmp_path: Path, open_catalogue: OpenCatalogue, copy: Copy
) -> None:
    first = open_catalogue(sqlite_url)
    target = f"sqlite:///{tmp_path / 'two.db'}"
    assert copy(sqlite_url, target).held.snapshot is None
    assert open_catalogue(target).id == first.id
