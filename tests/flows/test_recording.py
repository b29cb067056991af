"""Every run is noted, however it ends, and leaves a status page that says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

from cosmic.errors import ContractViolation
from cosmic.facts.status import Status
from cosmic.home import Home
from cosmic.records import Sky
from cosmic.settings import PipelineOptions
from tasks.status import show_status
from tests.flows.runs import Twice
from tests.flows.test_cli import cosmic


def status_in(home: Path) -> Status:
    return Status.model_validate_json((home / "reports" / "status-simulated.json").read_bytes())


def test_two_runs_are_noted_with_what_they_brought_and_their_reports(
    twice: Twice, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = twice.first.options.home
    status = status_in(home)
    assert [(one.flow, one.outcome, one.rows) for one in status.runs[:2]] == [("full-pipeline", "ended well", 1000)] * 2
    assert status.runs[0].id == twice.second.facts.run.id
    assert all(one.report and (home / "reports" / one.report).exists() for one in status.runs)
    assert status.objects == twice.first.glance().rows
    assert {(line.task, line.arm) for line in status.scores} == {("star", "photometric"), ("superclass", "photometric")}
    newest = status.scores[0].points[-1]
    assert newest.low is not None
    assert newest.n
    assert cosmic(monkeypatch, "status", "--home", str(home), "--sky", "simulated") == 0
    assert "ended well: full-pipeline" in capsys.readouterr().out
    assert cosmic(monkeypatch, "status", "--home", str(home), "--sky", "simulated", "--json") == 0
    assert json.loads(capsys.readouterr().out)["objects"] == status.objects


def test_a_run_that_fails_is_noted_with_the_reason(prefect_server: None, tmp_path: Path) -> None:
    from flows.ingest import ingest

    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: tmp_path / "results"}):
        ingest(PipelineOptions(home=tmp_path, rows=1000))
        with pytest.raises(ContractViolation):
            ingest(PipelineOptions(home=tmp_path, rows=1000, night=1, faults=("swapped-bands",)))  # type: ignore[arg-type]
    failed, well = status_in(tmp_path).runs
    assert (failed.outcome, well.outcome) == ("failed", "ended well")
    assert "bands are swapped" in str(failed.detail)
    assert failed.finished is not None
    assert [one.check for one in status_in(tmp_path).incidents] == ["page-refused"]


def test_where_reports_are_published_the_status_is_too_with_links_that_hold_there(
    twice: Twice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COSMIC_PUBLISH_URL", str(tmp_path / "published"))
    show_status.fn(Home(twice.first.options.home, Sky.SIMULATED))
    found = Status.model_validate_json((tmp_path / "published" / "status-simulated.json").read_bytes())
    assert found.runs[0].report == f"simulated/{twice.second.facts.run.id}/report.html"
    assert f'href="{found.runs[0].report}"' in (tmp_path / "published" / "status-simulated.html").read_text()


def test_without_a_catalogue_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cosmic(monkeypatch, "status", "--home", str(tmp_path / "none")) == 0
    assert "There is no catalogue of the real sky yet" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()
