"""The status page says how a catalogue stands: nothing yet, one run, a hundred; every number of it is in status.json."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cosmic.alerts.records import Incident, Severity
from cosmic.catalogue.chronicle import Brought, Chronicle, Outcome, Ran
from cosmic.catalogue.lineage import ModelVersion
from cosmic.facts.status import NextRun
from cosmic.home import Home
from cosmic.records import Arm, Model, Rebalancing, Sky, SnapshotId, Task
from cosmic.reporting.check import numbers_not_in
from cosmic.reporting.status_page import render_status, status_json, status_of, write_status

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, Sky.REAL)


def chronicle(home: Home, n: int) -> Chronicle:
    """So many nights: every seventh run failed, the last is under way, every third model has no interval."""
    times = [NOW - timedelta(days=n - at) for at in range(n)]
    report = home.reports / "one" / "report.html"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text("")
    runs = tuple(
        Ran(
            f"run-{at}", "full-pipeline", when, None if at == n - 1 else when + timedelta(minutes=at + 1),
            Outcome.UNDER_WAY if at == n - 1 else Outcome.FAILED if at % 7 == 1 else Outcome.WELL,
            "SkyServer did not answer <b>at all</b>." if at % 7 == 1 else None,
            {"rows": 1000 + at, "inserted": 900, "updated": 5, "unchanged": 0, "quarantined": 3}, str(report),
        )
        for at, when in enumerate(times)
    )  # fmt: skip
    ingests = tuple(
        Brought(when, 1000, 900, 900 * (at + 1), 3 + at % 5, {"r is no number": 3, "z < 0": at % 5})
        for at, when in enumerate(times)
    )
    models = tuple(
        ModelVersion(
            f"model-{at}", Task.STAR, Arm.PHOTOMETRIC, Model.BOOSTING, Rebalancing.NONE, Path("m"), "0" * 64, SnapshotId("s"),
            {"test_f1": 0.8 + at / 1000} | ({} if at % 3 else {"test_f1_low": 0.7, "test_f1_high": 0.9, "n_test": 500}), when,
        )
        for at, when in enumerate(times)
    )  # fmt: skip
    open_ = Incident("quarantine", "objects from files", 2, Severity.WARNING, NOW, NOW, 3, "12 of 100 rows & more", 12)
    worse = Incident("run", "ingest", 1, Severity.ERROR, NOW, NOW, 1, "the disk is full")
    over = Incident("source", "skyserver", 1, Severity.ERROR, times[0], NOW, 1, "silent", recovered=NOW)
    return Chronicle("c-1", 900 * n, runs[::-1][:20], max(0, n - 20), ingests, models, (open_, worse, over))


@pytest.mark.parametrize("n", [1, 2, 100])
def test_every_number_on_the_page_is_in_its_facts(home: Home, n: int) -> None:
    planned = (NextRun(name="ingest", when=NOW), NextRun(name="study"), NextRun(name="retrain", when=NOW, paused=True))
    status = status_of(chronicle(home, n), home=home, database="sqlite", planned=planned, now=NOW)
    html = render_status(status)
    assert numbers_not_in(html, json.loads(status_json(status))) == []
    assert html.index("the disk is full") < html.index("12 of 100 rows &amp; more"), "the worst first"
    assert "<b>at all</b>" not in html
    assert ("earlier ones are in the catalogue" in html) == (n == 100)
    assert html.count("<svg") == (3 if n > 1 else 0)
    assert render_status(status) == html


def test_nothing_stored_yet_is_a_page_too(home: Home) -> None:
    html = render_status(status_of(None, home=home, database="sqlite", unplanned="No server.", now=NOW))
    assert "Nothing is stored yet" in html
    assert "No server." in html


def test_it_needs_no_network_and_links_reports_by_relative_paths(home: Home) -> None:
    status = status_of(chronicle(home, 3), home=home, database="sqlite", now=NOW)
    page = write_status(status, home.latest.parent)
    html = page.read_text(encoding="utf-8")
    assert "http" not in html.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )
    assert 'href="../real/reports/one/report.html"' in html
    assert (page.parent / "../real/reports/one/report.html").resolve().exists()
    assert json.loads(page.with_suffix(".json").read_text()) == json.loads(status_json(status))
    assert 'name="viewport"' in html


def test_a_report_that_was_removed_is_not_linked(home: Home) -> None:
    found = chronicle(home, 1)
    (home.reports / "one" / "report.html").unlink()
    assert status_of(found, home=home, database="sqlite", now=NOW).runs[0].report is None
