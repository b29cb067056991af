"""Two arms of a task are compared on the test objects that both answered, and a missing arm says why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import f1_score

from cosmic.arms import has_arm
from cosmic.evaluation.arms import PAIRS, arm_pairs
from cosmic.models.predictions import Predictions
from cosmic.records import Arm, Fitted, Kept, Model, Prepared, Rebalancing, Scored, Task

N = 900


def answers(right: float, *, seed: int = 0) -> Predictions:
    """Return test answers of which a given share is right."""
    truth = np.random.default_rng(99).integers(0, 2, N)
    rng = np.random.default_rng(seed)
    answer = np.where(rng.random(N) < right, truth, 1 - truth)
    return Predictions(
        labels=("galaxy", "star"), keys=pa.array([f"row:{at}" for at in range(N)]),
        blocks=pa.array([f"cell:{at // 3}" for at in range(N)]), part=np.full(N, 2, np.int8), y=truth,
        p=np.eye(2)[answer], r=np.full(N, 17.0),
    )  # fmt: skip


def some(said: Predictions, keep: np.ndarray) -> Predictions:
    """Return the answers to some of the objects, as of an arm that the others lack a column for."""
    mask = pa.array(keep)
    return replace(
        said, keys=said.keys.filter(mask), blocks=said.blocks.filter(mask), part=said.part[keep], y=said.y[keep],
        p=said.p[keep], r=said.r[keep],
    )  # fmt: skip


def prepared(arm: Arm, not_run: str | None = None) -> Prepared:
    return Prepared(arm.value, None, Task.STAR, arm, (), not_run)


def kept(folder: Path, arm: Arm, said: Predictions) -> Kept:
    path = said.write(folder / f"{arm}.parquet")
    fitted = Fitted(arm.value, path, path, path)
    scored = Scored(fitted, path, Task.STAR, arm, Model.LOGISTIC, Rebalancing.NONE, 0.5)
    return Kept(Task.STAR, arm, scored, prepared(arm), path, path, "", path)


def test_two_arms_are_compared_on_the_objects_that_both_answered(tmp_path: Path) -> None:
    full, few = answers(0.7), some(answers(0.9, seed=1), np.arange(N) < 300)
    models = [kept(tmp_path, Arm.PUBLISHED, few), kept(tmp_path, Arm.NO_LEAK, full)]
    pair = arm_pairs(Task.STAR, models, [one.prepared for one in models], resamples=200, seed=0)[0]
    assert (pair.task, pair.arm, pair.other, pair.n) == ("star", "published", "no-leak", 300)
    assert pair.f1 == pytest.approx(f1_score(few.y, few.answer, average="weighted"))
    assert pair.f1_other == pytest.approx(f1_score(full.y[:300], full.answer[:300], average="weighted"))
    assert pair.f1_other != pytest.approx(f1_score(full.y, full.answer, average="weighted"), abs=1e-3)
    assert pair.f1 is not None
    assert pair.difference == pytest.approx(pair.f1 - pair.f1_other)
    assert pair.interval is not None
    assert 0 < pair.interval[0] < pair.difference < pair.interval[1]
    assert pair.not_run is None


def test_an_arm_without_a_model_gives_its_own_reason(tmp_path: Path) -> None:
    models = [kept(tmp_path, Arm.PHOTOMETRIC, answers(0.8))]
    given = [models[0].prepared, prepared(Arm.PHOTOMETRIC_SHAPE, "no shape columns")]
    pairs = {(pair.arm, pair.other): pair for pair in arm_pairs(Task.STAR, models, given, resamples=10, seed=0)}
    assert tuple(pairs) == tuple(pair for pair in PAIRS if has_arm(Task.STAR, pair[1]))
    assert "no shape columns" in (pairs["photometric", "photometric+shape"].not_run or "")
    assert "not asked" in (pairs["published", "photometric"].not_run or "")
    assert all(pair.n == 0 and pair.difference is None for pair in pairs.values())


def test_arms_without_common_objects_say_so(tmp_path: Path) -> None:
    early, late = (some(answers(0.8), which) for which in (np.arange(N) < 100, np.arange(N) >= 100))
    models = [kept(tmp_path, Arm.PUBLISHED, early), kept(tmp_path, Arm.PHOTOMETRIC, late)]
    pair = arm_pairs(Task.STAR, models, [one.prepared for one in models], resamples=10, seed=0)[1]
    assert (pair.n, pair.f1) == (0, None)
    assert pair.not_run is not None


def test_a_task_without_models_has_no_pairs() -> None:
    assert arm_pairs(Task.GALAXY, [], [prepared(Arm.PUBLISHED, "no labels")], resamples=10, seed=0) == ()


def test_arms_that_a_task_has_not_are_no_pair_of_it(tmp_path: Path) -> None:
    models = [kept(tmp_path, Arm.PHOTOMETRIC, answers(0.7))]
    found = {pair.arm for pair in arm_pairs(Task.STAR, models, [], resamples=50, seed=0)} | {
        pair.other for pair in arm_pairs(Task.STAR, models, [], resamples=50, seed=0)
    }
    assert "photometric+external" in found
    assert not {"morphometric", "magnitude-matched"} & found
