"""Clusters of the study's features beside its classes: k-means and a Gaussian mixture, scored in ways that mean something.

The study compared cluster numbers with class numbers as they fell (its printed accuracies: 0.08 for galaxies, 0.017
for stars). Cluster numbers are arbitrary, so that figure says nothing: it is given here beside the range that mere
renumbering covers, and beside scores that no renumbering changes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from cosmic.datasets import Dataset
from cosmic.evaluation.intervals import RESAMPLES, block_intervals, confusion_by_block, ratio
from cosmic.exploration.standard import Floats, drawn
from cosmic.facts.exploration import Clusters, ClusterScores, Trial
from cosmic.facts.results import Part
from cosmic.models.fit import one_thread
from cosmic.models.quiet import unconverged_is_no_warning
from cosmic.splits import PARTS

if TYPE_CHECKING:
    from sklearn.cluster import KMeans
    from sklearn.mixture import GaussianMixture

Method = Literal["k-means", "gaussian mixture"]
Codes = NDArray[np.int64]

STARTS: Final = 4
"""Times that k-means starts anew; the best is kept."""
_CRITERION: Final[dict[Method, Literal["inertia", "BIC"]]] = {"k-means": "inertia", "gaussian mixture": "BIC"}


def clusters(
    data: Dataset,
    X: Floats,
    *,
    method: Method,
    numbers: Sequence[int],
    limit: int,
    seed: int,
    resamples: int = RESAMPLES,
    clock: Callable[[], float] = time.perf_counter,
) -> Clusters:
    """Return clusters of the training part, as many as classes, how they compare with classes, and the elbow.

    Parameters
    ----------
    X : numpy.ndarray
        All rows, standardised on the training part, shape (n, d).
    numbers : sequence of int
        Numbers of clusters for the elbow; the number of classes is added.
    limit : int
        Training rows fitted on at most, drawn at random with `seed`; every row is scored.
    """
    k = len(data.card.labels)
    train = data.within("train")
    chosen = drawn(train, limit, seed=seed)
    started = clock()
    trials = []
    named = np.empty(0, np.int64)
    with one_thread(), unconverged_is_no_warning():
        for number in sorted({*numbers, k}):
            if number > len(chosen):
                continue
            model, value, converged = _fit(method, X[chosen], number, seed=seed)
            trials.append(Trial(k=number, value=value, converged=converged))
            if number == k:
                named = model.predict(X).astype(np.int64)
    seconds = clock() - started
    matching = match(data.y[train], named[train], k)
    majority = int(np.bincount(data.y[train], minlength=k).argmax())
    scores: dict[Part, ClusterScores] = {}
    for part in PARTS:
        rows = data.within(part)
        blocks = data.blocks.take(rows)
        scores[part] = score(
            data.y[rows], named[rows], blocks=confusion_by_block(blocks, data.y[rows], named[rows], k),
            matching=matching, majority=majority, resamples=resamples, seed=seed,
        )  # fmt: skip
    seen = data.within("validation")
    lowest, highest = renumbered(data.y[seen], named[seen], k)
    notes = (
        []
        if len(chosen) == len(train)
        else [f"fitted on {len(chosen):,} of {len(train):,} training rows, drawn at random"]
    )
    if stopped := [str(trial.k) for trial in trials if not trial.converged]:
        notes.append(f"not converged with {', '.join(stopped)} clusters")
    return Clusters(
        method=method,
        criterion=_CRITERION[method],
        k=k,
        seed=seed,
        n_train=len(train),
        n_fitted=len(chosen),
        matching=tuple(data.card.labels[code] for code in matching),
        trials=tuple(trials),
        scores=scores,
        raw_lowest=lowest,
        raw_highest=highest,
        raw_mean=1 / k,
        fit_s=seconds,
        notes=tuple(notes),
    )


def match(y: Codes, cluster: Codes, k: int) -> Codes:
    """Return the class of each of k clusters, one cluster a class, such that most rows agree (Kuhn's assignment)."""
    from scipy.optimize import linear_sum_assignment

    classes, names = linear_sum_assignment(_table(y, cluster, k), maximize=True)
    found: Codes = np.empty(k, np.int64)
    found[names] = classes
    return found


def renumbered(y: Codes, cluster: Codes, k: int) -> tuple[float, float]:
    """Return the smallest and largest share of rows whose cluster number is their class, over all numberings."""
    from scipy.optimize import linear_sum_assignment

    table = _table(y, cluster, k)
    ends = [table[linear_sum_assignment(table, maximize=best)].sum() / len(y) for best in (False, True)]
    return float(ends[0]), float(ends[1])


def score(
    y: Codes, cluster: Codes, *, blocks: Floats, matching: Codes, majority: int, resamples: int = RESAMPLES, seed: int
) -> ClusterScores:
    """Return how clusters compare with classes.

    Parameters
    ----------
    y, cluster : numpy.ndarray
        Class and cluster of each row, shape (n,).
    blocks : numpy.ndarray
        Rows by class and cluster in each sky cell, shape (b, k * k).
    matching : numpy.ndarray
        The class of each cluster, shape (k,), decided elsewhere.
    majority : int
        The class that the baseline always answers.
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    def figures(sums: Floats) -> dict[str, Floats]:
        return table_figures(sums, matching)

    return ClusterScores(
        n=len(y),
        ari=float(adjusted_rand_score(y, cluster)),
        nmi=float(normalized_mutual_info_score(y, cluster)),
        matched=float((matching[cluster] == y).mean()),
        raw=float((cluster == y).mean()),
        majority=float((y == majority).mean()),
        interval=block_intervals(blocks, figures, resamples=resamples, seed=seed),
    )


def table_figures(sums: Floats, matching: Codes) -> dict[str, Floats]:
    """Return ari, nmi, matched and raw of tables class by cluster, shape (..., k * k): `score` for many at once."""
    k = len(matching)
    table = sums.reshape(*sums.shape[:-1], k, k)
    classes, names = table.sum(axis=-1), table.sum(axis=-2)
    n = classes.sum(axis=-1)

    def pairs(counts: Floats) -> Floats:
        return counts * (counts - 1) / 2

    together, a, b = pairs(table).sum(axis=(-1, -2)), pairs(classes).sum(axis=-1), pairs(names).sum(axis=-1)
    chance = ratio(a * b, pairs(n))
    share, by_class, by_name = _entropy(table.reshape(sums.shape), n), _entropy(classes, n), _entropy(names, n)
    return {
        "ari": ratio(together - chance, (a + b) / 2 - chance),
        "nmi": ratio(by_class + by_name - share, (by_class + by_name) / 2),
        "matched": ratio(table[..., matching, np.arange(k)].sum(axis=-1), n),
        "raw": ratio(np.diagonal(table, axis1=-2, axis2=-1).sum(axis=-1), n),
    }


def _fit(method: Method, X: Floats, k: int, *, seed: int) -> tuple[KMeans | GaussianMixture, float, bool]:
    """The model, its inertia or BIC on these rows, and whether it converged."""
    if method == "k-means":
        from sklearn.cluster import KMeans

        means = KMeans(n_clusters=k, n_init=STARTS, random_state=seed).fit(X)
        return means, float(means.inertia_), bool(means.n_iter_ < means.max_iter)
    from sklearn.mixture import GaussianMixture

    mixture = GaussianMixture(n_components=k, random_state=seed).fit(X)
    return mixture, float(mixture.bic(X)), bool(mixture.converged_)


def _table(y: Codes, cluster: Codes, k: int) -> Codes:
    found: Codes = np.bincount(y * k + cluster, minlength=k * k).reshape(k, k)
    return found


def _entropy(counts: Floats, n: Floats) -> Floats:
    share = ratio(counts, np.asarray(n)[..., None])
    found: Floats = -np.sum(share * np.log(share, out=np.zeros_like(share), where=share > 0), axis=-1)
    return found
