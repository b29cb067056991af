"""The study's regression in both directions, with the rows that have no logarithm counted and left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import r2_score

from cosmic.datasets import Dataset
from cosmic.exploration.lines import lines
from cosmic.facts.exploration import Line
from cosmic.records import Sky


def both(data: Dataset) -> tuple[Line, Line]:
    found = lines(data, seed=0, resamples=100)
    assert not isinstance(found, str)
    return found[0], found[1]


def with_elodie(data: Dataset, bv: np.ndarray, teff: np.ndarray, *, sky: Sky = Sky.REAL) -> Dataset:
    X = data.X.copy()
    X[:, data.card.features.index("elodie_bv")] = bv
    X[:, data.card.features.index("elodie_teff")] = teff
    return replace(data, X=X, card=data.card.model_copy(update={"sky": sky}))


@pytest.fixture(scope="module")
def noisy(stars: Dataset) -> Dataset:
    rng = np.random.default_rng(0)
    bv = rng.uniform(-0.2, 1.7, len(stars.y))
    return with_elodie(stars, bv, 9000 - 3000 * bv + rng.normal(0, 600, len(bv)))


def test_scores_are_r2_of_the_line_fitted_on_training_rows(noisy: Dataset) -> None:
    code, slide = both(noisy)
    z = {name: (noisy.X[:, noisy.card.features.index(name)] - code.mean[name]) / code.scale[name] for name in code.mean}
    logarithm = np.log(z["elodie_bv"] + 2)
    test = noisy.within("test")
    assert code.r2["test"] == pytest.approx(
        r2_score(z["elodie_teff"][test], code.slope * logarithm[test] + code.intercept)
    )
    assert slide.r2["test"] == pytest.approx(
        r2_score(logarithm[test], slide.slope * z["elodie_teff"][test] + slide.intercept)
    )
    assert code.r2["train"] == pytest.approx(slide.r2["train"])
    assert code.slope * slide.slope == pytest.approx(code.r2["train"])
    for part, (low, high) in code.interval.items():
        assert low < code.r2[part] < high


def test_rows_without_a_logarithm_are_counted_and_left_out(noisy: Dataset) -> None:
    bv = noisy.X[:, noisy.card.features.index("elodie_bv")].copy()
    far = [noisy.within("train")[0], *noisy.within("test")[:2]]
    bv[far] = -40.0
    code, _ = both(with_elodie(noisy, bv, noisy.X[:, noisy.card.features.index("elodie_teff")]))
    assert code.n_undefined == {"train": 1, "validation": 0, "test": 2}
    assert code.n["test"] == len(noisy.within("test")) - 2


def test_a_simulated_sky_is_marked_as_true_by_construction(noisy: Dataset, stars: Dataset) -> None:
    assert not both(noisy)[0].true_by_construction
    assert both(replace(stars, card=stars.card.model_copy(update={"sky": Sky.SIMULATED})))[0].true_by_construction


def test_what_cannot_be_fitted_says_why(superclass: Dataset, stars: Dataset) -> None:
    assert lines(superclass, seed=0) == "no elodie_bv and no elodie_teff among the features"
    flat = with_elodie(stars, np.full(len(stars.y), 0.6), stars.X[:, stars.card.features.index("elodie_teff")])
    assert lines(flat, seed=0) == "elodie_bv has one value in all training rows"
