"""`make serve` as a team would use it: every deployment run from the API, one by its schedule, looked at in a browser."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from cosmic.operation import Deployed, Operation
from deployments.listed import every
from tests.deployments.serving import Served, serving
from tests.skyserver.server import serve as stand_in
from tests.skyserver.sources import simulated_spectra

pytestmark = pytest.mark.slow

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A `serve` of the simulated sky whose replay is due every minute; SkyServer is a stand-in."""
    with stand_in(simulated_spectra(1500, seed=1), releases=[17]) as survey:
        variables = {
            "COSMIC_REPLAY_CRON": "* * * * *",
            "COSMIC_SKYSERVER_URL": survey.url,
            "COSMIC_RETRY_SECONDS": "0.1",
            "COSMIC_SILENT_SECONDS": "60",
        }
        with serving(tmp_path_factory.mktemp("served"), **variables) as one:
            names = [known.full_name for known in every(Deployed(home=one.home, source="simulated"), Operation())]
            one.wait(lambda: all(one.deployment(name) for name in names), "every deployment")
            yield one


def test_a_schedule_fires_within_a_minute(served: Served) -> None:
    def fired() -> list[str]:
        return [
            run["id"]
            for run in served.runs("replay/replay")
            if run["auto_scheduled"] and run["state_type"] == "COMPLETED"
        ]

    (run, *_) = served.wait(fired, "a run by the schedule", patience=120)
    assert "Scheduled" in served.states(run)
    there = served.deployment("replay/replay")
    assert there is not None
    served.ask("PATCH", f"/deployments/{there['id']}", paused=True)  # one will do, and each takes its time


@pytest.fixture(scope="module")
def trained(served: Served) -> str:
    """A run of the whole pipeline, started from the API."""
    run = served.start("full-pipeline/pipeline")
    served.finished(run)
    return run


def test_every_flow_runs_from_the_api_with_parameters_of_a_form(served: Served, trained: str) -> None:
    assert trained
    served.finished(served.start("ingest/ingest", night=1))
    images = {"arm": [], "model": ["morphology"], "min_class_size": 10}
    asked = {
        "retrain/retrain-images": images,
        "retrain/retrain": {"min_class_size": 20},
        "replay/replay": {},
        "backfill/backfill": {"shards": "all"},
        "release-watch/release-watch": {},
        "housekeeping/housekeeping": {},
        "drift-watch/drift-watch": {},
    }
    started = {name: served.start(name, **options) for name, options in asked.items()}
    for name, run in started.items():
        ended = served.finished(run)
        assert ended["parameters"]["options"]["home"] == str(served.home), name
    assert (served.home / "real" / "catalogue.db").exists(), "the backfill asked the stand-in"


def test_a_run_that_falls_silent_is_taken_for_dead_and_goes_on(served: Served) -> None:
    """A study, whose process is stopped but not ended, as that of a machine which is cut off."""
    run = served.start("study/study")
    served.wait(lambda: served.run(run)["state_name"] == "Running", "the study")
    process = served.wait(lambda: served.process_of(run), "its process")
    served.wait(lambda: heartbeats(served, run), "its first heartbeat")
    process.suspend()
    try:
        served.wait(lambda: "Crashed" in served.states(run), "word that it is silent")
    finally:
        process.kill()
    served.finished(run)
    said = [state["message"] for state in served.ask("GET", f"/flow_run_states/?flow_run_id={run}")]
    assert any("No heartbeat" in (message or "") for message in said), said


def test_training_pauses_while_a_critical_incident_is_open(served: Served, trained: str) -> None:
    served.finished(served.start("ingest/ingest", night=2, faults=["shifted-zero-point"]))
    served.finished(served.start("drift-watch/drift-watch"))

    def paused() -> bool:
        found = served.deployment("retrain/retrain")
        return bool(found and found["paused"])

    served.wait(paused, "the pause")
    served.finished(served.start("retrain/retrain", despite_drift=True))
    served.wait(lambda: not paused(), "the end of the pause")


def test_the_api_refuses_what_the_form_would(served: Served) -> None:
    there = served.deployment("ingest/ingest")
    assert there is not None
    wrong = {"parameters": {"options": {"rows": 3}}, "state": {"type": "SCHEDULED"}}
    answer = httpx.post(f"{served.ui}/api/deployments/{there['id']}/create_flow_run", json=wrong)
    assert answer.status_code in (409, 422)
    assert "1000" in answer.text


def test_the_report_is_where_its_link_says(served: Served, trained: str) -> None:
    (link,) = (one for one in artifacts(served, trained) if one["key"] == "report-page")
    address = re.search(r"\((http[^)]+)\)", str(link["data"])) or re.search(r"(http\S+html)", str(link["data"]))
    assert address is not None
    assert "<html" in httpx.get(address[1]).text
    assert httpx.get(f"{served.reports}/latest/report.html").is_success
    for one in artifacts(served, trained):
        assert str(served.home) not in str(one["data"]), f"{one['key']} names a file of the machine"


def test_a_run_whose_process_is_killed_goes_on(served: Served, trained: str) -> None:
    run = served.start("full-pipeline/pipeline", seed=7)
    served.wait(lambda: served.run(run)["state_name"] == "Running", "the run")
    served.wait(lambda: list((served.home / "simulated" / "snapshots").glob("*.parquet")), "its first steps")
    served.wait(lambda: served.process_of(run), "its process").kill()
    served.finished(run)
    states = served.states(run)
    assert "Crashed" in states
    assert states.index("Crashed") < states.index("AwaitingRetry") < states.index("Completed")


def test_the_automations_are_there_once(served: Served) -> None:
    names = [
        one["name"] for one in served.ask("POST", "/automations/filter", limit=50) if one["name"].startswith("cosmic: ")
    ]
    assert len(names) == len(set(names)) == 4


@browser
def test_the_pages_show_run_form_and_report(served: Served, trained: str, tmp_path: Path) -> None:
    ended = served.run(trained)
    there = served.deployment("full-pipeline/pipeline")
    assert there is not None
    (report,) = (one for one in artifacts(served, trained) if one["key"] == "report")
    pages = {
        f"/runs/flow-run/{trained}": [ended["name"], "Completed"],
        f"/deployments/deployment/{there['id']}/run": [
            "rows",
            "Objects of the simulated sky.",
            "Data release that SkyServer is asked for",
        ],
        f"/artifacts/artifact/{report['id']}": [
            "Scores, and where the report is.",
            "superclass",
            "weighted F1",
            "Report",
        ],
        "/deployments": ["ingest", "retrain", "replay"],
    }
    for at, (path, texts) in enumerate(pages.items()):
        shot = tmp_path / f"{at}.png"
        text = looked_at(f"{served.ui}{path}", shot)
        for wanted in texts:
            assert wanted in text, f"{path} does not show {wanted!r}: {text[:2000]}"
        assert shot.read_bytes().startswith(b"\x89PNG")
        assert shot.stat().st_size > 10_000


def test_a_killed_runner_starts_again_and_after_a_stop_with_everything_the_run_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        first.wait(lambda: first.deployment("full-pipeline/pipeline"), "the deployment")
        run = first.start("full-pipeline/pipeline")
        first.wait(lambda: first.run(run)["state_name"] == "Running", "the run")
        (runner,) = [one for one in first.children() if "runner" in one.cmdline()]
        runner.kill()
        first.wait(lambda: first.run(run)["run_count"] == 2, "the run going on with another runner")
        assert "the runner ended (-9) and is started again" in first.text()
        children, port = first.children(), int(first.ui.rpartition(":")[2])
        assert len(children) >= 4
        assert first.stop() == 0
        assert not [one for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        assert first.text().rstrip().endswith("Stopped.")
    with serving(tmp_path, port=port) as second:
        second.finished(run)
        assert second.run(run)["run_count"] == 3


def artifacts(served: Served, run: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = served.ask(
        "POST", "/artifacts/filter", artifacts={"flow_run_id": {"any_": [run]}}, limit=50
    )
    return found


def heartbeats(served: Served, run: str) -> list[object]:
    found: dict[str, list[object]] = served.ask(
        "POST",
        "/events/filter",
        filter={
            "event": {"name": ["prefect.flow-run.heartbeat"]},
            "resource": {"id": [f"prefect.flow-run.{run}"]},
        },
    )
    return found["events"]


def looked_at(address: str, shot: Path) -> str:
    """Return the text that a browser shows at an address, and keep a picture of it."""
    assert CHROMIUM is not None
    common = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1400,3000",
              "--virtual-time-budget=25000"]  # fmt: skip
    subprocess.run([*common, f"--screenshot={shot}", address], capture_output=True, timeout=180, check=True)
    page = subprocess.run(
        [*common, "--dump-dom", address], capture_output=True, text=True, timeout=180, check=True
    ).stdout
    shown = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", shown)))
