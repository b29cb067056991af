"""Scores from counts are scikit-learn's scores of the answers; a result has figures or a reason, never neither."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.metrics import balanced_accuracy_score, precision_recall_fscore_support

from cosmic.facts.grid import GridResult
from cosmic.study.published import study_grid
from cosmic.study.results import grid_scores, named, not_run

ROW = study_grid()[0]


def test_scores_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    y, answer = rng.integers(0, 4, 500), rng.integers(0, 3, 500)
    found = grid_scores(y, answer, ("a", "b", "c", "d"))
    weighted = precision_recall_fscore_support(y, answer, average="weighted", zero_division=0)
    macro = precision_recall_fscore_support(y, answer, average="macro", zero_division=0)
    np.testing.assert_allclose((found.precision, found.recall, found.f1), weighted[:3])
    np.testing.assert_allclose((found.precision_macro, found.recall_macro, found.f1_macro), macro[:3])
    assert found.accuracy == pytest.approx((y == answer).mean())
    assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(y, answer))
    assert found.n == 500


def test_a_label_that_nothing_has_does_not_count_and_one_that_is_answered_wrongly_does() -> None:
    y, answer = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2])
    found = grid_scores(y, answer, ("a", "b", "c", "d"))
    assert found.balanced_accuracy == 0.75
    assert found.recall_macro == 0.5
    assert found.confusion.counts[1] == (0, 1, 1, 0)


def test_a_result_without_figures_has_a_reason() -> None:
    none = not_run(ROW, "no ELODIE columns")
    assert none.key == ROW.key
    assert none.validation is None
    assert none.fit is None
    with pytest.raises(ValidationError, match="either validation figures or a reason"):
        GridResult(**named(ROW))


def test_a_result_is_the_same_after_json() -> None:
    scores = grid_scores(np.array([0, 1]), np.array([0, 1]), ("a", "b"))
    result = GridResult(**named(ROW), validation=scores)
    assert GridResult.model_validate_json(result.model_dump_json()) == result
