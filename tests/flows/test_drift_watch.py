"""The drift watch on a small real catalogue: what it says before there is a model, of what is new, and after a training."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

from cosmic.catalogue import chronicle, open_catalogue
from cosmic.catalogue.chronicle import Outcome
from cosmic.contracts import Limits
from cosmic.drift_options import DriftOptions
from cosmic.facts.drift import DriftReport, DriftVerdict
from cosmic.home import Home
from cosmic.intake import judge_page
from cosmic.machine import Settings, database_url
from cosmic.records import Arm, Report, Sky, Task
from cosmic.reporting.check import numbers_not_in_facts
from cosmic.retrain_options import RetrainOptions
from cosmic.sources.base import PageStore
from cosmic.sources.parsing import parse_page
from cosmic.sources.simulated import SimulatedSource
from expectations.objects import OBJECTS
from tests.flows.runs import Twice


@pytest.fixture
def home(twice: Twice, tmp_path: Path) -> Path:
    """A home of its own with a catalogue of a thousand objects and the models that they trained."""
    shutil.copytree(twice.first.options.home, tmp_path / "home")
    return tmp_path / "home"


def watch(home: Path, **options: object) -> str:
    from flows.drift_watch import main

    return main(DriftOptions(home=home, **options))  # type: ignore[arg-type]


def bring(home: Path, *faults: str, night: int = 1) -> None:
    """Store a night as the pipeline does."""
    place = Home(home, Sky.SIMULATED)
    page = next(iter(SimulatedSource(1000, 0, night=night, faults=faults).pages(PageStore(place.pages))))
    judged = judge_page(page, parse=parse_page, suite=OBJECTS, limits=Limits(), folder=place.judged)
    with open_catalogue(place, Settings()) as catalogue:
        assert catalogue.ingest([judged]).inserted > 900


def incidents(home: Path, *, open_only: bool = True) -> list[tuple[str, str, str]]:
    with open_catalogue(Home(home, Sky.SIMULATED), Settings()) as catalogue:
        return [(one.check, one.table, one.severity) for one in catalogue.incidents(open_only=open_only)]


@pytest.mark.usefixtures("prefect_server")
def test_without_a_catalogue_it_says_so_and_makes_none(tmp_path: Path) -> None:
    assert "There is no catalogue of the simulated sky yet" in watch(tmp_path)
    assert not list(tmp_path.glob("simulated/*.db"))


@pytest.mark.slow
def test_it_says_that_nothing_is_new_then_that_a_zero_point_is_off(home: Path) -> None:
    assert watch(home).startswith("Nothing new since the superclass model of the arm photometric")
    bring(home, "shifted-zero-point")
    told = watch(home, retrain=True)  # a stop is never trained on
    assert told.startswith("stop: ")
    page = Path(told.rsplit("Page: ", 1)[1])
    report = DriftReport.model_validate_json(page.with_name("drift.json").read_bytes())
    assert report.found.verdict is DriftVerdict.STOP
    assert 900 < report.found.n_new <= 1000
    assert any(one.kind == "predictions" for one in report.found.records)
    assert numbers_not_in_facts(page.read_text(encoding="utf-8"), report) == []
    assert incidents(home) == [("drift", "objects from simulated", "critical")]


@pytest.mark.slow
def test_a_training_that_the_verdict_calls_for_settles_it(home: Path) -> None:
    for night in (3, 4, 5):
        bring(home, "drifting-classes", night=night)
    assert watch(home).startswith("retrain: ")
    assert incidents(home) == [("drift", "objects from simulated", "error")]
    small = {
        "rows": 1000,
        "night": 3,
        "faults": ("drifting-classes",),
        "task": (Task.SUPERCLASS,),
        "arm": (Arm.PHOTOMETRIC,),
    }
    told = watch(home, retrain=True, **small)
    assert told.startswith("Nothing new since the superclass model")
    assert incidents(home) == []
    assert ("drift", "objects from simulated", "error") in incidents(home, open_only=False)


@pytest.mark.slow
def test_a_retraining_is_held_back_by_a_stop_until_somebody_who_has_looked_lets_it(home: Path, tmp_path: Path) -> None:
    from flows.retrain import HELD_BACK, NOTHING_NEW, retrain

    bring(home, "shifted-zero-point")
    asked = RetrainOptions(home=home, task=(Task.SUPERCLASS,), arm=(Arm.PHOTOMETRIC,))
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: tmp_path / "results"}):
        told = retrain(asked)
        assert isinstance(told, str)
        assert told.startswith(HELD_BACK)
        assert "stop: " in told
        assert incidents(home) == [("drift", "objects from simulated", "critical")]
        place = Home(home, Sky.SIMULATED)
        url = database_url(place.root, place.sky, Settings()).get_secret_value()
        found = chronicle.read(url, sky=place.sky, most_runs=1)
        assert found is not None
        last = found.runs[0]
        assert (last.flow, last.outcome, last.detail) == ("retrain", Outcome.WELL, HELD_BACK)

        assert isinstance(retrain(asked.model_copy(update={"despite_drift": True})), Report)
        assert incidents(home) == [], "the model in use has seen these rows now"
        assert retrain(asked) == NOTHING_NEW
