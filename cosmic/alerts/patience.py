"""When a notice may go: not in quiet hours, and after an address failed not before a wait that grows. Reads no clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cosmic.alerts.quiet import QuietHours
from cosmic.alerts.records import Notice

FIRST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=6)


def wait(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts in vain: a minute, doubled each time, up to six hours."""
    return min(LONGEST, FIRST * 2 ** min(attempts - 1, 20)) if attempts else timedelta()


def is_due(notice: Notice, *, now: datetime) -> bool:
    """Return whether it is time to try a notice; one that would wait longer than any wait had a clock that was ahead."""
    return notice.due <= now or notice.due - now > wait(notice.attempts)


def held_back(notice: Notice, *, now: datetime, quiet: QuietHours | None) -> bool:
    """Return whether quiet hours keep people from this notice now."""
    return quiet is not None and quiet.due(now, notice.severity) > now
