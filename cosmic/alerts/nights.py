"""From what came of a night to signals: the one place where the outcome of a page becomes something to alert about.

Decides nothing about rows and sends nothing. A night that went well says so of every check, so that incidents close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cosmic.alerts.records import Severity, Signal
from cosmic.contracts.faults import REPEATS
from cosmic.errors import ContractViolation, CosmicError

TABLE: Final = "objects"
CHECKS: Final = (
    "page-refused",
    "page-unreadable",
    "catalogue-refused",
    "rows-quarantined",
    "rows-repeated",
    "ids-left-out",
)
"""Every check of a night."""
UNLIKELY: Final = 1e-6
"""Chance below which so many rows in quarantine are no accident."""


@dataclass(frozen=True, slots=True)
class NightOutcome:
    """What came of one page.

    Parameters
    ----------
    page, origin : str
        Its id, and what people know it by.
    rows : int
        Rows that were judged; 0 where the page could not be read.
    reasons : dict of str to int
        Rows in quarantine by reason.
    quarantined : int
        Rows in quarantine.
    left_out : dict of str to str
        Columns that were not taken, and why.
    stage : str
        Where it ended: ``read``, ``judge``, ``compare``, ``ingest``, or ``done``.
    error : CosmicError or None
        What ended it.
    """

    page: str
    origin: str
    rows: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    quarantined: int = 0
    left_out: dict[str, str] = field(default_factory=dict)
    stage: str = "done"
    error: CosmicError | None = None

    @property
    def repeats(self) -> int:
        """Return how many rows repeat another one."""
        return self.reasons.get(REPEATS, 0)

    @property
    def faulty(self) -> int:
        """Return how many rows are in quarantine for something else than repeating another one, at least."""
        return max(0, self.quarantined - self.repeats)


def signals_of(outcome: NightOutcome, *, earlier: Sequence[NightOutcome]) -> tuple[Signal, ...]:
    """Return what each check of a night found, failing or sound, in the order of `CHECKS`.

    Where a page was refused, nothing is said of the checks that come after: neither failing nor sound.

    Parameters
    ----------
    earlier : sequence of NightOutcome
        Accepted pages of the same origin, which say how many rows are quarantined on any night.
    """
    failed = _failed_check(outcome)
    if failed is not None:
        severity = Severity.ERROR
        return (
            Signal(
                failed, TABLE, True, severity, summary=f"{outcome.error}", rows=outcome.rows or None,
                source=outcome.page,
            ),
        )  # fmt: skip
    return (
        *(Signal(check, TABLE, False, source=outcome.page) for check in CHECKS[:3]),
        _quarantine("rows-quarantined", outcome.faulty, outcome, [one.faulty for one in earlier], earlier),
        _quarantine("rows-repeated", outcome.repeats, outcome, [one.repeats for one in earlier], earlier),
        _left_out(outcome, earlier),
    )


def failing(signals: Sequence[Signal]) -> tuple[Signal, ...]:
    """Return the signals that raise an alert."""
    return tuple(one for one in signals if one.failing)


def _failed_check(outcome: NightOutcome) -> str | None:
    if outcome.error is None:
        return None
    if isinstance(outcome.error, ContractViolation):
        return "page-refused"
    return "catalogue-refused" if outcome.stage == "ingest" else "page-unreadable"


def _quarantine(
    check: str, count: int, outcome: NightOutcome, before: Sequence[int], earlier: Sequence[NightOutcome]
) -> Signal:
    """Fail where so many rows would almost never come, judged by the rate of earlier nights (Jeffreys prior)."""
    from scipy.stats import betabinom

    n, known = sum(one.rows for one in earlier), sum(before)
    if not (n and count):
        return Signal(check, TABLE, False, source=outcome.page)
    chance = float(betabinom.sf(count - 1, outcome.rows, known + 0.5, n - known + 0.5))
    if chance >= UNLIKELY:
        return Signal(check, TABLE, False, source=outcome.page)
    worst = ", ".join(f"{rows:,} {reason}" for reason, rows in sorted(outcome.reasons.items(), key=lambda x: -x[1])[:3])
    return Signal(
        check, TABLE, True, Severity.WARNING, rows=count, source=outcome.page,
        summary=f"{count:,} of {outcome.rows:,} rows of {outcome.origin} ({count / outcome.rows:.1%}) are in quarantine, "
        f"where earlier pages had {known / n:.2%}: {worst}. The other rows went on. Look at them, mend the source, and "
        "bring the page again.",
    )  # fmt: skip


def _left_out(outcome: NightOutcome, earlier: Sequence[NightOutcome]) -> Signal:
    """Fail where a column is not taken that earlier pages brought."""
    if not earlier:
        return Signal("ids-left-out", TABLE, False, source=outcome.page)
    fresh = {name: why for name, why in outcome.left_out.items() if name not in earlier[-1].left_out}
    if not fresh:
        return Signal("ids-left-out", TABLE, False, source=outcome.page)
    told = "; ".join(f"{name}: {why}" for name, why in list(fresh.items())[:5])
    return Signal(
        "ids-left-out", TABLE, True, Severity.ERROR, rows=outcome.rows, source=outcome.page,
        summary=f"{outcome.origin} was taken without {told}. Objects are told apart by what is left. Export the column "
        "as text, and bring the page again.",
    )  # fmt: skip
