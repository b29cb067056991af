"""The time, as a parameter: what needs it takes a `Clock`, so that a test can give its own. Reads nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present time with its time zone."""


def utc_now() -> datetime:
    """Return the present time in UTC: the clock outside tests."""
    return datetime.now(UTC)
