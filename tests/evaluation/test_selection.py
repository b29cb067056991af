"""Selections take their threshold from validation and their figures from test."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmic.evaluation.selection import FEWEST, bin_edges, purity_threshold, selections
from cosmic.facts import Selection
from cosmic.facts.file import facts_json
from cosmic.models.predictions import Predictions
from cosmic.records import Arm, Task
from tests.reporting.sample_facts import sample_facts

N = 4000


def predictions(seed: int = 0, *, sharp: float = 3.0) -> Predictions:
    """Return answers that are better for bright objects; half validation, half test."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, N, p=[0.6, 0.3, 0.1])
    r = rng.uniform(15, 21, N)
    logits = rng.normal(0, 1, (N, 3))
    logits[np.arange(N), y] += sharp * (21.5 - r) / 4
    p = np.exp(logits)
    return Predictions(
        labels=("galaxy", "quasar", "star"),
        keys=pa.array([f"row:{at}" for at in range(N)]),
        blocks=pa.array([f"cell:{at // 5}" for at in range(N)]),
        part=np.repeat([1, 2], N // 2).astype(np.int8),
        y=y,
        p=p / p.sum(axis=1, keepdims=True),
        r=r,
    )


def found(given_predictions: Predictions, *, target: float = 0.95) -> tuple[Selection, ...]:
    return selections(
        given_predictions, task=Task.SUPERCLASS, arm=Arm.PHOTOMETRIC, result=3, target=target, resamples=200
    )


def test_the_threshold_is_the_smallest_that_is_pure_enough_on_validation() -> None:
    said = predictions()
    for code, one in enumerate(found(said)):
        assert one.threshold is not None
        validation = said.within("validation")
        member, p = validation.y == code, validation.p[:, code]
        assert (member[p > one.threshold]).mean() == one.validation_purity >= 0.95
        lower = np.sort(p[p <= one.threshold])[::-1]
        assert all(member[p >= t].mean() < 0.95 for t in lower)


def test_completeness_and_purity_are_those_of_the_test_part() -> None:
    said = predictions()
    test = said.within("test")
    for code, one in enumerate(found(said)):
        chosen, member = test.p[:, code] > one.threshold, test.y == code
        assert one.n == member.sum()
        assert one.n_selected == chosen.sum()
        assert one.completeness == pytest.approx(member[chosen].sum() / member.sum())
        assert one.purity == pytest.approx(member[chosen].mean())
        for figure, value in (("completeness", one.completeness), ("purity", one.purity)):
            lo, hi = one.interval[figure]
            assert lo <= value <= hi
        assert one.result == 3


def test_the_curve_falls_with_r_and_its_bins_hold_nearly_all_objects() -> None:
    one = found(predictions())[0]
    assert [b.r_hi for b in one.curve[:-1]] == [b.r_lo for b in one.curve[1:]]
    assert sum(b.n for b in one.curve) >= 0.98 * one.n
    bright, faint = one.curve[0], one.curve[-1]
    assert bright.completeness is not None
    assert faint.completeness is not None
    assert bright.completeness > faint.completeness + 0.2
    assert all(b.interval["completeness"][0] <= b.completeness <= b.interval["completeness"][1] for b in one.curve)


def test_a_bin_with_few_objects_has_no_figure() -> None:
    star = found(predictions())[2]
    few = [b for b in star.curve if b.n < FEWEST]
    assert few
    assert all(b.completeness is None and "completeness" not in b.interval for b in few)


def test_a_purity_that_is_out_of_reach_says_so() -> None:
    said = predictions(sharp=0.0)
    star = found(said, target=0.999)[2]
    assert star.threshold is star.completeness is star.purity is None
    assert star.not_run is not None
    assert "100%" in star.not_run or "99" in star.not_run
    assert star.n == (said.within("test").y == 2).sum()


def test_a_class_without_validation_objects_has_no_threshold() -> None:
    assert purity_threshold(np.zeros(5, bool), np.linspace(0, 1, 5), 0.95) is None


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])), min_size=1, max_size=30))
def test_what_lies_above_a_threshold_is_pure(rows: list[tuple[bool, float]]) -> None:
    member, p = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    threshold = purity_threshold(member, p, 0.7, fewest=1)
    reachable = any(member[p >= t].mean() >= 0.7 for t in p if t > 0) and member.any()
    assert (threshold is not None) == reachable
    if threshold is not None:
        assert member[p > threshold].mean() >= 0.7


def test_a_handful_of_pure_objects_makes_no_threshold() -> None:
    member, p = np.array([False] * 40 + [True] * 5), np.linspace(0, 1, 45)
    assert purity_threshold(member, p, 0.95, fewest=5) == 0.9  # between 39 / 44 and 40 / 44
    assert purity_threshold(member, p, 0.95, fewest=6) is None


def tied(levels: list[float]) -> Predictions:
    """Return answers of few distinct probabilities, as a decision tree gives them."""
    said = predictions(sharp=2.0)
    p = np.array(levels)[np.searchsorted(levels, said.p[:, 0], side="right").clip(1) - 1]
    return replace(said, labels=("galaxy", "other"), y=(said.y != 0).astype(int), p=np.column_stack([p, 1 - p]))


@pytest.mark.parametrize(
    "said",
    [
        predictions(),
        predictions(sharp=8.0),
        tied([0.0, 0.2, 1 / 3, 2 / 3, 0.9, 1.0]),
        tied([0.0, 0.9, 0.900001, 0.95, 1.0]),
        tied([0.0, 1 / 3, 1 / 3 + 1e-9, 2 / 3, 1 - 1e-9, 1.0]),
    ],
    ids=["forest", "sure", "tree", "six decimals apart", "closer than six decimals"],
)
def test_the_threshold_of_the_facts_chooses_the_very_objects_of_the_facts(said: Predictions, tmp_path: Path) -> None:
    facts = sample_facts(tmp_path, bare=True).model_copy(update={"selections": found(said)})
    test, validation, ran = said.within("test"), said.within("validation"), 0
    for one in json.loads(facts_json(facts))["selections"]:
        if one["threshold"] is None:
            continue
        ran += 1
        code = said.labels.index(one["label"])
        for part, complete, pure in (
            (test, "completeness", "purity"),
            (validation, "validation_completeness", "validation_purity"),
        ):
            chosen, member = part.p[:, code] > one["threshold"], part.y == code
            assert one[complete] == pytest.approx(member[chosen].sum() / member.sum(), rel=1e-5)
            assert one[pure] == pytest.approx(member[chosen].mean(), rel=1e-5)
        chosen = test.p[:, code] > one["threshold"]
        assert one["n_selected"] == chosen.sum()
        for each in one["curve"]:
            assert each["n_selected"] == (chosen & (test.r >= each["r_lo"]) & (test.r < each["r_hi"])).sum()
    assert ran


def test_certainty_alone_can_be_chosen() -> None:
    member = np.array([True] * 20 + [True, False] * 20)
    assert purity_threshold(member, np.array([1.0] * 20 + [0.999999] * 40), 0.95) == 0.999999


def test_probabilities_that_six_decimals_cannot_tell_apart_stay_together() -> None:
    member = np.array([True] * 20 + [True, False] * 20)
    assert purity_threshold(member, np.array([1.0] * 20 + [1 - 1e-9] * 40), 0.95) is None


def test_bins_are_half_a_magnitude_wide() -> None:
    edges = bin_edges(np.linspace(15.2, 19.9, 1000))
    assert np.allclose(np.diff(edges), 0.5)
    assert edges[0] == 15.0
    assert edges[-1] == 20.0
