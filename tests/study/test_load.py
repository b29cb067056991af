"""Heavy units come first and light ones last; networks, which wait for one another, lie apart."""

from __future__ import annotations

from itertools import pairwise

from cosmic.study.chosen import study_tasks
from cosmic.study.load import heaviest_first, weight
from cosmic.study.published import Balance, study_grid
from cosmic.study.units import Kind, units

UNITS = units(study_grid())
SIZES = {(task, balance): 100_000 for task in study_tasks() for balance in (Balance.SMOTE, Balance.RAREST)}


def test_every_unit_is_run_once_and_the_last_ones_are_light() -> None:
    ordered = heaviest_first(UNITS, SIZES)
    assert sorted(map(id, ordered)) == sorted(map(id, UNITS))
    weights = [weight(unit, SIZES) for unit in ordered]
    assert max(weights[-10:]) < max(weights[:10]) / 5


def test_no_network_follows_another() -> None:
    ordered = heaviest_first(UNITS, SIZES)
    assert not any(a.kind is b.kind is Kind.NETWORK for a, b in pairwise(ordered))


def test_a_unit_without_a_matrix_weighs_little() -> None:
    assert max(weight(unit, {}) for unit in UNITS) < 0.1
