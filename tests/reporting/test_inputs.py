"""The run before is compared in the open: other inputs are said to be so."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic import facts as f
from cosmic.records import Arm, Fitted, Kept, Model, Prepared, Rebalancing, Scored, Task
from cosmic.reporting.inputs import other_inputs
from tests.reporting.sample_facts import sample_facts

BEFORE = ("u", "g", "r", "i", "z", "u-g", "g-r", "r-i", "i-z")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> f.Facts:
    return sample_facts(tmp_path_factory.mktemp("before"))


def kept(*features: str) -> Kept:
    path = Path("nowhere")
    prepared = Prepared("p", path, Task.STAR, Arm.PHOTOMETRIC, features)
    scored = Scored(Fitted("f", path, path, path), path, Task.STAR, Arm.PHOTOMETRIC, Model.LOGISTIC, Rebalancing.NONE, 0.5)  # fmt: skip
    return Kept(Task.STAR, Arm.PHOTOMETRIC, scored, prepared, path, path, "", path)


def test_the_same_features_need_no_warning(before: f.Facts) -> None:
    assert other_inputs(before, [kept(*BEFORE)]) == ()


def test_an_arm_that_the_run_before_had_no_model_of_needs_none(before: f.Facts) -> None:
    fewer = tuple(result for result in before.results if (result.task, result.arm) != ("star", "photometric"))
    assert other_inputs(before.model_copy(update={"results": fewer}), [kept("u_0")]) == ()


def test_a_correction_that_the_run_before_did_not_have_is_a_warning(before: f.Facts) -> None:
    (note,) = other_inputs(before, [kept("u_0", "g_0")])
    assert (note.level, note.task) == ("warning", "star")
    assert "are corrected for extinction, and were not in the run before" in note.text


def test_other_features_are_a_warning(before: f.Facts) -> None:
    (note,) = other_inputs(before, [kept("u", "g")])
    assert "other features" in note.text
