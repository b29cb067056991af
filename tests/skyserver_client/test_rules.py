"""The service's rules are checked before anything is sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmic.errors import ConfigError
from cosmic.skyserver.rules import MAX_ENCODED, demand_allowed, tidy

GOOD = "SELECT TOP 10 s.z FROM SpecObj AS s"


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("WITH a AS (SELECT TOP 1 1) SELECT TOP 1 * FROM a", "must begin with SELECT"),
        ("DELETE FROM SpecObj", "must begin with SELECT"),
        ("SELECT TOP 1 z FROM SpecObj UNION SELECT TOP 1 z FROM SpecObj", "UNION"),
        ("SELECT TOP 1 z FROM SpecObj; SELECT 1", "further SELECT"),
        ("SELECT TOP 1 z FROM SpecObj;", "semicolon"),
        ("SELECT TOP 1 z -- all\nFROM SpecObj", "comments"),
        ("SELECT TOP 1 z FROM SpecObj /* all */", "comments"),
        ("SELECT z FROM SpecObj", "without TOP"),
        ("SELECT TOP 500001 z FROM SpecObj", "not between 1 and 500,000"),
        ("SELECT TOP 0 z FROM SpecObj", "not between"),
        ("SELECT TOP ten z FROM SpecObj", "not between"),
        ("SELECT TOP 1 z FROM x.sp_who", "stored procedure"),
        (GOOD + " WHERE s.z > " + "1" * MAX_ENCODED, "encoded characters"),
    ],
)
def test_what_the_service_would_refuse_or_change_is_refused_with_the_rule(sql: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        demand_allowed(sql)


@pytest.mark.parametrize(
    "sql",
    [
        GOOD,
        "select  top 5\n z from SpecObj where plate in (select plate from PlateX)",
        "SELECT TOP 5 z FROM SpecObj WHERE subClass = 'A0 (19510)  '",
        "SELECT DISTINCT TOP 5 plate FROM SpecObj",
    ],
)
def test_what_the_service_runs_as_written_passes(sql: str) -> None:
    assert demand_allowed(sql) == tidy(sql)


@pytest.mark.parametrize("text", ["a--b", "a;b", "/*a", "a select b", "x.sp_y", "a\nb"])
def test_text_in_quotes_that_would_be_changed_on_the_way_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="within a text in quotes would be changed"):
        demand_allowed(f"{GOOD} WHERE s.subClass = '{text}'")


@given(st.lists(st.sampled_from(["a", "'b  c'", "' '", "  ", "\n", "\t", "''"])))
def test_tidying_changes_no_text_in_quotes_and_is_done_after_once(pieces: list[str]) -> None:
    text = "".join(pieces)
    once = tidy(text)
    assert tidy(once) == once
    assert once.count("'b  c'") == text.count("'b  c'")
