"""Simulated volunteers answer along the tree and disagree as real ones do."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic.galaxyzoo.disagreement import GROUPS, as_table, measure, measured
from cosmic.galaxyzoo.grammar import LABELS, build_strings, study_labels
from cosmic.galaxyzoo.soft import answer_probabilities, soft_labels
from cosmic.galaxyzoo.tree import ARTEFACT, TASKS
from cosmic.galaxyzoo.volunteers import chances, draw_counts, simulate_votes
from cosmic.galaxyzoo.votes import SCHEMA, best_fractions, fraction_array
from tests.galaxyzoo import real


def label_of(votes: pa.Table) -> pa.Array:
    return study_labels(votes["gz2_class"]).values


@given(st.lists(st.sampled_from([*GROUPS, "", None]), max_size=20), st.integers(0, 9), st.integers(1, 60))
@settings(max_examples=20)
def test_votes_add_up_along_the_tree(labels: list[str | None], seed: int, volunteers: int) -> None:
    votes = simulate_votes(pa.array(labels, pa.string()), seed=seed, volunteers=volunteers)
    assert votes.schema.equals(SCHEMA)
    assert votes.num_rows == sum(bool(label) for label in labels)
    counts = fraction_array(votes, "counts")
    total = votes["total_classifications"].to_numpy()
    for task in TASKS.values():
        asked = total - counts[:, ARTEFACT] * (task.number == 6) if task.gate is None else counts[:, task.gate]
        given_answers = counts[:, task.columns].sum(axis=1)
        assert np.array_equal(given_answers, asked)
        fractions = fraction_array(votes, "weighted_fractions")[:, task.columns]
        assert np.allclose(fractions * given_answers[:, None], counts[:, task.columns])
    assert np.array_equal(counts.sum(axis=1), votes["total_votes"].to_numpy())
    assert votes["gz2_class"].combine_chunks().equals(build_strings(best_fractions(votes)))


def test_the_same_seed_gives_the_same_votes_and_another_other_ones() -> None:
    labels = pa.array(["Sc", "Ee", "", "SBb"] * 20)
    first = simulate_votes(labels, seed=3)
    assert first.equals(simulate_votes(labels, seed=3))
    assert not first["counts"].equals(simulate_votes(labels, seed=4)["counts"])
    assert not first["counts"].equals(simulate_votes(labels, seed=3, block=1)["counts"])


def test_votes_carry_the_keys_of_their_galaxies() -> None:
    labels, keys = pa.array(["Sc", "", "Er"]), pa.array(["spec:1", "spec:2", "spec:3"])
    assert simulate_votes(labels, seed=1, galaxies=keys)["galaxy"].to_pylist() == ["spec:1", "spec:3"]


def test_unknown_labels_and_no_volunteers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown labels.*Ei"):
        simulate_votes(pa.array(["Ei"]), seed=1)
    with pytest.raises(ValueError, match="0 volunteers"):
        simulate_votes(pa.array(["Ee"]), seed=1, volunteers=0)


def test_endless_votes_would_give_the_true_label() -> None:
    group = np.repeat(np.arange(len(GROUPS)), 200)
    chance = chances(group, measured(), np.random.default_rng(1))
    found = study_labels(build_strings(chance)).values.fill_null("A").to_pylist()
    assert found == [GROUPS[place] for place in group]


def test_votes_mostly_give_the_true_label_more_often_the_more_volunteers() -> None:
    labels = pa.array(LABELS).take(pa.array(np.arange(1400) % 14))
    right = [
        pc.mean(pc.fill_null(pc.equal(label_of(simulate_votes(labels, seed=2, volunteers=n)), labels), False)).as_py()
        for n in (5, 20, 44, 300)
    ]
    assert right == sorted(right)
    assert 0.3 < right[0] < 0.75 < right[2] < 0.92 < right[3]


def test_the_median_galaxy_has_as_many_volunteers_as_asked_for() -> None:
    total = simulate_votes(pa.array(["Sc"] * 2000), seed=2)["total_classifications"].to_numpy()
    assert np.median(total) == pytest.approx(44, abs=1)
    assert np.percentile(total, [5, 95]).tolist() == pytest.approx([34, 52], abs=2)


# ------------------------------------------------------------------------------------------------ beside real votes


@real.needs_real_tables
def test_the_statistics_are_those_of_the_real_table() -> None:
    assert as_table(measure(real.votes(real.TABLE5).table)).equals(as_table(measured()))


@real.needs_real_tables
def test_simulated_votes_give_the_true_label_about_as_often_as_redrawn_real_ones() -> None:
    """The real galaxies' published fractions are taken as truth and voted on again."""
    volunteers, votes = 44, real.votes(real.TABLE5).table
    votes = votes.take(np.arange(0, votes.num_rows, 3))
    truth = label_of(votes).fill_null("A")
    rng = np.random.default_rng(5)
    counts = draw_counts(answer_probabilities(best_fractions(votes)), np.full(votes.num_rows, volunteers), rng)
    again = study_labels(build_strings(counts.astype(float))).values.fill_null("A")
    simulated = label_of(simulate_votes(truth, seed=5, volunteers=volunteers)).fill_null("A")
    redrawn_right = pc.mean(pc.equal(again, truth)).as_py()
    simulated_right = pc.mean(pc.equal(simulated, truth)).as_py()
    assert simulated_right == pytest.approx(redrawn_right, abs=0.02)


@real.needs_real_tables
def test_simulated_agreement_and_entropy_are_those_of_the_release() -> None:
    """755 galaxies of the release with about 44 volunteers each."""
    votes = real.votes(real.HART16).table
    released = soft_labels(best_fractions(votes))
    simulated = soft_labels(best_fractions(simulate_votes(label_of(votes), seed=5)))
    assert np.nanmean(simulated.agreement) == pytest.approx(np.nanmean(released.agreement), abs=0.03)
    assert np.nanmean(simulated.entropy) == pytest.approx(np.nanmean(released.entropy), abs=0.15)
