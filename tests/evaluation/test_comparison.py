"""Two runs are compared on the test objects that both answered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import f1_score

from cosmic.evaluation.comparison import compare
from cosmic.models.predictions import Predictions
from cosmic.records import Arm, Task

N = 1200


def run(accuracy: float, *, seed: int = 0, first: int = 0, labels: tuple[str, ...] = ("A", "F", "G")) -> Predictions:
    """Return answers for objects `first` … `first` + N that are right with a given chance; every fourth is validation."""
    truth = np.random.default_rng(99).integers(0, 3, 2 * N)[first : first + N]
    rng = np.random.default_rng(seed)
    answer = np.where(rng.random(N) < accuracy, truth, (truth + 1) % 3)
    place = np.array([labels.index(name) for name in ("A", "F", "G")])
    return Predictions(
        labels=labels,
        keys=pa.array([f"row:{at:05d}" for at in range(first, first + N)]),
        blocks=pa.array([f"cell:{at // 3}" for at in range(first, first + N)]),
        part=np.where(np.arange(first, first + N) % 4, 2, 1).astype(np.int8),
        y=place[truth],
        p=np.eye(len(labels))[place[answer]],
        r=np.full(N, 17.0),
    )


def test_the_difference_is_that_of_the_scores_on_common_objects() -> None:
    before, now = run(0.7), run(0.9, seed=1, first=400)
    found = compare(before, now)
    old = {key: (y, a) for key, y, a in zip(before.keys.to_pylist(), before.y, before.answer, strict=True)}
    both = [at for at, key in enumerate(now.keys.to_pylist()) if key in old and now.part[at] == 2]
    y = now.y[both]
    theirs = [old[now.keys[at].as_py()][1] for at in both]
    assert found.n == len(both)
    assert found.f1_before == pytest.approx(f1_score(y, theirs, average="weighted"))
    assert found.f1_now == pytest.approx(f1_score(y, now.answer[both], average="weighted"))
    assert found.f1 == pytest.approx(found.f1_now - found.f1_before)
    assert found.f1_interval is not None
    assert 0 < found.f1_interval[0] < found.f1 < found.f1_interval[1]
    assert found.accuracy == pytest.approx((now.answer[both] == y).mean() - (np.array(theirs) == y).mean())


def test_a_model_does_not_differ_from_itself() -> None:
    found = compare(run(0.8), run(0.8))
    assert (found.f1, found.f1_interval, found.accuracy_interval) == (0.0, (0.0, 0.0), (0.0, 0.0))


def test_pairing_makes_the_interval_narrower_than_two_models_apart_would() -> None:
    before = run(0.8)
    nearly = replace(before, p=before.p.copy())
    nearly.p[::100] = np.roll(nearly.p[::100], 1, axis=1)
    same = compare(before, nearly).accuracy_interval
    other = compare(before, run(0.8, seed=7)).accuracy_interval
    assert same is not None
    assert other is not None
    assert same[1] - same[0] < 0.5 * (other[1] - other[0])


def test_labels_are_matched_by_name() -> None:
    assert compare(run(0.8), run(0.8, labels=("G", "A", "K", "F"))).f1 == pytest.approx(0.0)


def test_runs_without_common_objects_say_so() -> None:
    found = compare(run(0.8), run(0.8, first=N))
    assert (found.n, found.f1) == (0, None)
    fact = found.as_fact(task=Task.STAR, arm=Arm.PHOTOMETRIC)
    assert fact.not_run is not None
