"""What the service does to a query before the database sees it: cleans, refuses, puts in TOP, counts to 60 a minute.

Pure functions of text, and a counter; knows no tables. Source: spExecuteSQL (sqlloader, spSQLSupport.sql) and the
settings of the web site (SkyServer-DR13, Web.config.example).
"""

from __future__ import annotations

import re
import threading
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The service's limits, with the values that it publishes.

    Parameters
    ----------
    rows : int
        Most rows of an answer: a larger TOP is refused, a missing one put in silently.
    queries : int
        Queries within `minute` seconds; one more is refused. (The survey's own code lets one more through.)
    minute : float
        Length of a minute, s: for tests.
    query_string : int
        Most characters after the ``?`` of an address.
    statement : int
        Characters of SQL after which the rest is cut off silently.
    """

    rows: int = 500_000
    queries: int = 60
    minute: float = 60.0
    query_string: int = 2048
    statement: int = 8000


class Refusal(Exception):
    """The service's own no: a table of one column, error_message, with status 200."""


def clean(statement: str) -> str:
    """Return a statement as the service runs it: no comments, tabs, line ends or semicolons, nothing that writes."""
    text = re.sub(r"/\*.*?\*/", "", statement, flags=re.DOTALL)
    text = re.sub(r"--[^\r\n]*", "", text)
    text = re.sub(r"[ \t\f\v\r\n]+", " ", text).strip() + " "
    text = re.sub(r" ?; ?", "#", text) if ";" in text else text
    text = re.sub(r"[. ](?:xp|sp|fn|ms|dt)_", "#", text, flags=re.IGNORECASE)
    return _break_second_selects(text)


def limited(statement: str, limits: Limits) -> str:
    """Return a cleaned statement with a TOP in it.

    Raises
    ------
    Refusal
        If it is no SELECT, or its TOP is above the limit, below 1 or no plain number.
    """
    if not re.match(r"\s*select ", statement, re.IGNORECASE):
        raise Refusal(f"error: must be a select statement: {statement}")
    head = re.match(r"\s*select\s+(?:all\s+)?(?:distinct\s+)?", statement, re.IGNORECASE)
    assert head is not None
    rest = statement[head.end() :]
    top = f" top {limits.rows} "
    if not re.match(r"top ", rest, re.IGNORECASE):
        return f"{statement[: head.end()]}{top.lstrip()}{rest}"
    asked = rest[4:].lstrip().split(" ", 1)[0]
    if not re.fullmatch(r"\d{1,18}", asked) or not 1 <= int(asked) <= limits.rows:
        raise Refusal(f"error: limit is {top}{statement}")
    return statement


class Throttle:
    """Counts queries in a sliding minute. All of loopback is one caller."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._times: deque[float] = deque()
        self._lock = threading.Lock()

    def count(self, statement: str, *, now: float) -> None:
        """Count a query that came at `now`, s; refuse it where the minute is full. A refused one does not count."""
        with self._lock:
            while self._times and self._times[0] <= now - self._limits.minute:
                self._times.popleft()
            if len(self._times) >= self._limits.queries:
                raise Refusal(
                    f"ERROR: Maximum {self._limits.queries} queries allowed per minute. Rejected query: {statement}"
                )
            self._times.append(now)


def _break_second_selects(text: str) -> str:
    """Make unions fail: a further ``select`` may only follow an opening bracket."""
    first = re.match(r"\s*select ", text, re.IGNORECASE)
    start = first.end() if first else 0
    return text[:start] + re.sub(r"(?<!\()(?<!\( )\bselect ", "#", text[start:], flags=re.IGNORECASE)
