"""Probabilities of labels follow from the votes and behave as probabilities."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from cosmic.galaxyzoo.grammar import LABELS, STRINGS, build_strings, study_label, study_labels
from cosmic.galaxyzoo.soft import answer_probabilities, soft_labels
from cosmic.galaxyzoo.tree import COLUMN, STEMS, TASKS
from tests.galaxyzoo.made import FRACTIONS, Floats, random_fractions
from tests.galaxyzoo.test_grammar import votes_for


@given(FRACTIONS)
def test_the_14_labels_and_the_artefact_add_up_to_1(fractions: Floats) -> None:
    found = soft_labels(fractions)
    assert np.allclose(found.probability.sum(axis=1) + found.artefact, 1.0)
    assert (found.probability >= 0).all()


@given(FRACTIONS)
def test_agreement_and_entropy_keep_to_their_bounds(fractions: Floats) -> None:
    found = soft_labels(fractions)
    known = found.artefact < 1
    assert np.array_equal(np.isnan(found.agreement), ~known)
    assert np.array_equal(np.isnan(found.entropy), ~known)
    agreement, entropy = found.agreement[known], found.entropy[known]
    assert ((agreement >= 1 / 14 - 1e-12) & (agreement <= 1 + 1e-12)).all()
    assert ((entropy >= 0) & (entropy <= np.log2(14) + 1e-9)).all()
    assert (entropy >= -np.log2(agreement) - 1e-9).all()


@given(FRACTIONS)
def test_answers_add_up_to_1_in_each_task(fractions: Floats) -> None:
    answers = answer_probabilities(fractions)
    for task in TASKS.values():
        assert np.allclose(answers[:, task.columns].sum(axis=1), 1.0)


def test_one_voice_is_full_agreement_on_the_label_of_the_string() -> None:
    strings = [string for string in STRINGS if string != "A"]
    found = soft_labels(np.concatenate([votes_for(string) for string in strings]))
    assert found.likeliest.to_pylist() == [study_label(string) for string in strings]
    assert np.allclose(found.agreement, 1.0)
    assert np.allclose(found.entropy, 0.0)


def test_the_formula_gives_what_a_hand_computes() -> None:
    votes = np.zeros((1, len(STEMS)))
    given_votes = {
        1: 0.2,
        2: 0.6,
        3: 0.2,
        4: 0.25,
        5: 0.75,
        6: 0.4,
        7: 0.6,
        11: 0.5,
        12: 0.5,
        16: 1.0,
        25: 0.3,
        27: 0.1,
    }
    for number, value in given_votes.items():
        votes[0, COLUMN[number]] = value
    found = soft_labels(votes)
    probability = dict(zip(LABELS, found.probability[0], strict=True))
    assert probability["Er"] == pytest.approx(0.2)
    assert probability["Ser"] == pytest.approx(0.6 * 0.25 * 0.75)
    assert probability["SBc"] == pytest.approx(0.6 * 0.75 * 0.4 * 0.5)
    assert found.of(pa.array(["Er"]))[0] == pytest.approx(0.2 / 0.8)


def test_the_label_of_the_string_need_not_be_the_likeliest() -> None:
    votes = np.zeros((1, len(STEMS)))
    for number, value in {1: 0.45, 2: 0.55, 5: 1.0, 6: 0.5, 7: 0.5, 11: 0.5, 12: 0.5, 17: 1.0, 15: 1.0}.items():
        votes[0, COLUMN[number]] = value
    found = soft_labels(votes)
    assert study_labels(build_strings(votes)).values.to_pylist() == ["Sc"]
    assert found.likeliest.to_pylist() == ["Ee"]
    assert found.of(pa.array(["Sc"]))[0] < found.agreement[0]


def test_a_galaxy_without_votes_has_no_probabilities_and_one_of_artefacts_alone_no_agreement() -> None:
    votes = np.concatenate([np.full((1, len(STEMS)), np.nan), votes_for("A"), random_fractions(1)])
    found = soft_labels(votes)
    assert np.isnan(found.agreement).tolist() == [True, True, False]
    assert np.isnan(found.artefact).tolist() == [True, False, False]
    assert found.likeliest.null_count == 1
    assert np.isnan(found.of(pa.array([None, None, None], pa.string()))).all()
