"""A clock that is a day ahead or behind for one run: the same catalogue, one alert, one notice that it is over, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cosmic.alerts.records import Severity, Signal
from cosmic.catalogue import Catalogue
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Ingest, JudgedPage, Sky
from cosmic.settings import PipelineOptions
from tasks import intake
from tasks.alerts import take
from tests.alerts.receivers import web_hook

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FAILS = Signal("run", "ingest", True, Severity.ERROR, "ingest ended", source="run 2")
SOUND = Signal("run", "ingest", False)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[JudgedPage, ...]]:
    """Three nights as they are judged: no clock has a part in that."""
    home, limits = Home(tmp_path_factory.mktemp("nights"), Sky.SIMULATED), Settings().limits
    judged = []
    for night in range(3):
        pages = intake.fetch.fn(PipelineOptions(rows=1000, seed=6, night=night, home=home.root), folder=home.pages)
        judged.append(tuple(intake.judge.fn(page, limits=limits, folder=home.judged) for page in pages))
    return judged


def bring(judged: tuple[JudgedPage, ...], *, home: Home, url: str, now: datetime) -> Ingest:
    """Store a night at a time that the clock gives."""
    with Catalogue.open(url, sky=home.sky, lock_folder=home.locks, clock=lambda: now) as catalogue:
        return catalogue.ingest(judged)


@pytest.mark.parametrize("wrong", [DAY, -DAY], ids=["a day ahead", "a day behind"])
def test_a_run_with_a_wrong_clock_between_two_with_a_right_one(
    database_url: str, nights: list[tuple[JudgedPage, ...]], tmp_path: Path, wrong: timedelta
) -> None:
    home, right = Home(tmp_path / "home", Sky.SIMULATED), Home(tmp_path / "right", Sky.SIMULATED)
    undisturbed = [bring(night, home=right, url=f"sqlite:///{tmp_path / 'right.db'}", now=NOW) for night in nights]
    with web_hook() as hook:
        settings = Settings(database_url=database_url, alert_urls=hook.address)
        clocks = [NOW, NOW + HOUR + wrong, NOW + 2 * HOUR]
        for night, (now, signal) in enumerate(zip(clocks, (SOUND, FAILS, SOUND), strict=True)):
            done = bring(nights[night], home=home, url=database_url, now=now)
            take((signal,), home=home, settings=settings, now=now)
            assert done.state == undisturbed[night].state
        assert hook.titles == ["Cosmic, error: run of ingest", "Cosmic: run of ingest is sound again"]
        with Catalogue.open(database_url, sky=home.sky, lock_folder=home.locks) as catalogue:
            assert catalogue.counted_before(done) != ()
            assert catalogue.notices.waiting() == ()
            (one,) = catalogue.incidents(open_only=False)
            assert one.recovered is not None
            assert one.recovered >= one.opened
            # the order of ingests is not the clock's
            assert catalogue.standing().id == done.id
