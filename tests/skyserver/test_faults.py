"""Each misbehaviour, as a bare client sees it and as astroquery does; and which requests it strikes."""

from __future__ import annotations

import http.client
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest

from tests.skyserver.faults import Fault, Mischief, Wrong, at_random
from tests.skyserver.http_client import ask, send
from tests.skyserver.rules import Limits
from tests.skyserver.server import serve
from tests.skyserver.sources import simulated_spectra
from tests.skyserver.survey import Survey

PAGE = "SELECT TOP 40 specObjID, plate, z FROM SpecObj ORDER BY specObjID"
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def plain() -> Iterator[Survey]:
    """Give a survey that behaves but for what a test asks of it."""
    with serve(simulated_spectra(100, seed=5), limits=Limits(queries=10**6)) as survey:
        yield survey


@pytest.fixture
def survey(plain: Survey) -> Iterator[Survey]:
    plain.log.clear()
    yield plain
    plain.mischief.clear()


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        (Wrong.UNAVAILABLE, 503, "<h1>503 Service Unavailable</h1>"),
        (Wrong.INTERNAL, 500, '"ErrorCode":500'),
        (Wrong.HTML, 200, "<h1>503 Service Unavailable</h1>"),
        (Wrong.ERROR_PAGE, 200, "<title>Skyserver Error</title>"),
        (Wrong.ERROR_MESSAGE, 200, "#Table1\nerror_message\n"),
        (Wrong.THROTTLED, 200, "ERROR: Maximum 1000000 queries allowed per minute. Rejected query: "),
        (Wrong.EMPTY, 200, "#Table1\nspecObjID,plate,z\n"),
        (Wrong.RENAMED, 200, "#Table1\nspecObjID_2,plate,z\n"),
    ],
)
def test_one_answer_is_wrong_and_the_next_is_right(survey: Survey, wrong: Wrong, status: int, words: str) -> None:
    right = survey.as_sent(PAGE)
    survey.mischief.add(Fault(wrong))
    reply = ask(survey.url, PAGE)
    assert reply.status == status
    assert words in reply.text
    assert reply.body != right
    assert ask(survey.url, PAGE).body == right
    assert [one.fault for one in survey.log.queries] == [wrong.value, ""]


def test_a_cut_body_is_shorter_than_its_length_says(survey: Survey) -> None:
    survey.mischief.add(Fault(Wrong.CUT, share=0.25))
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(survey.url, PAGE)
    right = survey.as_sent(PAGE)
    assert caught.value.partial == right[: len(right) // 4]
    assert survey.log.queries[0].sent == len(right) // 4


def test_a_short_body_ends_within_a_row_and_nothing_in_the_headers_tells(survey: Survey) -> None:
    survey.mischief.add(Fault(Wrong.SHORT))
    reply = ask(survey.url, PAGE)
    right = survey.as_sent(PAGE)
    assert reply.body == right[: len(right) // 2]
    assert int(reply.headers["content-length"]) == len(reply.body)


def test_a_reset_is_a_reset(survey: Survey) -> None:
    survey.mischief.add(Fault(Wrong.RESET))
    with pytest.raises(ConnectionResetError):
        ask(survey.url, PAGE)
    assert survey.log.queries[0].status == 0


def test_a_slow_body_comes_whole_and_a_hanging_server_says_nothing(survey: Survey) -> None:
    survey.mischief.add(Fault(Wrong.SLOW, seconds=0.4), Fault(Wrong.HANG, seconds=0.3, after=0))
    started = time.monotonic()
    assert ask(survey.url, PAGE).body == survey.as_sent(PAGE)
    assert time.monotonic() - started >= 0.35
    with pytest.raises(http.client.RemoteDisconnected):
        ask(survey.url, PAGE)


def test_a_server_that_ends_lets_go_of_who_hangs() -> None:
    started = time.monotonic()
    with serve(simulated_spectra(10), faults=[Fault(Wrong.HANG, seconds=60)]) as survey, pytest.raises(TimeoutError):
        send(f"{survey.url}/dr17/SkyServerWS/SearchTools/SqlSearch", form={"cmd": PAGE}, timeout=0.2)
    assert time.monotonic() - started < 10


def test_a_capped_page_has_fewer_rows_than_there_are(survey: Survey) -> None:
    survey.mischief.add(Fault(Wrong.CAPPED, rows=7))
    assert ask(survey.url, PAGE).text.splitlines() == survey.as_sent(PAGE).decode().splitlines()[:9]


def test_a_retyped_id_loses_digits_and_a_retyped_number_is_a_word(survey: Survey) -> None:
    survey.mischief.add(Fault(Wrong.RETYPED), Fault(Wrong.RETYPED, column="z"))
    assert "E+1" in ask(survey.url, PAGE).text.splitlines()[2].split(",")[0]
    assert ask(survey.url, PAGE).text.splitlines()[2].split(",")[2] == "unknown"


def test_changed_rows_stay_changed() -> None:
    with serve(simulated_spectra(100, seed=5)) as survey:
        before = survey.as_sent("SELECT specObjID, z FROM SpecObj ORDER BY specObjID").splitlines()
        survey.mischief.add(Fault(Wrong.CHANGED, rows=4))
        ask(survey.url, "select top 1 z from SpecObj")
        after = survey.as_sent("SELECT specObjID, z FROM SpecObj ORDER BY specObjID").splitlines()
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 4


def test_cutouts_can_be_blank_small_or_no_image(survey: Survey) -> None:
    place = survey.rows("SELECT ra, dec FROM _spec LIMIT 1").to_pylist()[0]
    form = {**place, "width": 200, "height": 200}
    good = send(f"{survey.url}/dr17/SkyServerWS/ImgCutout/getjpeg", form=form)
    survey.mischief.add(Fault(Wrong.BLANK), Fault(Wrong.SMALL), Fault(Wrong.HTML))
    blank, small, page = (send(f"{survey.url}/dr17/SkyServerWS/ImgCutout/getjpeg", form=form) for _ in range(3))
    assert len(small.body) < len(good.body)
    assert len(blank.body) < len(good.body) / 2
    assert page.body.startswith(b"<html>")


@pytest.mark.parametrize("wrong", [Wrong.UNAVAILABLE, Wrong.INTERNAL])
def test_astroquery_raises_for_a_bad_status(survey: Survey, astroquery: Ask, wrong: Wrong) -> None:
    from requests import HTTPError

    survey.mischief.add(Fault(wrong))
    with pytest.raises(HTTPError):
        astroquery(survey, PAGE)


@pytest.mark.parametrize("wrong", [Wrong.CUT, Wrong.RESET, Wrong.HANG])
def test_astroquery_raises_for_a_broken_connection(survey: Survey, astroquery: Ask, wrong: Wrong) -> None:
    from requests import RequestException

    survey.mischief.add(Fault(wrong, seconds=0.2))
    with pytest.raises(RequestException):
        astroquery(survey, PAGE)


def test_astroquery_gives_up_on_a_hanging_server_after_its_timeout(survey: Survey, astroquery: Ask) -> None:
    from requests import ReadTimeout

    survey.mischief.add(Fault(Wrong.HANG, seconds=30))
    with pytest.raises(ReadTimeout):
        astroquery(survey, PAGE, timeout=0.3)


@pytest.mark.parametrize("wrong", [Wrong.ERROR_MESSAGE, Wrong.THROTTLED])
def test_astroquery_raises_the_service_s_own_no(survey: Survey, astroquery: Ask, wrong: Wrong) -> None:
    from astroquery.exceptions import RemoteServiceError

    survey.mischief.add(Fault(wrong))
    with pytest.raises(RemoteServiceError, match="error_message"):
        astroquery(survey, PAGE)


@pytest.mark.parametrize("wrong", [Wrong.HTML, Wrong.ERROR_PAGE])
def test_astroquery_takes_a_page_of_html_for_a_table_of_one_column(
    survey: Survey, astroquery: Ask, wrong: Wrong
) -> None:
    survey.mischief.add(Fault(wrong))
    table = astroquery(survey, PAGE)
    assert len(table.colnames) == 1
    assert table.colnames[0].startswith("<html>")


def test_astroquery_takes_a_short_body_for_fewer_rows_and_an_empty_one_for_none(
    survey: Survey, astroquery: Ask
) -> None:
    survey.mischief.add(Fault(Wrong.SHORT), Fault(Wrong.EMPTY))
    assert 0 < len(astroquery(survey, PAGE)) < 40
    assert astroquery(survey, PAGE) is None


def test_astroquery_makes_wrong_ids_of_retyped_ones_without_a_word(survey: Survey, astroquery: Ask) -> None:
    right = set(astroquery(survey, PAGE)["specObjID"].tolist())
    survey.mischief.add(Fault(Wrong.RETYPED))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(astroquery(survey, PAGE)["specObjID"].tolist()) != right


def test_a_fault_strikes_as_often_and_where_it_says() -> None:
    mischief = Mischief([Fault(Wrong.HTML, matching="count", after=1, times=2)])
    asked = ["page", "COUNT", "count", "page", "count", "count"]
    assert [bool(mischief.draw("query", text)) for text in asked] == [False, False, True, False, True, False]
    assert mischief.left == ()


def test_faults_of_rows_and_images_strike_nothing_else() -> None:
    mischief = Mischief([Fault(Wrong.EMPTY), Fault(Wrong.BLANK)])
    assert mischief.draw("file", "/files/a.zip") is None
    assert mischief.draw("cutout", "/getjpeg") == Fault(Wrong.BLANK)
    assert mischief.draw("query", "select") == Fault(Wrong.EMPTY)


def test_random_faults_follow_from_their_seed_and_come_about_as_often_as_asked() -> None:
    def drawn(seed: int) -> list[str]:
        mischief = Mischief(at_random(0.3, seed=seed))
        return [str(fault.name) if (fault := mischief.draw("query", "select")) else "" for _ in range(300)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert 60 < sum(map(bool, drawn(1))) < 120
    assert len(set(drawn(1))) > 10


def test_faults_are_read_from_words() -> None:
    assert Fault.parse("cut") == Fault(Wrong.CUT)
    assert Fault.parse("503:times=always,after=2,share=0.1") == Fault(Wrong.UNAVAILABLE, times=None, after=2, share=0.1)
    for words, message in (("nope", "No fault 'nope'"), ("cut:when=now", "no setting when")):
        with pytest.raises(ValueError, match=message):
            Fault.parse(words)


def test_a_survey_changes_nothing_for_a_client_that_left(survey: Survey) -> None:
    survey.mischief.add(Fault(Wrong.SLOW, seconds=1.0, matching="left"))
    with pytest.raises(TimeoutError):
        send(f"{survey.url}/dr17/SkyServerWS/SearchTools/SqlSearch",
             form={"cmd": f"{PAGE} -- left", "format": "csv"}, timeout=0.05)  # fmt: skip
    assert ask(survey.url, PAGE).body == survey.as_sent(PAGE)
    assert isinstance(survey.rows("SELECT 1 AS one"), pa.Table)
