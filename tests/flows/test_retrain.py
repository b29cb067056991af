"""Training again: only where rows came since the last time, and on the catalogue alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

from cosmic.records import Arm, Report, Task
from cosmic.retrain_options import RetrainOptions
from cosmic.retraining import Basis, note_of, remember, trained_on
from flows.retrain import NOTHING_NEW, NOTHING_STORED, plan, retrain
from tests.flows.runs import RunPipeline, files_below


def test_without_rows_it_says_so_and_makes_nothing(prefect_server: None, tmp_path: Path) -> None:
    assert retrain(RetrainOptions(home=tmp_path / "home")) == NOTHING_STORED
    assert not (tmp_path / "home" / "simulated" / "catalogue.db").exists()


@pytest.mark.slow
def test_it_trains_once_on_what_is_there_and_again_only_when_rows_come(
    run_pipeline: RunPipeline, tmp_path: Path
) -> None:
    options = RetrainOptions(home=tmp_path, rows=1000, task=(Task.SUPERCLASS,), arm=(Arm.PHOTOMETRIC,))
    ran = run_pipeline(options)
    pages = files_below(tmp_path / "simulated" / "pages")
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: tmp_path / "results"}):
        made = retrain(options)
        assert isinstance(made, Report)
        assert "would train" in plan(options)
        assert retrain(options) == NOTHING_NEW
    assert made.scores == ran.report.scores, "the same rows, the same models"
    assert files_below(tmp_path / "simulated" / "pages") == pages, "no source was asked"
    later = run_pipeline(options.model_copy(update={"night": 1}))
    assert later.facts.ingest.inserted
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: tmp_path / "results"}):
        again = retrain(options)
    assert isinstance(again, Report)
    assert again.run != made.run


def test_other_options_are_another_training_but_not_how_rows_come(tmp_path: Path) -> None:
    usual = note_of(RetrainOptions(source="skyserver"), folder=tmp_path)
    assert note_of(RetrainOptions(source="skyserver", limit=50), folder=tmp_path) == usual
    assert note_of(RetrainOptions(source="skyserver", home=Path("elsewhere")), folder=tmp_path) == usual
    assert note_of(RetrainOptions(source="skyserver", seed=1), folder=tmp_path) != usual


@pytest.mark.parametrize("left", [None, "", "{", '{"state": "a"}'])
def test_a_note_that_cannot_be_read_means_training_once_more(tmp_path: Path, left: str | None) -> None:
    note = tmp_path / "note.json"
    if left is not None:
        note.write_text(left)
    assert trained_on(note) is None
    remember(Basis("id", "state", "images"), note)
    assert trained_on(note) == Basis("id", "state", "images")
