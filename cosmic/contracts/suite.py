"""What a table must be like, as plain frozen data: checks of rows, of types, and of the shape of a whole page.

Judges nothing and imports no validation library, so that importing a suite costs nothing. Knows no survey table:
suites are written in `expectations/`, one file a table, with the classes below.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from typing import Final, TypeAlias

Value: TypeAlias = str | int | float

VALUE: Final = "{value}"
"""Stands in a reason for the offending value. Only for small vocabularies: reasons are counted by their text."""


@dataclass(frozen=True, slots=True)
class Where:
    """The rows that a check looks at: those whose `column` holds one of `values`, or null where there are none."""

    column: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Present:
    """Every row has a value in the column. NaN counts as none."""

    column: str
    says: str = ""
    where: Where | None = None

    @property
    def reason(self) -> str:
        """Text for the rows that fail."""
        return self.says or f"{self.column}: missing"


@dataclass(frozen=True, slots=True)
class NotAmong:
    """No value is one of these. Null passes."""

    column: str
    values: tuple[Value, ...]
    says: str = ""
    where: Where | None = None

    @property
    def reason(self) -> str:
        """Text for the rows that fail, with `VALUE` in the place of the value."""
        return self.says or f"{self.column}: {VALUE} is a sentinel, not a measurement"


@dataclass(frozen=True, slots=True)
class Among:
    """Every value is one of these. Null passes."""

    column: str
    values: tuple[Value, ...]
    says: str = ""
    where: Where | None = None

    @property
    def reason(self) -> str:
        """Text for the rows that fail, with `VALUE` in the place of the value unless `says` leaves it out."""
        return self.says or f"{self.column}: {VALUE} is not one of {', '.join(map(str, self.values))}"


@dataclass(frozen=True, slots=True)
class Between:
    """Every value lies in an inclusive range. Null passes, infinities do not pass a closed side.

    Parameters
    ----------
    column : str
        A numeric column.
    lo, hi : float or None
        Bounds in `unit`; None leaves a side open.
    unit : str
        For the reason.
    """

    column: str
    lo: float | None = None
    hi: float | None = None
    unit: str = ""
    says: str = ""
    where: Where | None = None

    @property
    def reason(self) -> str:
        """Text for the rows that fail."""
        if self.says:
            return self.says
        unit = f" {self.unit}" if self.unit else ""
        if self.lo is None:
            return f"{self.column}: above {self.hi:g}{unit}"
        if self.hi is None:
            return f"{self.column}: below {self.lo:g}{unit}"
        return f"{self.column}: outside {self.lo:g} to {self.hi:g}{unit}"


@dataclass(frozen=True, slots=True)
class Unique:
    """No two rows share a value. What becomes of those that do is decided by whether all else is equal too."""

    column: str
    where: Where | None = None

    @property
    def reason(self) -> str:
        """Text for rows that share a value and differ elsewhere."""
        return "the same object with different values"


RowCheck: TypeAlias = Present | NotAmong | Among | Between | Unique
"""A check that each row passes or fails. `Suite.rows` holds them in the order in which they name a cell's fault."""


@dataclass(frozen=True, slots=True)
class HasColumn:
    """The page has the column."""

    column: str


@dataclass(frozen=True, slots=True)
class HasType:
    """The column, if the page has it, has this Arrow type."""

    column: str
    type: str


@dataclass(frozen=True, slots=True)
class RowCount:
    """The page has at least so many rows."""

    lo: int


PageCheck: TypeAlias = HasColumn | HasType | RowCount
"""A check that a page as a whole passes or fails."""
Check: TypeAlias = RowCheck | PageCheck


@dataclass(frozen=True, slots=True)
class Implied:
    """A missing `column` is taken to be `value` where `by` holds one of `among`.

    For judging alone: the row itself leaves as it came.
    """

    column: str
    value: str
    by: str
    among: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """Which distributions of a page are measured, and what is believable without any earlier page.

    Parameters
    ----------
    medians : tuple of Between
        Numeric columns whose median is measured, and the range in which a median is believable.
    differences : tuple of (str, str)
        Pairs of columns; the median of first minus second is measured (a colour, for magnitudes).
    loci : tuple of tuple of float
        Points in the space of `differences`, one for each known population. The medians of any mixture of
        populations lie in or near their convex hull; swapped columns, or a zero point that is off, do not.
    shares : tuple of str
        Text columns whose shares of each value are measured.
    sentinels : tuple of float
        Values left out of medians.
    """

    medians: tuple[Between, ...] = ()
    differences: tuple[tuple[str, str], ...] = ()
    loci: tuple[tuple[float, ...], ...] = ()
    shares: tuple[str, ...] = ()
    sentinels: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Suite:
    """The contract of one table.

    Parameters
    ----------
    name : str
        Name of the table, for logs and reports.
    key : str
        Name of the key column that judging adds: an entry of `cosmic.contracts.judging.KEYS`.
    types : tuple of (str, str)
        Every column that a page may have, and its Arrow type as text.
    required : tuple of str
        Columns without which a page is refused.
    rows : tuple of RowCheck
        Checks in order: the first that a cell fails names its fault, so a sentinel is not also out of range.
    implied : tuple of Implied
        What a missing value is taken to be.
    shape : Shape
        Distributions of a whole page.
    """

    name: str
    key: str
    types: tuple[tuple[str, str], ...]
    required: tuple[str, ...]
    rows: tuple[RowCheck, ...]
    implied: tuple[Implied, ...] = ()
    shape: Shape = field(default_factory=Shape)

    @property
    def contract(self) -> str:
        """Version of the contract: sha256 of its content, equal for equal rules on every machine."""
        checks = [[type(check).__name__, asdict(check)] for check in self.rows]
        text = json.dumps({**asdict(self), "rows": checks}, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def for_columns(self, names: Collection[str]) -> Suite:
        """Return the suite with those row checks that a page of these columns can be asked.

        A column counts as there where a present column implies it. What is measured and required stays.
        """
        implied = tuple(rule for rule in self.implied if rule.by in names)
        there = {*names, self.key, *(rule.column for rule in implied)}
        rows = tuple(
            check
            for check in self.rows
            if check.column in there and (check.where is None or check.where.column in there)
        )
        return replace(self, rows=rows, implied=implied)
