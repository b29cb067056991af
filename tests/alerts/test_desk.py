"""Notices reach real servers, once each, also after a death between keeping and sending; no address is ever told."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cosmic.alerts.desk import Desk
from cosmic.alerts.quiet import QuietHours
from cosmic.alerts.records import Kind, Severity, Signal
from cosmic.alerts.sending import check_addresses
from cosmic.catalogue import Catalogue
from cosmic.errors import ConfigError
from tests.alerts.receivers import mail_server, web_hook

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FAILS = Signal(
    "colours", "objects", True, Severity.ERROR, "u and g are swapped in page 7; ask the survey", rows=1_250, source="7"
)
SOUND = Signal("colours", "objects", False)


def test_opened_escalated_and_recovered_are_told_once_each_by_mail_and_by_web_hook(catalogue: Catalogue) -> None:
    with web_hook() as hook, mail_server() as mail:
        desk = Desk((hook.address, mail.address))
        worse = Signal("colours", "objects", True, Severity.CRITICAL, "it reached the catalogue", source="8")
        for at, signal in enumerate((FAILS, FAILS, worse, worse, SOUND, SOUND)):
            now = NOW + timedelta(hours=at)
            desk.take([signal], catalogue=catalogue, now=now)
            desk.flush(catalogue, now=now)
        assert hook.titles == [
            "Cosmic, error: colours of objects",
            "Cosmic, critical: colours of objects got worse",
            "Cosmic: colours of objects is sound again",
        ]
        assert "u and g are swapped in page 7; ask the survey" in hook.posts[0]["message"]
        assert "Rows: 1,250" in hook.posts[0]["message"]
        assert "(4 hours)" in hook.posts[2]["message"]
        assert len(mail.mails) == 3
        assert "Subject: Cosmic, error: colours of objects" in mail.mails[0]
        assert catalogue.notices.waiting() == ()
    assert [(one.number, one.times, one.recovered) for one in catalogue.incidents(open_only=False)] == [
        (1, 2, NOW + timedelta(hours=4))
    ]
    assert catalogue.incidents() == ()


def test_what_a_dead_process_left_is_sent_by_the_next_one(catalogue: Catalogue) -> None:
    with web_hook() as hook:
        desk = Desk((hook.address,))
        desk.take([FAILS], catalogue=catalogue, now=NOW)  # and then nothing more of this process
        assert hook.posts == []
        assert [one.error for one in desk.flush(catalogue, now=NOW + timedelta(days=2))] == [None]
        assert len(hook.posts) == 1
        assert desk.flush(catalogue, now=NOW + timedelta(days=3)) == ()


def test_an_address_that_fails_keeps_no_other_from_its_notice_and_is_tried_again(
    catalogue: Catalogue, caplog: pytest.LogCaptureFixture
) -> None:
    with web_hook() as good, web_hook() as bad, caplog.at_level(logging.DEBUG):
        bad.status = 503
        secret = bad.address.replace("127.0.0.1", "night:S3cret@127.0.0.1").replace("/hook", "/t0ken")
        desk = Desk((secret, good.address))
        desk.take([FAILS], catalogue=catalogue, now=NOW)
        first = desk.flush(catalogue, now=NOW)
        assert [one.error is None for one in first] == [False, True]
        assert "status 503" in (first[0].error or "")
        assert (len(good.posts), len(bad.posts)) == (1, 0)
        left = catalogue.notices.waiting()[0]
        assert left.attempts == 1
        bad.status = 200
        desk.flush(catalogue, now=NOW + timedelta(minutes=1))
        assert (len(good.posts), len(bad.posts)) == (1, 1)
    kept = f"{left} {first} {desk!r} {caplog.text}"
    assert "S3cret" not in kept
    assert "t0ken" not in kept


def test_quiet_hours_hold_back_what_is_not_critical_and_lose_nothing(catalogue: Catalogue) -> None:
    night = datetime(2026, 3, 1, 23, tzinfo=UTC)
    with web_hook() as hook:
        desk = Desk((hook.address,), QuietHours.read("22:00-07:00", "UTC"))
        critical = Signal("lost", "objects", True, Severity.CRITICAL, "rows are gone")
        desk.take([FAILS, critical], catalogue=catalogue, now=night)
        desk.flush(catalogue, now=night)
        assert hook.titles == ["Cosmic, critical: lost of objects"]
        desk.flush(catalogue, now=night + timedelta(hours=7, minutes=59))
        assert len(hook.posts) == 1
        desk.flush(catalogue, now=night + timedelta(hours=8))
        assert len(hook.posts) == 2


def test_while_the_catalogue_is_gone_people_are_told_once_and_it_knows_later(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    with web_hook() as hook:
        desk, gone = (
            Desk((hook.address,)),
            Signal("source", "objects", True, Severity.WARNING, "the database does not answer"),
        )
        for at in range(3):
            desk.take_without([gone], folder=tmp_path, where="postgresql", now=NOW + timedelta(minutes=at))
        assert len(hook.posts) == 1
        opened = desk.take_kept(catalogue, folder=tmp_path)
        assert [one.kind for one in opened] == [Kind.OPENED]
        assert opened[0].incident.opened == NOW
        desk.take([Signal("source", "objects", False)], catalogue=catalogue, now=NOW + timedelta(hours=1))
        desk.flush(catalogue, now=NOW + timedelta(hours=1))
        assert hook.titles == ["Cosmic, warning: source of objects", "Cosmic: source of objects is sound again"]
        assert list(tmp_path.glob("*.json")) == []


def test_without_an_address_incidents_are_kept_and_nothing_waits(catalogue: Catalogue) -> None:
    Desk().take([FAILS], catalogue=catalogue, now=NOW)
    assert [one.name for one in catalogue.incidents()] == ["colours of objects, no. 1"]
    assert catalogue.notices.waiting() == ()


def test_an_address_that_no_service_knows_is_named_by_its_place_alone() -> None:
    with pytest.raises(ConfigError, match="address 2 of 2") as refused:
        check_addresses(["json://127.0.0.1/x", "hunter2-is-no-address"])
    assert "hunter2" not in str(refused.value)
