"""Every deployment is in the list: which flow, whose home is absolute, when by which variable."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from prefect.client.schemas.schedules import CronSchedule

from cosmic.commands import build
from cosmic.errors import ConfigError
from cosmic.operation import Deployed, Missed, Operation
from deployments.applying import CODE, environment, made
from deployments.listed import Deployment, every


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("COSMIC_")]:
        monkeypatch.delenv(name)


def listed(**given: object) -> dict[str, Deployment]:
    return {one.name: one for one in every(build(Deployed, given), Operation())}


def test_what_a_team_needs_is_deployed() -> None:
    assert {"ingest", "release-watch", "retrain", "retrain-images", "study", "backfill", "pipeline"} <= set(listed())


def test_the_sources_of_a_deployment_are_those_of_the_survey_unless_another_one_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert listed()["ingest"].parameters["options"]["source"] == "skyserver"
    simulated = listed(source="simulated")
    assert simulated["ingest"].parameters["options"]["source"] == "simulated"
    assert simulated["release-watch"].cron == "", "nobody watches a survey for the simulated sky"
    monkeypatch.setenv("COSMIC_SOURCE", "simulated")
    monkeypatch.setenv("COSMIC_ROWS", "2000")
    assert listed()["retrain"].parameters["options"] | {"home": ""} == {
        "source": "simulated", "rows": 2000, "task": ["superclass", "star", "galaxy"], "home": "",
    }  # fmt: skip


def test_nothing_depends_on_the_folder_of_whoever_deploys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for one in listed(home="here").values():
        assert one.parameters["options"]["home"] == str(tmp_path / "here")
        deployment = made(one, Operation())
        assert deployment.entrypoint == one.entrypoint, "found by import"
        assert ":" not in one.entrypoint
        assert deployment.storage is None
    assert environment(Path("here"))["COSMIC_HOME"] == str(tmp_path / "here")
    assert CODE.is_absolute()


@pytest.mark.parametrize("name", list(listed()))
def test_a_deployment_takes_one_run_at_a_time_and_what_its_flow_takes(name: str) -> None:
    one = listed(source="simulated")[name]
    deployment = made(one, Operation())
    assert deployment.concurrency_limit == 1
    assert deployment.concurrency_options is not None
    assert deployment.concurrency_options.collision_strategy == "ENQUEUE"
    one.flow.validate_parameters(one.parameters)
    assert deployment.description
    form = deployment._parameter_openapi_schema.model_dump()
    fields = next(iter(form["definitions"].values())) if len(form["definitions"]) == 1 else None
    options = fields or next(kind for kind in form["definitions"].values() if "home" in kind.get("properties", {}))
    assert all(field["description"] for field in options["properties"].values()), "the UI's form explains each"


def test_schedules_have_the_time_zone_of_the_team(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSMIC_SCHEDULE_ZONE", "Europe/Berlin")
    monkeypatch.setenv("COSMIC_RETRAIN_CRON", "15 2 * * *")
    operation = build(Operation, {})
    retrain = next(one for one in every(Deployed(), operation) if one.name == "retrain")
    (schedule,) = made(retrain, operation).schedules or []
    assert schedule.schedule == CronSchedule(cron="15 2 * * *", timezone="Europe/Berlin")


def test_an_empty_schedule_means_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSMIC_INGEST_CRON", "")
    assert made(listed()["ingest"], Operation()).schedules == []
    assert listed()["study"].cron == ""


def test_missed_runs_are_caught_up_by_one_unless_the_team_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Operation().missed is Missed.LATEST
    monkeypatch.setenv("COSMIC_MISSED", "all")
    assert Operation().missed is Missed.ALL


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("COSMIC_INGEST_CRON", "daily", "COSMIC_INGEST_CRON: it takes five fields"),
        ("COSMIC_SCHEDULE_ZONE", "Mars/Olympus", "COSMIC_SCHEDULE_ZONE: it takes the name of a time zone"),
        ("COSMIC_MISSED", "some", "COSMIC_MISSED: it must be 'skip', 'latest' or 'all', not some"),
        ("COSMIC_RUNS_AT_ONCE", "0", "COSMIC_RUNS_AT_ONCE: it must be at least 1"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=says):
        build(Operation, {})


def test_a_schedule_that_is_none_is_named_before_anything_is_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSMIC_RETRAIN_CRON", "61 4 * * *")
    with pytest.raises(ConfigError, match="COSMIC_RETRAIN_CRON='61 4 \\* \\* \\*' is no schedule"):
        made(listed()["retrain"], Operation())


def test_every_deployment_is_in_the_docs_and_none_that_is_not() -> None:
    page = (CODE / "docs" / "operate.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w-]+/[\w-]+)` \|", page, re.MULTILINE)) == {
        one.full_name for one in listed().values()
    }
