"""Answers cut into ranges of one number."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from cosmic.galaxyzoo.volunteers import simulate_votes
from cosmic.images.data import LabelledImages
from cosmic.images.strata import of_test_images, strata


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


def test_only_test_images_count_and_what_their_table_does_not_know_is_left_out() -> None:
    votes = simulate_votes(pa.array(["Er", "Ee"] * 30), seed=0)
    table = pa.table({"fractions": votes["debiased_fractions"], "r": [17.0 + at / 100 for at in range(60)]})
    data = LabelledImages(
        pixels=np.zeros((60, 1, 1, 3), np.uint8), rows=np.arange(60), codes=np.tile([0, 1], 30),
        part=(np.arange(60) % 3).astype(np.int8), names=("Er", "Ee"), table=table,
    )  # fmt: skip
    p = np.where((data.part == 2)[:, None], np.eye(2)[data.codes], np.eye(2)[1 - data.codes])
    found = of_test_images(data, p, again=np.full(60, 0.75))
    assert {one.by for one in found} == {"agreement", "magnitude"}
    assert all(one.accuracy == 1.0 and one.ceiling == 0.75 for one in found)
    for by in ("agreement", "magnitude"):
        assert sum(one.n for one in found if one.by == by) == 20
