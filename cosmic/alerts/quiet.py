"""Hours in which people are left alone, and when they end. Knows no clock of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cosmic.alerts.records import Severity


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of day to another, past midnight where the second is the earlier one, in a time zone."""

    begin: time
    end: time
    zone: ZoneInfo

    @classmethod
    def read(cls, text: str, zone: str) -> Self:
        """Return the hours of a text such as ``22:00-07:00``.

        Raises
        ------
        ValueError
            If the text or the zone means nothing.
        """
        found = re.fullmatch(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", text.strip())
        if found is None:
            raise ValueError(f"{text!r} is no span of hours; it takes one such as 22:00-07:00")
        first, second, third, fourth = map(int, found.groups())
        try:
            return cls(time(first, second), time(third, fourth), ZoneInfo(zone))
        except (ZoneInfoNotFoundError, ValueError) as exc:
            raise ValueError(f"{text!r} in {zone!r}: {exc}") from exc

    def due(self, now: datetime, severity: Severity) -> datetime:
        """Return when something may be told: now, or when the quiet hours end. What is critical is told at once."""
        local = now.astimezone(self.zone)
        if severity is Severity.CRITICAL or not self._within(local.time()):
            return now
        day = local.date() + timedelta(days=0 if local.time() < self.end else 1)
        # the wall clock's end, whatever is done to clocks that night
        return datetime.combine(day, self.end, tzinfo=self.zone).astimezone(UTC)

    def _within(self, at: time) -> bool:
        if self.begin <= self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end
