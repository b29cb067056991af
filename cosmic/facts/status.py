"""The facts of the status page: how a catalogue, its runs, its models and its checks stand, and how they came to."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from cosmic.facts.results import Block


class RunFact(Block):
    """One run. `outcome` is ``ended well``, ``failed`` or ``under way``; a run that was killed stays under way.

    Counts are of the rows that it brought; null where it brought none. `report` is a path from the page, null where there is none.
    """

    id: str
    flow: str
    started: datetime
    finished: datetime | None = None
    minutes: float | None = None
    outcome: str
    detail: str | None = None
    rows: int | None = None
    inserted: int | None = None
    updated: int | None = None
    quarantined: int | None = None
    report: str | None = None


class IngestFact(Block):
    """One ingest: when, rows, new objects, objects after it, rows in quarantine and why."""

    when: datetime
    rows: int
    inserted: int
    objects: int
    quarantined: int
    reasons: dict[str, int] = Field(default_factory=dict)


class ScoreFact(Block):
    """The weighted F1 of a kept model on the test part, with its interval and number of objects, where they are recorded."""

    when: datetime
    model: str
    f1: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None


class ScoreLine(Block):
    """The kept models of one task and arm, the oldest first."""

    task: str
    arm: str
    points: tuple[ScoreFact, ...]


class IncidentFact(Block):
    """One incident; `recovered` is null while it is open."""

    check: str
    table: str
    number: int
    severity: str
    opened: datetime
    recovered: datetime | None = None
    times: int
    summary: str


class NextRun(Block):
    """A deployment and when it runs next by itself; null where nothing is planned."""

    name: str
    when: datetime | None = None
    paused: bool = False


class Status(Block):
    """Everything on the status page. `unplanned` says why no schedule is known; null where they are."""

    made: datetime
    sky: str
    simulated: bool
    catalogue: str | None = None
    database: str
    objects: int = 0
    runs: tuple[RunFact, ...] = ()
    runs_before: int = 0
    ingests: tuple[IngestFact, ...] = ()
    scores: tuple[ScoreLine, ...] = ()
    incidents: tuple[IncidentFact, ...] = ()
    recovered: tuple[IncidentFact, ...] = ()
    planned: tuple[NextRun, ...] = ()
    unplanned: str | None = None
