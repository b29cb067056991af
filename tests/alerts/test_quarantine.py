"""Rows in quarantine are told where more came than by chance; ordinary flaws are no alarm, and a fault that stays is one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cosmic.alerts.quarantine import Arrived, Counted, counted, signals_of
from cosmic.alerts.records import Signal
from cosmic.contracts import REPEATS
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import CatalogueId, Ingest, Sky
from cosmic.settings import PipelineOptions
from tasks import intake

DONE = Ingest("c", CatalogueId("x"), 2000, 1980, 20, inserted=1980, updated=0, unchanged=0, state="s")
EARLIER = (Counted(2000, 12, 0), Counted(2000, 15, 0), Counted(2000, 20, 0))


def failing(done: Ingest, earlier: tuple[Counted, ...] = EARLIER, most: float = 0.05) -> tuple[Signal, ...]:
    return tuple(one for one in signals_of(Arrived(done, "objects", most), earlier=earlier) if one.failing)


def test_ordinary_flaws_are_no_alarm_and_both_checks_are_said_to_be_sound() -> None:
    found = signals_of(Arrived(replace(DONE, reasons={"u: -9999": 20}), "objects", 0.05), earlier=EARLIER)
    assert [(one.check, one.failing) for one in found] == [("rows-quarantined", False), ("rows-repeated", False)]


def test_faults_and_repeats_are_told_apart() -> None:
    burst = replace(DONE, reasons={"u: -9999": 90, "g: -9999": 4}, quarantined=90)
    (signal,) = failing(burst)
    assert (signal.check, signal.rows, signal.source) == ("rows-quarantined", 90, "c")
    assert "u: -9999 (90)" in signal.summary
    stripe = replace(DONE, reasons={"u: -9999": 12, REPEATS: 120}, quarantined=132)
    assert [(one.check, one.rows) for one in failing(stripe)] == [("rows-repeated", 120)]


def test_the_first_ingest_is_held_against_the_setting_alone() -> None:
    many = replace(DONE, reasons={"u: -9999": 90}, quarantined=90)
    assert failing(many, ()) == ()
    assert [one.check for one in failing(many, (), most=0.04)] == ["rows-quarantined"]


def test_a_small_change_among_very_many_rows_is_no_alarm() -> None:
    earlier = (Counted(500_000, 5_000, 0),) * 5
    many = replace(DONE, rows=500_000, quarantined=6_000, reasons={"u: -9999": 6_000})
    assert failing(many, earlier) == ()
    assert failing(replace(many, quarantined=8_000), earlier) != ()


def test_a_fault_that_stays_is_not_taken_for_usual() -> None:
    bad = replace(DONE, reasons={"u: -9999": 80}, quarantined=80)
    assert failing(bad, EARLIER + (Counted(2000, 80, 0),) * 20) != ()
    assert failing(bad, (Counted(2000, 80, 0),) * 20) == ()


def test_no_row_says_nothing_and_a_row_with_two_reasons_counts_once() -> None:
    assert signals_of(Arrived(replace(DONE, rows=0, quarantined=0), "objects", 0.05), earlier=EARLIER) == ()
    assert counted(100, 30, {"u: -9999": 30, "g: -9999": 30, REPEATS: 5}) == Counted(100, 25, 5)


@pytest.mark.slow
def test_earlier_ingests_are_those_of_the_same_kinds_of_pages_in_their_order(database_url: str, tmp_path: Path) -> None:
    from cosmic.catalogue import open_catalogue

    home, limits = Home(tmp_path / "home", Sky.SIMULATED), Settings().limits
    done: list[Ingest] = []
    settings = Settings(database_url=database_url)
    for night in range(3):
        options = PipelineOptions(rows=1000, night=night, home=home.root)
        pages = intake.fetch.fn(options, folder=home.pages)
        judged = tuple(intake.judge.fn(page, limits=limits, folder=home.judged) for page in pages)
        with open_catalogue(home, settings) as catalogue:
            done.append(catalogue.ingest(judged))
    with open_catalogue(home, settings) as catalogue:
        before = catalogue.counted_before(done[2])
        assert before == tuple(counted(one.rows, one.quarantined, one.reasons) for one in done[:2])
        assert catalogue.counted_before(done[2], most=1) == before[1:]
        assert catalogue.counted_before(replace(done[2], rounds=(done[1].id, done[2].id))) == before[:1]
        assert catalogue.counted_before(catalogue.untouched()) == ()
