"""Confidence is held against the share of right answers, and against what chance alone would do."""

from __future__ import annotations

import numpy as np

from cosmic.evaluation.reliability import reliability


def _answers(n: int, *, claims: float, right: float) -> tuple[np.ndarray, np.ndarray]:
    y = (np.arange(n) >= right * n).astype(np.int64)
    return y, np.tile([claims, 1 - claims], (n, 1))


def test_a_model_that_claims_too_much_is_off_by_the_difference() -> None:
    found = reliability(*_answers(1000, claims=0.9, right=0.6), seed=0)
    assert found is not None
    assert abs(found.error - 0.3) < 1e-9
    assert found.expected < found.expected_upper < 0.03
    (only,) = found.bins
    assert (only.n, round(only.confidence, 6), only.right) == (1000, 0.9, 0.6)


def test_a_calibrated_model_is_within_what_chance_allows_and_a_smaller_n_allows_more() -> None:
    rng = np.random.default_rng(1)
    p = rng.dirichlet([1.0, 1.0, 1.0], 4000)
    y = np.array([rng.choice(3, p=row) for row in p])
    many, few = reliability(y, p, seed=0), reliability(y[:200], p[:200], seed=0)
    assert many is not None
    assert few is not None
    assert many.error < many.expected_upper
    assert few.expected > 2 * many.expected
    assert sum(one.n for one in many.bins) == 4000


def test_certainty_has_a_bin_and_no_answers_have_no_figure() -> None:
    found = reliability(np.array([0, 1]), np.array([[1.0, 0.0], [1.0, 0.0]]), seed=0)
    assert found is not None
    assert (found.bins[-1].hi, found.bins[-1].n, found.error) == (1.0, 2, 0.5)
    assert reliability(np.zeros(0, np.int64), np.zeros((0, 2)), seed=0) is None
