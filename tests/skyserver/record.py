"""The log of what was asked: when, what, with which end; and what tests want to know of it.

Keeps and counts; never decides.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError


@dataclass(frozen=True, slots=True)
class Request:
    """One request and how it ended.

    Parameters
    ----------
    at : float
        When it came, s since the server started.
    seconds : float
        Until the last byte was handed over, s.
    kind : str
        query, cutout, file or other.
    method, path : str
        As they came; without what follows the ``?``.
    release : int
        Data release; 0 where the path names none.
    sql : str
        The statement as it came; "" where there is none.
    status : int
        HTTP status; 0 where the connection was reset, cut off before an answer, or left hanging.
    rows : int
        Rows in the answer.
    sent : int
        Bytes of body that were handed over.
    fault : str
        What went wrong on purpose; "" if nothing did.
    refused : str
        The service's own no, or the database's error; "" if there was none.
    """

    at: float
    seconds: float
    kind: str
    method: str
    path: str
    release: int
    sql: str
    status: int
    rows: int
    sent: int
    fault: str
    refused: str

    @property
    def shards(self) -> frozenset[int]:
        """Plates, or fields, that the statement names by number or by a range of specObjID."""
        return shards_of(self.sql)


class Log:
    """Every request so far, in the order in which answers began: whoever has an answer finds its request here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._forgotten = 0

    def begin(self, request: Request) -> int:
        """Note a request whose answer is about to be sent, and return its number."""
        with self._lock:
            self._requests.append(request)
            return self._forgotten + len(self._requests) - 1

    def end(self, number: int, *, sent: int, seconds: float) -> None:
        """Note how much of the answer was taken, and when."""
        with self._lock:
            if (at := number - self._forgotten) >= 0:
                self._requests[at] = replace(self._requests[at], sent=sent, seconds=seconds)

    def clear(self) -> None:
        """Forget all: what comes from now on is a new run's."""
        with self._lock:
            self._forgotten += len(self._requests)
            self._requests.clear()

    @property
    def requests(self) -> tuple[Request, ...]:
        """All requests but those of the administration, which is never noted."""
        with self._lock:
            return tuple(self._requests)

    @property
    def queries(self) -> tuple[Request, ...]:
        """Requests with SQL in them."""
        return tuple(one for one in self.requests if one.kind == "query")

    @property
    def pages(self) -> tuple[Request, ...]:
        """Queries that are no counts: without GROUP BY and without functions that gather rows."""
        return tuple(one for one in self.queries if not _counts(one.sql))

    @property
    def shards(self) -> frozenset[int]:
        """Plates, or fields, that were asked for by name in pages."""
        return frozenset().union(*(one.shards for one in self.pages))

    def busiest(self, seconds: float = 60.0) -> int:
        """Return the most queries that came within any `seconds`."""
        times = sorted(one.at for one in self.queries)
        return max((bisect_left(times, start + seconds) - at for at, start in enumerate(times)), default=0)

    def as_json(self) -> list[dict[str, object]]:
        """Return all requests as JSON takes them."""
        return [asdict(one) for one in self.requests]


def _counts(sql: str) -> bool:
    parsed = _parsed(sql)
    return parsed is not None and parsed.find(exp.Group, exp.AggFunc) is not None


@cache
def _parsed(sql: str) -> exp.Expression | None:
    try:
        parsed = sqlglot.parse_one(sql, read="tsql")
    except SqlglotError:
        return None
    return parsed if isinstance(parsed, exp.Expression) else None


def shards_of(sql: str) -> frozenset[int]:
    """Return the plates or fields that a statement names.

    `plate = 266`, `plate IN (266, 267)`, `plate BETWEEN 266 AND 270`, and the same of `field`. A range of specObjID
    with both ends names the plates in it where those are no more than 50: a wider one pages through, and names none.
    """
    parsed = _parsed(sql)
    found: set[int] = set()
    low, high = 0, 0
    for node in parsed.walk() if parsed else ():
        column = node.args.get("this")
        name = column.name.lower() if isinstance(column, exp.Column) else ""
        if name in ("plate", "field"):
            if isinstance(node, exp.EQ):
                found |= _numbers([node.expression])
            elif isinstance(node, exp.In):
                found |= _numbers(node.expressions)
            elif isinstance(node, exp.Between):
                found |= set(range(_number(node.args["low"]), _number(node.args["high"]) + 1))
        elif name == "specobjid":
            if isinstance(node, (exp.GT, exp.GTE)):
                low = max(low, _number(node.expression) + isinstance(node, exp.GT))
            elif isinstance(node, (exp.LT, exp.LTE)):
                high = _number(node.expression) - isinstance(node, exp.LT)
            elif isinstance(node, exp.Between):
                low, high = _number(node.args["low"]), _number(node.args["high"])
    if 0 < low <= high and (high >> 50) - (low >> 50) < 50:
        found |= set(range(low >> 50, (high >> 50) + 1))
    return frozenset(found)


def _numbers(nodes: Iterable[exp.Expression]) -> set[int]:
    return {number for number in map(_number, nodes) if number}


def _number(node: exp.Expression) -> int:
    """A whole number as it stands in a statement; 0 for anything else."""
    return int(node.name) if isinstance(node, exp.Literal) and node.name.isdigit() else 0
