"""What was seen in a task's features before any classifier: the study's exploration as it stands in facts.json. Computes nothing.

Everything is learnt from the training part: scaling, components, clusters, which cluster is which class, and lines. A
figure that does not exist is null, never NaN. Samples of points are for drawing alone.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from cosmic.facts.results import Block, Interval, Part


class Histogram(Block):
    """Training objects of each class by the value of one feature, in `unit`; bin i is [edges[i], edges[i + 1]).

    `outside` counts objects beyond the first and last edge, which are the 0.5 and 99.5 percentiles of all of them.
    """

    feature: str
    unit: str
    edges: tuple[float, ...]
    counts: dict[str, tuple[int, ...]]
    outside: dict[str, int]


class Sample(Block):
    """Training objects drawn at random for pictures: `values` has a line an object, a value a name; `classes` index labels.

    As many of each class as there are, up to the same number.
    """

    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    classes: tuple[int, ...]


class Components(Block):
    """Principal components of z-standardised training rows.

    Parameters
    ----------
    explained : tuple of float
        Share of the variance along each component, largest first; they add up to 1.
    n_for_target : int
        The least number of components that together explain at least `target`.
    first_two : float or None
        Share that the first two explain together, and its 95 % `interval` by resampled sky cells; null for one feature.
    loadings : tuple of tuple of float
        A line a component: its direction in the standardised features, of length 1, the largest entry positive.
    sample : Sample
        Objects in the first two components.
    """

    explained: tuple[float, ...]
    target: float
    n_for_target: int
    first_two: float | None
    interval: Interval | None = None
    loadings: tuple[tuple[float, ...], ...]
    sample: Sample | None = None


class ClusterScores(Block):
    """How clusters of n objects compare with classes.

    `ari` and `nmi` do not depend on what clusters are called (adjusted for chance; normalised by the mean of both
    entropies). `matched` is the accuracy when each cluster is called the class that it was matched to on the training
    part, one cluster a class. `raw` is the accuracy as published, which takes cluster i for class i. `majority` is the
    accuracy of always answering the largest training class.
    """

    n: int
    ari: float
    nmi: float
    matched: float
    raw: float
    majority: float
    interval: dict[str, Interval] = Field(default_factory=dict)


class Trial(Block):
    """One number of clusters: the inertia (sum of squared distances) of k-means, or the BIC of a mixture, on n_fitted rows."""

    k: int
    value: float
    converged: bool


class Clusters(Block):
    """Clusters of z-standardised rows by one method, as many as there are classes, and the elbow over their number.

    `matching` gives the class of each cluster. `raw_lowest` and `raw_highest` are the smallest and largest accuracy on
    the validation part that renumbering the same clusters gives, and `raw_mean` the mean over all numberings: what
    chance can make of the published figure.
    """

    method: Literal["k-means", "gaussian mixture"]
    criterion: Literal["inertia", "BIC"]
    k: int
    seed: int
    n_train: int
    n_fitted: int
    matching: tuple[str, ...]
    trials: tuple[Trial, ...]
    scores: dict[Part, ClusterScores]
    raw_lowest: float
    raw_highest: float
    raw_mean: float
    fit_s: float | None = None
    notes: tuple[str, ...] = ()


class Line(Block):
    """One of the study's two regressions of stars, on z-scored ELODIE values.

    ``code`` predicts the z-scored temperature from ln(z-scored B - V + 2), as the study's program does; ``slide``
    predicts that logarithm from the z-scored temperature, as its slide says. `mean` and `scale` of each value are those
    of the training part, in mag and K. `r2` lacks a part whose rows have one value. `n_undefined` counts rows whose logarithm has no value, by part; they are left
    out. `true_by_construction` says that the sky is simulated: temperature and colour come from one template list.
    """

    direction: Literal["code", "slide"]
    mean: dict[str, float]
    scale: dict[str, float]
    slope: float
    intercept: float
    n: dict[Part, int]
    n_undefined: dict[Part, int]
    r2: dict[Part, float]
    interval: dict[Part, Interval] = Field(default_factory=dict)
    true_by_construction: bool


class Exploration(Block):
    """The exploration of one task on the study's features, or why there is none.

    `correlation` is the covariance of z-standardised training rows, a line a feature. `lines` are of stars alone;
    `no_lines` says why there are none.
    """

    task: str
    simulated: bool
    split: str | None = None
    seed: int | None = None
    features: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    n: dict[Part, int] = Field(default_factory=dict)
    histograms: tuple[Histogram, ...] = ()
    correlation: tuple[tuple[float, ...], ...] = ()
    sample: Sample | None = None
    components: Components | None = None
    clusters: tuple[Clusters, ...] = ()
    lines: tuple[Line, ...] = ()
    no_lines: str | None = None
    not_run: str | None = None

    @model_validator(mode="after")
    def _ran_or_says_why(self) -> Self:
        if (self.components is None) == (self.not_run is None):
            raise ValueError(f"{self.task}: an exploration has either components or a reason in not_run")
        return self
