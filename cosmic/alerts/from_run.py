"""What a run says of the checks that it passed or failed: a table of errors, and what becomes of each. Stores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cosmic.alerts.records import Severity, Signal
from cosmic.errors import (
    ArtefactCorrupt,
    ConfigError,
    ContractViolation,
    CosmicError,
    NotServable,
    PermanentSourceError,
    SuspiciousResponse,
    TransientSourceError,
)
from cosmic.records import Ingest

SOURCE: Final = "source"
CONTRACT: Final = "contract"
QUARANTINE: Final = "quarantine"
RUN: Final = "run"
FAILURES: Final[dict[type[Exception], tuple[str, Severity]]] = {
    TransientSourceError: (SOURCE, Severity.WARNING),
    SuspiciousResponse: (SOURCE, Severity.ERROR),
    PermanentSourceError: (SOURCE, Severity.ERROR),
    ContractViolation: (CONTRACT, Severity.ERROR),
    ArtefactCorrupt: (RUN, Severity.CRITICAL),
    NotServable: (RUN, Severity.ERROR),
    ConfigError: (RUN, Severity.ERROR),
}
"""Which check an error of each class fails, and how bad that is. Whatever else ends a run fails the run."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is run: a flow, what it reads, and which run it is."""

    flow: str
    origin: str
    run: str | None = None


def of_failure(error: Exception, watched: Watched) -> Signal:
    """Return what an error that ended a run says."""
    check, severity = next((told for kind, told in FAILURES.items() if isinstance(error, kind)), (RUN, Severity.ERROR))
    # an error that Cosmic does not explain itself may hold anything, a password too
    told = str(error) if isinstance(error, CosmicError) else f"{type(error).__name__}, which the log of the run shows"
    return Signal(
        check, _table(check, watched), failing=True, severity=severity, summary=f"{watched.flow} ended: {told}",
        source=watched.run,
    )  # fmt: skip


def of_success(
    watched: Watched, ingest: Ingest | None, *, most_quarantined: float, link: str | None
) -> tuple[Signal, ...]:
    """Return what a run that ended well says: its checks are sound, but for quarantine where too many rows went there.

    Parameters
    ----------
    ingest : Ingest or None
        What went into the catalogue; None where nothing was asked.
    most_quarantined : float
        Share of an ingest's rows above which somebody should look.
    """
    sound = [Signal(check, _table(check, watched), failing=False) for check in (SOURCE, CONTRACT, RUN)]
    if ingest is None or not ingest.rows:
        return tuple(sound)
    share = ingest.quarantined / ingest.rows
    reasons = sorted(ingest.reasons.items(), key=lambda item: -item[1])[:3]
    named = "; ".join(f"{reason} ({n:,})" for reason, n in reasons)
    quarantine = Signal(
        QUARANTINE, watched.origin, failing=share > most_quarantined, severity=Severity.WARNING,
        summary=f"{ingest.quarantined:,} of {ingest.rows:,} rows were quarantined ({share:.1%}, more than "
        f"{most_quarantined:.1%}): {named}. The report has every reason; rows are kept, and can be judged again.",
        rows=ingest.quarantined, link=link, source=ingest.id,
    )  # fmt: skip
    return (*sound, quarantine)


def _table(check: str, watched: Watched) -> str:
    return watched.flow if check == RUN else watched.origin
