"""What a catalogue was made from, its pages, and what was made from it: snapshots, runs and models, by foreign keys.

Model → snapshot → ingest → page. Records and finds; reads no file and decides nothing about models.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from cosmic.alerts.quarantine import Counted, counted
from cosmic.catalogue import bulk
from cosmic.catalogue.tables import CatalogueRow, IngestPageRow, IngestRow, ModelRow, PageRow, RunRow, SnapshotRow
from cosmic.errors import ConfigError
from cosmic.records import Arm, Model, PageId, Rebalancing, Snapshot, SnapshotId, Task


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a flow.

    Parameters
    ----------
    id : str
        Name of the run.
    flow : str
        Name of the flow.
    started, finished : datetime
        With time zone; `finished` is None while it runs, or where it was killed.
    snapshot : SnapshotId, optional
        What it trained and scored on.
    report : Path, optional
        Its report.
    settings : dict of str to str
        Its options as text, without secrets.
    """

    id: str
    flow: str
    started: datetime
    finished: datetime | None = None
    snapshot: SnapshotId | None = None
    report: Path | None = None
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A saved model, what trained it and what it reached.

    Parameters
    ----------
    id : str
        Content hash of the fit.
    task, arm, family, rebalancing
        What it is.
    path : Path
        Where it lies.
    digest : str
        sha256 of the file.
    snapshot : SnapshotId
        The rows behind it.
    metrics : dict of str to float or None
        Scores by name; None where one does not exist, never NaN.
    trained_at : datetime
        With time zone.
    run : str, optional
        The run that trained it.
    """

    id: str
    task: Task
    arm: Arm
    family: Model
    rebalancing: Rebalancing
    path: Path
    digest: str
    snapshot: SnapshotId
    metrics: dict[str, float | None]
    trained_at: datetime
    run: str | None = None


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page that the catalogue was built from, and when it was first ingested. `size` is in bytes."""

    id: PageId
    origin: str
    kind: str
    size: int
    rows: int
    since: datetime


def pages(connection: sa.Connection, *, state: str) -> tuple[StoredPage, ...]:
    """Return every page that was ingested up to this state of the catalogue, by origin and id."""
    # not by number: pages that are read again without bringing anything move to the end
    reached = sa.select(sa.func.max(IngestRow.started)).where(IngestRow.state == state).scalar_subquery()
    since = sa.func.min(IngestRow.started).label("since")
    page = PageRow.__table__
    statement = (
        sa.select(page.c.id, page.c.origin, page.c.kind, page.c.size, page.c.rows, since)
        .join(IngestPageRow, IngestPageRow.page_id == page.c.id)
        .join(IngestRow, IngestRow.id == IngestPageRow.ingest_id)
        .where(IngestRow.started <= reached)
        .group_by(page.c.id, page.c.origin, page.c.kind, page.c.size, page.c.rows)
    )
    found = [StoredPage(PageId(row.id), *row[1:]) for row in connection.execute(statement)]
    return tuple(sorted(found, key=lambda page: (page.origin, page.id)))


def record_snapshot(connection: sa.Connection, snapshot: Snapshot, *, state: str, now: datetime) -> None:
    """Record a snapshot of the catalogue in this state.

    Raises
    ------
    ConfigError
        If no ingest left the catalogue in that state.
    """
    latest = sa.select(IngestRow.id).where(IngestRow.state == state).order_by(IngestRow.number.desc()).limit(1)
    ingest = connection.execute(latest).scalar()
    if ingest is None:
        here = connection.execute(sa.select(CatalogueRow.id)).scalar_one()
        raise ConfigError(
            f"Snapshot {snapshot.id[:12]} was frozen from state {state[:12]}, which catalogue {here} never was in. "
            "The catalogue was replaced: run again."
        )
    values = {
        "id": snapshot.id,
        "path": str(snapshot.path),
        "rows": snapshot.rows,
        "system": str(snapshot.system),
        "state": state,
        "ingest_id": ingest,
        "created": now,
    }
    bulk.put(connection, SnapshotRow, values, keep=("created", "ingest_id", "state"))


def record_run(connection: sa.Connection, run: Run) -> None:
    """Record a run, or what is now known of it."""
    values = asdict(run)
    values["snapshot_id"] = values.pop("snapshot")
    values["report"] = None if run.report is None else str(run.report)
    bulk.put(connection, RunRow, values)


def record_model(connection: sa.Connection, model: ModelVersion) -> None:
    """Record a model; one that is known keeps the time and the run of its training.

    Raises
    ------
    ValueError
        If a score is no number; what does not exist is None.
    """
    if strange := [name for name, score in model.metrics.items() if score is not None and not math.isfinite(score)]:
        raise ValueError(
            f"model {model.id} has no finite {', '.join(strange[:5])}; a score that does not exist is None."
        )
    values = asdict(model)
    for name in ("task", "arm", "family", "rebalancing", "path"):
        values[name] = str(values[name])
    values["snapshot_id"], values["run_id"] = values.pop("snapshot"), values.pop("run")
    bulk.put(connection, ModelRow, values, keep=("trained_at", "run_id"))


def models(connection: sa.Connection, *, task: Task | None, arm: Arm | None) -> tuple[ModelVersion, ...]:
    """Return the models of a task and arm (None: of all), oldest first."""
    statement = sa.select(ModelRow.__table__).order_by(ModelRow.trained_at, ModelRow.id)
    if task is not None:
        statement = statement.where(ModelRow.task == str(task))
    if arm is not None:
        statement = statement.where(ModelRow.arm == str(arm))
    return tuple(
        ModelVersion(
            id=row.id,
            task=Task(row.task),
            arm=Arm(row.arm),
            family=Model(row.family),
            rebalancing=Rebalancing(row.rebalancing),
            path=Path(row.path),
            digest=row.digest,
            snapshot=SnapshotId(row.snapshot_id),
            metrics=row.metrics,
            trained_at=row.trained_at,
            run=row.run_id,
        )
        for row in connection.execute(statement)
    )


def counted_before(connection: sa.Connection, ids: Collection[str], *, most: int) -> tuple[Counted, ...]:
    """Return the counts of the newest ingests but these, of pages of the kinds that these had, the oldest first."""
    pages = sa.join(IngestPageRow, PageRow, PageRow.id == IngestPageRow.page_id)
    kinds = sa.select(PageRow.kind).select_from(pages).where(IngestPageRow.ingest_id.in_(ids))
    others = sa.select(IngestPageRow.ingest_id).select_from(pages).where(PageRow.kind.not_in(kinds))
    earlier = (
        sa.select(IngestRow.rows, IngestRow.quarantined, IngestRow.reasons)
        .where(IngestRow.id.not_in(ids), IngestRow.id.not_in(others), sa.exists(kinds))
        .order_by(IngestRow.number.desc())
        .limit(most)
    )
    return tuple(counted(*row) for row in reversed(connection.execute(earlier).all()))
