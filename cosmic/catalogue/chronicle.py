"""How a catalogue came to be what it is: its runs, however they ended, its ingests in order, and the models of each run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from cosmic.alerts.records import Incident
from cosmic.catalogue import bulk, incidents, lineage
from cosmic.catalogue.glance import look
from cosmic.catalogue.lineage import ModelVersion
from cosmic.catalogue.tables import OBJECTS, CatalogueRow, IngestRow, RunRow
from cosmic.records import Ingest, Sky


class Outcome(StrEnum):
    """How a run ended. One that was killed stays under way."""

    UNDER_WAY = "under way"
    WELL = "ended well"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of a flow: when, how it ended, why where it failed or did nothing, the counts of what it brought, its report."""

    id: str
    flow: str
    started: datetime
    finished: datetime | None = None
    outcome: Outcome = Outcome.UNDER_WAY
    detail: str | None = None
    counts: dict[str, int] | None = None
    report: str | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """One ingest: when it first came, its counts and reasons, and how many objects there were after it."""

    when: datetime
    rows: int
    inserted: int
    objects: int
    quarantined: int
    reasons: dict[str, int]


@dataclass(frozen=True, slots=True)
class Chronicle:
    """All of it: the newest runs first, ingests and models the oldest first; `runs_before` were left out."""

    catalogue: str
    objects: int
    runs: tuple[Ran, ...]
    runs_before: int
    ingests: tuple[Brought, ...]
    models: tuple[ModelVersion, ...]
    incidents: tuple[Incident, ...]


def counts_of(ingest: Ingest) -> dict[str, int]:
    """Return the counts of an ingest that a run is remembered by."""
    names = ("rows", "inserted", "updated", "unchanged", "quarantined")
    return {name: getattr(ingest, name) for name in names}


def note(connection: sa.Connection, run: Ran) -> None:
    """Write how a run stands; what is recorded of its snapshot, settings and report stays."""
    values: dict[str, Any] = {
        "id": run.id, "flow": run.flow, "started": run.started, "finished": run.finished, "outcome": str(run.outcome),
        "detail": run.detail, "counts": run.counts, "snapshot_id": None, "report": run.report, "settings": {},
    }  # fmt: skip
    bulk.put(connection, RunRow, values, keep=("started", "snapshot_id", "report", "settings"))


def read(url: str, *, sky: Sky, most_runs: int) -> Chronicle | None:
    """Return the chronicle of the catalogue at a URL; None where there is none that can be read. Changes nothing.

    Raises
    ------
    ConfigError, TransientSourceError
        If the URL is wrong, or the server refuses the user or does not answer.
    """

    def ask(connection: sa.Connection) -> Chronicle:
        newest = sa.select(RunRow.__table__).order_by(RunRow.started.desc(), RunRow.id).limit(most_runs)
        runs = tuple(_ran(row) for row in connection.execute(newest))
        total = connection.execute(sa.select(sa.func.count()).select_from(RunRow.__table__)).scalar_one()
        return Chronicle(
            catalogue=connection.execute(sa.select(CatalogueRow.id)).scalar_one(),
            objects=connection.execute(sa.select(sa.func.count()).select_from(OBJECTS)).scalar_one(),
            runs=runs,
            runs_before=total - len(runs),
            ingests=_ingests(connection),
            models=lineage.models(connection, task=None, arm=None),
            incidents=incidents.read(connection, open_only=False),
        )

    return look(url, sky, ask)


def _ran(row: sa.Row[Any]) -> Ran:
    return Ran(row.id, row.flow, row.started, row.finished, Outcome(row.outcome), row.detail, row.counts, row.report)


def _ingests(connection: sa.Connection) -> tuple[Brought, ...]:
    objects, found = 0, []
    for row in connection.execute(sa.select(IngestRow.__table__).order_by(IngestRow.started, IngestRow.number)):
        objects += row.inserted
        found.append(Brought(row.started, row.rows, row.inserted, objects, row.quarantined, dict(row.reasons)))
    return tuple(found)
