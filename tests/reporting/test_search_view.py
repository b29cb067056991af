"""A search on the page: folded, in its task, every number of it in the facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic.facts import Facts
from cosmic.facts.file import write_facts
from cosmic.facts.search import Search, SearchLimits, SearchSpace, SearchStep, SearchTrial
from cosmic.reporting.best import best_per_arm
from cosmic.reporting.check import numbers_not_in_facts
from cosmic.reporting.claim_answers import index_of
from cosmic.reporting.page import build
from cosmic.reporting.search_view import best_over_trials, search_views
from tests.reporting.sample_facts import sample_facts

SEARCH = Search(
    task="superclass", arm="photometric", study="ab" * 32, seed=0, sampler="a sampler", pruner="a rule", budget_minutes=5.0,
    rungs=(111, 333, 1000), n_validation=321, rebalancings=("none",), not_searched=("logistic",),
    space={"random_forest": SearchSpace(
        searched={"max_features": SearchLimits(low=0.15, high=1.0), "criterion": SearchLimits(values=("gini", "entropy"))},
        fixed={"n_estimators": 100})},
    trials=17, complete=9, pruned=7, unfinished=1, best=0.9137, ordinary=0.9099,
    steps=(SearchStep(trial=0, value=0.9051), SearchStep(trial=12, value=0.9137)),
    top=(SearchTrial(trial=12, model="random_forest", rebalancing="none", settings={"max_features": 0.4321},
                     figures=(0.87, 0.89, 0.9137)),),
)  # fmt: skip


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    facts = sample_facts(tmp_path, bare=True, first=True)
    of = next(i for i, one in enumerate(facts.results) if (one.arm, one.model) == ("photometric", "random_forest"))
    ordinary = facts.results[of]
    assert ordinary.validation is not None
    better = ordinary.validation.model_copy(update={"f1": 0.99})
    results = (*facts.results, ordinary.model_copy(update={"searched": True, "validation": better}))
    empty = SEARCH.model_copy(update={"arm": "no-leak", "trials": 0, "complete": 0, "pruned": 0, "best": None,
                                      "steps": (), "top": (), "unfinished": 0})  # fmt: skip
    return facts.model_copy(update={"results": results, "best": best_per_arm(results), "searches": (SEARCH, empty)})


def test_a_search_stands_folded_in_its_task_with_every_number_in_the_facts(facts: Facts, tmp_path: Path) -> None:
    html = build(write_facts(facts, tmp_path)).read_text(encoding="utf-8")
    assert numbers_not_in_facts(html, facts) == []
    assert "Search for better settings" in html
    assert ", searched</small>" in html
    for path in ("searches[0].best", "searches[0].ordinary", "searches[0].top[0].figures[2]", "searches[1].trials"):
        assert f'data-fact="{path}"' in html
    assert f'data-fact="results[{len(facts.results) - 1}].test.f1"' in html


def test_the_model_of_a_search_is_shown_where_it_is_best_but_judges_no_claim(facts: Facts) -> None:
    last = len(facts.results) - 1
    assert {one.arm: one.result for one in facts.best}["photometric"] == last
    published = [one.model_copy(update={"arm": "published"}) for one in facts.results[last:]]
    claimed = facts.model_copy(update={"results": (*facts.results, *published)})
    at = index_of(claimed, "superclass", "random_forest")
    assert at is not None
    assert not claimed.results[at].searched


def test_views_point_at_the_model_of_their_search(facts: Facts) -> None:
    found, empty = search_views(facts, "superclass")
    assert (found.search, found.result) == (0, len(facts.results) - 1)
    assert (empty.search, empty.result, empty.over_trials) == (1, None, None)
    assert search_views(facts, "star") == ()


def test_the_picture_says_in_words_what_it_shows() -> None:
    picture = best_over_trials(SEARCH)
    assert picture is not None
    assert "0.905 at first, 0.914 in the end; dashed, the best fit without a search, 0.910" in picture.alt
