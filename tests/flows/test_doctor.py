"""`cosmic doctor` looks at everything, touches nothing, and its exit code says whether runs would fail."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from cosmic.doctor.findings import Health
from flows import prefect_checks
from tests.flows.runs import Twice, files_below
from tests.flows.test_cli import cosmic

SILENT = {"COSMIC_SKYSERVER_URL": "http://127.0.0.1:9", "PREFECT_API_URL": "http://127.0.0.1:9/api"}


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("COSMIC_")]:
        monkeypatch.delenv(name)
    for name, value in SILENT.items():
        monkeypatch.setenv(name, value)


def test_it_explains_each_line_touches_nothing_and_leaves_with_one_where_something_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with temporary_settings({PREFECT_API_URL: SILENT["PREFECT_API_URL"]}):  # whatever other tests of this session use
        assert cosmic(monkeypatch, "doctor", "--home", str(tmp_path / "home"), "--timeout", "15") == 1
    said = capsys.readouterr().out
    for check in ("versions", "extras", "home", "disk", "database", "prefect", "skyserver", "alerts"):
        assert check in said
    assert "failure  prefect" in said
    assert "warning  skyserver" in said
    assert files_below(tmp_path) == {}


def test_json_is_one_document(
    twice: Twice, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = twice.first.options.home
    before = files_below(home)
    monkeypatch.setenv("COSMIC_SOURCE", "skyserver")
    cosmic(monkeypatch, "doctor", "--home", str(home), "--sky", "simulated", "--json", "--timeout", "15")
    found = json.loads(capsys.readouterr().out)
    ends = {one["check"]: one["health"] for one in found}
    assert (ends["database"], ends["migrations"], ends["catalogue"]) == ("ok", "ok", "ok")
    assert ends["skyserver"] == "failure", "runs here read from it"
    assert files_below(home) == before


def test_a_server_that_answers_is_told_with_what_is_deployed_there(prefect_server: None) -> None:
    found = list(prefect_checks.server(timeout=20))
    ends = {one.check: one.health for one in found}
    assert ends == {"prefect": Health.OK, "clock": Health.OK, "deployments": Health.NOTE}
