"""What a comparison of new rows with old ones finds, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic.drift import compare
from cosmic.facts.drift import DriftFacts, DriftKind, DriftRecord, DriftVerdict
from tests.drift.made import fainter, made, put

NIGHTS = 2
MORE_NIGHTS = 200
REFERENCE = made(4000, seed=1)


def only(facts: DriftFacts, kind: DriftKind, name: str, group: str = "", where: str = "all") -> DriftRecord:
    (found,) = (
        one
        for one in facts.records
        if (one.kind, one.name, one.where) == (kind, name, where) and group in ("", one.group)
    )
    return found


def false_alarms(nights: int) -> list[str]:
    """Compare sound nights with another old sky each; return the summaries of those that are not fine."""
    found = [compare(made(1000, seed=2 * one), made(2500, seed=2 * one + 1)) for one in range(1, nights + 1)]
    return [one.summary for one in found if one.verdict is not DriftVerdict.FINE]


def test_sound_nights_raise_nothing() -> None:
    assert false_alarms(NIGHTS) == []


@pytest.mark.slow
def test_hardly_one_of_forty_sound_nights_is_not_fine() -> None:
    assert len(false_alarms(MORE_NIGHTS)) <= 1


@pytest.mark.slow
def test_p_values_of_sound_nights_are_not_too_small() -> None:
    facts = [compare(made(800, seed=70 + one), made(1500, seed=700 + one)) for one in range(2)]
    p = np.array([one.p for found in facts for one in found.records if one.p is not None])
    assert len(p) > 200
    assert (p < 0.05).mean() < 0.07
    assert (p < 0.5).mean() > 0.3  # nor are they all 1


@pytest.mark.slow
def test_cells_that_differ_are_no_change_of_the_sky() -> None:
    """Colours of one cell lie together: rows are not independent, and a test that takes them so would see a change."""
    for seed in (11, 12):
        old = made(3000, seed=seed, cells=60, cell_scatter=0.3)
        new = made(1500, seed=seed + 50, cells=60, cell_scatter=0.3)
        assert compare(new, old).verdict is DriftVerdict.FINE


def test_rows_compared_with_themselves_differ_in_nothing() -> None:
    facts = compare(REFERENCE, REFERENCE)
    assert facts.verdict is DriftVerdict.FINE
    assert all(abs(one.effect) < 1e-9 for one in facts.records if one.kind in (DriftKind.LABELS, DriftKind.MISSING))
    assert all(abs(one.effect) < 0.01 for one in facts.records if one.kind is DriftKind.FEATURE and one.unit == "mag")


def test_a_zero_point_off_in_every_class_stops_and_names_the_band() -> None:
    facts = compare(fainter(made(seed=2), "g", 0.15), REFERENCE)
    assert facts.verdict is DriftVerdict.STOP
    shifted = only(facts, DriftKind.CALIBRATION, "g - r")
    assert shifted.effect == pytest.approx(0.15, abs=0.03)
    assert shifted.q is not None
    assert shifted.q < 1e-6
    assert only(facts, DriftKind.CALIBRATION, "i - z").verdict is DriftVerdict.FINE
    assert "as if g were 0.1" in facts.summary
    assert "faint" in facts.summary


def test_a_shift_of_one_class_alone_is_no_zero_point() -> None:
    facts = compare(fainter(made(seed=3), "z", -0.15, only="GALAXY"), REFERENCE)
    assert facts.verdict is DriftVerdict.RETRAIN
    assert all(one.verdict is DriftVerdict.FINE for one in facts.records if one.kind is DriftKind.CALIBRATION)
    moved = {(one.group, one.name) for one in facts.found if one.where == "all"}
    assert moved == {("GALAXY", "i - z")}
    record = only(facts, DriftKind.FEATURE, "i - z", "GALAXY")
    assert record.interval is not None
    assert record.interval[0] < 0.15 < record.interval[1]


def test_a_change_that_is_significant_and_too_small_to_matter_is_fine() -> None:
    facts = compare(fainter(made(9000, seed=4), "z", 0.02), made(9000, seed=5))
    record = only(facts, DriftKind.FEATURE, "i - z", "GALAXY")
    assert record.q is not None
    assert record.q < facts.alpha
    assert facts.verdict is DriftVerdict.FINE


def test_a_change_that_matters_and_may_be_chance_is_fine() -> None:
    facts = compare(made(120, seed=6), made(120, seed=7), least=20)
    assert any(one.limits[0] is not None and abs(one.effect) > one.limits[0] for one in facts.records)
    assert facts.verdict is DriftVerdict.FINE


def test_a_deeper_night_is_no_change_of_colours_or_shares() -> None:
    """Fainter objects are redder here and have other shares; among objects of one brightness nothing changed."""
    sky = made(6000, seed=8)
    deeper = np.random.default_rng(0).random(6000) < 1 / (1 + np.exp(-2 * (sky["r"].to_numpy() - 19.5)))
    facts = compare(sky.filter(pa.array(deeper)), REFERENCE)
    moved = {(one.kind, one.name) for one in facts.found}
    assert moved <= {(DriftKind.FEATURE, "r")}
    assert only(facts, DriftKind.FEATURE, "r", "GALAXY").verdict is DriftVerdict.RETRAIN


def test_new_sky_is_told_apart_from_change_in_known_sky() -> None:
    other = fainter(made(1000, seed=9, first_cell=20_000), "g", 0.5)
    facts = compare(pa.concat_tables([made(2000, seed=10), other]), REFERENCE)
    assert facts.n_new_sky == 1000
    assert facts.n_known >= 1990
    assert {one.kind for one in facts.found} == {DriftKind.COVERAGE}
    assert facts.verdict is DriftVerdict.RETRAIN
    assert "33% of the new rows are in new sky" in facts.summary


def test_a_new_range_of_magnitudes_is_coverage_too() -> None:
    rows = made(2000, seed=14)
    r = rows["r"].to_numpy().copy()
    r[:300] = 13.5
    facts = compare(put(rows, "r", r), REFERENCE)
    assert facts.n_new_magnitudes >= 300
    assert any(one.name == "new magnitudes" and one.verdict is DriftVerdict.WATCH for one in facts.records)


def test_shares_that_drift_call_for_a_training() -> None:
    facts = compare(made(2000, seed=15, shares=(0.38, 0.32, 0.3)), REFERENCE)
    assert facts.verdict is DriftVerdict.RETRAIN
    record = only(facts, DriftKind.LABELS, "share of quasar")
    assert record.effect == pytest.approx(0.12, abs=0.04)
    assert record.expected == pytest.approx(0.2, abs=0.04)
    assert {one.kind for one in facts.found} == {DriftKind.LABELS}


def test_values_that_go_missing_are_told() -> None:
    rows = made(2000, seed=16)
    facts = compare(put(rows, "psf_r", [None if at % 3 else 20.0 for at in range(2000)]), REFERENCE)
    missing = only(facts, DriftKind.MISSING, "psf_r - cmodel_r", "GALAXY")
    assert missing.verdict is DriftVerdict.STOP
    assert missing.effect == pytest.approx(2 / 3, abs=0.05)


def test_what_cannot_be_judged_is_said() -> None:
    rows = made(seed=17)
    facts = compare(put(rows, "psf_r", [None] * rows.num_rows).slice(0, 100), REFERENCE)
    why = {(one.name, one.group): one.why for one in facts.unjudged if one.where == "all"}
    assert why["psf_r - cmodel_r", "STAR"] == "the new rows have no psf_r"
    assert "each side needs 30" in why["u - g", "QSO"]
    assert ("u - g", "GALAXY") not in why


def test_nothing_new_is_nothing_wrong() -> None:
    facts = compare(REFERENCE.slice(0, 0), REFERENCE)
    assert (facts.verdict, facts.n_new, facts.tests) == (DriftVerdict.FINE, 0, 0)


def test_volunteers_who_are_less_sure_are_told() -> None:
    rows = made(1000, seed=18)
    rng = np.random.default_rng(0)
    sure, less = rng.uniform(0.5, 0.9, REFERENCE.num_rows), rng.uniform(0.3, 0.7, 1000)
    keys = pa.chunked_array([*REFERENCE["object_key"].chunks, *rows["object_key"].chunks])
    votes = pa.table({"object_key": keys, "agreement": np.r_[sure, less], "p_Sb": np.r_[sure, sure[:1000]]})
    facts = compare(rows, REFERENCE, votes=votes)
    assert facts.verdict is DriftVerdict.RETRAIN
    assert {(one.kind, one.name) for one in facts.found} == {(DriftKind.VOTES, "agreement of volunteers")}
    assert "have no votes" in {one.kind: one.why for one in compare(
        rows, REFERENCE, votes=votes.slice(0, 100)).unjudged}[DriftKind.VOTES]  # fmt: skip


@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    new, old = made(300, seed=seed), made(500, seed=seed + 1)
    turned = compare(new.take(pa.array(rng.permutation(300))), old.take(pa.array(rng.permutation(500))))
    straight = compare(new, old)
    assert turned.verdict is straight.verdict
    for one, other in zip(turned.records, straight.records, strict=True):
        assert (one.name, one.group, one.where, one.n_new) == (other.name, other.group, other.where, other.n_new)
        assert one.effect == pytest.approx(other.effect, abs=1e-9)


def test_the_same_rows_give_the_same_answer() -> None:
    new = made(500, seed=21)
    assert compare(new, REFERENCE) == compare(new, REFERENCE)
