"""The page of the study: every row stands on it, every number in the facts, no published figure beside a simulated sky."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cosmic.exploration.explore import Limits, explore
from cosmic.facts import Facts
from cosmic.facts.file import write_facts
from cosmic.records import Task
from cosmic.reporting.check import numbers_not_in_facts
from cosmic.reporting.page import render
from cosmic.reporting.study_page import build_study, render_study
from cosmic.study.published import study_grid
from tests.exploration.conftest import made
from tests.reporting.sample_facts import sample_facts
from tests.reporting.sample_study import study_sample


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Facts, str]]:
    limits = Limits(k_means=500, mixture=500, numbers=(1, 2, 3, 4), points=60, pairs=60, bins=8, resamples=100)
    explored = explore(made(tmp_path_factory.mktemp("stars"), Task.STAR), seed=0, limits=limits)
    found = {}
    for kind in ("real", "simulated"):
        folder = tmp_path_factory.mktemp(kind)
        simulated = kind == "simulated"
        here = explored.model_copy(update={"simulated": simulated})
        facts = study_sample(folder, simulated=simulated, exploration=(here,))
        path = build_study(write_facts(facts, folder))
        assert path is not None
        found[kind] = facts, path.read_text(encoding="utf-8")
    return found


@pytest.mark.parametrize("kind", ["real", "simulated"])
def test_every_number_stands_in_the_facts_and_nothing_is_fetched(
    kind: str, pages: dict[str, tuple[Facts, str]]
) -> None:
    facts, html = pages[kind]
    assert numbers_not_in_facts(html, facts) == []
    led = {address for address in re.findall(r'(?:href|src)="([^#][^"]*)"', html) if not address.startswith("data:")}
    assert led == {"facts.json", "report.html"}
    assert len(html) < 3_000_000


def test_every_row_of_the_published_table_is_listed_with_figures_or_its_reason(
    pages: dict[str, tuple[Facts, str]],
) -> None:
    facts, html = pages["real"]
    assert len(facts.grid) == len(study_grid()) == 246
    for i, row in enumerate(facts.grid):
        place = f"grid[{i}].not_run" if row.not_run else f"grid[{i}].validation.f1"
        assert f'"{place}"' in html, row.key


def test_each_claim_has_its_verdict_beside_a_real_sky(pages: dict[str, tuple[Facts, str]]) -> None:
    facts, html = pages["real"]
    assert facts.published_claims
    for claim in facts.published_claims:
        assert f'id="claim-{claim.id}"' in html
    assert html.count('class="verdict-word"') == len(facts.published_claims)


def test_no_published_figure_stands_beside_a_simulated_sky(pages: dict[str, tuple[Facts, str]]) -> None:
    _, html = pages["simulated"]
    assert "published_" not in html
    assert "Findings ledger" not in html
    assert "SIMULATED SKY" in html


def test_the_figures_of_an_exploration_are_there(pages: dict[str, tuple[Facts, str]]) -> None:
    _, html = pages["real"]
    for title in (
        "Features by class",
        "Every two features",
        "elbow",
        "loadings",
        "Networks while they learn",
        "layers",
    ):
        assert title in html
    assert "R² test" in html


def test_tables_can_be_sorted_and_the_rest_is_folded(pages: dict[str, tuple[Facts, str]]) -> None:
    _, html = pages["real"]
    assert html.count("sortable") > 10
    assert "aria-sort" in html
    assert html.count("<details>") > 15
    assert "<details open" not in html


def test_the_same_facts_give_the_same_bytes(pages: dict[str, tuple[Facts, str]], tmp_path: Path) -> None:
    facts, html = pages["simulated"]
    sample_facts(tmp_path, simulated=True)  # the same arrays beside it
    assert render_study(facts, folder=tmp_path) == html


def test_the_report_leads_there_only_where_the_study_was_redone(tmp_path: Path) -> None:
    bare = sample_facts(tmp_path, bare=True)
    assert build_study(write_facts(bare, tmp_path)) is None
    assert "study.html" not in render(bare, folder=tmp_path)
    assert 'href="study.html"' in render(study_sample(tmp_path, bare=True), folder=tmp_path)
