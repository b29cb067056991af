"""How much new rows differ from old ones of the same magnitude and region: effect, interval and p. Draws nothing.

One statistic serves features and shares alike: the mean score of the new rows, less that of the old rows standardised
directly to the strata of the new ones. For a feature the score is the rank within its magnitude range (a stratified
Wilcoxon test: van Elteren 1960, Bull. Inst. Int. Stat. 37, 351), for a share it is 0 or 1. Objects of one cell of sky are
not independent, so the variance is the larger of the score test's and of one that sums influences by cell (Taylor
linearisation: Binder 1983, Int. Stat. Rev. 51, 279), with a t distribution of as many degrees as new cells less one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cosmic.drift.strata import Codes, Mask

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """What was found of one group in one place.

    Parameters
    ----------
    effect : float
        New less expected, in the unit of the scores, or of the feature.
    expected : float
        Mean score of the old rows, standardised to the new ones.
    interval : tuple of float
        95 % interval of the effect.
    p : float
        Two-sided.
    n_new, n_reference : int
        Rows that were compared.
    """

    effect: float
    expected: float
    interval: tuple[float, float]
    p: float
    n_new: int
    n_reference: int


@dataclass(frozen=True, slots=True)
class _Standardised:
    effect: float
    expected: float
    error: float
    error_of_new: float
    degrees: int


def shift(values: Floats, ranks: Floats, *, stratum: Codes, block: Codes, new: Mask) -> Difference:
    """Return by how much a feature of new rows lies above that of old ones of their stratum.

    The effect is the median of the new rows' distances from the median of the old rows of their stratum. Its interval is
    that of a median by order statistics (Conover 1999, Practical Nonparametric Statistics, 3rd ed., 3.2), widened by what
    cells and old rows add to the error of the mean rank.

    Parameters
    ----------
    values : numpy.ndarray
        The feature, shape (n,), no NaN.
    ranks : numpy.ndarray
        Shape (n,): relative ranks within a magnitude range, 0 to 1 (`ranked`).
    stratum, block : numpy.ndarray
        Shape (n,): where each row is compared, and what it is not independent of.
    new : numpy.ndarray
        Shape (n,). Every stratum has old rows.
    """
    from scipy.stats import quantile_test

    found = _standardised(ranks, stratum=stratum, block=block, new=new)
    medians = pd.Series(values[~new]).groupby(stratum[~new]).median()
    distances = values[new] - medians.reindex(stratum[new]).to_numpy()
    effect = float(np.median(distances))
    ends = quantile_test(distances, p=0.5).confidence_interval(0.95)
    wider = found.error / found.error_of_new if found.error_of_new > 0 else 1.0
    low, high = (
        (ends.low, ends.high) if np.isfinite([ends.low, ends.high]).all() else (distances.min(), distances.max())
    )
    interval = (effect - wider * (effect - float(low)), effect + wider * (float(high) - effect))
    return Difference(effect, found.expected, interval, _p(found), int(new.sum()), int((~new).sum()))


def change(scores: Floats, *, stratum: Codes, block: Codes, new: Mask) -> Difference:
    """Return by how much the mean score of new rows lies above that of old ones of their strata.

    Parameters
    ----------
    scores : numpy.ndarray
        Shape (n,), from 0 to 1: whether a row has a label, or how probable it is.
    """
    from scipy.stats import t

    found = _standardised(scores, stratum=stratum, block=block, new=new)
    reach = float(t.ppf(0.975, found.degrees)) * found.error
    interval = (found.effect - reach, found.effect + reach)
    return Difference(found.effect, found.expected, interval, _p(found), int(new.sum()), int((~new).sum()))


def ranked(values: Floats, bins: Codes) -> Floats:
    """Return relative ranks within magnitude ranges, shape (n,), equal values alike."""
    return np.asarray(pd.Series(values).groupby(bins).rank(method="average", pct=True), np.float64)


def _p(found: _Standardised) -> float:
    from scipy.stats import t

    if found.error == 0:  # one value throughout: nothing differs
        return 1.0
    return float(2 * t.sf(abs(found.effect) / found.error, found.degrees))


def _standardised(scores: Floats, *, stratum: Codes, block: Codes, new: Mask) -> _Standardised:
    values, at = np.unique(stratum, return_inverse=True)
    k, n = len(values), int(new.sum())
    n_new = np.bincount(at[new], minlength=k)
    n_old = np.bincount(at[~new], minlength=k)
    mean_old = np.bincount(at[~new], scores[~new], minlength=k) / n_old
    weight = n_new / n
    expected = float(weight @ mean_old)
    effect = float(scores[new].mean()) - expected
    both = n_new + n_old
    mean = np.bincount(at, scores, minlength=k) / both
    spread = np.bincount(at, (scores - mean[at]) ** 2, minlength=k) / np.maximum(both - 1, 1)
    of_new = float(spread @ (n_new / n**2))
    tested = of_new + float(spread @ (weight**2 / n_old))
    influence = np.where(new, (scores - mean_old[at] - effect) / n, -(weight / n_old)[at] * (scores - mean_old[at]))
    _, cells = np.unique(block, return_inverse=True)
    sums = np.bincount(cells, influence)
    shared = len(np.unique(block[new]))
    clustered = float(sums @ sums) * shared / max(shared - 1, 1)
    return _Standardised(effect, expected, max(tested, clustered) ** 0.5, of_new**0.5, max(shared - 1, 1))
