"""The first screen says how a run differs from the usual, what a hold-out gave, and what changed, unmistakably."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cosmic import facts as f
from cosmic.reporting.best import HONEST, best_of
from cosmic.reporting.check import numbers_not_in_facts
from cosmic.reporting.heldout import held_lines
from cosmic.reporting.page import render
from tests.reporting.sample_facts import sample_facts


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> f.Facts:
    return sample_facts(tmp_path_factory.mktemp("bare"), bare=True)


@pytest.fixture(scope="module")
def bare(drawn: f.Facts) -> f.Facts:
    return _undrawn(drawn)


def _undrawn(drawn: f.Facts) -> f.Facts:
    """The facts without most that can be drawn: drawing takes nearly all the time of a page."""
    results = tuple(r.model_copy(update={"importance": ()}) for r in drawn.results)
    tabular = tuple(row for row in drawn.published_study if row.data != "tabular")
    return drawn.model_copy(update={"results": results, "selections": (), "published_study": tabular})


def _text(facts: f.Facts, folder: Path, *, until: str = 'class="actions"') -> str:
    """The words of the first screen, or of the page up to a mark; every number in them is checked."""
    html = render(facts, folder=folder)
    assert numbers_not_in_facts(html, facts) == []
    body = html[html.index("<body") :]
    body = re.sub(r"<svg.*?</svg>|<script.*?</script>", "", body[: body.index(until)], flags=re.DOTALL)
    body = re.sub(r"</?(?:b|span|data|code|a|i)\b[^>]*>", "", body)
    words = " ".join(re.sub(r"<[^>]+>", " ", body).split())
    return re.sub(r" ([,;.):])", r"\1", words)


def _with_previous(facts: f.Facts, **changes: Any) -> f.Facts:
    assert facts.run.previous is not None
    previous = facts.run.previous.model_copy(update=changes)
    return facts.model_copy(update={"run": facts.run.model_copy(update={"previous": previous})})


def test_filter_and_split_stand_in_the_header_where_they_are_not_the_usual(bare: f.Facts, tmp_path: Path) -> None:
    usual = _text(bare, tmp_path)
    assert "filter" not in usual
    assert "random split" not in usual
    other = bare.model_copy(update={"filter": "brightness", "split": f.SplitFacts(name="random")})
    found = _text(other, tmp_path)
    assert "filter brightness" in found
    assert "random split" in found


def test_no_cell_is_a_test_cell_under_a_random_split(tmp_path: Path) -> None:
    facts = _undrawn(sample_facts(tmp_path))
    assert facts.sky is not None
    assert "in test cells" in _text(facts, tmp_path)
    sky = facts.sky.model_copy(update={"test": None, "n_test": 0})
    found = _text(facts.model_copy(update={"sky": sky, "split": f.SplitFacts(name="random")}), tmp_path)
    assert "in test cells" not in found
    assert "random split: no cell is a test cell" in found


def test_pages_of_earlier_ingests_stand_in_the_header_and_in_the_list(bare: f.Facts, tmp_path: Path) -> None:
    pages = (*bare.source.pages, f.PageFacts(name="stars.csv", sha256="d2" * 32, kind="files", size=1, rows=2983))
    run = bare.run.model_copy(
        update={"earlier_pages": ("stars.csv",), "pages_since": {"d2" * 32: "2026-11-20T10:00:00Z"}}
    )
    facts = bare.model_copy(
        update={"run": run, "snapshot": bare.snapshot.model_copy(update={"pages": pages}), "seed": 3}
    )
    assert "files: spectra.csv.gz and earlier: stars.csv" in _text(facts, tmp_path)
    found = _text(facts, tmp_path, until="<script>")
    assert f"stars.csv files 2,983 1 no, earlier 2026-11-20T10:00:00Z {'d2' * 32}" in found
    assert "The models also saw rows of earlier ingests" in found
    assert "and earlier" not in _text(bare, tmp_path)


def test_a_change_reads_as_a_change_even_where_it_rounds_to_nothing(bare: f.Facts, tmp_path: Path) -> None:
    one = f.Comparison(task="superclass", arm=HONEST, n=900, f1_before=0.95, f1_now=0.9502, difference=0.0002,
                       interval=(-0.0001, 0.0004))  # fmt: skip
    found = _text(_with_previous(bare, comparisons=(one,), started="2026-11-22T06:40:03Z"), tmp_path)
    assert "Since the last run 2026-11-22T06:40" in found
    assert "weighted F1 0.950 → 0.950, change +0.000 (−0.000 to +0.000) on the same 900" in found
    equal = one.model_copy(update={"f1_now": 0.95, "difference": 0.0, "interval": (0.0, 0.0)})
    assert "weighted F1 unchanged, 0.950 on the same 900" in _text(_with_previous(bare, comparisons=(equal,)), tmp_path)


def test_another_setup_or_other_classes_than_before_are_said(bare: f.Facts, tmp_path: Path) -> None:
    facts = _with_previous(
        bare, differs=("filter: gz2 before, none now",), classes_new={"star": ("A", "D")}, classes_gone={"star": ("O",)}
    )
    found = _text(facts, tmp_path)
    assert "not compared, the run before was another one: filter: gz2 before, none now" in found
    assert "star letter classes not kept before: A, D" in found
    assert "star letter classes no longer kept: O" in found
    assert "weighted F1 0.914" not in found


def test_a_file_held_out_is_a_line_on_the_first_screen_with_what_was_left_out(bare: f.Facts, tmp_path: Path) -> None:
    index = best_of(bare, "superclass", HONEST) or 0
    results = list(bare.results)
    held = results[index].holdout[0].model_copy(
        update={"f1": 0.875, "interval": {"f1": (0.85, 0.9)}, "n": 1200, "n_rows": 1300, "n_quarantined": 41,
                "n_excluded": 52, "excluded": {"no label": 50, "filter gz2": 2}, "n_trained_on": 7}
    )  # fmt: skip
    test = results[index].test
    assert test is not None
    test = test.model_copy(update={"f1": 0.9, "interval": {"f1": (0.88, 0.92)}})
    results[index] = results[index].model_copy(update={"holdout": (held,), "test": test})
    found = _text(bare.model_copy(update={"results": tuple(results)}), tmp_path)
    assert (
        "later.csv superclass, without a spectrum: weighted F1 0.875 0.850–0.900, n 1,200; test part 0.900 0.880–0.920 "
        "(left out of 1,300 rows: quarantined (41), trained on (7), filter gz2 (2), no label (50))"
    ) in found


def test_each_file_and_task_has_one_line_the_honest_arm_before_others(bare: f.Facts) -> None:
    def result(arm: str, *files: f.Holdout) -> f.Result:
        return f.Result(task="star", arm=arm, test=f.Scores(), holdout=files)

    one, two = (f.Holdout(path="rows.csv", sha256=sha * 64, n=1, f1=0.5) for sha in "ab")
    lost = two.model_copy(update={"not_run": "no ELODIE columns"})
    results = (result("published", one, two), result(HONEST, one, lost), result("photometric+shape", one, lost))
    lines = held_lines(bare.model_copy(update={"results": results}))
    assert [(line.result, line.holdout) for line in lines] == [(1, 0), (0, 1)]


def test_models_stand_by_arm_the_one_without_a_spectrum_first_with_the_score_beside_the_name(
    bare: f.Facts, tmp_path: Path
) -> None:
    html = render(bare, folder=tmp_path)
    table = html[html.index('sortable models"') :]
    groups = re.findall(r'scope="rowgroup">([^<]+)<', table)
    assert groups[:2] == ["without a spectrum", "published inputs without the leak"]
    heads = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', table[: table.index("</thead>")])
    assert heads[:2] == ["model", "weighted F1"]
    assert "process peak MB" in heads
    assert "published weighted F1" in heads


def test_a_tree_names_its_model_and_whose_shares_it_shows(bare: f.Facts, tmp_path: Path) -> None:
    index = best_of(bare, "superclass", HONEST) or 0
    found = _text(bare, tmp_path, until="<script>")
    assert bare.results[index].model == "random_forest"
    assert "not the model that is shown here (random forest, natural classes)" in found
    assert "Shares and numbers are of the training part." in found
    results = [r.model_copy(update={"rebalancing": "smote"}) if r.model == "decision_tree" else r for r in bare.results]
    found = _text(bare.model_copy(update={"results": tuple(results)}), tmp_path, until="<script>")
    assert "training part after rebalancing (SMOTE), in which every class is as large" in found


def test_nothing_is_drawn_for_figures_that_do_not_exist(drawn: f.Facts, tmp_path: Path) -> None:
    empty = tuple(
        s.model_copy(update={"curve": tuple(b.model_copy(update={"completeness": None}) for b in s.curve)})
        for s in drawn.selections
    )
    still = tuple(
        r.model_copy(update={"importance": tuple(i.model_copy(update={"value": 0.0}) for i in r.importance)})
        for r in drawn.results
    )
    html = render(drawn.model_copy(update={"selections": empty, "results": still}), folder=tmp_path)
    assert "no curve for" in html
    assert "Completeness of a selection" not in html
    assert "None alone: no score falls where one feature is shuffled." in html
    assert "Importance of features" not in html
