"""How often a model is right by how sure volunteers were, how many they were, and how large and bright a galaxy looks.

Cuts answers that were already given into ranges of one number. Trains nothing, chooses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cosmic.arrays import floats
from cosmic.facts.images import Stratum
from cosmic.galaxyzoo.soft import soft_labels
from cosmic.galaxyzoo.votes import fraction_array
from cosmic.images.ceiling import VOTES
from cosmic.images.data import LabelledImages
from cosmic.splits import PARTS as SIDES

By = Literal["agreement", "size", "magnitude", "votes"]
Floats = NDArray[np.float64]

UNITS: Final[dict[By, str]] = {
    "agreement": "probability of the likeliest label",
    "size": "arcsec",
    "magnitude": "mag",
    "votes": "volunteers",
}
EDGES: Final[dict[By, tuple[float, ...]]] = {
    "agreement": (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    "votes": VOTES,
}
"""Edges that do not depend on the galaxies; sizes and magnitudes are cut into parts of equal number."""
PARTS: Final = 5
_LEVEL: Final = 0.95


def strata(
    right: NDArray[np.bool_],
    values: Floats,
    *,
    by: By,
    unit: str | None = None,
    again: Floats | None = None,
    edges: Sequence[float] | None = None,
) -> tuple[Stratum, ...]:
    """Return the share of right answers in each range of a number, with Wilson's 95 % interval (Wilson 1927).

    Parameters
    ----------
    right : numpy.ndarray
        Whether each of n answers on test images is right.
    values : numpy.ndarray
        What they are told apart by, shape (n,); NaN where it is not known: such images are in no range.
    unit : str, optional
        Of the values, where it is not the usual one, such as pixels for a size.
    again : numpy.ndarray, optional
        How often volunteers would give each galaxy's label again (`cosmic.images.ceiling.Redrawn.share`), shape (n,); NaN
        where there are no votes. The ceiling of a range is its mean, over galaxies with votes.
    edges : sequence of float, optional
        Rising; the last range holds its upper edge. `EDGES`, or parts of equal number.

    Returns
    -------
    tuple of Stratum
        Ranges with at least one image, the lowest first.
    """
    from scipy.stats import binomtest

    known = np.isfinite(values)
    if not known.any():
        return ()
    cuts = np.asarray(edges if edges is not None else EDGES.get(by, _quantiles(values[known])), np.float64)
    found = []
    for place, (lo, hi) in enumerate(pairwise(cuts.tolist())):
        last = place == len(cuts) - 2
        of = known & (values >= lo) & ((values <= hi) if last else (values < hi))
        n, hits = int(of.sum()), int(right[of].sum())
        if not n:
            continue
        ends = binomtest(hits, n).proportion_ci(_LEVEL, method="wilson")
        voted = np.full(0, np.nan) if again is None else again[of & np.isfinite(again)]
        found.append(
            Stratum(
                by=by,
                unit=unit or UNITS[by],
                lo=lo,
                hi=hi,
                n=n,
                accuracy=hits / n,
                interval=(float(ends.low), float(ends.high)),
                ceiling=float(voted.mean()) if len(voted) else None,
            )
        )
    return tuple(found)


def of_test_images(
    data: LabelledImages, p: NDArray[np.floating], *, again: Floats | None = None
) -> tuple[Stratum, ...]:
    """Return how often a model is right on test images by agreement, votes, size and magnitude, as far as they are known.

    Parameters
    ----------
    data : LabelledImages
        Its table may have ``fractions``, ``total_classifications``, ``petro_r90`` (arcsec) and ``r`` (mag).
    p : numpy.ndarray
        What the model said of all labelled images, shape (n, k).
    again : numpy.ndarray, optional
        As in `strata`, of all labelled images.
    """
    test = np.flatnonzero(data.part == SIDES.index("test"))
    right = np.asarray(p[test].argmax(axis=1) == data.codes[test])
    known: dict[By, Floats] = {
        "agreement": np.full(len(data.rows), np.nan),
        "votes": floats(data.table, "total_classifications"),
        "size": floats(data.table, "petro_r90"),
        "magnitude": floats(data.table, "r"),
    }
    if "fractions" in data.table.column_names:
        known["agreement"] = soft_labels(fraction_array(data.table, "fractions")).agreement
    there = None if again is None else again[test]
    return tuple(one for by, values in known.items() for one in strata(right, values[test], by=by, again=there))


def _quantiles(values: Floats) -> Floats:
    """Return edges of parts of equal number, in three digits; fewer where values are equal."""
    cuts = np.quantile(values, np.linspace(0, 1, PARTS + 1))
    inner = np.unique(np.round(cuts[1:-1], 3))
    lo, hi = np.floor(cuts[0] * 1000) / 1000, np.ceil(cuts[-1] * 1000) / 1000
    edges = [lo, *inner[(inner > lo) & (inner < hi)], max(hi, lo + 0.001)]
    return np.asarray(edges, np.float64)
