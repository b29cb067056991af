"""Measures one subject in the whole pool, in each magnitude range and in each region, where there are rows enough.

Says what it could not judge. Gives no verdict: that needs all records together (`cosmic.drift.verdicts`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosmic.drift.difference import Difference, change, ranked, shift
from cosmic.drift.strata import UNPLACED, Codes, Mask, Pool, bin_name, region_name, strata
from cosmic.drift.watched import Bounds
from cosmic.facts.drift import DriftKind, DriftRecord, Unjudged

LEAST: Final = 30
"""Rows, on each side, below which nothing is judged."""
LEAST_CELLS: Final = 10
"""Cells of sky (nside 64) with new rows below which nothing is judged: fewer cannot say how cells differ."""
EVERYWHERE: Final = "all"

Floats = NDArray[np.float64]
Measure = Callable[[Mask, Codes], Difference]
"""From the rows to be compared, shape (n,), and the stratum of each of them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What some comparisons gave: records without verdicts, and what could not be judged."""

    records: tuple[DriftRecord, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """Return several outcomes as one."""
    all_of_them = tuple(outcomes)
    return Outcome(
        tuple(record for one in all_of_them for record in one.records),
        tuple(lack for one in all_of_them for lack in one.unjudged),
    )


@dataclass(frozen=True, slots=True)
class Subject:
    """What is compared: its kind, name, class, unit and bounds."""

    kind: DriftKind
    name: str
    group: str
    unit: str
    bounds: Bounds


def unjudged(subject: Subject, where: str, why: str) -> Unjudged:
    """Return the record of what could not be judged."""
    return Unjudged(kind=subject.kind, name=subject.name, group=subject.group, where=where, why=why)


def compare_values(
    subject: Subject, values: Floats, pool: Pool, *, least: int, by_magnitude: bool = True, local: bool = True
) -> Outcome:
    """Return the shift of a feature, shape (n,), no NaN.

    Parameters
    ----------
    by_magnitude : bool
        Whether objects of one brightness are compared.
    local : bool
        Whether magnitude ranges and regions are judged by themselves too.
    """
    ranks = ranked(values, pool.bin if by_magnitude else np.zeros_like(pool.bin))

    def measure(keep: Mask, stratum: Codes) -> Difference:
        return shift(values[keep], ranks[keep], stratum=stratum, block=pool.block[keep], new=pool.new[keep])

    return _measured(subject, pool, measure, least=least, by_magnitude=by_magnitude, local=local)


def compare_shares(subject: Subject, scores: Floats, pool: Pool, *, least: int, local: bool = True) -> Outcome:
    """Return the change of a share, or of a mean of scores from 0 to 1, shape (n,), among objects of one brightness."""

    def measure(keep: Mask, stratum: Codes) -> Difference:
        return change(scores[keep], stratum=stratum, block=pool.block[keep], new=pool.new[keep])

    return _measured(subject, pool, measure, least=least, by_magnitude=True, local=local)


def _measured(
    subject: Subject, pool: Pool, measure: Measure, *, least: int, by_magnitude: bool, local: bool
) -> Outcome:
    records, lacking = [], []
    for where, inside in _parts(pool, by_magnitude=by_magnitude, local=local):
        stratum = np.full(len(inside), UNPLACED)
        stratum[inside] = strata(pool.of(inside), by_magnitude=by_magnitude)
        keep = stratum != UNPLACED
        n_new, n_old = int((keep & pool.new).sum()), int((keep & ~pool.new).sum())
        cells = len(np.unique(pool.block[keep & pool.new]))
        if min(n_new, n_old) < least or cells < LEAST_CELLS:
            lacking.append(unjudged(subject, where, _too_few(n_new, n_old, cells, least)))
            continue
        found = measure(keep, stratum[keep])
        bounds = subject.bounds if where == EVERYWHERE else subject.bounds.local
        share = subject.kind not in (DriftKind.FEATURE, DriftKind.CONFIDENCE)
        records.append(
            DriftRecord(
                kind=subject.kind, name=subject.name, group=subject.group, where=where, unit=subject.unit,
                n_new=found.n_new, n_reference=found.n_reference, effect=found.effect, limits=bounds.whole,
                expected=found.expected if share else None, interval=found.interval, p=found.p,
            )
        )  # fmt: skip
    return Outcome(tuple(records), tuple(lacking))


def _parts(pool: Pool, *, by_magnitude: bool, local: bool) -> Iterator[tuple[str, Mask]]:
    """Yield the whole pool, then each magnitude range and each region that has new rows."""
    yield EVERYWHERE, np.ones(len(pool.new), bool)
    if local and by_magnitude:
        for one in np.unique(pool.bin[pool.new]).tolist():
            yield bin_name(one), pool.bin == one
    if local:
        for one in np.unique(pool.region[pool.new]).tolist():
            yield region_name(one), pool.region == one


def _too_few(n_new: int, n_old: int, cells: int, least: int) -> str:
    if min(n_new, n_old) < least:
        return f"{n_new:,} new rows and {n_old:,} behind the model; each side needs {least}"
    return f"new rows in {cells} cells of the sky; {LEAST_CELLS} are needed"
