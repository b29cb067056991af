"""A catalogue can be in a state that it was in before: lineage then still leads to what made that state."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from cosmic.catalogue import Catalogue, Run
from cosmic.errors import ConfigError
from cosmic.records import Ingest, JudgedPage, MagnitudeSystem, Sky, Snapshot
from cosmic.snapshots import freeze
from tests.catalogue.looking import changed, sql

MakeRows = Callable[..., pa.Table]
MakePage = Callable[..., JudgedPage]
OpenCatalogue = Callable[..., Catalogue]
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
WALK = (
    "SELECT r.id, p.origin FROM runs r JOIN snapshots s ON s.id = r.snapshot_id "
    "JOIN ingest_pages i ON i.ingest_id = s.ingest_id JOIN pages p ON p.id = i.page_id ORDER BY r.id"
)


def frozen(catalogue: Catalogue, folder: Path) -> Snapshot:
    return freeze(catalogue.rows(), folder=folder, system=MagnitudeSystem.MODEL, sky=Sky.REAL)


def record(catalogue: Catalogue, name: str, snapshot: Snapshot, ingest: Ingest) -> None:
    """Record a run as the pipeline does at its end."""
    catalogue.record_snapshot(snapshot, state=ingest.state)
    catalogue.record_run(Run(name, "full-pipeline", NOW, snapshot=snapshot.id))


@pytest.fixture
def pages(make_rows: MakeRows, make_page: MakePage) -> tuple[JudgedPage, JudgedPage]:
    """Give a page and a newer one with other values of the same objects."""
    rows = make_rows(5, redshift=[0.1] * 5)
    return make_page(rows, name="old.csv"), make_page(changed(rows, redshift=[0.2] * 5), name="new.csv")


def test_a_run_on_a_state_that_came_back_leads_to_what_made_it_first(
    catalogue: Catalogue, pages: tuple[JudgedPage, JudgedPage], tmp_path: Path
) -> None:
    old, new = pages
    first = catalogue.ingest([old])
    before = frozen(catalogue, tmp_path)
    record(catalogue, "1", before, first)
    second = catalogue.ingest([new])
    record(catalogue, "2", frozen(catalogue, tmp_path), second)
    third = catalogue.ingest([old])
    assert (third.state, third.updated) == (first.state, 5)
    assert frozen(catalogue, tmp_path).id == before.id
    record(catalogue, "3", before, third)
    assert sql(catalogue, WALK) == [("1", "old.csv"), ("2", "new.csv"), ("3", "old.csv")]
    assert sql(catalogue, "SELECT state FROM ingests ORDER BY number DESC LIMIT 1") == [(catalogue.state,)]
    assert len(sql(catalogue, "SELECT id FROM snapshots")) == 2


def test_a_run_that_another_one_overtook_is_recorded_with_the_state_that_it_froze(
    catalogue: Catalogue, pages: tuple[JudgedPage, JudgedPage], tmp_path: Path
) -> None:
    old, new = pages
    slow = catalogue.ingest([old])
    its = frozen(catalogue, tmp_path)
    catalogue.ingest([new])
    record(catalogue, "slow", its, slow)
    assert sql(catalogue, WALK) == [("slow", "old.csv")]


def test_pages_that_are_read_again_and_change_nothing_do_not_take_the_state_over(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage, tmp_path: Path
) -> None:
    one, other = make_page(make_rows(3), name="one.csv"), make_page(make_rows(3, seed=1), name="other.csv")
    catalogue.ingest([one])
    both = catalogue.ingest([other])
    again = catalogue.ingest([one])
    assert (again.state, again.unchanged, again.earlier) == (both.state, 3, 3)
    record(catalogue, "again", frozen(catalogue, tmp_path), again)
    assert sql(catalogue, WALK) == [("again", "other.csv")]


def test_a_restored_backup_takes_runs_of_its_own_states_and_of_no_later_one(
    sqlite_url: str, open_catalogue: OpenCatalogue, pages: tuple[JudgedPage, JudgedPage], tmp_path: Path
) -> None:
    old, new = pages
    catalogue = open_catalogue(sqlite_url)
    first = catalogue.ingest([old])
    catalogue.close()
    file = tmp_path / "catalogue.db"
    backup = shutil.copy(file, tmp_path / "backup.db")
    before = frozen(catalogue, tmp_path)
    record(catalogue, "1", before, first)
    second = catalogue.ingest([new])
    after = frozen(catalogue, tmp_path)
    catalogue.close()
    for path in tmp_path.glob("catalogue.db*"):
        path.unlink()
    shutil.move(backup, file)
    restored = open_catalogue(sqlite_url)
    with pytest.raises(ConfigError, match="never was in"):
        record(restored, "2", after, second)
    # a remembered step gives the snapshot without freezing: the catalogue that lost its record takes it again
    record(restored, "3", before, restored.ingest([old]))
    assert sql(restored, WALK) == [("3", "old.csv")]
