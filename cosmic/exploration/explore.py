"""The whole exploration of one data set, in the order of the study. Learns from the training part, holds no state."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from cosmic.datasets import Dataset
from cosmic.evaluation.intervals import RESAMPLES
from cosmic.exploration.clusters import clusters
from cosmic.exploration.components import components
from cosmic.exploration.lines import lines
from cosmic.exploration.standard import Floats, drawn_by_class, standardised
from cosmic.facts.exploration import Exploration, Histogram, Sample
from cosmic.facts.results import Part
from cosmic.records import Sky, Task
from cosmic.splits import PARTS

_EDGES: Final = (0.5, 99.5)
"""Percentiles between which histograms are drawn."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is looked at. Rows are drawn at random where a part has more; what was used stands in the facts.

    Parameters
    ----------
    k_means, mixture : int
        Training rows that each method is fitted on.
    numbers : tuple of int
        Numbers of clusters on the elbow.
    points, pairs : int
        Objects in the scatter of components, and in the pair plot.
    bins : int
        Of each histogram.
    resamples : int
        Of sky cells, for intervals.
    """

    k_means: int = 200_000
    mixture: int = 50_000
    numbers: tuple[int, ...] = tuple(range(1, 13))
    points: int = 450
    pairs: int = 160
    bins: int = 25
    resamples: int = RESAMPLES


def explore(
    data: Dataset, *, seed: int, limits: Limits | None = None, clock: Callable[[], float] = time.perf_counter
) -> Exploration:
    """Return what the study looked at before it classified: distributions, components, clusters and, of stars, lines.

    Parameters
    ----------
    data : Dataset
        Of the arm with the study's own features.
    seed : int
        Of every draw, start and resampling.
    clock : callable
        Seconds, for the cost.

    Raises
    ------
    ConfigError
        If a feature has one value in all training rows.
    """
    limits = limits or Limits()
    started = clock()
    X = standardised(data)
    train = data.within("train")
    y = data.y[train]
    task = Task(data.card.label_facts.task)  # the recipe's is another one where stars lack ELODIE values
    found = lines(data, seed=seed, resamples=limits.resamples) if task is Task.STAR else ()
    sizes: dict[Part, int] = {part: len(data.within(part)) for part in PARTS}
    explored = Exploration(
        task=task,
        simulated=data.card.sky is Sky.SIMULATED,
        split=data.card.split,
        seed=seed,
        features=data.card.features,
        units=data.card.units,
        labels=data.card.labels,
        n=sizes,
        histograms=tuple(_histogram(data, at, bins=limits.bins) for at in range(X.shape[1])),
        correlation=_correlation(X[train]),
        sample=_sample(data, limits.pairs, seed=seed),
        components=components(X[train], y, data.blocks.take(train), points=limits.points, seed=seed,
                              resamples=limits.resamples),
        clusters=(
            clusters(data, X, method="k-means", numbers=limits.numbers, limit=limits.k_means, seed=seed,
                     resamples=limits.resamples, clock=clock),
            clusters(data, X, method="gaussian mixture", numbers=limits.numbers, limit=limits.mixture, seed=seed,
                     resamples=limits.resamples, clock=clock),
        ),
        lines=() if isinstance(found, str) else found,
        no_lines=found if isinstance(found, str) else None,
    )  # fmt: skip
    _log.info("%s: %d rows explored in %.1f s", task, len(data.y), clock() - started)
    return explored


def _histogram(data: Dataset, at: int, *, bins: int) -> Histogram:
    train = data.within("train")
    values, y = data.X[train, at], data.y[train]
    low, high = map(float, np.percentile(values, _EDGES))
    edges = np.linspace(low, high, bins + 1)
    counts = {label: np.histogram(values[y == code], edges)[0] for code, label in enumerate(data.card.labels)}
    return Histogram(
        feature=data.card.features[at],
        unit=data.card.units[at],
        edges=tuple(map(float, edges)),
        counts={label: tuple(map(int, count)) for label, count in counts.items()},
        outside={label: int((y == code).sum() - counts[label].sum()) for code, label in enumerate(data.card.labels)},
    )


def _correlation(X: Floats) -> tuple[tuple[float, ...], ...]:
    matrix = np.atleast_2d(np.cov(X, rowvar=False, bias=True))
    return tuple(tuple(map(float, row)) for row in matrix)


def _sample(data: Dataset, limit: int, *, seed: int) -> Sample:
    chosen = drawn_by_class(data.within("train"), data.y, limit, seed=seed)
    return Sample(
        names=data.card.features,
        values=tuple(tuple(float(f"{value:.4g}") for value in row) for row in data.X[chosen]),
        classes=tuple(map(int, data.y[chosen])),
    )
