"""Misbehaviour on demand: what to do wrong, on which requests, how often. A small value, and who keeps count.

Decides and transforms; sends nothing. Every decision follows from the fault, its seed and the number of the request
that matches it, so the same requests in the same order meet the same faults.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


class Wrong(StrEnum):
    """What can go wrong."""

    UNAVAILABLE = "503"
    """Status 503 with the load balancer's page."""
    INTERNAL = "500"
    """Status 500 with the web service's JSON."""
    HTML = "html"
    """The load balancer's page with status 200."""
    ERROR_PAGE = "error-page"
    """The web form's page with status 200 and no message in it."""
    ERROR_MESSAGE = "error-message"
    """A table of one column, error_message, with status 200."""
    THROTTLED = "throttled"
    """The same, with the words for too many queries a minute."""
    CUT = "cut"
    """A body that ends before its Content-Length."""
    SHORT = "short"
    """A body that ends in the middle of a row, with a Content-Length that fits it."""
    RESET = "reset"
    """The connection is reset before a word of answer."""
    SLOW = "slow"
    """The body comes in small pieces over `seconds`."""
    HANG = "hang"
    """Nothing comes for `seconds`; then the connection is closed."""
    EMPTY = "empty"
    """No rows where there are some."""
    CAPPED = "capped"
    """Only the first `rows` rows."""
    RENAMED = "renamed"
    """A column has another name."""
    RETYPED = "retyped"
    """A column has another type: ids become floats, numbers become words."""
    CHANGED = "changed"
    """`rows` spectra have another redshift from now on."""
    BLANK = "blank"
    """A cutout without anything in it."""
    SMALL = "small"
    """A cutout of 64 x 64 px, whatever was asked for."""


OF_ROWS = frozenset({Wrong.EMPTY, Wrong.CAPPED, Wrong.RENAMED, Wrong.RETYPED, Wrong.CHANGED})
"""What goes wrong with rows: only queries meet it."""
OF_IMAGES = frozenset({Wrong.BLANK, Wrong.SMALL})
"""What goes wrong with images: only cutouts meet it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Parameters
    ----------
    name : Wrong
        What.
    matching : str
        Regular expression that path and SQL of a request must contain, without regard to letter case; "" for all.
    after : int
        Matching requests that are left alone first.
    times : int, optional
        How often it happens; None for ever.
    chance : float
        Probability with which a request that could meet it does.
    seed : int
        For `chance`.
    seconds : float
        For slow and hang, s.
    share : float
        For cut and short: how much of the body is sent.
    rows : int
        For capped and changed.
    column : str
        For renamed and retyped; the first one by default.
    """

    name: Wrong
    matching: str = ""
    after: int = 0
    times: int | None = 1
    chance: float = 1.0
    seed: int = 0
    seconds: float = 2.0
    share: float = 0.5
    rows: int = 10
    column: str = ""

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Return the fault of a text such as ``cut`` or ``503:times=2,after=1,matching=SpecObj``.

        Raises
        ------
        ValueError
            If there is no such fault or setting.
        """
        name, _, rest = text.partition(":")
        settings = dict(one.split("=", 1) for one in rest.split(",") if one)
        return cls.of({"name": name, **settings})

    @classmethod
    def of(cls, settings: dict[str, object]) -> Fault:
        """Return the fault of settings as a form or JSON gives them; numbers may be text, ``times=always`` is None."""
        kinds: dict[str, Any] = {
            one.name: type(one.default) for one in fields(cls) if one.name not in ("name", "times")
        }
        if unknown := sorted(set(settings) - set(kinds) - {"name", "times"}):
            raise ValueError(f"A fault has no setting {', '.join(unknown)}: there are {', '.join(kinds)} and times.")
        try:
            name = Wrong(str(settings["name"]))
        except (KeyError, ValueError):
            raise ValueError(f"No fault {settings.get('name')!r}: there are {', '.join(Wrong)}.") from None
        made: dict[str, Any] = {key: kinds[key](value) for key, value in settings.items() if key in kinds}
        times = settings.get("times", 1)
        return cls(name, times=None if times in (None, "always") else int(str(times)), **made)


def at_random(
    chance: float, *, seed: int, names: Iterable[Wrong] = tuple(Wrong), seconds: float = 0.3, matching: str = ""
) -> tuple[Fault, ...]:
    """Return faults of which each request meets about `chance` in all, in a seeded order, for ever."""
    chosen = tuple(names)
    each = 1 - (1 - chance) ** (1 / len(chosen))
    return tuple(Fault(name, matching=matching, times=None, chance=each, seed=seed, seconds=seconds) for name in chosen)


class Mischief:
    """Keeps count of which faults are still to come."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Count] = [_Count(fault) for fault in faults]

    def add(self, *faults: Fault) -> None:
        """Have these happen too, after those that were there."""
        with self._lock:
            self._waiting += [_Count(fault) for fault in faults]

    def clear(self) -> None:
        """Behave from now on."""
        with self._lock:
            self._waiting.clear()

    @property
    def left(self) -> tuple[Fault, ...]:
        """Faults that can still happen."""
        with self._lock:
            return tuple(one.fault for one in self._waiting if not one.spent)

    def draw(self, kind: str, text: str) -> Fault | None:
        """Return what goes wrong with a request, at most one thing; `kind` is query, cutout or file."""
        with self._lock:
            for one in self._waiting:
                if one.meets(kind, text):
                    return one.fault
        return None


@dataclass(slots=True)
class _Count:
    fault: Fault
    matched: int = 0
    struck: int = 0

    @property
    def spent(self) -> bool:
        return self.fault.times is not None and self.struck >= self.fault.times

    def meets(self, kind: str, text: str) -> bool:
        """Count a request, and say whether it is the one."""
        fault = self.fault
        if (fault.name in OF_ROWS and kind != "query") or (fault.name in OF_IMAGES and kind != "cutout"):
            return False
        if self.spent or not re.search(fault.matching, text, re.IGNORECASE):
            return False
        self.matched += 1
        if self.matched <= fault.after:
            return False
        if fault.chance < 1 and random.Random(f"{fault.seed} {fault.name} {self.matched}").random() >= fault.chance:
            return False
        self.struck += 1
        return True


def spoil(rows: pa.Table, names: Sequence[str], fault: Fault) -> tuple[pa.Table, tuple[str, ...]]:
    """Return rows and names as a fault of rows leaves them."""
    lower = [name.lower() for name in names]
    at = lower.index(fault.column.lower()) if fault.column.lower() in lower else 0
    if fault.name is Wrong.EMPTY:
        return rows.slice(0, 0), tuple(names)
    if fault.name is Wrong.CAPPED:
        return rows.slice(0, fault.rows), tuple(names)
    if fault.name is Wrong.RENAMED:
        return rows, (*names[:at], f"{names[at]}_2", *names[at + 1 :])
    if fault.name is Wrong.RETYPED:
        old = rows.column(at)
        whole = pa.types.is_integer(old.type) or pa.types.is_decimal(old.type)
        new = pc.cast(old, pa.float64(), safe=False) if whole else pa.array(["unknown"] * rows.num_rows)
        columns = [new if place == at else rows.column(place) for place in range(rows.num_columns)]
        return pa.Table.from_arrays(columns, names=[str(place) for place in range(rows.num_columns)]), tuple(names)
    return rows, tuple(names)
