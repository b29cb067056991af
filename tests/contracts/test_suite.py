"""Suites are plain data: a version by content, a choice of checks by columns, and reasons that people can read."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from cosmic.contracts import Among, Between, NotAmong, Present, Suite, Unique, Where
from cosmic.contracts.engine import translate
from cosmic.contracts.suite import Check, HasColumn, HasType, RowCount


def test_version_is_equal_for_equal_rules_and_new_for_any_change(suite: Suite) -> None:
    again = replace(suite, rows=tuple(replace(check) for check in suite.rows))
    assert again is not suite
    assert again.contract == suite.contract
    changed = [
        replace(suite, rows=suite.rows[:-1]),
        replace(suite, rows=(*suite.rows, Present("redshift"))),
        replace(suite, rows=tuple(reversed(suite.rows))),
        replace(suite, required=("u",)),
        replace(suite, implied=()),
        replace(suite, shape=replace(suite.shape, loci=((0.0,), (2.5,)))),
        replace(suite, types=suite.types[:-1]),
    ]
    assert len({suite.contract, *(other.contract for other in changed)}) == len(changed) + 1


def test_version_tells_checks_of_equal_parameters_apart(suite: Suite) -> None:
    unique, present = replace(suite, rows=(Unique("u"),)), replace(suite, rows=(Present("u"),))
    assert unique.contract != present.contract


def test_a_page_is_asked_only_what_its_columns_can_answer(suite: Suite) -> None:
    asked = suite.for_columns(["row_number", "u", "class"])
    assert {check.column for check in asked.rows} == {"u", "class", "object_key"}
    assert asked.implied == ()


def test_a_column_that_another_implies_counts_as_there(suite: Suite) -> None:
    asked = suite.for_columns(["u", "subclass"])
    assert Present("class") in asked.rows
    assert any(check.where == Where("class", ("STAR",)) for check in asked.rows)


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (Present("u"), "u: missing"),
        (Between("u", 1, 40, unit="mag"), "u: outside 1 to 40 mag"),
        (Between("plate", 1), "plate: below 1"),
        (Between("redshift", hi=8), "redshift: above 8"),
        (Between("redshift", 0, 1, says="redshift: odd"), "redshift: odd"),
        (NotAmong("u", (-9999.0,)), "u: {value} is a sentinel, not a measurement"),
        (Among("class", ("STAR", "QSO")), "class: {value} is not one of STAR, QSO"),
        (Unique("object_key"), "the same object with different values"),
    ],
)
def test_reasons_are_readable(check: Present | Between | NotAmong | Among | Unique, reason: str) -> None:
    assert check.reason == reason


@pytest.mark.parametrize(
    ("check", "expectation", "parameters"),
    [
        (HasColumn("u"), "expect_column_to_exist", {"column": "u"}),
        (HasType("u", "double"), "expect_column_values_to_be_of_type", {"column": "u", "type_": "float64"}),
        (RowCount(1), "expect_table_row_count_to_be_between", {"min_value": 1}),
        (Present("u"), "expect_column_values_to_not_be_null", {"column": "u"}),
        (
            Among("subclass", ("K1",), where=Where("class", ("STAR",))),
            "expect_column_values_to_be_in_set",
            {
                "column": "subclass",
                "value_set": ["K1"],
                "row_condition": {
                    "type": "comparison",
                    "column": {"name": "class"},
                    "operator": "IN",
                    "parameter": ["STAR"],
                },
            },
        ),
    ],
)
def test_checks_become_expectations(check: Check, expectation: str, parameters: dict[str, object]) -> None:
    translated = translate(check)
    assert (translated.type, translated.parameters) == (expectation, parameters)


def test_importing_contracts_and_suites_does_not_import_great_expectations() -> None:
    code = "import sys, cosmic.contracts, expectations.objects; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
