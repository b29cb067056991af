"""The checker finds each kind of number that does not stand in the facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic.facts import Facts
from cosmic.reporting.check import numbers_not_in_facts
from tests.reporting.sample_facts import sample_facts


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return sample_facts(tmp_path_factory.mktemp("facts"), bare=True)


@pytest.mark.parametrize(
    "html",
    [
        "<p>F1, u-r, DR17, HEALPix: no number here</p>",
        '<data data-fact="ingest.rows">101,862</data>',
        '<data data-fact="purity_target" data-scale="100">95</data> %',
        '<span data-fact-text="run.date">2026-11-23</span>',
        '<span data-fact-text="snapshot.id">7f3a91c2</span>',
        '<span data-fact-name="ingest.inserted">inserted</span>',
        "<title>1</title><style>p{margin:1px}</style><script>let a = 1</script><svg><text>1</text></svg>",
        '<br><img src="1.png" alt="2"><p title="3">none</p>',
    ],
)
def test_what_stands_in_the_facts_passes(html: str, facts: Facts) -> None:
    assert numbers_not_in_facts(html, facts) == []


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>we found 41 rows</p>", "41 in 'we found 41 rows' is marked by no fact"),
        ("<p>.91</p>", ".91"),
        ("<p>−0.5</p>", "−0.5"),
        ('<data data-fact="ingest.rows">101,861</data>', "101,861 at ingest.rows is 101862"),
        ('<data data-fact="purity_target" data-scale="100">96</data>', "96 at purity_target"),
        ('<data data-fact="purity_target">0.90</data>', "0.90 at purity_target"),
        ('<data data-fact="no.such">1</data>', "no number of the facts"),
        ('<data data-fact="run.date">2026</data>', "no number of the facts"),
        ('<data data-fact="ingest.rows">many</data>', "is no number"),
        ('<span data-fact-text="run.date">2026-11-24</span>', "is '2026-11-23' in the facts"),
        ('<span data-fact-name="ingest.rows">r0ws</span>', "is 'rows' in the facts"),
        ('<data data-fact="ingest.rows">101,862</data> of 7', "7"),
    ],
)
def test_what_does_not_stand_there_is_told(html: str, said: str, facts: Facts) -> None:
    wrong = numbers_not_in_facts(html, facts)
    assert len(wrong) == 1
    assert said in wrong[0]


def test_a_changed_fact_makes_an_old_page_wrong(facts: Facts, tmp_path: Path) -> None:
    from cosmic.reporting.page import render

    page = render(facts, folder=tmp_path)
    assert numbers_not_in_facts(page, facts) == []
    other = facts.model_copy(update={"ingest": facts.ingest.model_copy(update={"rows": 5})})
    assert any("ingest.rows" in each for each in numbers_not_in_facts(page, other))
