"""95 % intervals by resampling sky blocks, since objects of one block are not independent. scipy resamples.

Every figure here is a function of sums over blocks, so a resample costs one row of a matrix product.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cosmic.facts.results import Interval

RESAMPLES: Final = 1000
LEVEL: Final = 0.95
_BATCH: Final = 100

Floats = NDArray[np.float64]
Figures = Callable[[Floats], dict[str, Floats]]


def block_intervals(
    sums: Floats, figures: Figures, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Interval]:
    """Return the percentile interval of each figure; a figure that does not exist in every resample is absent.

    Parameters
    ----------
    sums : numpy.ndarray
        What to add up, per block: shape (b, m).
    figures : callable
        From sums over blocks, shape (..., m), to figures by name, shape (...) each.
    resamples : int
        Number of times that b blocks are drawn with replacement.
    """
    from scipy.sparse import csr_array
    from scipy.stats import bootstrap

    blocks = len(sums)
    if blocks < 2:
        return {}
    names = tuple(figures(sums.sum(axis=0)))
    lost = np.zeros(len(names), bool)
    sparse = csr_array(sums)  # most blocks hold few objects of few classes

    def statistic(drawn: NDArray[np.intp], axis: int = -1) -> Floats:
        drawn = np.moveaxis(drawn, axis, -1)
        lines = drawn.reshape(-1, blocks)
        offset = np.arange(len(lines))[:, None] * blocks
        times = np.bincount((lines + offset).ravel(), minlength=lines.size).reshape(lines.shape)
        found = figures((times @ sparse).reshape(*drawn.shape[:-1], -1))
        stacked = np.stack([found[name] for name in names])
        lost[:] |= np.isnan(stacked).reshape(len(names), -1).any(axis=1)
        return np.nan_to_num(stacked)  # scipy warns of what is not a number

    result = bootstrap(
        (np.arange(blocks),),
        statistic,
        n_resamples=resamples,
        batch=_BATCH,
        vectorized=True,
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    ends = zip(names, lost, *np.asarray(result.confidence_interval), strict=True)
    return {name: (float(lo), float(hi)) for name, missing, lo, hi in ends if not missing}


def sums_by_block(blocks: pa.Array, values: Floats) -> Floats:
    """Return the sums of values, shape (n, m), over the rows of each block: shape (b, m)."""
    codes = block_codes(blocks)
    count = int(codes.max(initial=-1)) + 1
    columns = [np.bincount(codes, weights=column, minlength=count) for column in values.T]
    return np.column_stack(columns) if columns else np.empty((count, 0))


def confusion_by_block(blocks: pa.Array, y: NDArray[np.int64], answer: NDArray[np.int64], k: int) -> Floats:
    """Return the confusion matrix of each block, flattened: shape (b, k * k), true label first."""
    codes = block_codes(blocks)
    count = int(codes.max(initial=-1)) + 1
    flat = np.bincount(codes * k * k + y * k + answer, minlength=count * k * k)
    return flat.reshape(count, k * k).astype(np.float64)


def block_codes(blocks: pa.Array) -> NDArray[np.int64]:
    """Return a number from 0 on for each row's block, in order of appearance, shape (n,)."""
    codes: NDArray[np.int64] = pc.cast(blocks.dictionary_encode().indices, pa.int64()).to_numpy(zero_copy_only=False)
    return codes


def confusion_figures(sums: Floats) -> dict[str, Floats]:
    """Return accuracy, balanced_accuracy, f1 (weighted) and f1_macro of confusion matrices, shape (..., k * k).

    The same figures as `cosmic.evaluation.metrics.score`, for many matrices at once.
    """
    k = round(sums.shape[-1] ** 0.5)
    matrix = sums.reshape(*sums.shape[:-1], k, k)
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    true, answered = matrix.sum(axis=-1), matrix.sum(axis=-2)
    n = true.sum(axis=-1)
    f1 = ratio(2 * hits, true + answered)
    return {
        "f1": ratio(np.nansum(f1 * true, axis=-1), n),
        "f1_macro": _known_mean(f1),
        "accuracy": ratio(hits.sum(axis=-1), n),
        "balanced_accuracy": _known_mean(ratio(hits, true)),
    }


def ratio(above: Floats, below: Floats) -> Floats:
    """Return above / below, NaN where below is 0."""
    above, below = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0))


def _known_mean(values: Floats) -> Floats:
    known = np.isfinite(values)
    return ratio(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1))
