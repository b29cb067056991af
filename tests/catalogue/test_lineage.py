from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from cosmic.catalogue import Catalogue, ModelVersion, Run
from cosmic.errors import ConfigError, ContractViolation
from cosmic.records import Arm, JudgedPage, MagnitudeSystem, Model, Rebalancing, Sky, Snapshot, SnapshotId, Task
from cosmic.snapshots import freeze

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def snapshot(
    catalogue: Catalogue, make_rows: Callable[..., pa.Table], make_page: Callable[..., JudgedPage], tmp_path: Path
) -> Snapshot:
    record = catalogue.ingest([make_page(make_rows(5), name="spectra.csv")])
    rows = catalogue.rows(state=record.state)
    frozen = freeze(rows, folder=tmp_path / "snapshots", system=MagnitudeSystem.MODEL, sky=Sky.REAL)
    catalogue.record_snapshot(frozen, state=record.state)
    return frozen


def model(id: str, frozen: Snapshot, **more: Any) -> ModelVersion:
    values: dict[str, Any] = {
        "id": id,
        "task": Task.STAR,
        "arm": Arm.PHOTOMETRIC_SHAPE,
        "family": Model.RANDOM_FOREST,
        "rebalancing": Rebalancing.NONE,
        "path": Path("/home/models") / id,
        "digest": "d" * 64,
        "snapshot": frozen.id,
        "metrics": {"f1": 0.1 + 0.2, "auc": None},
        "trained_at": NOW,
    }
    return ModelVersion(**(values | more))


def test_a_model_comes_back_as_it_was_recorded(catalogue: Catalogue, snapshot: Snapshot) -> None:
    recorded = model("a", snapshot)
    catalogue.record_model(recorded)
    assert catalogue.models() == (recorded,)
    assert catalogue.models()[0].trained_at.tzinfo is not None


def test_models_are_found_by_task_and_arm_oldest_first(catalogue: Catalogue, snapshot: Snapshot) -> None:
    for at, (name, task, arm) in enumerate(
        [("new", Task.STAR, Arm.PUBLISHED), ("old", Task.STAR, Arm.NO_LEAK), ("other", Task.SUPERCLASS, Arm.NO_LEAK)]
    ):
        catalogue.record_model(model(name, snapshot, task=task, arm=arm, trained_at=NOW - timedelta(days=at)))
    assert [found.id for found in catalogue.models()] == ["other", "old", "new"]
    assert [found.id for found in catalogue.models(Task.STAR)] == ["old", "new"]
    assert [found.id for found in catalogue.models(arm=Arm.NO_LEAK)] == ["other", "old"]
    assert [found.id for found in catalogue.models(Task.SUPERCLASS, Arm.PUBLISHED)] == []


def test_a_model_recorded_again_keeps_when_and_where_it_was_trained(catalogue: Catalogue, snapshot: Snapshot) -> None:
    catalogue.record_run(Run("monday", "full_pipeline", NOW))
    catalogue.record_run(Run("tuesday", "full_pipeline", NOW))
    catalogue.record_model(model("a", snapshot, run="monday"))
    later = NOW + timedelta(days=1)
    catalogue.record_model(model("a", snapshot, run="tuesday", trained_at=later, path=Path("/moved")))
    (found,) = catalogue.models()
    assert (found.run, found.trained_at, found.path) == ("monday", NOW, Path("/moved"))


def test_a_run_is_completed_when_it_ends(catalogue: Catalogue, snapshot: Snapshot) -> None:
    begun = Run("monday", "full_pipeline", NOW, settings={"rows": "20000"})
    catalogue.record_run(begun)
    end = datetime(2026, 5, 1, 15, tzinfo=timezone(timedelta(hours=2)))
    catalogue.record_run(
        Run("monday", "full_pipeline", NOW, end, snapshot.id, Path("/home/report.html"), {"rows": "20000"})
    )
    with catalogue._database.reading() as connection:
        rows = connection.execute(sa.text("SELECT id, snapshot_id, report FROM runs")).fetchall()
    assert [tuple(row) for row in rows] == [("monday", snapshot.id, "/home/report.html")]


def test_a_model_leads_back_to_the_page_behind_it(catalogue: Catalogue, snapshot: Snapshot) -> None:
    catalogue.record_model(model("a", snapshot))
    walk = (
        "SELECT p.origin FROM models m JOIN snapshots s ON s.id = m.snapshot_id "
        "JOIN ingest_pages i ON i.ingest_id = s.ingest_id JOIN pages p ON p.id = i.page_id"
    )
    with catalogue._database.reading() as connection:
        assert connection.execute(sa.text(walk)).scalars().all() == ["spectra.csv"]


def test_lineage_has_no_loose_ends(catalogue: Catalogue, snapshot: Snapshot) -> None:
    with pytest.raises(ContractViolation, match=r"(?i)foreign key"):
        catalogue.record_model(model("a", snapshot, snapshot=SnapshotId("0" * 64)))
    with pytest.raises(ContractViolation, match=r"(?i)foreign key"):
        catalogue.record_model(model("a", snapshot, run="nobody"))
    with pytest.raises(ConfigError, match="never was in"):
        catalogue.record_snapshot(snapshot, state="f" * 64)
    assert catalogue.models() == ()


def test_a_snapshot_recorded_twice_stays_one(catalogue: Catalogue, snapshot: Snapshot) -> None:
    catalogue.record_snapshot(snapshot, state=catalogue.state)
    with catalogue._database.reading() as connection:
        assert connection.execute(sa.text("SELECT id, rows FROM snapshots")).fetchall() == [(snapshot.id, 5)]


def test_a_score_that_is_not_a_number_is_refused(catalogue: Catalogue, snapshot: Snapshot) -> None:
    with pytest.raises(ValueError, match="no finite f1"):
        catalogue.record_model(model("a", snapshot, metrics={"f1": float("nan")}))


def test_all_pages_up_to_a_state_are_found_also_where_one_was_read_again(
    make_rows: Callable[..., pa.Table], make_page: Callable[..., JudgedPage], tmp_path: Path
) -> None:
    hours = iter(range(100))
    rows = make_rows(9)
    with Catalogue.open(
        f"sqlite:///{tmp_path / 'c.db'}",
        sky=Sky.REAL,
        lock_folder=tmp_path,
        clock=lambda: NOW + timedelta(hours=next(hours)),
    ) as catalogue:
        one = make_page(rows.slice(0, 3), name="one.csv")
        alone = catalogue.ingest([one]).state
        both = catalogue.ingest([make_page(rows.slice(3, 3), name="two.csv")]).state
        assert catalogue.ingest([one]).state == both
        catalogue.ingest([make_page(rows.slice(6, 3), name="later.csv")])
        assert [Path(page.origin).name for page in catalogue.pages(state=alone)] == ["one.csv"]
        found = catalogue.pages(state=both)
        assert [(Path(page.origin).name, page.rows) for page in found] == [("one.csv", 3), ("two.csv", 3)]
        assert NOW < found[0].since < found[1].since
