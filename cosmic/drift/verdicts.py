"""From effects and p values to verdicts: a change must be too large for chance and large enough to matter.

False discoveries are controlled over everything that was tested in one comparison (Benjamini and Hochberg 1995, J. R.
Stat. Soc. B 57, 289). Measures nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from cosmic.columns import BANDS, CLASSES
from cosmic.drift.measuring import EVERYWHERE
from cosmic.drift.watched import CALIBRATION, COLOURS
from cosmic.facts.drift import DriftFacts, DriftKind, DriftRecord, DriftVerdict, Unjudged

ALPHA: Final = 0.001
"""Expected share of false ones among what is called a change: low, since somebody compares every night."""
COVERAGE_LEAST: Final = 50
"""New rows where the model has seen none from which that is more than an edge."""


def decide(
    records: Iterable[DriftRecord],
    unjudged: tuple[Unjudged, ...],
    *,
    alpha: float,
    least: int,
    n_new: int,
    n_reference: int,
    n_known: int,
    n_new_sky: int,
    n_new_magnitudes: int,
    n_unplaced: int,
) -> DriftFacts:
    """Return the records with q, verdict and reason, and the worst of their verdicts.

    Parameters
    ----------
    records : iterable of DriftRecord
        As they were measured; `p` is None where nothing is tested.
    """
    measured = list(records)
    measured += calibrations(measured)
    controlled = _controlled(measured)
    judged = tuple(_judged(one, alpha) for one in controlled)
    worst = max((one.verdict for one in judged), key=lambda one: one.rank, default=DriftVerdict.FINE)
    facts = DriftFacts(
        n_new=n_new, n_reference=n_reference, n_known=n_known, n_new_sky=n_new_sky, n_new_magnitudes=n_new_magnitudes,
        n_unplaced=n_unplaced, alpha=alpha, least=least, tests=sum(one.p is not None for one in judged), verdict=worst,
        summary="", records=judged, unjudged=unjudged,
    )  # fmt: skip
    return facts.model_copy(update={"summary": _summary(facts)})


def calibrations(records: Sequence[DriftRecord]) -> list[DriftRecord]:
    """Return, for each colour, how far it moved in at least two classes, where all classes move to one side.

    p is that of the partial conjunction of two classes (Benjamini and Heller 2008, Biometrics 64, 1215): the second
    smallest, times the classes less one. The shift is the middle one of three classes, the lesser one of two; 0 where
    classes move to different sides, and p then is 1.
    """
    found = []
    for a, b in COLOURS:
        name = f"{a} - {b}"
        own = [
            one
            for one in records
            if (one.kind, one.name, one.where) == (DriftKind.FEATURE, name, EVERYWHERE) and one.group in CLASSES
        ]
        if len(own) < 2:
            continue
        alike = len({one.effect > 0 for one in own}) == 1
        typical = sorted(own, key=lambda one: abs(one.effect))[(len(own) - 1) // 2]
        second = sorted(1.0 if one.p is None else one.p for one in own)[1]
        found.append(
            DriftRecord(
                kind=DriftKind.CALIBRATION, name=name, group="all classes alike", where=EVERYWHERE, unit="mag",
                n_new=sum(one.n_new for one in own), n_reference=sum(one.n_reference for one in own),
                effect=typical.effect if alike else 0.0, limits=CALIBRATION.whole,
                interval=typical.interval if alike else None,
                p=min(1.0, (len(own) - 1) * second) if alike else 1.0,
            )
        )  # fmt: skip
    return found


def likely_band(records: Iterable[DriftRecord]) -> str:
    """Return which one band would explain what moved in all classes alike, in words; "" where nothing did.

    The band whose offset leaves the least of the four colours unexplained (least squares).
    """
    moved = {one.name: one.effect for one in records if one.kind is DriftKind.CALIBRATION}
    names = [f"{a} - {b}" for a, b in COLOURS]
    if not all(name in moved for name in names):
        return ""
    seen = np.array([moved[name] for name in names])
    pattern = np.array([[(band == a) - (band == b) for a, b in COLOURS] for band in BANDS], np.float64)
    offset = pattern @ seen / (pattern**2).sum(axis=1)
    left = ((seen - offset[:, None] * pattern) ** 2).sum(axis=1)
    best = int(np.argmin(left))
    if abs(offset[best]) < CALIBRATION.watch:
        return ""
    return f"as if {BANDS[best]} were {abs(offset[best]):.2f} mag {'faint' if offset[best] > 0 else 'bright'}"


def _controlled(records: list[DriftRecord]) -> list[DriftRecord]:
    from scipy.stats import false_discovery_control

    tested = [at for at, one in enumerate(records) if one.p is not None]
    if not tested:
        return records
    q = false_discovery_control([records[at].p for at in tested], method="bh")
    found = list(records)
    for at, value in zip(tested, q.tolist(), strict=True):
        found[at] = records[at].model_copy(update={"q": value})
    return found


def _judged(record: DriftRecord, alpha: float) -> DriftRecord:
    if record.kind is DriftKind.COVERAGE:
        sure = record.effect * record.n_new >= COVERAGE_LEAST
    else:
        sure = record.q is not None and record.q < alpha
    steps = zip((DriftVerdict.WATCH, DriftVerdict.RETRAIN, DriftVerdict.STOP), record.limits, strict=True)
    crossed = [(step, bound) for step, bound in steps if bound is not None and abs(record.effect) >= bound]
    if not (sure and crossed):
        return record
    verdict, bound = crossed[-1]
    return record.model_copy(update={"verdict": verdict, "reason": _reason(record, bound)})


def _reason(record: DriftRecord, bound: float) -> str:
    unit = f" {record.unit}" if record.unit else ""
    if record.kind is DriftKind.COVERAGE:
        return f"{record.effect:.0%} of the new rows are in {record.name}; from {bound:.0%} on it matters"
    where = "" if record.where == EVERYWHERE else f", {record.where}"
    what = f"missing {record.name}" if record.kind is DriftKind.MISSING else record.name
    return (
        f"{what} of {record.group}{where} moved by {record.effect:+.3f}{unit} (q {record.q:.1g}, "
        f"{record.n_new:,} new rows); from {bound:g}{unit} on it matters"
    )


def _summary(facts: DriftFacts) -> str:
    counted = f"{facts.n_new:,} new rows against {facts.n_reference:,} behind the model"
    found = facts.found
    if not found:
        return f"fine: {counted}, {facts.tests:,} comparisons, no change that matters."
    band = likely_band(facts.records) if any(one.kind is DriftKind.CALIBRATION for one in found) else ""
    first = "; ".join(one.reason for one in found[:3])
    more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
    return f"{facts.verdict}: {counted}: {first}{more}{f'; {band}' if band else ''}."
