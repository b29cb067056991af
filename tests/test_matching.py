"""Objects are drawn so that in every part and bin of brightness the classes are equal in number."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa

from cosmic.matching import BIN, at_most, in_words, matched

N = 4000
RNG = np.random.default_rng(0)
CODES = RNG.choice(3, N, p=[0.6, 0.3, 0.1])
R = RNG.normal(17 + CODES, 1.0)
PART = RNG.choice(3, N, p=[0.6, 0.2, 0.2]).astype(np.int8)
KEYS = pa.array([f"pmf:{at}-55000-1" for at in range(N)])
ALL = np.ones(N, bool)


def drawn(seed: int = 0, usable: np.ndarray = ALL) -> np.ndarray:
    return matched(usable, R, CODES, PART, KEYS, seed=seed)


def test_in_every_part_and_bin_the_classes_are_equal_and_as_many_as_the_rarest() -> None:
    taken = drawn()
    cells = list(zip(PART.tolist(), np.floor(R / BIN).tolist(), strict=True))
    before = Counter((cell, code) for cell, code in zip(cells, CODES.tolist(), strict=True))
    after = Counter((cell, code) for cell, code, kept in zip(cells, CODES.tolist(), taken, strict=True) if kept)
    for cell in set(cells):
        rarest = min(before[cell, code] for code in range(3))
        assert [after[cell, code] for code in range(3)] == [rarest] * 3
    assert 100 < taken.sum() < N


def test_the_same_seed_draws_the_same_objects_in_any_order_and_another_seed_others() -> None:
    taken = drawn()
    np.testing.assert_array_equal(taken, drawn())
    order = np.random.default_rng(1).permutation(N)
    shuffled = matched(ALL, R[order], CODES[order], PART[order], KEYS.take(pa.array(order)), seed=0)
    np.testing.assert_array_equal(shuffled, taken[order])
    assert (drawn(seed=1) != taken).any()
    assert drawn(seed=1).sum() == taken.sum()


def test_what_lies_in_another_part_does_not_change_a_part() -> None:
    without_training = drawn(usable=PART != 0)
    np.testing.assert_array_equal(without_training, drawn() & (PART != 0))


def test_unusable_objects_are_never_drawn_and_their_values_not_looked_at() -> None:
    usable = RNG.random(N) < 0.5
    r = np.where(usable, R, np.nan)
    taken = matched(usable, r, CODES, PART, KEYS, seed=0)
    assert not (taken & ~usable).any()
    np.testing.assert_array_equal(taken, drawn(usable=usable))


def test_classes_of_no_common_brightness_leave_nothing() -> None:
    assert not matched(ALL, R + 100 * CODES, CODES, PART, KEYS, seed=0).any()
    assert at_most(R + 100 * CODES, CODES) == 0
    assert not matched(np.zeros(N, bool), R, CODES, PART, KEYS, seed=0).any()
    assert at_most(R[:0], CODES[:0]) == 0


def test_before_a_split_it_is_known_how_many_are_left_at_most() -> None:
    one_part = matched(ALL, R, CODES, np.zeros(N, np.int8), KEYS, seed=0)
    assert at_most(R, CODES) == one_part.sum() >= drawn().sum()


def test_what_is_left_is_said() -> None:
    assert f"{drawn().sum():,} of 4,000 objects are left" in in_words(ALL, drawn())
