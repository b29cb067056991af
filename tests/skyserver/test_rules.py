"""What the service does to a query before it runs: cleans, refuses, puts in TOP, counts."""

from __future__ import annotations

import pytest

from tests.skyserver.http_client import ask, send
from tests.skyserver.rules import Limits, Refusal, Throttle, clean, limited
from tests.skyserver.server import serve
from tests.skyserver.sources import simulated_spectra
from tests.skyserver.survey import Survey

LIMITS = Limits(rows=100)


def test_comments_tabs_and_line_ends_become_spaces() -> None:
    assert clean("select z -- why\n,ra /* not */\tfrom\r\nSpecObj").split() == ["select", "z", ",ra", "from", "SpecObj"]


@pytest.mark.parametrize(
    "statement",
    [
        "select 1; drop table a",
        "select a union select b",
        "exec master.xp_cmd",
        "select sp_help",
        "select 1 from dbo.fn_x",
    ],
)
def test_what_could_do_harm_is_broken_with_a_hash(statement: str) -> None:
    assert "#" in clean(statement)


def test_selects_in_brackets_are_left_alone() -> None:
    assert "#" not in clean("select z from (select z from a) b where z in ( select z from c)")


def test_a_missing_top_is_put_in_silently() -> None:
    assert limited("select z from a ", LIMITS).split() == ["select", "top", "100", "z", "from", "a"]
    assert limited("SELECT DISTINCT z from a ", LIMITS).split() == [
        "SELECT",
        "DISTINCT",
        "top",
        "100",
        "z",
        "from",
        "a",
    ]


def test_a_top_within_the_limit_is_left_alone() -> None:
    assert limited("select TOP 100 z from a ", LIMITS) == "select TOP 100 z from a "


@pytest.mark.parametrize("top", ["101", "0", "(5)", "x", "9999999999999999999999"])
def test_any_other_top_is_refused(top: str) -> None:
    with pytest.raises(Refusal, match="error: limit is  top 100 "):
        limited(f"select top {top} z from a ", LIMITS)  # noqa: S608


@pytest.mark.parametrize("statement", ["with a as (select 1 as b) select b from a ", "delete from a ", "(select 1) "])
def test_only_a_select_runs(statement: str) -> None:
    with pytest.raises(Refusal, match="error: must be a select statement: "):
        limited(clean(statement), LIMITS)


def test_one_query_too_many_in_a_sliding_minute_is_refused_and_does_not_count() -> None:
    throttle = Throttle(Limits(queries=2))
    throttle.count("a", now=0.0)
    throttle.count("b", now=30.0)
    with pytest.raises(Refusal, match=r"ERROR: Maximum 2 queries allowed per minute\. Rejected query: c"):
        throttle.count("c", now=59.9)
    throttle.count("d", now=60.0)
    with pytest.raises(Refusal):
        throttle.count("e", now=89.9)
    throttle.count("f", now=90.0)


def test_refusals_are_tables_with_status_200(shared_survey: Survey) -> None:
    for form in (False, True):
        reply = ask(shared_survey.url, "select top 500001 z from SpecObj", form=form)
        assert (reply.status, reply.text) == (
            200,
            "#Table1\nerror_message\nerror: limit is  top 500000 select top 500001 z from SpecObj \n",
        )


def test_answers_are_capped_silently_and_queries_counted_over_http() -> None:
    with serve(simulated_spectra(50), limits=Limits(rows=20, queries=2, minute=30.0)) as survey:
        assert len(ask(survey.url, "select z from SpecObj").text.splitlines()) == 22
        assert len(ask(survey.url, "select top 5 z from SpecObj").text.splitlines()) == 7
        third = ask(survey.url, "select z from SpecObj")
        assert (third.status, "Maximum 2 queries allowed per minute" in third.text) == (200, True)
        assert [bool(one.refused) for one in survey.log.queries] == [False, False, True]
        assert survey.log.busiest(30.0) == 3


def test_a_long_get_is_refused_and_the_same_post_is_not(shared_survey: Survey) -> None:
    sql = f"select top 1 z from SpecObj where plate in ({', '.join(map(str, range(600)))})"  # noqa: S608
    refused = ask(shared_survey.url, sql)
    assert (refused.status, "maxQueryStringLength" in refused.text) == (400, True)
    assert ask(shared_survey.url, sql, method="POST").text.startswith("#Table1\nz\n")


def test_sql_beyond_8000_characters_is_cut_off_silently(shared_survey: Survey) -> None:
    sql = "select top 1 z from SpecObj where plate > 0" + " " * 8000 + " and nope = 1"
    assert ask(shared_survey.url, sql, method="POST").text.startswith("#Table1\nz\n")


def test_a_query_without_sql_is_a_bad_request(shared_survey: Survey) -> None:
    reply = send(f"{shared_survey.url}/dr17/SkyServerWS/SearchTools/SqlSearch", form={"format": "csv"})
    assert (reply.status, "not enough parameters" in reply.text) == (400, True)
