"""An exploration counts every training row once, keeps its pictures small, and says what is not there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cosmic.datasets import Dataset
from cosmic.errors import ConfigError
from cosmic.exploration import Limits, explore
from cosmic.facts.exploration import Exploration

SMALL = Limits(numbers=(1, 2, 3), points=60, pairs=30, bins=10, resamples=20)


@pytest.fixture(scope="module")
def explored(superclass: Dataset) -> Exploration:
    return explore(superclass, seed=0, limits=SMALL)


def test_every_training_row_is_in_a_histogram_or_outside_it(superclass: Dataset, explored: Exploration) -> None:
    train = superclass.y[superclass.within("train")]
    for histogram in explored.histograms:
        for code, label in enumerate(explored.labels):
            assert sum(histogram.counts[label]) + histogram.outside[label] == (train == code).sum()


def test_the_covariance_of_standardised_rows_is_their_correlation(superclass: Dataset, explored: Exploration) -> None:
    train = superclass.X[superclass.within("train")]
    np.testing.assert_allclose(explored.correlation, np.corrcoef(train, rowvar=False), atol=1e-9)


def test_samples_are_bounded_and_show_every_class(explored: Exploration) -> None:
    assert explored.sample is not None
    assert explored.components is not None
    assert len(explored.sample.values) == 30
    assert [explored.sample.classes.count(code) for code in range(3)] == [10, 10, 10]
    assert explored.components.sample is not None
    assert len(explored.components.sample.values) == 60
    assert explored.sample.classes[:10].count(explored.sample.classes[0]) < 10  # no class hides another


def test_only_stars_have_lines(explored: Exploration, stars: Dataset) -> None:
    assert explored.lines == ()
    assert explored.no_lines is None
    assert [line.direction for line in explore(stars, seed=0, limits=SMALL).lines] == ["code", "slide"]


def test_a_feature_without_spread_is_named(superclass: Dataset) -> None:
    flat = replace(superclass, X=np.column_stack([np.ones(len(superclass.y)), superclass.X[:, 1:]]))
    with pytest.raises(ConfigError, match="redshift_log has one value"):
        explore(flat, seed=0, limits=SMALL)
