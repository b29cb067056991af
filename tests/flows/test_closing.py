"""What a run says at its end where no model could be trained, and how seldom it speaks before."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import sqlalchemy as sa

from cosmic.errors import ConfigError
from cosmic.records import Arm, Prepared, Report, Task
from cosmic.settings import PipelineOptions
from flows import terminal
from flows.closing import no_model
from tests.flows.runs import RunPipeline

MADE = Report("run", Path("r/report.html"), Path("r/facts.json"), Path("latest/report.html"), "", "", "")


def test_where_no_model_could_be_trained_every_reason_is_named_once() -> None:
    prepared = [
        Prepared(f"{task}{arm}", None, task, arm, (), "no redshift column" if arm is Arm.PUBLISHED else "too few rows")
        for task in (Task.SUPERCLASS, Task.STAR)
        for arm in (Arm.PUBLISHED, Arm.NO_LEAK, Arm.PHOTOMETRIC)
    ]
    said = str(no_model(prepared, MADE))
    assert "- superclass (published): no redshift column\n- superclass (no-leak, photometric): too few rows\n" in said
    assert "- star (no-leak, photometric): too few rows\n" in said
    assert "r/report.html" in said
    assert "--min-class-size" in said


def test_many_reasons_are_bounded() -> None:
    prepared = [Prepared(str(n), None, Task.STAR, Arm.PUBLISHED, (), f"reason {n}") for n in range(30)]
    said = str(no_model(prepared, MADE))
    assert said.count("reason ") == 10
    assert "(and 20 more)" in said


def test_a_run_without_a_model_fails_with_reasons_is_recorded_and_is_not_the_newest(
    run_pipeline: RunPipeline, tmp_path: Path
) -> None:
    options = PipelineOptions(home=tmp_path, rows=1000, task=(Task.GALAXY,), arm=(Arm.PHOTOMETRIC,), min_class_size=900)
    with pytest.raises(
        ConfigError, match=r"No model could be trained:\n- galaxy \(photometric\): fewer than two classes"
    ):
        run_pipeline(options)
    reports = [*(tmp_path / "simulated" / "reports").glob("*/report.html")]
    assert len(reports) == 1, "it explains what the terminal names in short"
    assert not (tmp_path / "reports" / "latest").exists()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'simulated' / 'catalogue.db'}")
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT id FROM runs")).scalars().all() == [reports[0].parent.name]
    engine.dispose()


def counted(total: int, caplog: pytest.LogCaptureFixture) -> list[str]:
    with caplog.at_level(logging.INFO, logger="flows"):
        assert list(terminal.progress(range(total), total=total, label="training")) == list(range(total))
    return [record.getMessage().partition(" in ")[0] for record in caplog.records]


def test_many_short_steps_are_one_line(caplog: pytest.LogCaptureFixture) -> None:
    assert counted(9, caplog) == ["training: 9 of 9"]


def test_one_step_has_a_line_of_its_own_and_gets_no_other(caplog: pytest.LogCaptureFixture) -> None:
    assert counted(1, caplog) == []


def test_a_long_step_is_heard_of_now_and_then(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "EVERY", 0.0)
    assert counted(3, caplog) == ["training: 1 of 3", "training: 2 of 3", "training: 3 of 3"]
