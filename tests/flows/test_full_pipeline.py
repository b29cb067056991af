"""The whole pipeline in one process: what a run leaves, what the next one does not do again, what it never believes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

from cosmic.artefacts import intact
from cosmic.catalogue.glance import Glance, glance
from cosmic.records import Sky
from cosmic.reporting.check import numbers_not_in_facts
from cosmic.reporting.facts_file import facts_equal, read_facts
from flows.full_pipeline import full_pipeline, plan
from tests.flows.conftest import Ran, RunPipeline, Twice

WHAT_INGEST_MET = {"ingest.inserted", "ingest.unchanged"}
"""Paths of the facts that say what the catalogue held before, which two equal runs may find different."""


def there(ran: Ran) -> Glance:
    found = glance(f"sqlite:///{ran.options.home / 'simulated' / 'catalogue.db'}", sky=Sky.SIMULATED)
    assert found is not None
    return found


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
            assert numbers_not_in_facts(run.report.html.read_text(encoding="utf-8"), run.facts) == []

    def test_what_the_contract_let_pass_is_in_the_catalogue(self, twice: Twice) -> None:
        ingest = twice.first.facts.ingest
        assert ingest.rows == 1000
        assert ingest.valid + ingest.quarantined == 1000
        assert (ingest.inserted, ingest.updated, ingest.unchanged) == (ingest.valid, 0, 0)
        assert there(twice.first).rows == ingest.valid
        assert sum(ingest.reasons.values()) >= ingest.quarantined > 0

    def test_all_nine_models_of_each_node_were_trained_and_one_kept(self, twice: Twice) -> None:
        facts = twice.first.facts
        kinds = {(result.task, result.model, result.rebalancing) for result in facts.results if result.test}
        assert len(kinds) == 18
        assert [(best.task, best.arm) for best in facts.best] == [
            ("superclass", "photometric"),
            ("star", "photometric"),
        ]
        for saved in facts.run.models:
            assert intact(twice.first.options.home / saved.file)

    def test_no_step_was_answered_from_a_cache(self, twice: Twice) -> None:
        run = twice.first.facts.run
        # fetch, judge, ingest, freeze, 2 x prepare, 18 x fit, 18 x score, 2 x keep, compose
        assert (run.steps_cached, run.steps_run) == (0, 45)


class TestTheSecondRun:
    def test_only_fetch_and_ingest_worked_again(self, twice: Twice) -> None:
        run = twice.second.facts.run
        assert (run.steps_cached, run.steps_run) == (43, 2)

    def test_ingest_changed_nothing(self, twice: Twice) -> None:
        ingest = twice.second.facts.ingest
        assert (ingest.inserted, ingest.updated, ingest.unchanged) == (0, 0, ingest.valid)

    def test_its_facts_are_those_of_the_first(self, twice: Twice) -> None:
        assert set(facts_equal(twice.first.facts, twice.second.facts)) == WHAT_INGEST_MET

    def test_no_file_of_a_fit_was_touched(self, twice: Twice) -> None:
        assert len(twice.fits) > 18 * 4
        assert {path: path.stat().st_mtime_ns for path in twice.fits} == twice.fits

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
    """Deleted or replaced: it is filled again, and nothing that was remembered of another one is taken for it."""

    def test_that_was_deleted_is_filled_again(self, twice: Twice, run_pipeline: RunPipeline) -> None:
        before = there(twice.first)
        for path in (twice.first.options.home / "simulated").glob("catalogue.db*"):
            path.unlink()
        again = run_pipeline(twice.first.options)
        now = there(again)
        assert now.id != before.id
        assert (now.rows, now.state) == (before.rows, before.state)
        assert facts_equal(again.facts, twice.first.facts) == []
        assert again.facts.run.steps_run == 3, "fetch, ingest and freeze: the rest stands on the same snapshot"

    def test_that_was_replaced_by_one_of_another_sky_answers_for_itself(
        self, twice: Twice, run_pipeline: RunPipeline, tmp_path: Path
    ) -> None:
        options = twice.first.options
        mine, other = options.home / "simulated" / "catalogue.db", tmp_path / "other"
        kept = shutil.copy(mine, tmp_path / "kept.db")
        little = {"task": options.task[:1], "seed": 1, "home": other}
        run_pipeline(options.model_copy(update=little))
        try:
            for path in mine.parent.glob("catalogue.db*"):
                path.unlink()
            shutil.copy(other / "simulated" / "catalogue.db", mine)
            now = run_pipeline(options.model_copy(update={"task": options.task[:1]}))
            assert now.facts.ingest.inserted == twice.first.facts.ingest.valid
            assert now.facts.snapshot.id != twice.first.facts.snapshot.id
            assert now.facts.snapshot.rows > 1.9 * twice.first.facts.snapshot.rows
        finally:
            for path in mine.parent.glob("catalogue.db*"):
                path.unlink()
            shutil.copy(kept, mine)


class TestTheUI:
    def test_artifacts_show_the_report_its_counts_and_its_quarantine(self, twice: Twice) -> None:
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            found = {artifact.key: artifact for artifact in client.read_artifacts(limit=200)}
        assert {"report", "quality", "counts"} <= found.keys()
        assert "report.html" in str(found["report"].data)
        assert json.loads(str(found["quality"].data))[0].keys() == {"reason", "rows"}
        assert "| rows read | 1000 |" in str(found["counts"].data)


def test_a_dry_run_after_it_says_that_all_is_there_and_touches_nothing(twice: Twice) -> None:
    from flows.full_pipeline import SETTINGS  # noqa: F401

    home = twice.first.options.home
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: home / "results"}):
        said = plan(twice.first.options)
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before
    table = {line.split()[0]: line.split()[1:3] for line in said.splitlines()[3:]}
    assert table == {
        "fetch": ["1", "0"], "judge": ["1", "0"], "ingest": ["1", "0"], "freeze": ["1", "0"], "prepare": ["2", "0"],
        "train": ["18", "0"], "score": ["18", "0"], "report": ["0", "1"],
    }  # fmt: skip


def test_the_flow_is_named_for_people() -> None:
    assert full_pipeline.name == "full-pipeline"
    assert read_facts is not None
