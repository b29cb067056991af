"""The whole pipeline in one process: what a run leaves, what the next one does not do again, what it never believes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from cosmic.artefacts import intact
from cosmic.facts.file import facts_equal
from cosmic.home import Home
from cosmic.reporting.check import numbers_not_in_facts
from flows.closing import closing
from tests.flows.runs import WHAT_INGEST_MET, Ran, RunPipeline, Twice, files_below

STEPS = 56
"""fetch, judge, ingest, freeze, 2 x prepare, 22 x fit, 22 x score, 2 x keep, compose, 2 x pair."""


class TestTheFirstRun:
    def test_it_leaves_a_report_and_its_facts(self, twice: Twice) -> None:
        run = twice.first
        assert run.report.html.read_text(encoding="utf-8").startswith("<!doctype html>")
        assert run.facts.schema_version == 1
        assert run.facts.source.simulated
        assert run.facts.run.id == run.report.run == run.report.html.parent.name
        assert run.report.html.parent.parent == run.options.home / "simulated" / "reports"
        assert {result.task for result in run.facts.results if result.not_run is None} == {"superclass", "star"}

    def test_latest_held_it(self, twice: Twice) -> None:
        assert twice.latest == twice.first.report.facts.read_bytes()

    def test_every_number_on_the_page_is_in_the_facts(self, twice: Twice) -> None:
        for run in (twice.first, twice.second):
            page = run.report.html.read_text(encoding="utf-8")
            assert numbers_not_in_facts(page, run.facts) == []
            assert page.count("data-fact=") > 50

    def test_what_the_contract_let_pass_is_in_the_catalogue(self, twice: Twice) -> None:
        ingest = twice.first.facts.ingest
        assert ingest.rows == 1000
        assert ingest.valid + ingest.quarantined == 1000
        assert (ingest.inserted, ingest.updated, ingest.unchanged) == (ingest.valid, 0, 0)
        assert twice.first.glance().rows == ingest.valid
        assert sum(ingest.reasons.values()) >= ingest.quarantined > 0

    def test_the_usual_models_of_each_node_were_trained_and_one_is_kept(self, twice: Twice) -> None:
        facts = twice.first.facts
        assert len({(result.task, result.model, result.rebalancing) for result in facts.results if result.test}) == 22
        assert all(result.test is None or result.test.reliability for result in facts.results)
        assert {(best.task, best.arm) for best in facts.best} == {
            ("superclass", "photometric"),
            ("star", "photometric"),
        }
        assert len(facts.run.models) == 2
        assert all(intact(twice.first.options.home / saved.file) for saved in facts.run.models)

    def test_no_step_was_answered_from_a_cache(self, twice: Twice) -> None:
        assert (twice.first.facts.run.steps_run, twice.first.facts.run.steps_cached) == (STEPS, 0)


class TestTheSecondRun:
    def test_only_fetch_and_what_writes_the_catalogue_worked_again(self, twice: Twice) -> None:
        assert (twice.second.facts.run.steps_run, twice.second.facts.run.steps_cached) == (3, STEPS - 3)

    def test_ingest_changed_nothing(self, twice: Twice) -> None:
        ingest = twice.second.facts.ingest
        assert (ingest.inserted, ingest.updated, ingest.unchanged) == (0, 0, ingest.valid)

    def test_its_facts_are_those_of_the_first(self, twice: Twice) -> None:
        assert set(facts_equal(twice.first.facts, twice.second.facts)) == WHAT_INGEST_MET

    def test_no_file_of_a_fit_was_touched(self, twice: Twice) -> None:
        assert len(twice.fits) > 22 * 4
        assert files_below(twice.first.options.home / "simulated" / "fits") == twice.fits

    def test_it_has_a_report_of_its_own_and_is_compared_with_the_first(self, twice: Twice) -> None:
        assert twice.first.report.html.is_file()
        assert twice.second.report.html != twice.first.report.html
        previous = twice.second.facts.run.previous
        assert previous is not None
        assert previous.id == twice.first.report.run
        assert previous.objects_new == 0
        assert [one.difference for one in previous.comparisons] == [0.0, 0.0]
        assert twice.first.facts.run.previous is None


class TestACatalogue:
    """Deleted or replaced, it is filled again, and nothing that is remembered of another one is taken for it."""

    def test_that_was_deleted_is_filled_again(self, twice: Twice, run_pipeline: RunPipeline) -> None:
        before = twice.first.glance()
        _remove_catalogue(twice.first)
        again = run_pipeline(twice.first.options)
        now = again.glance()
        assert now.id != before.id
        assert (now.rows, now.state) == (before.rows, before.state)
        assert facts_equal(again.facts, twice.first.facts) == []
        assert again.facts.run.steps_run == 4, "fetch, ingest, votes and freeze: the rest stands on the same snapshot"

    def test_that_was_replaced_by_another_answers_for_itself(
        self, twice: Twice, run_pipeline: RunPipeline, tmp_path: Path
    ) -> None:
        mine = twice.first
        little = mine.options.model_copy(update={"task": mine.options.task[:1]})
        other = run_pipeline(little.model_copy(update={"seed": 1, "home": tmp_path / "other"}))
        kept = shutil.copy(mine.catalogue, tmp_path / "kept.db")
        try:
            _remove_catalogue(mine)
            shutil.copy(other.catalogue, mine.catalogue)
            now = run_pipeline(little)
            assert now.facts.ingest.inserted == now.glance().rows == mine.facts.ingest.valid
            assert now.facts.run.catalogue not in (mine.facts.run.catalogue, other.facts.run.catalogue)
            assert now.facts.snapshot.id == mine.facts.snapshot.id, "nothing of the other simulated sky is in it"
        finally:
            _remove_catalogue(mine)
            shutil.copy(kept, mine.catalogue)


def test_the_ui_shows_the_report_its_counts_and_its_quarantine(twice: Twice) -> None:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        artifacts = client.read_artifacts(limit=200)
    mine = next(one for one in artifacts if f"run `{twice.first.report.run}`" in str(one.data))
    found = {one.key: one for one in artifacts if one.task_run_id == mine.task_run_id}
    assert found.keys() == {"report", "quality", "counts"}
    page = str(found["report"].data)
    assert "| superclass | photometric |" in page
    assert "file:" not in page, "pages that come by http may not open files"
    assert str(twice.first.options.home) not in page
    assert {row["reason"] for row in json.loads(str(found["quality"].data))} == twice.first.facts.ingest.reasons.keys()
    assert "| rows read | 1000 |" in str(found["counts"].data)


def test_the_ui_names_runs_by_what_they_do(twice: Twice) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName, TaskRunFilter, TaskRunFilterName

    names = [
        "fetch simulated sky of 1,000 objects, seed 0",
        "ingest into the simulated catalogue",
        "freeze the simulated catalogue",
        "score star · photometric · random_forest, smote",
        f"report {twice.first.report.run}",
        f"make {twice.first.report.run} the newest",
    ]
    what = FlowRunFilter(name=FlowRunFilterName(like_="simulated sky of 1,000 objects, seed 0, 20"))
    with get_client(sync_client=True) as client:
        for name in names:
            assert client.read_task_runs(task_run_filter=TaskRunFilter(name=TaskRunFilterName(any_=[name]))), name
        assert client.read_flow_runs(flow_run_filter=what)


def test_the_last_lines_say_where_the_quarantined_rows_are(twice: Twice) -> None:
    home = Home(twice.first.options.home, twice.first.options.sky)
    said = closing(twice.first.report, home=home)
    assert said.startswith(twice.first.report.verdict)
    assert f"Quarantined rows, each with every reason: {home.judged}/*.quarantined.parquet" in said
    assert [*home.judged.glob("*.quarantined.parquet")] != []


def _remove_catalogue(run: Ran) -> None:
    for path in run.catalogue.parent.glob("catalogue.db*"):
        path.unlink()
