"""Contracts: what tables must be like, and judging pages by it. Great Expectations is imported in `engine` alone."""

from cosmic.contracts.faults import REPEATS
from cosmic.contracts.judging import Judgement, demand_good_page, judge
from cosmic.contracts.pages import Limits
from cosmic.contracts.profile import PageProfile
from cosmic.contracts.report import CheckResult, Example, QualityReport
from cosmic.contracts.rowtext import row_texts, rows_from_texts
from cosmic.contracts.suite import (
    VALUE,
    Among,
    Between,
    Implied,
    NotAmong,
    Present,
    RowCheck,
    Shape,
    Suite,
    Unique,
    Where,
)

__all__ = [
    "REPEATS",
    "VALUE",
    "Among",
    "Between",
    "CheckResult",
    "Example",
    "Implied",
    "Judgement",
    "Limits",
    "NotAmong",
    "PageProfile",
    "Present",
    "QualityReport",
    "RowCheck",
    "Shape",
    "Suite",
    "Unique",
    "Where",
    "demand_good_page",
    "judge",
    "row_texts",
    "rows_from_texts",
]
