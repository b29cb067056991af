"""A catalogue remembers how each run ended, on SQLite and on Postgres, and is read without being changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cosmic.catalogue import Catalogue, Run, chronicle
from cosmic.catalogue.chronicle import Outcome, Ran
from cosmic.records import Sky

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def catalogue(database_url: str, tmp_path: Path) -> Iterator[Catalogue]:
    with Catalogue.open(database_url, sky=Sky.REAL, lock_folder=tmp_path / "locks") as opened:
        yield opened


def test_how_a_run_ended_is_added_to_what_is_known_of_it(catalogue: Catalogue, database_url: str) -> None:
    began = Ran("monday", "ingest", NOW)
    catalogue.note_run(began)
    (under_way,) = read(database_url).runs
    assert (under_way.outcome, under_way.finished) == (Outcome.UNDER_WAY, None)
    catalogue.record_run(Run("monday", "ingest", NOW, report=Path("report.html"), settings={"rows": "5"}))
    ended = replace(
        began, finished=NOW + timedelta(minutes=2), outcome=Outcome.FAILED, detail="why", counts={"rows": 7}
    )
    catalogue.note_run(ended)
    assert read(database_url).runs == (replace(ended, report="report.html"),)


def test_the_newest_runs_come_first_and_the_rest_is_counted(catalogue: Catalogue, database_url: str) -> None:
    for day in range(5):
        catalogue.note_run(Ran(f"day-{day}", "ingest", NOW + timedelta(days=day)))
    found = chronicle.read(database_url, sky=Sky.REAL, most_runs=2)
    assert found is not None
    assert ([one.id for one in found.runs], found.runs_before) == (["day-4", "day-3"], 3)


def test_where_there_is_none_nothing_is_read_and_nothing_made(tmp_path: Path) -> None:
    assert chronicle.read(f"sqlite:///{tmp_path / 'none.db'}", sky=Sky.REAL, most_runs=5) is None
    assert list(tmp_path.iterdir()) == []


def read(url: str) -> chronicle.Chronicle:
    found = chronicle.read(url, sky=Sky.REAL, most_runs=20)
    assert found is not None
    return found
