"""Intervals resample blocks, cover the truth as often as they say, and cost little."""

from __future__ import annotations

import time

import numpy as np
import pyarrow as pa
import pytest

from cosmic.evaluation.intervals import (
    block_codes,
    block_intervals,
    confusion_by_block,
    confusion_figures,
    sums_by_block,
)

RNG = np.random.default_rng


def rate(sums: np.ndarray) -> dict[str, np.ndarray]:
    return {"rate": sums[..., 0] / sums[..., 1]}


def hits(seed: int, *, blocks: int = 150, size: int = 4, p: float = 0.8, spread: float = 0.15) -> np.ndarray:
    """Return hits and objects per block, where objects of one block share their chance of a hit."""
    rng = RNG(seed)
    chance = np.clip(rng.normal(p, spread, blocks), 0, 1)
    return np.column_stack([rng.binomial(size, chance), np.full(blocks, size)]).astype(float)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    truth = hits(0, blocks=200_000)
    wanted = truth[:, 0].sum() / truth[:, 1].sum()
    covered = 0
    for trial in range(200):
        lo, hi = block_intervals(hits(trial + 1), rate, resamples=300, seed=trial)["rate"]
        covered += lo <= wanted <= hi
    assert 180 <= covered <= 199  # 95 % of 200 is 190, and three standard deviations are 9


def test_objects_that_are_alike_within_a_block_widen_the_interval() -> None:
    rng = RNG(3)
    alike = np.repeat(rng.binomial(1, 0.8, 100), 10)
    blocks = pa.array([f"cell:{at // 10}" for at in range(1000)])
    alone = pa.array([f"row:{at}" for at in range(1000)])
    values = np.column_stack([alike, np.ones(1000)]).astype(float)
    wide, narrow = (block_intervals(sums_by_block(by, values), rate, seed=0)["rate"] for by in (blocks, alone))
    assert wide[1] - wide[0] > 2.5 * (narrow[1] - narrow[0])


def test_the_interval_holds_the_figure_and_follows_the_seed() -> None:
    sums = hits(5)
    first, again, other = (block_intervals(sums, rate, seed=seed)["rate"] for seed in (1, 1, 2))
    assert first == again != other
    assert first[0] < sums[:, 0].sum() / sums[:, 1].sum() < first[1]


def test_sums_by_block_add_up_whatever_the_order_of_rows() -> None:
    blocks = pa.array(["b", "a", "b", "c"])
    values = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
    assert block_codes(blocks).tolist() == [0, 1, 0, 2]
    np.testing.assert_array_equal(sums_by_block(blocks, values), [[6.0, 8.0], [3.0, 4.0], [7.0, 8.0]])


def test_confusion_by_block_counts_true_label_first() -> None:
    found = confusion_by_block(pa.array(["a", "a", "b"]), np.array([0, 1, 1]), np.array([0, 0, 1]), 2)
    np.testing.assert_array_equal(found, [[1, 0, 1, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_blocks_have_no_interval(count: int) -> None:
    assert block_intervals(np.ones((count, 2)), rate) == {}


def test_a_figure_that_does_not_exist_in_some_resamples_has_no_interval() -> None:
    sums = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])

    def figures(total: np.ndarray) -> dict[str, np.ndarray]:
        lacking = np.where(total[..., 1] > 1, total[..., 0], np.nan)
        return {"always": total[..., 0], "sometimes": lacking}

    assert set(block_intervals(sums, figures, resamples=200)) == {"always"}


def test_twenty_thousand_rows_and_ten_classes_take_well_under_a_second() -> None:
    rng = RNG(0)
    y, answer = rng.integers(0, 10, (2, 20_000))
    blocks = pa.array([f"cell:{cell}" for cell in rng.integers(0, 5000, 20_000)])
    block_intervals(np.ones((3, 4)), confusion_figures)  # scipy's import is not the question
    started = time.process_time()
    found = block_intervals(confusion_by_block(blocks, y, answer, 10), confusion_figures)
    assert time.process_time() - started < 2.0  # 0.2 s on an idle core
    assert set(found) == {"f1", "f1_macro", "accuracy", "balanced_accuracy"}
