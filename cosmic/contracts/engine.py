"""Runs checks with Great Expectations, the only module that imports it, and only once rows are judged.

Gives back where each check fails, as row positions. Decides nothing about rows and writes no file.
"""

from __future__ import annotations

import importlib
import logging
import os
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from cosmic.contracts.suite import (
    Among,
    Between,
    Check,
    HasColumn,
    HasType,
    NotAmong,
    Present,
    RowCheck,
    RowCount,
    Unique,
    Where,
)

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )

Positions = npt.NDArray[np.int64]
Json: TypeAlias = str | int | float | bool | list["Json"] | dict[str, "Json"] | None

_ONE_AT_A_TIME: Final = threading.Lock()  # the library keeps its current context in a global
_PANDAS_TYPES: Final = {"double": "float64", "int64": "int64", "string": "str"}
_PLACE: Final = "place"
_COMPLETE: Final = {"result_format": "COMPLETE", "include_unexpected_rows": False}


@dataclass(frozen=True, slots=True)
class Expectation:
    """A check in the words of Great Expectations: the name of an expectation and its parameters."""

    type: str
    parameters: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found.

    Parameters
    ----------
    check : Check
        The check that was asked.
    expectation : Expectation
        The expectation that it became.
    success : bool
        Whether every row, or the page, passed.
    positions : numpy.ndarray of int64, shape (k,), or None
        Positions (from 0) of every row that failed, ascending; None for checks of the page and where the check
        could not run, which says nothing about any row.
    raised : str or None
        Why it could not run.
    observed : str or None
        What was found instead, for checks of the page.
    """

    check: Check
    expectation: Expectation
    success: bool
    positions: Positions | None
    raised: str | None = None
    observed: str | None = None


def run(frame: pd.DataFrame, checks: Sequence[Check]) -> list[Outcome]:
    """Return the outcome of each check on the frame, in their order.

    Parameters
    ----------
    frame : pandas.DataFrame
        n rows under the index 0 to n - 1, whose labels are the positions that come back.
    checks : sequence of Check
        No two of them equal.
    """
    expectations = [translate(check) for check in checks]
    with _ONE_AT_A_TIME:
        answer = _validate(frame, expectations)
    by_place = {}  # results come in another order than they were asked
    for result in answer.results:
        if result.expectation_config is not None:
            by_place[result.expectation_config.meta[_PLACE]] = result
    pairs = zip(checks, expectations, strict=True)
    return [_outcome(check, expectation, by_place[place]) for place, (check, expectation) in enumerate(pairs)]


def translate(check: Check) -> Expectation:
    """Return the expectation that asks what a check asks."""
    match check:
        case HasColumn(column):
            return Expectation("expect_column_to_exist", {"column": column})
        case HasType(column, name):
            wanted = _PANDAS_TYPES.get(name, name)
            return Expectation("expect_column_values_to_be_of_type", {"column": column, "type_": wanted})
        case RowCount(lo):
            return Expectation("expect_table_row_count_to_be_between", {"min_value": lo})
        case _:
            return _translate_row_check(check)


def _translate_row_check(check: RowCheck) -> Expectation:
    parameters: dict[str, Json] = {"column": check.column}
    if check.where is not None:
        parameters["row_condition"] = _condition(check.where)
    match check:
        case Present():
            return Expectation("expect_column_values_to_not_be_null", parameters)
        case NotAmong(values=values):
            return Expectation("expect_column_values_to_not_be_in_set", {**parameters, "value_set": [*values]})
        case Among(values=values):
            return Expectation("expect_column_values_to_be_in_set", {**parameters, "value_set": [*values]})
        case Between(lo=lo, hi=hi):
            bounds: dict[str, Json] = {"min_value": lo, "max_value": hi}
            return Expectation("expect_column_values_to_be_between", parameters | bounds)
        case Unique():
            return Expectation("expect_column_values_to_be_unique", parameters)


def _condition(where: Where) -> Json:
    column: Json = {"name": where.column}
    if not where.values:
        return {"type": "nullity", "column": column, "is_null": True}
    return {"type": "comparison", "column": column, "operator": "IN", "parameter": [*where.values]}


@cache
def _import_quietly() -> None:
    """Import the library for the first time: no telemetry, no chatter, no warnings of what it imports in turn."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.WARNING)  # at INFO it tells hundreds of lines
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        importlib.import_module("great_expectations")


def _validate(frame: pd.DataFrame, expectations: Sequence[Expectation]) -> ExpectationSuiteValidationResult:
    _import_quietly()
    import great_expectations as gx
    from great_expectations.data_context.types import base

    settings = base.DataContextConfig(
        analytics_enabled=False,
        progress_bars=base.ProgressBarsConfig(globally=False),
        store_backend_defaults=base.InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
    )
    context = gx.get_context(mode="ephemeral", project_config=settings)
    asset = context.data_sources.add_pandas("pages").add_dataframe_asset("page")
    batch = asset.add_batch_definition_whole_dataframe("rows").get_batch(batch_parameters={"dataframe": frame})
    asked: list[Any] = [
        {"type": expectation.type, "kwargs": expectation.parameters, "meta": {_PLACE: place}}
        for place, expectation in enumerate(expectations)
    ]
    return batch.validate(gx.ExpectationSuite(name="page", expectations=asked), result_format=_COMPLETE)


def _outcome(check: Check, expectation: Expectation, result: ExpectationValidationResult) -> Outcome:
    found, raised = result.result, _raised(result.exception_info or {})
    positions: Positions | None = None
    if not isinstance(check, HasColumn | HasType | RowCount):
        listed = found.get("unexpected_index_list")
        if raised is None and listed is not None and len(listed) == found.get("unexpected_count"):
            positions = np.sort(np.asarray(listed, dtype=np.int64))
        else:
            raised = raised or "its result does not list the rows"
    observed = found.get("observed_value")
    return Outcome(
        check=check,
        expectation=expectation,
        success=bool(result.success) and raised is None,
        positions=positions,
        raised=raised,
        observed=None if observed is None else str(observed),
    )


def _raised(info: dict[str, Any]) -> str | None:
    """The first line of what was raised: the info is flat where nothing was, and one entry a metric otherwise."""
    for entry in (info, *(value for value in info.values() if isinstance(value, dict))):
        if entry.get("raised_exception") is True:
            lines = str(entry.get("exception_message")).splitlines()
            return lines[0] if lines else "an error without a text"
    return None
