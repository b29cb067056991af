"""A late run and a schedule that did not fire are told; a run that waits for its turn, or a young schedule, is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cosmic.alerts.schedules import LATE, MISSED, Scheduled, judge_schedules

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PATIENCE = timedelta(minutes=15)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def failing(one: Scheduled) -> set[str]:
    signals = judge_schedules([one], patience=PATIENCE, now=NOW)
    assert {signal.check for signal in signals} == {LATE, MISSED}, "what is sound closes its incident"
    assert {signal.table for signal in signals} == {one.name}
    return {signal.check for signal in signals if signal.failing}


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (Scheduled("retrain"), set()),
        (Scheduled("retrain", waiting=ago(14)), set()),
        (Scheduled("retrain", waiting=ago(16)), {LATE}),
        (Scheduled("retrain", waiting=ago(600), busy=True), set()),
        (Scheduled("retrain", last_due=ago(5)), set()),
        (Scheduled("retrain", last_due=ago(16)), {MISSED}),
        (Scheduled("retrain", last_due=ago(16), last_run=ago(16)), set()),
        (Scheduled("retrain", last_due=ago(16), last_run=ago(1456)), {MISSED}),
        (Scheduled("retrain", waiting=ago(16), last_due=ago(16), last_run=ago(16)), {LATE}),
    ],
)
def test_what_is_late(one: Scheduled, told: set[str]) -> None:
    assert failing(one) == told


def test_people_are_told_what_was_due_when_and_what_to_do() -> None:
    (late,) = (
        one
        for one in judge_schedules([Scheduled("ingest", waiting=ago(90))], patience=PATIENCE, now=NOW)
        if one.failing
    )
    assert "ingest was due at 2026-03-02 10:30 UTC" in late.summary
    assert "make serve" in late.summary
    again = judge_schedules([Scheduled("ingest", waiting=ago(90))], patience=PATIENCE, now=NOW + PATIENCE)
    assert {one.source for one in again} >= {late.source}, "the same late run counts once"
