"""What a run says of the checks that it passed or failed: tables of errors, and what becomes of each. Stores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cosmic.alerts.records import Severity, Signal
from cosmic.alerts.reserve import is_full
from cosmic.errors import (
    ArtefactCorrupt,
    CatalogueAway,
    ConfigError,
    ContractViolation,
    CosmicError,
    DiskFull,
    NotServable,
    PermanentSourceError,
    SuspiciousResponse,
    TransientSourceError,
)

SOURCE: Final = "source"
UNREADABLE: Final = "page-unreadable"
REFUSED: Final = "page-refused"
CATALOGUE_REFUSED: Final = "catalogue-refused"
DATABASE: Final = "database"
DISK: Final = "disk"
RUN: Final = "run"
SERVER: Final = "server"

Told = tuple[str, Severity]
AT_STEPS: Final[dict[str, dict[type[Exception], Told]]] = {
    "judging": {
        ContractViolation: (REFUSED, Severity.ERROR),
        SuspiciousResponse: (UNREADABLE, Severity.ERROR),
        PermanentSourceError: (UNREADABLE, Severity.ERROR),
        ConfigError: (UNREADABLE, Severity.ERROR),
    },
    "ingest": {
        ContractViolation: (REFUSED, Severity.ERROR),
        ConfigError: (CATALOGUE_REFUSED, Severity.ERROR),
    },
}
"""Which check an error fails where it ends a step, by the name that `flows.steps` knows the step by."""
FAILURES: Final[dict[type[Exception], Told]] = {
    CatalogueAway: (DATABASE, Severity.ERROR),
    DiskFull: (DISK, Severity.CRITICAL),
    TransientSourceError: (SOURCE, Severity.WARNING),
    SuspiciousResponse: (SOURCE, Severity.ERROR),
    PermanentSourceError: (SOURCE, Severity.ERROR),
    ContractViolation: (REFUSED, Severity.ERROR),
    ArtefactCorrupt: (RUN, Severity.CRITICAL),
    NotServable: (RUN, Severity.ERROR),
    ConfigError: (RUN, Severity.ERROR),
}
"""Which check an error of each class fails elsewhere, and how bad that is. Whatever else ends a run fails the run."""
CHECKS: Final = (SOURCE, UNREADABLE, REFUSED, CATALOGUE_REFUSED, DATABASE, DISK, RUN)
"""Every check that a run that ends well has passed."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is run: a flow, what it reads, which sky it stores, and which run it is."""

    flow: str
    origin: str
    sky: str
    run: str | None = None


def of_failure(error: Exception, watched: Watched, *, step: str = "") -> Signal:
    """Return what an error that ended a run says.

    Parameters
    ----------
    step : str
        What the run was at.
    """
    check, severity = _told(error, step)
    # an error that Cosmic does not explain itself may hold anything, a password too
    told = str(error) if isinstance(error, CosmicError) else f"{type(error).__name__}, which the log of the run shows"
    if check == DISK and not isinstance(error, CosmicError):
        told = "the disk that holds the home is full. Make room, then run again: finished work is kept"
    return Signal(
        check, _table(check, watched), failing=True, severity=severity, summary=f"{watched.flow} ended: {told}",
        source=watched.run,
    )  # fmt: skip


def of_success(watched: Watched) -> tuple[Signal, ...]:
    """Return what a run that ended well says: these checks are sound."""
    return tuple(Signal(check, _table(check, watched), failing=False) for check in CHECKS)


def _told(error: Exception, step: str) -> Told:
    if is_full(error):
        return DISK, Severity.CRITICAL
    for table in (AT_STEPS.get(step, {}), FAILURES):
        for kind, told in table.items():
            if isinstance(error, kind):
                return told
    return RUN, Severity.ERROR


def _table(check: str, watched: Watched) -> str:
    if check in (DATABASE, DISK):
        return f"the {watched.sky} sky"
    return watched.flow if check == RUN else watched.origin


def of_server(failure: Exception | None) -> Signal:
    """Return what is to be said of the Prefect server at the end of a run: what it answered, or None where all is well."""
    return Signal(
        SERVER, "Prefect", failing=failure is not None, severity=Severity.ERROR,
        summary=f"The Prefect server did not answer at the end of a run ({type(failure).__name__}), so it does not know how "
        "the run ended, and starts none. What the run did is kept. Start the server again; the next run goes on from there.",
    )  # fmt: skip
