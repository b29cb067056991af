from __future__ import annotations

from collections import Counter
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmic.errors import ConfigError
from cosmic.splits import SALT, parts, random_parts

BLOCKS = st.lists(st.one_of(st.integers(0, 49151).map("cell:64:{}".format), st.text(max_size=8)), max_size=40)


@given(BLOCKS, BLOCKS, st.text(max_size=5))
def test_a_block_is_on_one_side_for_ever_whatever_comes_beside_it(one: list[str], more: list[str], salt: str) -> None:
    before = parts(pa.array(one, pa.string()), salt=salt).to_pylist()
    after = parts(pa.array(one + more, pa.string()), salt=salt).to_pylist()
    assert after[: len(one)] == before
    assert len(set(zip(one + more, after, strict=True))) == len(set(one + more))
    assert set(after) <= {"train", "validation", "test"}


@given(st.text(max_size=8))
def test_shares_are_60_20_20_for_any_salt(salt: str) -> None:
    counts = Counter(parts(pa.array([f"cell:64:{cell}" for cell in range(20_000)]), salt=salt).to_pylist())
    for part, share in (("train", 0.6), ("validation", 0.2), ("test", 0.2)):
        assert counts[part] / 20_000 == pytest.approx(share, abs=0.02)  # six standard deviations


def test_shares_can_be_chosen() -> None:
    blocks = pa.array([f"row:{at}" for at in range(1_000)])
    assert Counter(parts(blocks, shares=(0.0, 0.0, 1.0)).to_pylist()) == {"test": 1_000}
    assert Counter(parts(blocks, shares=(1.0, 0.0, 0.0)).to_pylist()) == {"train": 1_000}
    with pytest.raises(ValueError, match="not three parts of 1"):
        parts(blocks, shares=(0.5, 0.2, 0.2))


def test_the_sides_of_some_blocks_are_these_on_every_machine() -> None:
    blocks = pa.array([f"cell:64:{cell}" for cell in (0, 11, 13, 17)] + ["row:abc"])
    expected = ["train", "validation", "test", "validation", "train"]
    assert parts(blocks).to_pylist() == expected
    assert parts(blocks, salt=SALT).to_pylist() == expected
    assert parts(blocks, salt="another").to_pylist() != expected


def test_the_random_split_is_that_of_two_calls_of_train_test_split() -> None:
    from sklearn.model_selection import train_test_split

    keys = np.array([f"row:{at:04d}" for at in range(1_000)])
    rest, test = train_test_split(keys, test_size=0.2, random_state=3)
    train, validation = train_test_split(rest, test_size=0.25, random_state=3)
    found = dict(zip(keys, random_parts(pa.array(keys), seed=3).to_pylist(), strict=True))
    assert {key for key, part in found.items() if part == "test"} == set(test)
    assert {key for key, part in found.items() if part == "validation"} == set(validation)
    assert {key for key, part in found.items() if part == "train"} == set(train)


@given(st.lists(st.text(max_size=6), min_size=5, max_size=60, unique=True), st.randoms(use_true_random=False))
def test_the_random_split_depends_on_keys_and_seed_and_not_on_their_order(keys: list[str], random: Random) -> None:
    shuffled = random.sample(keys, len(keys))
    one = dict(zip(keys, random_parts(pa.array(keys), seed=1).to_pylist(), strict=True))
    assert one == dict(zip(shuffled, random_parts(pa.array(shuffled), seed=1).to_pylist(), strict=True))


def test_too_few_objects_for_three_parts_are_refused() -> None:
    with pytest.raises(ConfigError, match="4 objects cannot be split"):
        random_parts(pa.array(["a", "b", "c", "d"]), seed=0)
