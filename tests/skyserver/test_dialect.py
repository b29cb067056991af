"""The SQL that is received means what it means to SQL Server, and its errors have SQL Server's words."""

from __future__ import annotations

import json

import pytest

from tests.skyserver.http_client import ask
from tests.skyserver.survey import Survey


def lines(survey: Survey, sql: str) -> list[str]:
    return ask(survey.url, sql).text.splitlines()[1:]


def test_names_come_back_as_they_were_written_and_the_nameless_get_numbers(shared_survey: Survey) -> None:
    sql = "select top 1 s.SPECOBJID, s.z, p.z, count(*), max(mode) from SpecObj s, PhotoObj p where p.objid = s.bestobjid group by s.specobjid, s.z, p.z"
    assert lines(shared_survey, sql)[0] == "SPECOBJID,z,z1,Column1,Column2"


def test_text_is_compared_without_letter_case(shared_survey: Survey) -> None:
    counts = {lines(shared_survey, f"select count(*) from SpecObj where {one}")[1]  # noqa: S608
              for one in ("class = 'STAR'", "class = 'star'", "class like 'sTa%'")}  # fmt: skip
    assert len(counts) == 1
    assert int(counts.pop()) > 0


@pytest.mark.parametrize(
    ("what", "value"),
    [("7 / 2", "3"), ("7 / 2.0", "3.5"), ("0x18 & 0x10", "16"), ("max(7) / 2", "3"), ("avg(mode + 1)", "2")],
)
def test_whole_numbers_stay_whole(shared_survey: Survey, what: str, value: str) -> None:
    assert lines(shared_survey, f"select top 1 {what} from PhotoObj")[1] == value  # noqa: S608


def test_a_sum_of_bigints_overflows_and_a_sum_of_numeric_ids_does_not(shared_survey: Survey) -> None:
    assert (
        "Arithmetic overflow error converting expression to data type bigint."
        in ask(shared_survey.url, "select sum(bestObjID) from SpecObj").text
    )
    exact = shared_survey.rows("SELECT sum(specObjID) AS s FROM _spec").column("s")[0].as_py()
    assert lines(shared_survey, "select sum(specObjID) from SpecObj")[1] == str(exact)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("select nope from SpecObj", "Invalid column name 'nope'."),
        ("select s.nope from SpecObj s", "Invalid column name 'nope'."),
        ("select z from Nope", "Invalid object name 'Nope'."),
        ("select q.z from SpecObj s", 'The multi-part identifier "q" could not be bound.'),
        ("select spam(z) from SpecObj", "'spam' is not a recognized built-in function name."),
        ("select mjd from SpecObj s join PhotoObj p on p.objID = s.bestObjID", "Ambiguous column name 'mjd'."),
        ("select z from SpecObj union select z from SpecObj", "Incorrect syntax near '#z'."),
        ("select plate, mjd from SpecObj group by plate", "Column 'mjd' is invalid in the select list"),
        ("select * into mine from SpecObj", "CREATE TABLE permission denied"),
        ("select * from read_csv('/etc/hostname')", "The SELECT permission was denied"),
    ],
)
def test_errors_are_the_service_s_json_and_the_form_s_page(shared_survey: Survey, sql: str, words: str) -> None:
    service = ask(shared_survey.url, sql)
    said = json.loads(service.body)
    assert (service.status, said["ErrorCode"], said["ErrorType"]) == (500, 500, "InternalServerError")
    assert words in said["ErrorMessage"]
    page = ask(shared_survey.url, sql, form=True)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.text.startswith("<html><head>\n<title>Skyserver Error</title>")
    assert "An error occured" in page.text


def test_the_census_of_plates_is_one_grouped_query(shared_survey: Survey) -> None:
    sent = lines(
        shared_survey,
        "SELECT plate, count(*) AS n, max(mjd) AS newest, sum(specObjID) AS ids FROM SpecObj GROUP BY plate ORDER BY plate",
    )
    wanted = shared_survey.rows(
        "SELECT plate, count(*) n, max(mjd) m, sum(specObjID) s FROM _spec GROUP BY 1 ORDER BY 1"
    ).to_pylist()
    assert sent == ["plate,n,newest,ids", *(f"{one['plate']},{one['n']},{one['m']},{one['s']}" for one in wanted)]


def test_field_descriptions_come_as_json(shared_survey: Survey) -> None:
    rows = json.loads(ask(shared_survey.url, "select * from dbo.fDocColumns('SpecObjAll')", kind="json").body)[0][
        "Rows"
    ]
    assert len(rows) == 190
    assert rows[0]["name"] == "specObjID"
    assert rows[0]["type"] == "numeric"


def test_a_page_without_order_is_any_rows_but_always_the_same(shared_survey: Survey) -> None:
    any_rows, again, ordered = (
        lines(shared_survey, f"select top 50 specObjID from SpecObj{end}")[1:]  # noqa: S608
        for end in ("", "", " order by specObjID")
    )
    assert any_rows == again
    assert set(any_rows) != set(ordered)
