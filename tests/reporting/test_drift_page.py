"""The drift page: every number of it is in drift.json, and it opens offline."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cosmic.drift import compare
from cosmic.facts.drift import DriftReport
from cosmic.reporting.check import numbers_not_in_facts
from cosmic.reporting.drift_page import build_drift
from tests.drift.made import fainter, made

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def report(band: str = "i", by: float = 0.2) -> DriftReport:
    found = compare(fainter(made(1000, seed=2), band, by), made(2000, seed=1))
    return DriftReport(
        sky="simulated", made=NOW, state="a" * 64, model="b" * 64, task="superclass", arm="photometric", trained=NOW,
        snapshot="c" * 64, found=found,
    )  # fmt: skip


def test_every_number_of_the_page_is_in_the_json_beside_it_and_it_needs_no_network(tmp_path: Path) -> None:
    made_of = report()
    page = build_drift(made_of, tmp_path)
    text = page.read_text(encoding="utf-8")
    written = DriftReport.model_validate_json((tmp_path / "drift.json").read_bytes())
    assert numbers_not_in_facts(text, written) == []
    assert text.count("data-fact=") > 200
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text
    assert "these rows look wrong" in text
    assert "as if i were 0." in text
    assert " mag faint" in text
    assert written.found.verdict is made_of.found.verdict


def test_a_sound_comparison_says_that_nothing_is_to_be_done(tmp_path: Path) -> None:
    text = build_drift(report(by=0.0), tmp_path).read_text(encoding="utf-8")
    assert "Nothing is to be done." in text
    assert "No change is both too large for chance and large enough to matter." in text


def test_equal_reports_give_equal_bytes(tmp_path: Path) -> None:
    one, other = (build_drift(report(), tmp_path / name) for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
