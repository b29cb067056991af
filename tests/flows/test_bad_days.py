"""Each misbehaviour of a survey in turn, and all at random: no bad page, no row lost or doubled, an end in time with a cause.

By the functions behind the tasks; `test_survey` and `test_survey_drills` show the same through Prefect.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cosmic.errors import CosmicError, PermanentSourceError, SuspiciousResponse, TransientSourceError
from cosmic.skyserver.client import Service
from cosmic.skyserver.plan import Request
from tests.flows.surveying import EACH, at, at_place, bring_plainly, catalogue_of, difference, held, served
from tests.skyserver.faults import OF_IMAGES, Fault, Wrong, at_random
from tests.skyserver.rules import Limits
from tests.skyserver.server import serve
from tests.skyserver.sources import simulated_spectra
from tests.skyserver.survey import Survey

RETRIES = 2
REQUEST = Request(page_rows=40)


@pytest.fixture(scope="module")
def survey() -> Iterator[Survey]:
    with (
        serve(simulated_spectra(60, seed=3), limits=Limits(queries=10**6)) as running,
        pytest.MonkeyPatch.context() as patch,
    ):
        at(running, patch)
        yield running


@pytest.fixture(scope="module")
def home(survey: Survey, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds what the survey had before two plates grew."""
    folder = tmp_path_factory.mktemp("home")
    bring(survey, folder)
    survey.add_simulated(12, seed=4)
    return folder


def bring(survey: Survey, home: Path, *, timeout: float = 0.4) -> None:
    survey.log.clear()
    bring_plainly(REQUEST, home=home, service=Service(survey.url, timeout, deadline=5.0), retries=RETRIES)


@pytest.mark.parametrize("where", ["census", "page"])
@pytest.mark.parametrize(("fault", "error", "words"), EACH, ids=[one[0].name.value for one in EACH])
def test_what_goes_wrong_is_named_and_leaves_the_catalogue_as_it_was(
    survey: Survey, home: Path, fault: Fault, error: type[CosmicError], words: str, where: str
) -> None:
    with catalogue_of(home) as catalogue:
        before = (catalogue.state, catalogue.census(REQUEST.name))
        survey.mischief.add(at_place(fault, where))
        try:
            with pytest.raises(error, match=words):
                bring(survey, home)
        finally:
            survey.mischief.clear()
        asked = [query for query in survey.log.queries if ("GROUP" in query.sql) == (where == "census")]
        assert len(asked) == (1 + RETRIES if error is TransientSourceError else 1)
        assert before == (catalogue.state, catalogue.census(REQUEST.name))


def test_slow_answers_are_waited_for_and_good_ones_bring_everything(survey: Survey, home: Path) -> None:
    survey.mischief.add(Fault(Wrong.SLOW, seconds=0.5, matching="modelMag"), Fault(Wrong.RESET))
    bring(survey, home)
    with catalogue_of(home) as catalogue:
        assert difference(survey, catalogue) == []


KINDS = (TransientSourceError, PermanentSourceError, SuspiciousResponse)


@pytest.mark.slow
def test_two_hundred_runs_of_random_bad_days_lose_and_double_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(41)
    ends: dict[str, int] = {}
    names = tuple(one for one in Wrong if one not in (*OF_IMAGES, Wrong.CHANGED))
    with serve(simulated_spectra(60, seed=3), limits=Limits(queries=10**6)) as survey:
        at(survey, monkeypatch)
        for number in range(200):
            survey.add_simulated(chance.randint(1, 4), seed=100 + number)
            survey.mischief.clear()
            survey.mischief.add(*at_random(chance.choice([0.05, 0.3, 0.6]), seed=number, names=names, seconds=0.6))
            started = time.monotonic()
            try:
                bring(survey, tmp_path)
                end, said = "done", survey.url
            except KINDS as error:
                end, said = next(kind.__name__ for kind in KINDS if isinstance(error, kind)), str(error)
            assert survey.url in said or "The answer" in said, "a message that names no cause"
            ends[end] = ends.get(end, 0) + 1
            assert time.monotonic() - started < 60, f"run {number} did not end in time"
            with catalogue_of(tmp_path) as catalogue:
                if end == "done":
                    assert difference(survey, catalogue) == [], f"after run {number}"
                else:
                    _demand_nothing_but_served(survey, tmp_path, number)
        survey.mischief.clear()
        bring(survey, tmp_path)
        with catalogue_of(tmp_path) as catalogue:
            assert difference(survey, catalogue) == []
    assert set(ends) == {"done", "TransientSourceError", "PermanentSourceError", "SuspiciousResponse"}, ends
    assert ends["done"] > 40


def _demand_nothing_but_served(survey: Survey, home: Path, number: int) -> None:
    """Assert that every row of the catalogue is a row that the survey serves, as it serves it."""
    with catalogue_of(home) as catalogue:
        rows = {row["spec_obj_id"]: row for row in served(survey).to_pylist()}
        for row in held(catalogue).to_pylist():
            assert rows.get(row["spec_obj_id"]) == row, f"after run {number}"
