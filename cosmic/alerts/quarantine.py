"""Whether more rows of an ingest went into quarantine than by chance, judged by earlier ingests. Reads no catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cosmic.alerts.records import Severity, Signal
from cosmic.records import Ingest

QUARANTINED: Final = "rows-quarantined"
REPEATED: Final = "rows-repeated"
UNLIKELY: Final = 1e-6
"""Chance below which so many rows are no accident."""
WORTH_TELLING: Final = 1.5
"""How many times the usual share it must be too: of half a million rows, any small change is unlikely to be chance."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of an ingest; those in quarantine for a fault, at least; those there for repeating another row."""

    rows: int
    faulty: int
    repeats: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a run stored, as far as people are told of it.

    Parameters
    ----------
    table : str
        What it read.
    most : float
        Share of the rows above which somebody should look, whatever was usual.
    link : str or None
        Where people may look.
    """

    ingest: Ingest
    table: str
    most: float
    link: str | None = None


def counted(rows: int, quarantined: int, reasons: dict[str, int]) -> Counted:
    """Return the counts of an ingest. A row may have several reasons."""
    from cosmic.contracts import REPEATS

    repeats = reasons.get(REPEATS, 0)
    return Counted(rows, max(0, quarantined - repeats), repeats)


def signals_of(arrived: Arrived, *, earlier: Sequence[Counted]) -> tuple[Signal, ...]:
    """Return whether an ingest put more rows apart than usual, for their faults and for repeating others.

    Parameters
    ----------
    earlier : sequence of Counted
        Ingests of the same kinds of pages, the oldest first.
    """
    done = arrived.ingest
    if not done.rows:
        return ()
    now = counted(done.rows, done.quarantined, done.reasons)
    reasons = sorted(done.reasons.items(), key=lambda item: -item[1])[:3]
    named = "; ".join(f"{reason} ({n:,})" for reason, n in reasons)
    found = []
    for check, count, before in (
        (QUARANTINED, now.faulty, [(one.rows, one.faulty) for one in earlier]),
        (REPEATED, now.repeats, [(one.rows, one.repeats) for one in earlier]),
    ):
        n, known = _usual(before)
        share = count / done.rows
        unusual = _unlikely(count, done.rows, known, n) and share > WORTH_TELLING * known / n
        said = f"earlier ones had {known / n:.2%}" if unusual else f"more than {arrived.most:.1%}"
        found.append(
            Signal(
                check, arrived.table, failing=share > arrived.most or unusual, severity=Severity.WARNING,
                summary=f"{count:,} of {done.rows:,} rows were quarantined ({share:.2%}; {said}), "
                f"{'which repeat others' if check == REPEATED else 'not counting repeats'}: {named}. The other rows went "
                "on. The report has every reason; rows are kept, and can be judged again.",
                rows=count, link=arrived.link, source=done.id,
            )
        )  # fmt: skip
    return tuple(found)


def _usual(before: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return how many rows earlier ingests had, and how many of them are counted; one that was unusual itself is left out,
    so that a fault that stays is not taken for usual the next day."""
    n = known = 0
    for rows, count in before:
        if _unlikely(count, rows, known, n) and count / rows > WORTH_TELLING * known / n:
            continue
        n, known = n + rows, known + count
    return n, known


def _unlikely(count: int, rows: int, known: int, n: int) -> bool:
    """Whether so many would almost never come at the rate of earlier ones (beta-binomial, Jeffreys prior)."""
    from scipy.stats import betabinom

    return bool(n and count and betabinom.sf(count - 1, rows, known + 0.5, n - known + 0.5) < UNLIKELY)
