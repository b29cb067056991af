"""Quiet hours hold back what is not critical until they end, past midnight and in any time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmic.alerts.quiet import QuietHours
from cosmic.alerts.records import Severity

BERLIN = QuietHours.read("22:00-07:00", "Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-01-10 20:59", "2026-01-10 20:59"),
        ("2026-01-10 21:00", "2026-01-11 06:00"),  # ten in the evening in Berlin, in winter
        ("2026-01-11 05:59", "2026-01-11 06:00"),
        ("2026-01-11 06:00", "2026-01-11 06:00"),
        ("2026-07-10 20:00", "2026-07-11 05:00"),  # and in summer
        ("2026-03-29 00:30", "2026-03-29 05:00"),  # the night that is an hour shorter
    ],
)
def test_what_comes_in_quiet_hours_is_due_when_they_end(now: str, due: str) -> None:
    when = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert BERLIN.due(when, Severity.ERROR) == datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert BERLIN.due(when, Severity.CRITICAL) == when


@given(st.integers(0, 10 * 365 * 24 * 60), st.sampled_from(["22:00-07:00", "09:00-17:30"]))
def test_nothing_is_due_before_now_or_within_quiet_hours_or_a_day_late(minutes: int, text: str) -> None:
    quiet = QuietHours.read(text, "America/Santiago")
    now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    due = quiet.due(now, Severity.WARNING)
    assert due >= now
    assert (due - now).total_seconds() <= 86_400
    assert quiet.due(due, Severity.WARNING) == due


@pytest.mark.parametrize(
    ("text", "zone"), [("at night", "UTC"), ("25:00-07:00", "UTC"), ("22:00-07:00", "Atlantis/Capital")]
)
def test_hours_and_zones_that_mean_nothing_are_refused(text: str, zone: str) -> None:
    with pytest.raises(ValueError, match=r"22:00-07:00|Atlantis|hour"):
        QuietHours.read(text, zone)
