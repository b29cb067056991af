"""Which files the catalogue needs: lineage of what it holds, models in use, the newest run. Only asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from cosmic.catalogue.galaxy_tables import ImageRow, VoteRow
from cosmic.catalogue.tables import (
    OBJECTS,
    IngestPageRow,
    IngestRow,
    ModelRow,
    PageRow,
    QuarantineRow,
    RunRow,
    SnapshotRow,
)

if TYPE_CHECKING:
    from cosmic.catalogue.store import Catalogue


def needed(catalogue: Catalogue) -> frozenset[Path]:
    """Return every file and every folder of a report that must stay.

    Pages that an object, a vote, an image or a quarantined row came from, and the newest of each origin, which the next one
    is compared with; the newest model of each task and arm; snapshot and report of these and of the newest run; the newest
    snapshot.
    """
    models, runs = ModelRow.__table__, RunRow.__table__
    with catalogue._database.reading() as connection:
        pages = connection.execute(_pages()).scalars().all()
        found = connection.execute(sa.select(models).order_by(models.c.trained_at)).all()
        in_use = {(row.task, row.arm): row for row in found}.values()
        last = connection.execute(
            sa.select(runs).where(runs.c.report.is_not(None)).order_by(runs.c.started.desc()).limit(1)
        ).all()
        ids = {row.run_id for row in in_use}
        of_models = connection.execute(sa.select(runs).where(runs.c.id.in_(ids))).all()
        snapshots = {row.snapshot_id for row in (*in_use, *last, *of_models)}
        kept = sa.or_(
            SnapshotRow.id.in_(snapshots),
            SnapshotRow.created == sa.select(sa.func.max(SnapshotRow.created)).scalar_subquery(),
        )
        frozen = connection.execute(sa.select(SnapshotRow.path).where(kept)).scalars().all()
    reports = [Path(row.report).parent for row in (*last, *of_models) if row.report]
    return frozenset([*map(Path, (*pages, *frozen)), *(Path(row.path) for row in in_use), *reports])


def _pages() -> sa.Select[tuple[str]]:
    """Ask for the paths of pages that something in the catalogue came from, and of the newest of each origin."""
    last = (
        sa.select(PageRow.origin, sa.func.max(IngestRow.number).label("number"))
        .join(IngestPageRow, IngestPageRow.page_id == PageRow.id)
        .join(IngestRow, IngestRow.id == IngestPageRow.ingest_id)
        .group_by(PageRow.origin)
        .subquery()
    )
    newest = (
        sa.select(IngestPageRow.page_id)
        .join(IngestRow, IngestRow.id == IngestPageRow.ingest_id)
        .join(last, last.c.number == IngestRow.number)
    )
    sources = (OBJECTS.c.page_id, VoteRow.page_id, ImageRow.page_id, QuarantineRow.page_id)
    return sa.select(PageRow.path).where(
        sa.or_(PageRow.id.in_(newest), *(PageRow.id.in_(sa.select(one)) for one in sources))
    )
