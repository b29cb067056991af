"""The census moves with the rows that it counted, in one transaction, exact; history says what changed, when, whence."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import TypeAdapter

from cosmic.catalogue import Catalogue, Moved
from cosmic.catalogue.glance import glance_census
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.records import JudgedPage, Sky
from cosmic.skyserver.census import Shard
from tests.catalogue.looking import changed, sql

MakeRows = Callable[..., pa.Table]
MakePage = Callable[..., JudgedPage]

SERIES = "DR17 default"
BEYOND = Shard(16383, 640, 59_000, 640 * (2**64 - 1))
"""A shard whose ids are the largest that there are."""


INGEST_AND_DIE = """
import os, signal, sys
from pathlib import Path
from pydantic import TypeAdapter
from sqlalchemy import event
from sqlalchemy.engine import Engine
from cosmic.catalogue import Catalogue, Moved
from cosmic.records import JudgedPage, Sky
from cosmic.skyserver.census import Shard

url, locks, page = sys.argv[1:]
catalogue = Catalogue.open(url, sky=Sky.REAL, lock_folder=Path(locks))

def die(connection):
    print(connection.exec_driver_sql("SELECT count(*) FROM census").scalar(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, "commit", die)
judged = TypeAdapter(JudgedPage).validate_json(Path(page).read_bytes())
catalogue.ingest([judged], counted=Moved("DR17 default", (Shard(1, 2, 3, 4),)))
"""


def moved(*shards: Shard, gone: tuple[int, ...] = ()) -> Moved:
    return Moved(SERIES, shards, gone)


def test_sums_of_ids_beyond_every_integer_of_a_database_come_back_exact(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    small = Shard(300, 1, 51_666, 2**53 + 1)
    catalogue.ingest([make_page(make_rows(5))], counted=moved(BEYOND, small))
    assert catalogue.census(SERIES) == {16383: BEYOND, 300: small}
    assert catalogue.census("DR16 default") == {}


def test_a_census_moves_only_where_it_was_counted(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    first, second, more = Shard(1, 2, 3, 4), Shard(2, 2, 3, 4), Shard(2, 5, 3, 9)
    catalogue.ingest([make_page(make_rows(5))], counted=moved(first, second))
    catalogue.ingest([make_page(make_rows(5, seed=1), name="b")], counted=moved(more, gone=(1,)))
    assert catalogue.census(SERIES) == {2: more}
    catalogue.ingest([make_page(make_rows(5, seed=2), name="c")])
    assert catalogue.census(SERIES) == {2: more}


@pytest.mark.parametrize("harm", ["another catalogue", "a report that is gone"])
def test_an_ingest_that_fails_leaves_the_census(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = Shard(1, 2, 3, 4)
    catalogue.ingest([make_page(make_rows(5))], counted=moved(stored))
    page = make_page(make_rows(5, seed=1), name="b")
    if harm == "another catalogue":
        monkeypatch.setattr(catalogue, "id", "another")
    else:
        page.report.unlink()
    with pytest.raises((ArtefactCorrupt, ConfigError)):
        catalogue.ingest([page], counted=moved(Shard(1, 9, 9, 9), Shard(2, 1, 1, 1)))
    assert catalogue.census(SERIES) == {1: stored}


def test_a_death_after_the_census_moved_and_before_the_end_takes_both_back(
    sqlite_url: str, tmp_path: Path, make_rows: MakeRows, make_page: MakePage
) -> None:
    record = tmp_path / "page.json"
    record.write_bytes(TypeAdapter(JudgedPage).dump_json(make_page(make_rows(5))))
    command = [sys.executable, "-c", INGEST_AND_DIE, sqlite_url, str(tmp_path / "locks"), str(record)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "1\n"), ended.stderr
    with Catalogue.open(sqlite_url, sky=Sky.REAL, lock_folder=tmp_path / "locks") as catalogue:
        assert catalogue.census(SERIES) == {}
        assert catalogue.rows().num_rows == 0


def test_since_is_when_rows_of_the_series_last_came(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    assert catalogue.since(SERIES) is None
    catalogue.ingest([make_page(make_rows(5))], counted=moved(Shard(1, 2, 3, 4)))
    first = catalogue.since(SERIES)
    catalogue.ingest([make_page(make_rows(5, seed=1), name="b")])
    assert catalogue.since(SERIES) == first is not None
    catalogue.ingest([make_page(make_rows(5, seed=2), name="c")], counted=moved(Shard(2, 2, 3, 4)))
    later = catalogue.since(SERIES)
    assert later is not None
    assert later > first


def test_standing_is_the_state_as_an_ingest_that_brings_nothing(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    with pytest.raises(ConfigError, match="is empty, and the source has nothing to bring"):
        catalogue.standing()
    done = catalogue.ingest([make_page(make_rows(5))])
    here = catalogue.standing()
    assert (here.id, here.state, here.catalogue, here.earlier) == (done.id, done.state, done.catalogue, 5)
    assert (here.rows, here.valid, here.inserted, here.updated, here.unchanged) == (0, 0, 0, 0, 0)


def test_a_dry_run_sees_the_census_and_makes_no_catalogue(
    database_url: str, tmp_path: Path, make_rows: MakeRows, make_page: MakePage
) -> None:
    assert glance_census(database_url, sky=Sky.REAL, series=SERIES) == ({}, None)
    with Catalogue.open(database_url, sky=Sky.REAL, lock_folder=tmp_path) as catalogue:
        catalogue.ingest([make_page(make_rows(5))], counted=moved(BEYOND))
        assert glance_census(database_url, sky=Sky.REAL, series=SERIES) == ({16383: BEYOND}, catalogue.since(SERIES))


class TestHistory:
    def test_it_says_what_changed_when_and_from_which_page(
        self, catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
    ) -> None:
        rows = make_rows(3)
        key = rows["object_key"][1].as_py()
        catalogue.ingest([make_page(rows)])
        redshifts = rows["redshift"].to_pylist()
        second = changed(rows, redshift=[redshifts[0], 0.75, redshifts[2]])
        catalogue.ingest([make_page(second, name="second")])
        third = changed(second, **{"class": ["STAR"] * 3})
        catalogue.ingest([make_page(third, name="third")])
        one, *two = catalogue.history(key)
        assert one.columns == {"redshift": (redshifts[1], 0.75)}
        assert (one.origin, one.page) == ("second", make_page(second, name="second").page.id)
        was = rows["class"][1].as_py()
        assert [change.columns for change in two] == ([] if was == "STAR" else [{"class": (was, "STAR")}])
        assert [one.when, *(change.when for change in two)] == sorted({one.when, *(change.when for change in two)})

    def test_rows_that_came_again_as_they_were_have_none(
        self, catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
    ) -> None:
        rows = make_rows(3)
        catalogue.ingest([make_page(rows)])
        catalogue.ingest([make_page(rows, name="again")])
        assert [catalogue.history(key) for key in rows["object_key"].to_pylist()] == [(), (), ()]

    def test_an_ingest_that_is_told_twice_keeps_one_line(
        self, catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
    ) -> None:
        rows = make_rows(3)
        first, second = make_page(rows), make_page(changed(rows, redshift=[0.5, 0.5, 0.5]), name="second")
        for page in (first, second, second):
            catalogue.ingest([page])
        assert sql(catalogue, "SELECT count(*) FROM history") == [(3,)]


class TestRowsThatAPlateNoLongerHas:
    def page(self, make_page: MakePage, rows: pa.Table, **more: Any) -> JudgedPage:
        return make_page(rows, name=f"somewhere {SERIES}, plate 1000 {rows.num_rows}", **more)

    def test_they_are_counted_and_stay(self, catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage) -> None:
        rows = make_rows(5)
        first = catalogue.ingest([self.page(make_page, rows)], counted=moved(Shard(1000, 5, 3, 4)))
        second = catalogue.ingest([self.page(make_page, rows.slice(0, 3))], counted=moved(Shard(1000, 3, 3, 2)))
        assert (first.absent, second.absent) == (0, 2)
        assert catalogue.rows().num_rows == 5

    def test_rows_of_other_sources_other_series_and_other_plates_are_not_among_them(
        self, catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
    ) -> None:
        rows = make_rows(6, plate=[1000, 1000, 1000, 1000, 2000, 1000])
        shard = Shard(1000, 1, 3, 4)
        catalogue.ingest([make_page(rows.slice(0, 1), name="somewhere DR16 default, plate 1000")])
        catalogue.ingest([make_page(rows.slice(1, 1), name="/tmp/file.csv")])
        other = make_page(rows.slice(4, 1), name=f"somewhere {SERIES}, plate 2000")
        catalogue.ingest([self.page(make_page, rows.slice(2, 2)), other], counted=moved(shard, Shard(2000, 1, 1, 1)))
        done = catalogue.ingest([self.page(make_page, rows.slice(3, 1))], counted=moved(shard))
        assert done.absent == 1

    def test_a_row_that_is_bad_now_is_there_all_the_same(
        self, catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
    ) -> None:
        rows = make_rows(2)
        catalogue.ingest([self.page(make_page, rows)], counted=moved(Shard(1000, 2, 3, 4)))
        bad = [(2, rows["object_key"][1].as_py(), ["r: too bright"], "{}")]
        done = catalogue.ingest(
            [self.page(make_page, rows.slice(0, 1), quarantined=bad)], counted=moved(Shard(1000, 2, 4, 4))
        )
        assert done.absent == 0
