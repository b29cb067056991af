"""Scores are scikit-learn's, null where they do not exist, and never NaN."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, f1_score

from cosmic.evaluation.intervals import confusion_figures
from cosmic.evaluation.metrics import score, score_answers, score_counts
from cosmic.facts import Scores

LABELS = ("galaxy", "quasar", "star")
codes = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.int64, n, elements=st.integers(0, 2)), hnp.arrays(np.int64, n, elements=st.integers(0, 2))
    )
)


def test_the_figures_of_a_small_case_are_those_on_paper() -> None:
    y = np.array([0, 0, 0, 0, 1, 1, 2, 2])
    answer = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    found = score_answers(y, answer, LABELS, majority=0)
    assert found.accuracy == found.recall == pytest.approx(6 / 8)
    assert found.precision == pytest.approx(0.5 * 1 + 0.25 * 0.5 + 0.25 * 2 / 3)
    f1 = (6 / 7, 0.5, 0.8)
    assert found.f1 == pytest.approx(0.5 * f1[0] + 0.25 * f1[1] + 0.25 * f1[2])
    assert found.f1_macro == pytest.approx(np.mean(f1))
    assert found.balanced_accuracy == pytest.approx((0.75 + 0.5 + 1) / 3)
    assert (found.majority, found.majority_f1, found.majority_f1_macro) == pytest.approx((0.5, 1 / 3, 2 / 9))
    assert {label: one.n for label, one in found.per_class.items()} == {"galaxy": 4, "quasar": 2, "star": 2}
    assert found.confusion is not None
    assert found.confusion.counts == ((3, 1, 0), (0, 1, 1), (0, 0, 2))


@given(codes)
def test_weighted_recall_is_accuracy_and_every_figure_is_between_0_and_1_or_null(
    pair: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> None:
    found = score_answers(*pair, LABELS, majority=0)
    assert found.recall == pytest.approx(found.accuracy)
    figures = [found.accuracy, found.precision, found.f1, found.f1_macro, found.balanced_accuracy, found.majority]
    figures += [value for one in found.per_class.values() for value in (one.precision, one.recall, one.f1)]
    assert all(value is None or 0 <= value <= 1 for value in figures)
    assert Scores.model_validate_json(found.model_dump_json()) == found
    assert found.confusion is not None
    assert score_counts(found.confusion, majority=0) == found


@given(codes)
def test_the_figures_are_scikit_learns(pair: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
    y, answer = pair
    found = score_answers(y, answer, LABELS)
    assert found.f1 == pytest.approx(f1_score(y, answer, average="weighted", labels=[0, 1, 2], zero_division=0))
    present = np.union1d(y, answer)
    assert found.f1_macro == pytest.approx(f1_score(y, answer, average="macro", labels=present))
    if np.isin(answer, y).all() and len(present) > 1:  # else scikit-learn warns
        assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(y, answer))


@given(codes)
def test_the_fast_figures_for_resampling_are_the_same(pair: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
    found = score_answers(*pair, LABELS)
    assert found.confusion is not None
    fast = confusion_figures(np.array(found.confusion.counts, float).reshape(1, 9))
    for name, value in fast.items():
        assert value[0] == pytest.approx(getattr(found, name))


def test_a_class_that_is_never_answered_has_no_precision_and_one_without_objects_no_recall() -> None:
    found = score_answers(np.array([0, 0, 1]), np.array([0, 2, 0]), LABELS)
    assert found.per_class["quasar"].precision is None
    assert found.per_class["quasar"].recall == 0
    assert found.per_class["star"].recall is None
    assert found.balanced_accuracy == pytest.approx(0.25)


def test_no_objects_have_no_scores() -> None:
    found = score(np.array([], np.int64), np.empty((0, 3)), LABELS, majority=1)
    assert found.accuracy is found.f1 is found.majority is None
    assert found.per_class["star"].n == 0
    assert found.log_loss is found.brier is None


def test_the_answer_is_the_most_probable_label() -> None:
    p = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])
    assert score(np.array([1, 2]), p, LABELS).accuracy == 0.5


def test_perfect_and_uniform_probabilities_have_their_known_scores() -> None:
    y = np.array([0, 1, 2])
    sure, flat = score(y, np.eye(3), LABELS), score(y, np.full((3, 3), 1 / 3), LABELS)
    assert (sure.log_loss, sure.brier) == pytest.approx((0, 0), abs=1e-9)
    assert (flat.log_loss, flat.brier) == pytest.approx((np.log(3), 2 / 3))


@pytest.mark.parametrize("answer", [[0, 0, 0, 0], [2, 2, 2, 2]])
def test_an_answer_that_knows_nothing_has_the_balanced_baseline(answer: list[int]) -> None:
    found = score_answers(np.array([0, 0, 1, 2]), np.array(answer), ("a", "b", "c", "d"))
    assert found.balanced == 1 / 3
    assert found.balanced_accuracy == pytest.approx(found.balanced)
