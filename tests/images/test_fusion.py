"""Image and table together: two witnesses of the same truth, each with its own errors."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from cosmic.errors import ConfigError
from cosmic.evaluation.comparison import compare
from cosmic.images.fusion import by_object, fuse
from cosmic.models.predictions import Predictions

LABELS = ("Er", "Sb", "Sc")
COMMON = np.array([0.5, 0.3, 0.2])
N = 1500


def witness(seed: int, *, sure: float, y: np.ndarray, labels: tuple[str, ...] = LABELS) -> Predictions:
    """Return calibrated answers of a model that sees the truth through noise of its own."""
    rng = np.random.default_rng(seed)
    seen = sure * np.eye(3)[y] + rng.standard_normal((len(y), 3))
    scores = np.log(COMMON) + sure * seen  # Bayes: equal scatter, so the likelihood is linear in what is seen
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    keys = pa.array([f"spec:{at:020d}" for at in range(len(y))])
    part = np.arange(len(y)) % 3
    return Predictions(
        labels, keys, keys, part.astype(np.int8), y, p / p.sum(axis=1, keepdims=True), np.full(len(y), 17.0)
    )


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    return np.random.default_rng(0).choice(3, N, p=COMMON)


def test_two_independent_witnesses_are_weighed_as_such_and_are_better_together(truth: np.ndarray) -> None:
    found = fuse(witness(1, sure=1.5, y=truth), witness(2, sure=1.2, y=truth), COMMON)
    assert found.weights == pytest.approx((1, 1, -1), abs=0.35)
    assert found.n_validation == N // 3
    assert found.both.p.sum(axis=1) == pytest.approx(np.ones(2 * N // 3))
    for alone in (found.image, found.table):
        difference = compare(alone, found.both, resamples=200)
        assert difference.accuracy_interval is not None
        assert difference.accuracy_interval[0] > 0
        assert difference.n == N // 3


def test_a_witness_who_knows_nothing_is_not_listened_to(truth: np.ndarray) -> None:
    ignorant = witness(3, sure=0.0, y=truth)
    noise = np.random.default_rng(9).dirichlet(np.ones(3), N)
    ignorant = Predictions(LABELS, ignorant.keys, ignorant.blocks, ignorant.part, truth, noise, ignorant.r)
    found = fuse(witness(1, sure=2.0, y=truth), ignorant, COMMON)
    assert abs(found.weights[1]) < 0.2
    alone, both = found.image.within("test"), found.both.within("test")
    assert (both.answer == both.y).mean() >= (alone.answer == alone.y).mean() - 0.02


def test_the_test_part_decides_no_weight(truth: np.ndarray) -> None:
    image, table = witness(1, sure=1.5, y=truth), witness(2, sure=1.2, y=truth)
    spoilt = table.p.copy()
    spoilt[table.part == 2] = spoilt[table.part == 2][:, ::-1]
    other = Predictions(LABELS, table.keys, table.blocks, table.part, truth, spoilt, table.r)
    assert fuse(image, table, COMMON).weights == fuse(image, other, COMMON).weights


def test_galaxies_are_matched_by_key_and_labels_by_name_and_those_with_one_answer_are_counted(
    truth: np.ndarray,
) -> None:
    image, table = witness(1, sure=1.5, y=truth), witness(2, sure=1.2, y=truth)
    order = np.random.default_rng(4).permutation(N)[: N - 90]
    swap = np.array([2, 0, 1])  # the table's labels stand in another order
    shuffled = Predictions(
        tuple(LABELS[code] for code in swap), table.keys.take(pa.array(order)), table.blocks.take(pa.array(order)),
        table.part[order], np.argsort(swap)[truth[order]], table.p[order][:, swap], table.r[order],
    )  # fmt: skip
    found = fuse(image, shuffled, COMMON)
    place = [int(key[5:]) for key in found.both.keys.to_pylist()]
    assert np.array_equal(found.table.p, table.p[place])
    assert np.array_equal(found.table.y, truth[place])
    assert found.left_out == {"no row of the table": 2 * N // 3 - len(place)}


def test_labels_that_only_one_knows_are_left_out_with_their_galaxies(truth: np.ndarray) -> None:
    image, table = witness(1, sure=1.5, y=truth), witness(2, sure=1.2, y=truth, labels=("Er", "Sb", "Sd"))
    found = fuse(image, table, COMMON)
    assert found.both.labels == ("Er", "Sb")
    seen = truth[image.part > 0]
    assert len(found.both.y) == int((seen < 2).sum())
    assert found.left_out["a label that the model of the table does not know"] == int((seen == 2).sum())
    assert found.both.p.sum(axis=1) == pytest.approx(np.ones(len(found.both.y)))
    assert np.array_equal(found.both.y, seen[seen < 2])


def test_what_does_not_belong_together_is_refused_in_words(truth: np.ndarray) -> None:
    image, table = witness(1, sure=1.5, y=truth), witness(2, sure=1.2, y=truth)
    with pytest.raises(ConfigError, match="share 1 labels"):
        fuse(image, witness(2, sure=1.2, y=truth, labels=("Er", "Sa", "Sd")), COMMON)
    moved = Predictions(LABELS, table.keys, table.blocks, 3 - np.maximum(table.part, 1), truth, table.p, table.r)
    with pytest.raises(ConfigError, match="another part"):
        fuse(image, moved, COMMON)
    with pytest.raises(ConfigError, match="a fusion needs"):
        fuse(image, Predictions(LABELS, table.keys.slice(0, 60), table.blocks.slice(0, 60), table.part[:60], truth[:60],
                                table.p[:60], table.r[:60]), COMMON)  # fmt: skip


def test_images_take_the_keys_of_their_objects_each_object_once(truth: np.ndarray) -> None:
    said = witness(1, sure=1.5, y=truth[:5])
    found = by_object(said, pa.array(["spec:b", None, "spec:a", "spec:b", "spec:c"]))
    assert found.keys.to_pylist() == ["spec:b", "spec:a", "spec:c"]
    assert np.array_equal(found.p, said.p[[0, 2, 4]])
