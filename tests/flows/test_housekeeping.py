"""A home is tidied up and the next run is whole: what a run needs is there, or made again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

from cosmic.catalogue import open_catalogue
from cosmic.catalogue.needing import needed
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.operation import Tidy
from cosmic.records import Arm, Sky, Task
from cosmic.settings import PipelineOptions
from flows.housekeeping import housekeeping, plan
from tests.flows.runs import RunPipeline, Twice, files_below


def test_an_empty_home_stays_empty(prefect_server: None, tmp_path: Path) -> None:
    assert housekeeping(Tidy(home=tmp_path / "home")) == "Nothing was stored in this home yet."
    assert not (tmp_path / "home" / "real" / "catalogue.db").exists()


def test_a_catalogue_needs_its_pages_models_and_the_newest_report(twice: Twice) -> None:
    home = Home(twice.first.options.home, Sky.SIMULATED)
    with open_catalogue(home, Settings()) as catalogue:
        stay = needed(catalogue)
        models = catalogue.models()
    assert set(home.pages.glob("*.csv*")) | set(home.pages.glob("*.parquet")) <= stay
    assert {one.path for one in models} <= stay
    assert twice.second.report.html.parent in stay
    assert len([path for path in stay if path.parent == home.snapshots]) == 1


@pytest.mark.slow
def test_the_oldest_home_is_tidied_and_the_next_run_is_whole(
    run_pipeline: RunPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = PipelineOptions(home=tmp_path, rows=1000, task=(Task.SUPERCLASS,), arm=(Arm.PHOTOMETRIC,))
    first, middle, last = (run_pipeline(options) for _ in range(3))
    long_ago = time.time() - 86_400 * 3_650
    for path in tmp_path.rglob("*"):
        os.utime(path, (long_ago, long_ago))
    left = files_below(tmp_path / "simulated").keys()
    asked = Tidy(home=tmp_path, sky=Sky.SIMULATED)
    assert "Would remove" in plan(asked)
    assert files_below(tmp_path / "simulated").keys() == left
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: tmp_path / "results"}):
        assert "Removed" in housekeeping(asked)
    assert first.report.html.exists(), "its models were trained in it"
    assert not middle.report.html.exists()
    assert last.report.html.exists()
    again = run_pipeline(options)
    assert again.report.scores == first.report.scores
    assert again.facts.ingest.inserted == 0
