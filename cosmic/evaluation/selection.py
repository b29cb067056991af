"""Completeness and purity: what a class costs and gives when it is selected by P(class). Picks no model.

The threshold is chosen on validation; every figure is of the test part.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosmic.evaluation.intervals import RESAMPLES, block_intervals, ratio, sums_by_block
from cosmic.facts import CurveBin, Interval, Selection
from cosmic.models.predictions import Predictions
from cosmic.records import Arm, Task

TARGET: Final = 0.95
BIN: Final = 0.5
"""Width of the bins of r, mag."""
FEWEST: Final = 20
"""Objects that a threshold must choose on validation, and that a figure of a bin needs; with fewer it is null."""
_EDGES: Final = (0.5, 99.5)
_DECIMALS: Final = 6
"""Of a threshold: facts.json keeps as many digits."""

Floats = NDArray[np.float64]
Tally = tuple[int, int, int]


def selections(
    predictions: Predictions,
    *,
    task: Task,
    arm: Arm,
    result: int,
    target: float = TARGET,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[Selection, ...]:
    """Return, for each label, the selection ``P(label) > threshold`` that is `target` pure on validation.

    Parameters
    ----------
    predictions : Predictions
        Of validation and test rows.
    result : int
        Index of the model in the facts.
    """
    validation, test = predictions.within("validation"), predictions.within("test")
    edges = bin_edges(test.r)
    thresholds = [
        purity_threshold(validation.y == code, validation.p[:, code], target) for code in range(test.p.shape[1])
    ]
    # three sums for the whole part and for each bin of r, per label and block: hits, chosen, members
    tallies = [_tallies(test, code, threshold, edges) for code, threshold in enumerate(thresholds)]
    sums = np.concatenate(tallies, axis=1)
    total = sums.sum(axis=0)
    intervals = _intervals(sums, resamples=resamples, seed=seed)
    found, width = [], 3 * len(edges)
    for code, (label, threshold) in enumerate(zip(test.labels, thresholds, strict=True)):
        mine = total[code * width : (code + 1) * width].reshape(-1, 3)
        ends = intervals[code * len(edges) : (code + 1) * len(edges)]
        if threshold is None:
            reason = f"no threshold is {target:.0%} pure on {FEWEST} validation objects or more"
            found.append(Selection(task=task, arm=arm, label=label, result=result, n=int(mine[0, 2]), not_run=reason))
            continue
        chosen, member = validation.p[:, code] > threshold, validation.y == code
        hits, selected, n = _whole(mine[0])
        found.append(
            Selection(
                task=task,
                arm=arm,
                label=label,
                result=result,
                threshold=threshold,
                completeness=hits / n if n else None,
                purity=hits / selected if selected else None,
                validation_completeness=float((chosen & member).sum() / member.sum()),
                validation_purity=float((chosen & member).sum() / chosen.sum()),
                n=n,
                n_selected=selected,
                interval=ends[0],
                curve=tuple(
                    _bin(lo, hi, _whole(tally), interval)
                    for lo, hi, tally, interval in zip(edges[:-1], edges[1:], mine[1:], ends[1:], strict=True)
                ),
            )
        )
    return tuple(found)


def purity_threshold(member: NDArray[np.bool_], p: Floats, target: float, *, fewest: int = FEWEST) -> float | None:
    """Return the lowest cut for which the rows with ``p > threshold`` are `target` pure; None where none is.

    Of the numbers between two neighbouring probabilities, all of which choose the same rows, it is one of the fewest
    decimals: the facts keep it as it is, so whoever reads them chooses the very same objects. Probabilities that six
    decimals cannot tell apart are on the same side, and 0 is never chosen.

    Parameters
    ----------
    member : numpy.ndarray
        Whether a row is of the class, shape (n,).
    p : numpy.ndarray
        P(class), shape (n,).
    fewest : int
        Rows that must lie above the threshold, since a handful is pure by chance.
    """
    from sklearn.metrics import precision_recall_curve

    if not member.any():
        return None
    precision, _, thresholds = precision_recall_curve(member, p)
    chosen = len(p) - np.searchsorted(np.sort(p), thresholds)
    good = np.flatnonzero((precision[: len(thresholds)] >= target) & (chosen >= fewest))
    # scikit-learn's rule is p >= t; what lies below t must stay below the cut
    cuts = (_between(thresholds[at - 1] if at else 0.0, thresholds[at]) for at in good)
    return next((found for found in cuts if found is not None), None)


def _between(below: float, above: float) -> float | None:
    """The number of the fewest decimals in [below, above), near the middle; None where six do not suffice."""
    below, above = float(below), float(above)
    rounded = [round((below + above) / 2, digits) for digits in range(1, _DECIMALS + 1)]
    rounded.append(round(below, _DECIMALS))  # the middle of two neighbours of six decimals rounds up as well as down
    return next((number for number in rounded if below <= number < above), None)


def bin_edges(r: Floats) -> Floats:
    """Return the edges of half-magnitude bins that hold all but the brightest and faintest half per cent of r."""
    if not len(r):
        return np.array([0.0])
    lo, hi = np.percentile(r, _EDGES)
    first = np.floor(lo / BIN) * BIN
    return np.asarray(first + BIN * np.arange(int(np.ceil((hi - first) / BIN)) + 1))


def _tallies(test: Predictions, code: int, threshold: float | None, edges: Floats) -> Floats:
    """Hits, chosen and members in each block, for the part and for each bin: shape (b, 3 * len(edges))."""
    member = test.y == code
    chosen = np.zeros(len(member), bool) if threshold is None else test.p[:, code] > threshold
    three = np.column_stack([member & chosen, chosen, member]).astype(float)
    bins = np.digitize(test.r, edges) - 1
    within = (three * (bins == at)[:, None] for at in range(len(edges) - 1))
    return np.concatenate([sums_by_block(test.blocks, part) for part in (three, *within)], axis=1)


def _intervals(sums: Floats, *, resamples: int, seed: int) -> list[dict[str, Interval]]:
    """The interval of completeness and purity of each group of three sums over blocks."""

    def figures(sums: Floats) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        for at in range(sums.shape[-1] // 3):
            hits, chosen, members = (sums[..., 3 * at + offset] for offset in range(3))
            found |= {f"{at} completeness": ratio(hits, members), f"{at} purity": ratio(hits, chosen)}
        return found

    named = block_intervals(sums, figures, resamples=resamples, seed=seed)
    groups: list[dict[str, Interval]] = [{} for _ in range(sums.shape[1] // 3)]
    for name, ends in named.items():
        at, figure = name.split(" ")
        groups[int(at)][figure] = ends
    return groups


def _whole(tally: Floats) -> Tally:
    hits, chosen, members = (round(float(value)) for value in tally)
    return hits, chosen, members


def _bin(lo: float, hi: float, tally: Tally, interval: dict[str, Interval]) -> CurveBin:
    hits, chosen, members = tally
    figures = {
        "completeness": hits / members if members >= FEWEST else None,
        "purity": hits / chosen if chosen >= FEWEST else None,
    }
    return CurveBin(
        r_lo=float(lo),
        r_hi=float(hi),
        n=members,
        n_selected=chosen,
        completeness=figures["completeness"],
        purity=figures["purity"],
        interval={name: ends for name, ends in interval.items() if figures[name] is not None},
    )
