"""Addresses that are dead, slow or refuse cost one attempt a round and a growing wait, and nobody hears of an end alone."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cosmic.alerts.desk import Desk
from cosmic.alerts.patience import LONGEST, wait
from cosmic.alerts.quiet import QuietHours
from cosmic.alerts.records import Severity, Signal
from cosmic.catalogue import Catalogue
from cosmic.records import Sky
from tests.alerts.receivers import mail_server, web_hook

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def here(sqlite_url: str, tmp_path: Path) -> Catalogue:
    """One catalogue, in SQLite: what is shown here does not depend on the database."""
    return Catalogue.open(sqlite_url, sky=Sky.REAL, lock_folder=tmp_path / "locks")


def fails(check: str = "colours", severity: Severity = Severity.ERROR, source: str = "7") -> Signal:
    return Signal(check, "objects", True, severity, "u and g are swapped", source=source)


def sound(check: str = "colours") -> Signal:
    return Signal(check, "objects", False)


def test_a_dead_address_is_tried_once_a_round_and_less_and_less_often(catalogue: Catalogue) -> None:
    with web_hook() as hook:
        hook.status = 500
        desk = Desk((hook.address,))
        desk.take([fails(f"check {n}") for n in range(10)], catalogue=catalogue, now=NOW)
        asked = []
        for minute in range(32):
            desk.flush(catalogue, now=NOW + minute * MINUTE)
            asked.append(hook.asked)
        assert [at for at in range(32) if asked[at] != (asked[at - 1] if at else 0)] == [0, 1, 3, 7, 15, 31]
        assert hook.asked == 6
        assert {one.attempts for one in catalogue.notices.waiting()} == {6}
        assert "status 500" in (catalogue.notices.waiting()[0].last_error or "")
        desk.flush(catalogue, now=NOW + 32 * MINUTE, at_once=True)
        assert hook.asked == 7
        hook.status = 200
        desk.flush(catalogue, now=NOW + DAY)
        assert len(hook.posts) == 10
        assert catalogue.notices.waiting() == ()


def test_waits_grow_to_six_hours_and_no_further() -> None:
    assert [wait(n) / MINUTE for n in (0, 1, 2, 3, 9, 10, 1000)] == [0, 1, 2, 4, 256, 360, 360]
    assert wait(1000) == LONGEST


def test_a_hook_that_hangs_is_given_up_in_time_and_holds_up_nobody(here: Catalogue) -> None:
    with web_hook() as slow, web_hook() as good:
        slow.seconds = 1.5
        desk = Desk((f"{slow.address}?rto=0.3", good.address))
        desk.take([fails("a"), fails("b"), fails("c")], catalogue=here, now=NOW)
        began = time.monotonic()
        found = desk.flush(here, now=NOW)
        assert time.monotonic() - began < 1.5
        assert [one.error is None for one in found] == [False, True, True, True]
        assert "cannot be reached" in (found[0].error or "")
        assert (slow.asked, len(good.posts)) == (1, 3)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # of the mail server, on loopback
def test_a_mail_server_that_refuses_the_password_is_told_apart_from_nothing_and_tells_no_password(
    here: Catalogue,
) -> None:
    with mail_server(password="right") as mail:
        refused = Desk((mail.address.replace("mailto://", "mailto://night:S3cret@"),))
        refused.take([fails()], catalogue=here, now=NOW)
        (found,) = refused.flush(here, now=NOW)
        assert found.error is not None
        assert (mail.asked > 0, mail.mails) == (True, [])
        assert "S3cret" not in f"{found} {here.notices.waiting()}"
        mended = Desk((mail.address.replace("mailto://", "mailto://night:right@"),))
        assert [one.error for one in mended.flush(here, now=NOW + MINUTE)] == [None]
        assert len(mail.mails) == 1


def test_the_end_is_told_where_the_beginning_was(catalogue: Catalogue) -> None:
    with web_hook() as first, web_hook() as later:
        Desk().take([fails("before anybody was named")], catalogue=catalogue, now=NOW)
        Desk((first.address,)).take([fails()], catalogue=catalogue, now=NOW)
        Desk((first.address,)).flush(catalogue, now=NOW)
        both = Desk((first.address, later.address))
        both.take([sound(), sound("before anybody was named")], catalogue=catalogue, now=NOW + MINUTE)
        both.flush(catalogue, now=NOW + MINUTE)
        assert first.titles == ["Cosmic, error: colours of objects", "Cosmic: colours of objects is sound again"]
        assert later.titles == []
        assert catalogue.notices.waiting() == ()


def test_an_address_that_was_dead_hears_of_the_beginning_first_and_then_of_the_end(here: Catalogue) -> None:
    with web_hook() as hook:
        hook.status = 503
        desk = Desk((hook.address,))
        for at, signal in enumerate((fails(), sound())):
            desk.take([signal], catalogue=here, now=NOW + at * MINUTE)
            desk.flush(here, now=NOW + at * MINUTE)
        assert (hook.asked, len(here.notices.waiting())) == (2, 2)
        hook.status = 200
        desk.flush(here, now=NOW + 10 * MINUTE)
        assert hook.titles == ["Cosmic, error: colours of objects", "Cosmic: colours of objects is sound again"]
        assert here.notices.waiting() == ()


def test_whose_password_was_changed_meanwhile_hears_of_the_end(here: Catalogue) -> None:
    with web_hook() as hook:
        Desk((hook.address,)).take([fails()], catalogue=here, now=NOW)
        Desk((hook.address,)).flush(here, now=NOW)
        changed = Desk((f"{hook.address}?+key=new",))
        changed.take([sound()], catalogue=here, now=NOW + MINUTE)
        changed.flush(here, now=NOW + MINUTE)
        assert len(hook.posts) == 2


def test_an_open_incident_is_told_again_after_so_long_and_no_more_once_it_is_over(catalogue: Catalogue) -> None:
    with web_hook() as hook:
        desk = Desk((hook.address,), remind=DAY)
        desk.take([fails()], catalogue=catalogue, now=NOW)
        for hour in range(0, 60, 6):
            desk.flush(catalogue, now=NOW + timedelta(hours=hour))
        desk.take([sound()], catalogue=catalogue, now=NOW + timedelta(hours=60))
        for hour in range(60, 120, 6):
            desk.flush(catalogue, now=NOW + timedelta(hours=hour))
        again = "Cosmic, error: colours of objects still fails"
        assert hook.titles == [
            "Cosmic, error: colours of objects", again, again, "Cosmic: colours of objects is sound again",
        ]  # fmt: skip
        assert Desk((hook.address,)).flush(catalogue, now=NOW + 9 * DAY) == ()


@pytest.mark.parametrize("wrong", [DAY, -DAY], ids=["a day ahead", "a day behind"])
def test_a_clock_that_is_a_day_off_loses_doubles_and_delays_nothing(catalogue: Catalogue, wrong: timedelta) -> None:
    with web_hook() as hook:
        desk = Desk((hook.address,), QuietHours.read("01:00-02:00", "UTC"), DAY * 3)
        desk.take([fails()], catalogue=catalogue, now=NOW + wrong)
        hook.status = 500
        desk.flush(catalogue, now=NOW + wrong)  # in vain: it would wait until a minute after
        hook.status = 200
        desk.flush(catalogue, now=NOW + 2 * MINUTE)  # the clock is right again
        assert hook.titles == ["Cosmic, error: colours of objects"]
        desk.take([sound()], catalogue=catalogue, now=NOW + 3 * MINUTE)
        desk.flush(catalogue, now=NOW + 3 * MINUTE)
        assert hook.titles[1:] == ["Cosmic: colours of objects is sound again"]
        (one,) = catalogue.incidents(open_only=False)
        assert one.recovered is not None
        assert one.opened <= one.last_seen <= one.recovered
        desk.take([fails(source="8")], catalogue=catalogue, now=NOW + 4 * MINUTE)
        desk.flush(catalogue, now=NOW + 4 * MINUTE)
        assert len(hook.posts) == 3
        assert [one.number for one in catalogue.incidents()] == [2]
