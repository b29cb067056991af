"""Every space holds its start, and what is drawn from it makes an estimator."""

from __future__ import annotations

import pytest

from cosmic.models.families import FAMILIES, why_not
from cosmic.records import Model
from cosmic.search.spaces import REBALANCINGS, SPACES, Numbers, not_searched, searchable, settings_of


@pytest.mark.parametrize("model", SPACES)
def test_a_search_begins_within_its_space(model: Model) -> None:
    space = SPACES[model]
    assert space.start.keys() == space.searched.keys()
    for name, of in space.searched.items():
        value = space.start[name]
        if isinstance(of, Numbers):
            assert isinstance(value, int | float)
            assert of.low <= value <= of.high
            assert isinstance(value, int) or not of.whole
        else:
            assert value in of.values


@pytest.mark.parametrize("model", SPACES)
def test_searched_and_fixed_settings_are_the_estimator_s_own(model: Model) -> None:
    settings = settings_of(model, SPACES[model].start)
    estimator = FAMILIES[model].build(settings, 0)
    assert {name: estimator.get_params()[name] for name in settings} == settings


def test_every_family_is_searched_or_named_as_one_that_is_not() -> None:
    assert {*SPACES, *not_searched()} == FAMILIES.keys()


def test_every_family_knows_what_trials_do_to_class_sizes() -> None:
    assert [(model, how) for model in SPACES for how in REBALANCINGS if why_not(model, how) is not None] == []


def test_a_family_that_is_named_is_searched_alone() -> None:
    assert searchable(()) == tuple(SPACES)
    assert searchable((Model.KNN, Model.LOGISTIC)) == (Model.LOGISTIC,)
    assert searchable((Model.SVM,)) == ()
