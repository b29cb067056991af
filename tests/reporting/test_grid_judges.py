"""Claims about the grid are answered by its rows, the family by validation; what was not run says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic.facts import Facts
from cosmic.reporting.claim_answers import Answer, Verdict
from cosmic.reporting.claims import judged
from cosmic.reporting.shown import plain
from tests.reporting.sample_study import NO_NEURAL, study_sample


def answer(facts: Facts, name: str) -> Answer:
    return next(row.answer for row in judged(facts) if row.id == name)


@pytest.mark.parametrize(("gain", "verdict"), [(0.0, Verdict.REPRODUCED), (0.005, Verdict.NOT_REPRODUCED)])
def test_ten_trees_are_enough_where_fifty_gain_nothing(tmp_path: Path, gain: float, verdict: Verdict) -> None:
    found = answer(study_sample(tmp_path, gain=gain), "ten_trees")
    assert found.verdict is verdict
    assert found.ours is not None
    assert found.ours.path.startswith("grid[")


@pytest.mark.parametrize(("best", "verdict"), [("ffnn", Verdict.REPRODUCED), ("knn", Verdict.NOT_REPRODUCED)])
def test_the_best_family_is_the_one_that_validation_chooses(tmp_path: Path, best: str, verdict: Verdict) -> None:
    found = answer(study_sample(tmp_path, best=best), "network_superclass")
    assert found.verdict is verdict
    assert found.interval is not None


def test_a_family_without_its_extra_cannot_be_told(tmp_path: Path) -> None:
    for name in ("network_galaxy", "network_validation_galaxy", "network_galaxy_accuracy"):
        found = answer(study_sample(tmp_path), name)
        assert found.verdict is Verdict.CANNOT_TELL
        assert plain(found.why) == f"not run: {NO_NEURAL}"
        assert found.ours is None


def test_oversampling_is_better_by_validation_and_slower_by_seconds_of_one_library(tmp_path: Path) -> None:
    facts = study_sample(tmp_path)
    assert answer(facts, "oversampling_better").verdict is Verdict.REPRODUCED
    slower = answer(facts, "oversampling_slower")
    assert slower.verdict is Verdict.REPRODUCED
    assert slower.ours is not None
    assert slower.ours.value == 30.0


def test_weights_are_those_that_were_counted(tmp_path: Path) -> None:
    facts = study_sample(tmp_path)
    assert answer(facts, "weights_five").verdict is Verdict.REPRODUCED
    stars = answer(facts, "weights_eight")
    assert stars.verdict is Verdict.CANNOT_TELL
    assert stars.ours is not None
    assert stars.ours.value == 70_026


def test_a_score_below_the_printed_one_is_not_reproduced_and_few_seen_classes_are_poor(tmp_path: Path) -> None:
    facts = study_sample(tmp_path)
    assert answer(facts, "superclass_excellent").verdict is Verdict.NOT_REPRODUCED
    assert answer(facts, "galaxy_poor").verdict is Verdict.REPRODUCED
