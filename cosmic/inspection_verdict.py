"""What an inspection needs to be told of a contract, since it knows none by name. Judges nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from cosmic.sources.base import ParsedPage


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a contract says of a page.

    Parameters
    ----------
    quarantined : int
        Rows that would be set aside.
    reasons : dict of str to int
        Those rows by reason; a row with two counts under both.
    problems : tuple of str
        What is wrong with the page as a whole, for which none of its rows would go on.
    """

    quarantined: int
    reasons: dict[str, int]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and the rows that passed: with ``row_number`` and the columns of the page."""

    verdict: Verdict
    valid: pa.Table


Judge = Callable[[ParsedPage], Judged]
