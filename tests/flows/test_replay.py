"""Rows that an older contract refused enter the catalogue once today's takes them: as an ordinary page, and only once."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

import expectations.objects
from cosmic.contracts import Between
from cosmic.operation import Replay
from cosmic.records import Sky
from cosmic.settings import PipelineOptions
from flows.ingest import ingest
from flows.replay import NOTHING, plan, replay
from tests.flows.runs import export, files_below

TODAY = expectations.objects.OBJECTS
STRICT = dataclasses.replace(TODAY, rows=(*TODAY.rows, Between("redshift", None, 1.5, "")))
"""A contract that refused every far quasar."""


def ask(home: Path, sky: Sky, statement: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(f"sqlite:///{home / sky / 'catalogue.db'}")
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(sa.text(statement))]
    engine.dispose()
    return found


def run_strictly(options: PipelineOptions, monkeypatch: pytest.MonkeyPatch) -> int:
    """Ingest under the old contract; return how many rows it alone refused."""
    with monkeypatch.context() as before, temporary_settings({PREFECT_LOCAL_STORAGE_PATH: options.home / "old"}):
        before.setattr(expectations.objects, "OBJECTS", STRICT)
        ingest(options)
    reasons = [row[0] for row in ask(options.home, options.sky, "SELECT reasons FROM quarantine")]
    return sum(json.loads(str(one)) == ["redshift: above 1.5"] for one in reasons)


@pytest.mark.parametrize("source", ["files", pytest.param("simulated", marks=pytest.mark.slow)])
def test_what_passes_today_enters_and_what_was_said_before_is_kept(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    home = tmp_path / "home"
    if source == "files":
        export(tmp_path / "mine.csv", rows=1500, seed=4)
        options = PipelineOptions(home=home, path=(tmp_path / "mine.csv",))
    else:
        options = PipelineOptions(home=home, rows=1500, seed=4)
    far = run_strictly(options, monkeypatch)
    assert far > 10
    asked = Replay(home=home, sky=options.sky)
    before = ask(home, options.sky, "SELECT count(*) FROM objects")[0][0]
    kept = ask(home, options.sky, "SELECT page_id, row_number, contract, reasons FROM quarantine ORDER BY 1, 2, 3")
    left = files_below(home / options.sky / "judged"), files_below(home / options.sky / "pages")
    assert f"{far:,} to enter" in plan(asked)
    assert (files_below(home / options.sky / "judged"), files_below(home / options.sky / "pages")) == left
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: home / "results"}):
        told = replay(asked)
        assert f"{far:,} new, 0 updated" in told
        assert ask(home, options.sky, "SELECT count(*) FROM objects") == [(before + far,)]
        after = ask(home, options.sky, "SELECT page_id, row_number, contract, reasons FROM quarantine ORDER BY 1, 2, 3")
        assert set(kept) <= set(after), "what was said of rows before"
        assert {row[2] for row in set(after) - set(kept)} <= {TODAY.contract}, "and what today's contract says"
        origins = ask(home, options.sky, "SELECT DISTINCT origin FROM pages WHERE origin LIKE '%judged again'")
        assert len(origins) == 1
        assert "0 to enter" in replay(asked), "a second time there is nothing left"
    assert ask(home, options.sky, "SELECT count(*) FROM objects") == [(before + far,)]


@pytest.mark.slow
def test_an_object_that_came_meanwhile_is_not_put_back(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    export(tmp_path / "mine.csv", rows=1200, seed=5)
    far = run_strictly(PipelineOptions(home=home, path=(tmp_path / "mine.csv",)), monkeypatch)
    newer = (tmp_path / "mine.csv").read_text().splitlines()
    (tmp_path / "newer.csv").write_text("\n".join([*newer[:1], *reversed(newer[1:])]) + "\n")  # the same rows, later
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: home / "results"}):
        assert ingest(PipelineOptions(home=home, path=(tmp_path / "newer.csv",))).ingest.inserted == far
        told = replay(Replay(home=home))
    assert f"{far:,} of them objects that the catalogue has, 0 to enter" in told


@pytest.mark.slow
def test_a_page_whose_bytes_are_gone_is_said(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    export(tmp_path / "mine.csv", rows=1000, seed=6)
    run_strictly(PipelineOptions(home=home, path=(tmp_path / "mine.csv",)), monkeypatch)
    for page in (home / "real" / "pages").glob("*.csv"):
        page.unlink()
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: home / "results"}):
        assert "not judged again" in replay(Replay(home=home))


def test_an_empty_home_has_nothing_to_replay(prefect_server: None, tmp_path: Path) -> None:
    assert replay(Replay(home=tmp_path / "home")) == NOTHING
    assert not (tmp_path / "home" / "real" / "catalogue.db").exists()
