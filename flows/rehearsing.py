"""Plays nights of a simulated sky through the real intake, with and without faults, and holds what came of it against
the truth. Needs neither Prefect nor a server: it calls what the tasks call. Prints nothing (`flows.rehearse` does).
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cosmic.alerts.nights import TABLE, NightOutcome, failing, signals_of
from cosmic.alerts.records import Signal
from cosmic.catalogue import open_catalogue
from cosmic.contracts import Limits
from cosmic.drift import arrived, compare
from cosmic.drift.signals import CHECK as DRIFT
from cosmic.drift.signals import signals as drift_signals
from cosmic.errors import ContractViolation, CosmicError
from cosmic.home import Home
from cosmic.intake import demand_continuity, judge_page, reading_of, rows_apart
from cosmic.machine import Settings
from cosmic.planted import FaultName
from cosmic.records import Ingest, JudgedPage, Page, Sky
from cosmic.simulation.faults import CATALOGUE, Catcher
from cosmic.sources.base import PageStore
from cosmic.sources.parsing import parse_page
from cosmic.sources.simulated import SimulatedSource, touched_rows, truth_beside
from expectations.objects import OBJECTS

log = logging.getLogger(__name__)

_STAGES = {"read": Catcher.PARSE, "judge": Catcher.PAGE, "compare": Catcher.PAGE, "ingest": Catcher.CATALOGUE}


@dataclass(frozen=True, slots=True)
class Played:
    """One night: what came of it, what the checks say, the rows that were set apart, and what the ingest did."""

    outcome: NightOutcome
    signals: tuple[Signal, ...]
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
        Names of the alerts.
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
        """Return whether it was caught, told, by what is meant to."""
        caught = self.caught_by in self.expected and bool(self.signals)
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


def play(source: SimulatedSource, *, root: Path, limits: Limits, earlier: Sequence[NightOutcome]) -> Played:
    """Play one night: fetch, judge, compare with the night before, ingest, look for drift against all earlier nights.

    Parameters
    ----------
    root : Path
        A home of its own. Its catalogue is a SQLite file there, whatever COSMIC_DATABASE_URL says.
    earlier : sequence of NightOutcome
        Nights that were accepted in this home.
    """
    home, settings = Home(root, Sky.SIMULATED), Settings(database_url=None)
    page = next(iter(source.pages(PageStore(home.pages))))
    truth = truth_beside(page)[0]
    stage, judged, ingest = "read", None, None
    drift: tuple[Signal, ...] = ()
    error: CosmicError | None = None
    try:
        judged = judge_page(page, parse=parse_page, suite=OBJECTS, limits=limits, folder=home.judged)
        stage = "compare"
        with open_catalogue(home, settings) as catalogue:
            demand_continuity(judged, baseline=catalogue.baseline(page.origin), suite=OBJECTS, limits=limits)
            stage = "ingest"
            known = catalogue.rows() if earlier else None
            ingest = catalogue.ingest([judged])
            if known is not None:
                drift = drift_signals(compare(arrived(catalogue.rows(), known), known), table=TABLE, source=page.id)
        stage = "done"
    except CosmicError as refused:
        error = refused
        stage = "judge" if stage == "read" and isinstance(refused, ContractViolation) else stage
    outcome = _outcome(page, judged, stage, error)
    apart: frozenset[int] = frozenset()
    if judged is not None and ingest is not None:
        apart = rows_apart(judged)
    signals = (*signals_of(outcome, earlier=earlier), *drift)
    return Played(outcome, signals, apart, ingest, truth if truth.exists() else None)


def _outcome(page: Page, judged: JudgedPage | None, stage: str, error: CosmicError | None) -> NightOutcome:
    if judged is None:
        return NightOutcome(page.id, page.origin, stage=stage, error=error)
    return NightOutcome(
        page.id, page.origin, rows=judged.rows, reasons=judged.reasons, quarantined=judged.n_quarantined,
        left_out=reading_of(judged).left_out, stage=stage, error=error,
    )  # fmt: skip


def rehearse(
    *,
    root: Path,
    rows: int,
    seeds: Sequence[int],
    before: int,
    sound: int,
    faults: Sequence[FaultName] = tuple(FaultName),
    limits: Limits,
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
    for seed in seeds:
        base = root / f"seed-{seed}"
        earlier = [
            play(SimulatedSource(rows, seed, night=night), root=base, limits=limits, earlier=()).outcome
            for night in range(before)
        ]
        report(f"seed {seed}: {before} sound nights played")
        for fault in faults:
            tried.append(_try(fault, seed, base=base, rows=rows, night=before, limits=limits, earlier=earlier))
            report(f"seed {seed}: {fault}: {tried[-1].caught_by}")
    alarms, quarantined, calm = [], 0, list[NightOutcome]()
    for night in range(sound):
        played = play(SimulatedSource(rows, seeds[0], night=night), root=root / "sound", limits=limits, earlier=calm)
        alarms += [f"night {night}: {one.check}: {one.summary}" for one in failing(played.signals)]
        quarantined += played.outcome.quarantined
        if played.outcome.error is None:
            calm.append(played.outcome)
        report(f"sound night {night + 1} of {sound}: {len(alarms)} false alarms so far")
    return Rehearsal(rows, tuple(seeds), before, tuple(tried), sound, tuple(alarms), quarantined)


def _try(
    fault: FaultName,
    seed: int,
    *,
    base: Path,
    rows: int,
    night: int,
    limits: Limits,
    earlier: Sequence[NightOutcome],
) -> Tried:
    """Plant one fault in the night after `earlier`, in a copy of their home, and hold it against the truth."""
    root = base.with_name(f"{base.name}-{fault}")
    shutil.copytree(base, root)
    played = play(SimulatedSource(rows, seed, night=night, faults=(fault,)), root=root, limits=limits, earlier=earlier)
    touched = touched_rows(played.truth, fault) if played.truth else set()
    accepted = played.ingest is not None
    there = touched if fault is not FaultName.TRUNCATED_PAGE else {min(touched)}  # the rows after it are gone
    signals = failing(played.signals)
    sound_alike = played.quarantined  # where no cell is wrong, as of drifting classes, flaws are the sky's own
    if accepted and touched:
        sound_alike = _flawed_anyway(rows, seed, night, root=root, limits=limits)
    caught, check = _caught(played.outcome, signals)
    return Tried(
        fault=str(fault),
        seed=seed,
        expected=tuple(str(one) for one in CATALOGUE[fault].caught_by),
        caught_by=caught,
        check=check,
        planted=len(touched),
        right=len(touched & (played.quarantined - sound_alike)),
        wrong=len(played.quarantined - touched - sound_alike),
        reached=len(there - played.quarantined) if accepted else 0,
        stored=played.ingest.valid if played.ingest else 0,
        signals=tuple(one.check for one in signals),
    )


def _flawed_anyway(rows: int, seed: int, night: int, *, root: Path, limits: Limits) -> frozenset[int]:
    """Return the rows that the contract sets apart of the same night without the fault: those are no mistakes."""
    home = Home(root / "without", Sky.SIMULATED)
    page = next(iter(SimulatedSource(rows, seed, night=night).pages(PageStore(home.pages))))
    judged = judge_page(page, parse=parse_page, suite=OBJECTS, limits=limits, folder=home.judged)
    return rows_apart(judged)


def _caught(outcome: NightOutcome, signals: Sequence[Signal]) -> tuple[str, str]:
    """Return what caught a night's fault, and which check of it."""
    if outcome.error is not None:
        told = outcome.error.reasons if isinstance(outcome.error, ContractViolation) else ()
        return str(_STAGES[outcome.stage]), (told[0] if told else str(outcome.error)).split("\n")[0]
    if not signals:
        return NOT_CAUGHT, ""
    by = {"ids-left-out": Catcher.PARSE, DRIFT: Catcher.DRIFT}.get(signals[0].check, Catcher.ROWS)
    return str(by), signals[0].summary
