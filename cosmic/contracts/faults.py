"""From failed checks to the reasons of each row. Runs no check and decides nothing about the page as a whole.

A cell has one fault: the first check that it fails names it, so that a sentinel is not also out of range. A row has
as many reasons as it has faulty cells, and one more where its object repeats.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.contracts.engine import Outcome, Positions
from cosmic.contracts.rowtext import ROW_NUMBER, row_texts
from cosmic.contracts.suite import VALUE, HasColumn, HasType, RowCount, Unique

Faults: TypeAlias = dict[str, Positions]
"""Reason to the positions (from 0, ascending) of the rows that have it. No reason is without a row."""

REPEATS: Final = "repeats row of the same object with equal values"
"""The one reason that is no fault: the object is kept, in the fullest of its rows, the first of equal ones."""

_NAMED_VALUES: Final = 50
_LONGEST_VALUE: Final = 40
_OTHER: Final = "a further value"
_NAMED_COLUMNS: Final = 3


def find_faults(
    rows: pa.Table, *, keys: pa.Array, frame: pd.DataFrame, uncastable: pa.Table, outcomes: Sequence[Outcome]
) -> Faults:
    """Return every reason and its rows.

    Parameters
    ----------
    rows : pyarrow.Table
        n rows with ``row_number``.
    keys : pyarrow.Array
        Their keys.
    frame : pandas.DataFrame
        The rows as they were checked; a reason that shows a value shows it from here.
    uncastable : pyarrow.Table
        Cells that hold no value of their type: ``row_number``, ``column`` ("" for a whole line), ``value`` and
        perhaps ``reason``.
    outcomes : sequence of Outcome
        What each check found, in the order of the suite.

    Raises
    ------
    ValueError
        If `uncastable` names a row that is not there.
    """
    faults: dict[str, list[Positions]] = {}
    named: dict[str, npt.NDArray[np.bool_]] = {}
    lost = np.zeros(rows.num_rows, dtype=np.bool_)  # lines that are broken as a whole: no cell of theirs says more
    for column, reason, positions in _uncastable(rows, uncastable):
        faults.setdefault(reason, []).append(positions)
        if column:
            named.setdefault(column, np.zeros(rows.num_rows, dtype=np.bool_))[positions] = True
        else:
            lost[positions] = True
    for outcome in outcomes:
        check = outcome.check
        if isinstance(check, HasColumn | HasType | RowCount):
            continue
        if outcome.positions is None:  # it could not run: nothing is known of any row, so none may pass
            faults.setdefault(f"{check.column}: could not be checked", []).append(np.arange(rows.num_rows))
            continue
        known = named.setdefault(check.column, np.zeros(rows.num_rows, dtype=np.bool_))
        fresh = outcome.positions[~(known | lost)[outcome.positions]]
        known[fresh] = True
        if isinstance(check, Unique):
            found = _repeats(rows, keys, fresh, uncastable=uncastable, conflict=check.reason)
        elif VALUE in check.reason:
            found = _by_value(check.reason, frame[check.column], fresh)
        else:
            found = iter([(check.reason, fresh)])
        for reason, positions in found:
            faults.setdefault(reason, []).append(positions)
    whole = {reason: np.unique(np.concatenate(parts)) for reason, parts in faults.items()}
    return {reason: positions for reason, positions in whole.items() if len(positions)}


def reasons_by_row(faults: Faults) -> dict[int, list[str]]:
    """Return the reasons of each faulty row by its position, ascending."""
    reasons: dict[int, list[str]] = {}
    for reason, positions in faults.items():
        for position in positions.tolist():
            reasons.setdefault(position, []).append(reason)
    return dict(sorted(reasons.items()))


def _uncastable(rows: pa.Table, uncastable: pa.Table) -> Iterator[tuple[str, str, Positions]]:
    """Column, reason and rows of the cells that hold no value of their type."""
    if not uncastable.num_rows:
        return
    places = pc.index_in(uncastable[ROW_NUMBER], value_set=rows[ROW_NUMBER].combine_chunks())
    if places.null_count:
        raise ValueError("uncastable names a row_number that rows does not have; both must come from one page.")
    columns = uncastable["column"].to_pylist()
    says = uncastable["reason"].to_pylist() if "reason" in uncastable.column_names else [None] * len(columns)
    kinds = {field.name: field.type for field in rows.schema}
    cells: dict[tuple[str, str], list[int]] = {}
    for place, column, said in zip(places.to_pylist(), columns, says, strict=True):
        whole = "a whole number" if column in kinds and pa.types.is_integer(kinds[column]) else "a number"
        text = said or (f"not {whole}" if column else "the line cannot be read")
        reason = f"{column}: {text}" if column and not text.startswith(f"{column}: ") else text
        cells.setdefault((column, reason), []).append(place)
    for (column, reason), positions in cells.items():
        yield column, reason, np.unique(np.asarray(positions, dtype=np.int64))


def _by_value(reason: str, values: pd.Series, positions: Positions) -> Iterator[tuple[str, Positions]]:
    """The reason with each offending value in it; beyond the most frequent ones, without, so that it stays countable."""
    offending = values.iloc[positions]
    counts = sorted(
        ((count, value) for value, count in offending.value_counts().items()), key=lambda x: (-x[0], str(x[1]))
    )
    left = np.ones(len(positions), dtype=np.bool_)
    for _, value in counts[:_NAMED_VALUES]:
        here = (offending == value).to_numpy(dtype=np.bool_, na_value=False)
        left &= ~here
        yield reason.replace(VALUE, _shown(value)), positions[here]
    yield reason.replace(VALUE, _OTHER), positions[left]


def _shown(value: object) -> str:
    """A value inside a reason: -9999 and not -9999.0; text in quotes and not endless."""
    if not isinstance(value, str):
        return f"{value:g}"
    return repr(value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + "…")


def _repeats(
    rows: pa.Table, keys: pa.Array, positions: Positions, *, uncastable: pa.Table, conflict: str
) -> Iterator[tuple[str, Positions]]:
    """All rows of objects whose rows differ, by what differs; of others all but the fullest row, or the first of equal ones.

    Rows of one object differ where both have a value and the values do so. A row with fewer values than another, and
    no other ones, says nothing of its own; a cell that could not be read may say anything.
    """
    unreadable = set(uncastable[ROW_NUMBER].to_pylist())
    numbers = rows[ROW_NUMBER]
    texts = row_texts(rows.take(pa.array(positions)), uncastable=uncastable)
    groups: dict[str, list[tuple[int, str]]] = {}
    for position, key, text in zip(positions.tolist(), keys.take(pa.array(positions)).to_pylist(), texts, strict=True):
        groups.setdefault(key, []).append((position, text))
    repeats: list[int] = []
    differing: dict[str, list[int]] = {}
    for group in groups.values():
        whole = {text for _, text in group}
        cells = {text: json.loads(text) for text in whole} if len(whole) > 1 else {}
        fullest = max(cells, key=lambda text: (len(cells[text]), text)) if cells else group[0][1]
        readable = not cells or not any(numbers[position].as_py() in unreadable for position, _ in group)
        if readable and all(row.items() <= cells[fullest].items() for row in cells.values()):
            kept = next(position for position, text in group if text == fullest)
            repeats += [position for position, _ in group if position != kept]
        else:
            reason = f"{conflict} of {_differing(whole, rows.column_names)}"
            differing.setdefault(reason, []).extend(position for position, _ in group)
    for reason, found in differing.items():
        yield reason, np.asarray(found, dtype=np.int64)
    yield REPEATS, np.asarray(sorted(repeats), dtype=np.int64)


def _differing(texts: Collection[str], columns: Sequence[str]) -> str:
    """The columns in which rows of one object differ; labels first, and few, so that reasons stay countable."""
    cells = [json.loads(text) for text in texts]
    names = [name for name in columns if len({str(row.get(name)) for row in cells}) > 1]
    names.sort(key=lambda name: name not in ("class", "subclass"))
    more = ["other columns"] if len(names) > _NAMED_COLUMNS else []
    *first, last = [*names[:_NAMED_COLUMNS], *more] or ["other columns"]
    return f"{', '.join(first)} and {last}" if first else last
