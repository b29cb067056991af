"""Judges a page: which rows are good, which are not and why, and what is wrong with the page as a whole.

Reads and writes no file and refuses nothing by itself: a bad page is judged to the end, so that it can be kept and
explained, and `demand_good_page` then stops it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.contracts.engine import Outcome, run
from cosmic.contracts.faults import REPEATS, Faults, find_faults, reasons_by_row
from cosmic.contracts.pages import Limits, examine
from cosmic.contracts.profile import PageProfile, measure
from cosmic.contracts.report import QualityReport, check_result, finding_result, in_words
from cosmic.contracts.rowtext import ROW_NUMBER, row_texts
from cosmic.contracts.suite import Check, HasColumn, HasType, RowCount, Suite
from cosmic.errors import ContractViolation
from cosmic.objects import object_keys

log = logging.getLogger(__name__)

KEYS: Final[dict[str, Callable[[pa.Table], pa.Array]]] = {"object_key": object_keys}
"""Key columns by name, and what computes them from rows that have every column of the suite."""

_NAMED_PROBLEMS: Final = 10
_ARROW: Final = {"double": pa.float64(), "int64": pa.int64(), "string": pa.string()}
_PANDAS: Final = {pa.int64(): pd.Int64Dtype()}  # never through a float


@dataclass(frozen=True, slots=True)
class Judgement:
    """A page after its contract. Each of its rows is in exactly one of `valid` and `quarantined`.

    Parameters
    ----------
    valid : pyarrow.Table
        Key, ``row_number``, then the columns as they came, save that NaN is null.
    quarantined : pyarrow.Table
        ``row_number``, key, ``reasons`` (list of string) and ``row`` (`cosmic.contracts.rowtext`).
    report : QualityReport
        Counts by reason, problems of the page, its profile, and every check with what it found.
    """

    valid: pa.Table
    quarantined: pa.Table
    report: QualityReport

    @property
    def reasons(self) -> dict[str, int]:
        """Rows by reason. A row with two reasons counts under both."""
        return self.report.reasons

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the page as a whole; empty where it may go on."""
        return self.report.problems

    @property
    def profile(self) -> PageProfile:
        """What the next page of the same origin is compared with."""
        return self.report.profile

    @property
    def contract(self) -> str:
        """Version of the contract: `Suite.contract`."""
        return self.report.contract


def judge(
    rows: pa.Table,
    *,
    uncastable: pa.Table,
    suite: Suite,
    baseline: PageProfile | None = None,
    limits: Limits | None = None,
) -> Judgement:
    """Return which rows of a page keep the contract, which do not and why, and the page's own problems.

    Parameters
    ----------
    rows : pyarrow.Table
        n rows: ``row_number`` (int64, unique), then those columns of the suite that the page has.
    uncastable : pyarrow.Table
        ``row_number``, ``column``, ``value`` of cells that are null in `rows` since they hold no value of their
        column's type; with a column ``reason``, where the source says what is wrong.
    suite : Suite
        The contract.
    baseline : PageProfile or None
        Profile of the last accepted page of the same origin; None on its first run.
    limits : Limits or None
        How far the page may differ; None for the defaults.

    Raises
    ------
    ValueError
        If row numbers repeat, or `uncastable` names a row that the page does not have: a fault of the caller.
    """
    started, limits = time.perf_counter(), limits or Limits()
    rows = _without_nan(rows)
    keys = KEYS[suite.key](_conformed(rows, suite))
    frame = _frame(rows, keys, suite)
    outcomes = run(frame, _checks(rows, frame, suite))
    faults = find_faults(rows, keys=keys, frame=frame, uncastable=uncastable, outcomes=outcomes)
    quarantined = _quarantine(rows, keys, faults, uncastable=uncastable, suite=suite)
    good = np.ones(rows.num_rows, dtype=np.bool_)
    for positions in faults.values():
        good[positions] = False
    valid = rows.add_column(0, pa.field(suite.key, pa.string(), nullable=False), keys).filter(pa.array(good))

    profile = measure(rows, frame=frame, shape=suite.shape)
    faulty = {position for reason, positions in faults.items() if reason != REPEATS for position in positions.tolist()}
    findings = examine(profile, faulty=len(faulty), shape=suite.shape, baseline=baseline, limits=limits)
    reasons = {reason: len(positions) for reason, positions in faults.items()}
    numbers = rows[ROW_NUMBER].to_pylist()
    report = QualityReport(
        suite=suite.name,
        contract=suite.contract,
        rows=rows.num_rows,
        valid=valid.num_rows,
        quarantined=quarantined.num_rows,
        duplicates=reasons.get(REPEATS, 0),
        reasons=reasons,
        problems=(*_problems(outcomes, suite), *(finding.problem for finding in findings if finding.problem)),
        checks=(
            *(check_result(outcome, frame=frame, row_numbers=numbers) for outcome in outcomes),
            *(finding_result(finding) for finding in findings),
        ),
        profile=profile,
    )
    log.info(
        "judged %d rows by contract %s %s: %d valid, %d quarantined, %d problems of the page, in %.2f s",
        report.rows, report.suite, report.contract[:12], report.valid, report.quarantined, len(report.problems),
        time.perf_counter() - started,
    )  # fmt: skip
    return Judgement(valid, quarantined, report)


def demand_good_page(judgement: Judgement, *, page: str) -> None:
    """Raise unless the page as a whole keeps its contract.

    Parameters
    ----------
    judgement : Judgement
        The judged page.
    page : str
        What people know the page by: its origin.

    Raises
    ------
    ContractViolation
        If it has problems; the text names the first ten, `reasons` holds all.
    """
    problems = judgement.problems
    if not problems:
        return
    shown = "\n".join(f"- {problem}" for problem in problems[:_NAMED_PROBLEMS])
    more = f"\n(and {len(problems) - _NAMED_PROBLEMS} more)" if len(problems) > _NAMED_PROBLEMS else ""
    raise ContractViolation(
        f"{page} breaks its contract as a whole ({judgement.report.suite} {judgement.contract[:12]}), so none of its "
        f"{judgement.report.rows} rows went on:\n{shown}{more}\nThe page and its report are kept.",
        reasons=problems,
    )


def _without_nan(rows: pa.Table) -> pa.Table:
    """The rows with null for NaN, so that a missing value looks the same whichever format it came from."""
    numbers = rows[ROW_NUMBER]
    if len(pc.unique(numbers)) != rows.num_rows or numbers.null_count:
        raise ValueError("row_number must be there and differ in every row of a page.")
    for place, field in enumerate(rows.schema):
        if pa.types.is_floating(field.type):
            column = rows[field.name]
            nan = pc.fill_null(pc.is_nan(column), False)
            if pc.any(nan).as_py():
                rows = rows.set_column(place, field, pc.if_else(nan, pa.scalar(None, field.type), column))
    return rows


def _conformed(rows: pa.Table, suite: Suite) -> pa.Table:
    """The rows with every column of the suite, null where the page lacks it or has another type: enough for keys."""
    columns = {}
    for name, kind in suite.types:
        arrow = _ARROW[kind]
        there = name in rows.column_names and rows.schema.field(name).type == arrow
        columns[name] = rows[name] if there else pa.nulls(rows.num_rows, arrow)
    return pa.table(columns)


def _frame(rows: pa.Table, keys: pa.Array, suite: Suite) -> pd.DataFrame:
    """The rows as they are checked: exact integers, the key, and implied values filled in."""
    known = [name for name, _ in suite.types if name in rows.column_names]
    frame: pd.DataFrame = rows.select(known).to_pandas(types_mapper=_PANDAS.get)
    frame[suite.key] = keys.to_pandas()
    for rule in suite.for_columns(rows.column_names).implied:
        column = frame[rule.column] if rule.column in frame else pd.Series(None, index=frame.index, dtype="str")
        frame[rule.column] = column.mask(column.isna() & frame[rule.by].isin(rule.among), rule.value)
    return frame


def _checks(rows: pa.Table, frame: pd.DataFrame, suite: Suite) -> list[Check]:
    types = [HasType(name, kind) for name, kind in suite.types if name in rows.column_names]
    return [
        RowCount(1),
        *(HasColumn(name) for name in suite.required),
        *types,
        *suite.for_columns(set(frame.columns)).rows,
    ]


def _quarantine(rows: pa.Table, keys: pa.Array, faults: Faults, *, uncastable: pa.Table, suite: Suite) -> pa.Table:
    reasons = reasons_by_row(faults)
    at = pa.array(list(reasons), pa.int64())
    taken = rows.take(at)
    return pa.table(
        {
            ROW_NUMBER: taken[ROW_NUMBER],
            suite.key: keys.take(at),
            "reasons": pa.array(list(reasons.values()), pa.list_(pa.string())),
            "row": pa.array(row_texts(taken, uncastable=uncastable), pa.string()),
        }
    )


def _problems(outcomes: Sequence[Outcome], suite: Suite) -> Iterator[str]:
    """What the failed checks of the page, and the checks that could not run, say to people."""
    for outcome in outcomes:
        match outcome.check:
            case _ if outcome.raised is not None:
                yield f'the check "{in_words(outcome)}" could not run: {outcome.raised}'
            case _ if outcome.success:
                continue
            case HasColumn(column):
                enough = " or ".join([column, *(rule.by for rule in suite.implied if rule.column == column)])
                yield f"the required column {enough} is not there."
            case HasType(column, kind):
                yield f"the column {column} is {outcome.observed}, where the contract has {kind}."
            case RowCount(lo):
                yield f"it has {outcome.observed} rows, where at least {lo} is needed."
            case _:
                continue
