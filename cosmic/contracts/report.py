"""What was checked on a page and what was found, as a record that JSON can hold. Computes nothing about rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal, TypeAlias

import pandas as pd

from cosmic.contracts.engine import Json, Outcome
from cosmic.contracts.pages import Finding
from cosmic.contracts.profile import PageProfile
from cosmic.contracts.suite import HasColumn, HasType, RowCount

Severity: TypeAlias = Literal["warning", "critical"]
"""What a failure does: sets rows aside (warning), or refuses the page (critical)."""

_EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A row that failed: its number in the page, and the value that did, as text; None where it had none."""

    row_number: int
    value: str | None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check and what it found.

    Parameters
    ----------
    name : str
        The check in words.
    expectation : str
        The Great Expectations expectation that ran, or ``profile`` for what is read off the page's profile.
    parameters : dict
        Its parameters.
    success : bool
        Whether every row, or the page, passed.
    unexpected : int
        Rows that failed, whatever other check names their fault.
    severity : {"warning", "critical"}
        What a failure does.
    examples : tuple of Example
        The first five rows that failed.
    observed : str or None
        What was found, for checks of the page.
    raised : str or None
        Why the check could not run; then no row of the page passes.
    """

    name: str
    expectation: str
    parameters: dict[str, Json]
    success: bool
    unexpected: int
    severity: Severity
    examples: tuple[Example, ...] = ()
    observed: str | None = None
    raised: str | None = None


@dataclass(frozen=True, slots=True)
class QualityReport:
    """A judged page in numbers. rows = valid + quarantined; `duplicates` of the quarantined are no faults.

    Parameters
    ----------
    suite, contract : str
        Name and version of the contract.
    rows, valid, quarantined : int
        Rows of the page.
    duplicates : int
        Rows that repeat an earlier one exactly, and are in quarantine for nothing else or besides.
    reasons : dict of str to int
        Rows by reason.
    problems : tuple of str
        What is wrong with the page as a whole.
    checks : tuple of CheckResult
        Every check, in order.
    profile : PageProfile
        The page in medians and shares.
    """

    suite: str
    contract: str
    rows: int
    valid: int
    quarantined: int
    duplicates: int
    reasons: dict[str, int]
    problems: tuple[str, ...]
    checks: tuple[CheckResult, ...]
    profile: PageProfile

    def to_json(self) -> str:
        """Return the report as JSON text, equal for equal pages."""
        return json.dumps(asdict(self), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def check_result(outcome: Outcome, *, frame: pd.DataFrame, row_numbers: Sequence[int]) -> CheckResult:
    """Return what an outcome says, with examples from the frame that was checked."""
    check, positions = outcome.check, outcome.positions
    examples: tuple[Example, ...] = ()
    if positions is not None and not isinstance(check, HasColumn | HasType | RowCount):
        first = positions[:_EXAMPLES].tolist()
        values = frame[check.column].iloc[first].tolist() if first else []
        examples = tuple(Example(row_numbers[at], _text(value)) for at, value in zip(first, values, strict=True))
    page = isinstance(check, HasColumn | HasType | RowCount)
    return CheckResult(
        name=in_words(outcome),
        expectation=outcome.expectation.type,
        parameters=outcome.expectation.parameters,
        success=outcome.success,
        unexpected=0 if positions is None else len(positions),
        severity="critical" if page else "warning",
        examples=examples,
        observed=outcome.observed,
        raised=outcome.raised,
    )


def finding_result(finding: Finding) -> CheckResult:
    """Return what a finding says."""
    return CheckResult(
        name=finding.name,
        expectation="profile",
        parameters={"limit": finding.limit or None, "bound": finding.bound},
        success=not finding.problem,
        unexpected=0,
        severity="critical",
        observed=f"{finding.observed:.6g}",
    )


def in_words(outcome: Outcome) -> str:
    """Return what a check asks, in words."""
    match outcome.check:
        case HasColumn(column):
            return f"{column}: the page has it"
        case HasType(column, kind):
            return f"{column}: is {kind}"
        case RowCount(lo):
            return f"at least {lo} row"
        case check:
            return check.reason


def _text(value: object) -> str | None:
    return None if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]
