"""Plays nights of a simulated sky through the flow `ingest`, with and without faults, and holds the incidents that its runs
opened in the catalogue against the truth. Whoever calls it has prepared Prefect's home. Prints nothing (`flows.rehearse` does).
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, PREFECT_LOCAL_STORAGE_PATH, temporary_settings

from cosmic.alerts.from_run import CATALOGUE_REFUSED, REFUSED, UNREADABLE
from cosmic.alerts.quarantine import QUARANTINED, REPEATED
from cosmic.alerts.records import Incident
from cosmic.catalogue import nothing_there, open_catalogue
from cosmic.clock import utc_now
from cosmic.contracts import Limits
from cosmic.drift.nights import rows_before, signals_since
from cosmic.errors import ContractViolation, CosmicError
from cosmic.home import Home
from cosmic.intake import judge_page, rows_apart
from cosmic.machine import Settings
from cosmic.planted import FaultName
from cosmic.records import Ingest, Sky
from cosmic.settings import PipelineOptions
from cosmic.simulation.faults import CATALOGUE, Catcher
from cosmic.sources.base import PageStore
from cosmic.sources.parsing import parse_page
from cosmic.sources.simulated import SimulatedSource, touched_rows
from expectations.objects import OBJECTS
from flows.alerting import origin_of
from flows.ingest import ingest
from tasks import alerts

log = logging.getLogger(__name__)

CAUGHT_BY: Final = {
    UNREADABLE: Catcher.PARSE,
    REFUSED: Catcher.PAGE,
    CATALOGUE_REFUSED: Catcher.CATALOGUE,
    QUARANTINED: Catcher.ROWS,
    REPEATED: Catcher.ROWS,
}
"""What it is that opens an incident of each check; of a check whose name begins with drift, the drift watch."""
OURS: Final = ("COSMIC_MAX_", "COSMIC_ALERT_QUARANTINED")
"""Settings that a rehearsal is to show the effect of; of others the team's database and people must notice nothing."""


@dataclass(frozen=True, slots=True)
class Night:
    """A night of a simulated sky: how many rows, which sky, which night of it, and what is planted."""

    rows: int
    seed: int
    number: int = 0
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Played:
    """One night: the incidents that its run opened, what ended it, the rows that were set apart, and what the ingest did."""

    incidents: tuple[Incident, ...]
    error: CosmicError | None = None
    quarantined: frozenset[int] = frozenset()
    ingest: Ingest | None = None
    truth: Path | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """One fault on one sky, against its truth.

    Parameters
    ----------
    fault, seed : str, int
        What was planted where.
    expected : tuple of str
        What is meant to catch it.
    caught_by : str
        What did: a `Catcher`, or "not caught".
    check : str
        Which check, in words; "" where none did.
    planted : int
        Rows that the fault touched; where it touches a column's name, or the mixture of classes, 0.
    right, wrong : int
        Rows in quarantine that it touched, and that it did not; those that are there without the fault too are neither.
        0 where the page was refused as a whole.
    reached : int
        Touched rows that are in the catalogue.
    stored : int
        Rows of the page that are in the catalogue, touched or not.
    signals : tuple of str
        Checks of the incidents that were opened.
    """

    fault: str
    seed: int
    expected: tuple[str, ...]
    caught_by: str
    check: str
    planted: int
    right: int
    wrong: int
    reached: int
    stored: int
    signals: tuple[str, ...]

    @property
    def as_meant(self) -> bool:
        """Return whether it was caught by what is meant to, in one incident."""
        caught = self.caught_by in self.expected and len(self.signals) == 1
        return caught or not set(self.expected) - {Catcher.NOTHING}


NOT_CAUGHT = "not caught"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """All that was tried, and the false alarms of `sound` nights without any fault."""

    rows: int
    seeds: tuple[int, ...]
    before: int
    tried: tuple[Tried, ...]
    sound: int
    false_alarms: tuple[str, ...] = field(default=())
    sound_quarantined: int = 0

    @property
    def as_meant(self) -> bool:
        """Return whether everything that is meant to be caught was, and no sound night raised an alarm."""
        return not self.false_alarms and all(one.as_meant for one in self.tried)


def play(night: Night, *, root: Path) -> Played:
    """Run the flow `ingest` on one night, look for drift against all earlier ones, and return what incidents say.

    Parameters
    ----------
    root : Path
        A home of its own. Its catalogue is a SQLite file there, whatever COSMIC_DATABASE_URL says, and nobody is told.
    """
    home = Home(root, Sky.SIMULATED)
    before = _incidents(home)
    options = PipelineOptions(
        source="simulated", rows=night.rows, seed=night.seed, night=night.number, faults=night.faults, home=root
    )
    brought, error = None, None
    with _alone():
        known = rows_before(home, Settings())
        try:
            brought = ingest(options)
        except CosmicError as refused:
            error = refused
        if brought is not None and known is not None:
            drift = signals_since(known, home, Settings(), table=origin_of(options), source=brought.ingest.id)
            alerts.take(drift, home=home, settings=Settings(), now=utc_now())
    found = tuple(one for name, one in _incidents(home).items() if name not in before)
    truths = sorted(home.pages.glob("*.truth.parquet")) if night.faults else []
    return Played(
        found,
        error,
        frozenset() if brought is None else rows_apart(brought.judged[0]),
        None if brought is None else brought.ingest,
        truths[0] if truths else None,
    )


def _incidents(home: Home) -> dict[str, Incident]:
    settings = Settings(database_url=None)
    if nothing_there(home, settings):
        return {}
    with open_catalogue(home, settings) as catalogue:
        return {one.name: one for one in catalogue.incidents(open_only=False)}


@contextmanager
def _alone() -> Iterator[None]:
    """Set aside what leads a run away from its own home, or to people."""
    aside = {name: os.environ.pop(name) for name in list(os.environ)
             if name.startswith("COSMIC_") and not name.startswith(OURS)}  # fmt: skip
    quick = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}  # joining its thread takes a second a run
    try:
        with temporary_settings(quick):
            yield
    finally:
        os.environ.update(aside)


def rehearse(
    *,
    root: Path,
    rows: int,
    seeds: Sequence[int],
    before: int,
    sound: int,
    faults: Sequence[FaultName] = tuple(FaultName),
    report: Callable[[str], object] = log.info,
) -> Rehearsal:
    """Try every fault on every seed after some sound nights, then play sound nights alone.

    Parameters
    ----------
    root : Path
        An empty folder.
    rows : int
        Objects of a night.
    before : int
        Sound nights before the fault, from 1.
    sound : int
        Nights of the first seed without faults.
    report : callable
        Is told how far it has come.
    """
    tried: list[Tried] = []
    alarms: list[str] = []
    quarantined = 0
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: root / "results"}):
        for seed in seeds if faults else ():
            base = root / f"seed-{seed}"
            for number in range(before):
                alarms += _alarms(play(Night(rows, seed, number), root=base), f"seed {seed}, night {number}")
            report(f"seed {seed}: {before} sound nights played")
            for fault in faults:
                tried.append(_try(fault, Night(rows, seed, before, (fault,)), base=base))
                report(f"seed {seed}: {fault}: {tried[-1].caught_by}")
        for number in range(sound):
            played = play(Night(rows, seeds[0], number), root=root / "sound")
            alarms += _alarms(played, f"night {number}")
            quarantined += played.ingest.quarantined if played.ingest else 0
            report(f"sound night {number + 1} of {sound}: {len(alarms)} false alarms so far")
    return Rehearsal(rows, tuple(seeds), before, tuple(tried), sound, tuple(alarms), quarantined)


def _alarms(played: Played, night: str) -> list[str]:
    return [f"{night}: {one.check}: {one.summary}" for one in played.incidents]


def _try(fault: FaultName, night: Night, *, base: Path) -> Tried:
    """Plant one fault in the night after those of `base`, in a copy of their home, and hold it against the truth."""
    root = base.with_name(f"{base.name}-{fault}")
    shutil.copytree(base, root)
    played = play(night, root=root)
    touched = touched_rows(played.truth, fault) if played.truth else set()
    accepted = played.ingest is not None
    there = touched if fault is not FaultName.TRUNCATED_PAGE else {min(touched)}  # the rows after it are gone
    sound_alike = played.quarantined  # where no cell is wrong, as of drifting classes, flaws are the sky's own
    if accepted and touched:
        sound_alike = _flawed_anyway(night, root=root)
    caught, check = _caught(played)
    return Tried(
        fault=str(fault),
        seed=night.seed,
        expected=tuple(str(one) for one in CATALOGUE[fault].caught_by),
        caught_by=caught,
        check=check,
        planted=len(touched),
        right=len(touched & (played.quarantined - sound_alike)),
        wrong=len(played.quarantined - touched - sound_alike),
        reached=len(there - played.quarantined) if accepted else 0,
        stored=played.ingest.valid if played.ingest else 0,
        signals=tuple(one.check for one in played.incidents),
    )


def _flawed_anyway(night: Night, *, root: Path) -> frozenset[int]:
    """Return the rows that the contract sets apart of the same night without the fault: those are no mistakes."""
    home = Home(root / "without", Sky.SIMULATED)
    page = next(iter(SimulatedSource(night.rows, night.seed, night=night.number).pages(PageStore(home.pages))))
    judged = judge_page(page, parse=parse_page, suite=OBJECTS, limits=Limits(), folder=home.judged)
    return rows_apart(judged)


def _caught(played: Played) -> tuple[str, str]:
    """Return what caught a night's fault, and which check of it, by the incidents that it opened."""
    if not played.incidents:
        return NOT_CAUGHT, ""
    first = played.incidents[0]
    by = Catcher.DRIFT if first.check.startswith("drift") else CAUGHT_BY.get(first.check, first.check)
    told = played.error.reasons if isinstance(played.error, ContractViolation) else ()
    return str(by), (told[0] if told else first.summary).split("\n")[0]
