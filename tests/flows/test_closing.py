"""What a run says at its end where no model could be trained, and how seldom it speaks before."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from cosmic import facts as f
from cosmic.home import Home
from cosmic.records import Arm, Report, Sky, Task
from cosmic.reporting.assemble_study import NOT_ASKED
from cosmic.settings import PipelineOptions
from cosmic.study.published import study_grid
from cosmic.study.results import not_run
from flows import terminal
from flows.closing import closing, lines
from tests.flows.runs import RunPipeline
from tests.reporting.sample_facts import sample_facts

MADE = Report("run", Path("r/report.html"), Path("r/facts.json"), Path("latest/report.html"), "", "", "")


def said(facts: f.Facts, *results: f.Result) -> str:
    none = facts.model_copy(update={"results": results, "best": (), "selections": (), "hierarchy": ()})
    return lines(none, MADE, home=Home(Path("home"), Sky.REAL))


def test_where_no_model_could_be_trained_every_reason_is_named_once(tmp_path: Path) -> None:
    results = [
        f.Result(task=task, arm=arm, not_run="no redshift column" if arm == "published" else "too few rows")
        for task in ("superclass", "star")
        for arm in ("published", "no-leak", "photometric")
    ]
    text = said(sample_facts(tmp_path, bare=True), *results)
    assert "no model could be trained:\n- superclass (published): no redshift column\n" in text
    assert "\n- superclass (no-leak, photometric): too few rows\n" in text
    assert "\n- star (no-leak, photometric): too few rows\n" in text
    assert "r/report.html" in text
    assert "--min-class-size" in text


def test_many_reasons_are_bounded(tmp_path: Path) -> None:
    results = [f.Result(task="star", arm="published", not_run=f"reason {n}") for n in range(30)]
    text = said(sample_facts(tmp_path, bare=True), *results)
    assert text.count("reason ") == 10
    assert "(and 20 more)" in text


def test_a_redone_study_says_how_much_of_the_table_has_figures_and_why_the_rest_has_none(tmp_path: Path) -> None:
    facts = sample_facts(tmp_path, bare=True)
    assert "Study" not in said(facts)
    rows = [not_run(row, f"reason {at % 30}" if at < 100 else NOT_ASKED) for at, row in enumerate(study_grid())]
    text = said(facts.model_copy(update={"grid": tuple(rows)}))
    assert f"Study: 0 of the 246 published settings have figures:\n- 146 not run: {NOT_ASKED}\n- 4 not run: " in text
    assert "(and 21 more reasons)" in text


def test_a_run_without_a_model_is_the_newest_all_the_same_and_says_why(
    run_pipeline: RunPipeline, tmp_path: Path
) -> None:
    options = PipelineOptions(home=tmp_path, rows=1000, task=(Task.GALAXY,), arm=(Arm.PHOTOMETRIC,), min_class_size=900)
    run = run_pipeline(options)
    assert [(one.task, one.arm) for one in run.facts.results] == [("galaxy", "photometric")]
    assert "fewer than two classes" in str(run.facts.results[0].not_run)
    assert run.report.latest.is_file()
    assert run.facts.ingest.inserted > 900
    assert "no model could be trained:\n- galaxy (photometric): fewer than two classes" in closing(
        run.report, home=Home(tmp_path, Sky.SIMULATED)
    )


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
