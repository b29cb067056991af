"""Answers cut into ranges of one number."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic.images.strata import strata


def test_each_range_has_its_share_of_right_answers_with_wilsons_interval_and_the_ceiling_there() -> None:
    right = np.array([True] * 8 + [False] * 2 + [True] * 5)
    values = np.array([0.35] * 10 + [0.95] * 4 + [1.0])
    again = np.array([0.5] * 9 + [np.nan] + [0.9] * 5)
    low, high = strata(right, values, by="agreement", again=again)
    assert (low.lo, low.hi, low.n, low.accuracy, low.ceiling) == (0.3, 0.4, 10, 0.8, 0.5)
    assert low.interval == pytest.approx((0.490162, 0.943318), abs=1e-5)  # Wilson, 8 of 10
    assert (high.lo, high.hi, high.n, high.accuracy) == (0.9, 1.0, 5, 1.0)
    assert high.ceiling == pytest.approx(0.9)


def test_sizes_are_cut_into_parts_of_equal_number_and_unknown_ones_are_in_none() -> None:
    values = np.append(np.random.default_rng(0).permutation(1000) / 100, [np.nan] * 7)
    found = strata(np.ones(1007, bool), values, by="size", unit="pixels")
    assert [part.n for part in found] == [200] * 5
    assert found[0].unit == "pixels"
    assert all(part.ceiling is None for part in found)
    assert [part.lo for part in found[1:]] == [part.hi for part in found[:-1]]


def test_equal_values_are_one_range_and_no_values_none() -> None:
    (only,) = strata(np.array([True, False, True]), np.full(3, 17.0), by="magnitude")
    assert (only.n, only.unit) == (3, "mag")
    assert strata(np.ones(3, bool), np.full(3, np.nan), by="votes") == ()
