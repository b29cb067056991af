"""Addresses, files, cutouts, the log, and a server that is started by hand."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.skyserver.http_client import ask, send
from tests.skyserver.record import shards_of
from tests.skyserver.rules import Limits
from tests.skyserver.server import serve
from tests.skyserver.sources import simulated_spectra
from tests.skyserver.survey import Survey

ROOT = Path(__file__).resolve().parents[2]
BYTES = bytes(range(256)) * 40
SQL = "select top 3 specObjID from SpecObj order by specObjID"


@pytest.mark.parametrize(
    "path", ["en/tools/search/x_results.aspx", "EN/tools/search/X_Results.aspx", "skyserverws/searchtools/sqlsearch"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_form_and_the_service_answer_gets_and_posts_in_any_letter_case(
    shared_survey: Survey, path: str, method: str
) -> None:
    reply = send(f"{shared_survey.url}/dr17/{path}", method=method, form={"cmd": SQL, "format": "csv"})
    assert (reply.status, reply.body) == (200, shared_survey.as_sent(SQL))


def test_other_addresses_and_formats_are_refused(shared_survey: Survey) -> None:
    assert send(f"{shared_survey.url}/dr17/en/").status == 404
    assert ask(shared_survey.url, SQL, kind="fits").status == 501


def test_astroquery_finds_positions_and_regions(shared_survey: Survey) -> None:
    from astropy import units as u
    from astropy.coordinates import SkyCoord
    from astroquery.sdss import SDSS, conf

    place = shared_survey.rows(
        "SELECT ra, dec, bestObjID, specObjID FROM SpecObj s JOIN PhotoPrimary p ON p.objID = bestObjID LIMIT 1".replace(
            "ra, dec", "s.ra, s.dec"
        ).replace(" specObjID", " s.specObjID")
    ).to_pylist()[0]
    centre = SkyCoord(place["ra"], place["dec"], unit="deg")
    common: dict[str, Any] = {"data_release": 17, "cache": False, "timeout": 10}
    with conf.set_temp("skyserver_baseurl", shared_survey.url):
        near = SDSS.query_region(centre, radius=5 * u.arcsec, **common)
        box = SDSS.query_region(centre, width=10 * u.arcsec, **common)
        cross = SDSS.query_crossid(centre, radius=5 * u.arcsec, photoobj_fields=["objID", "ra"], **common)
    for found, name in ((near, "objid"), (box, "objid"), (cross, "objID")):
        assert place["bestObjID"] in found[name].tolist()
    assert "type" in cross.colnames


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survey]:
    folder = tmp_path_factory.mktemp("files")
    (folder / "images").mkdir()
    (folder / "images" / "a.zip").write_bytes(BYTES)
    with serve(simulated_spectra(10), files=folder) as survey:
        yield survey


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [(None, 200, BYTES), ("bytes=100-", 206, BYTES[100:]), ("bytes=0-9", 206, BYTES[:10]), ("bytes=-5", 206, BYTES[-5:]),
     ("bytes=20000-", 416, b""), ("bytes=10000-99999", 206, BYTES[10000:]), ("nonsense", 200, BYTES)],
)  # fmt: skip
def test_files_come_whole_or_in_the_part_that_is_asked_for(
    files: Survey, wanted: str | None, status: int, part: bytes
) -> None:
    reply = send(f"{files.url}/files/images/a.zip", headers={"Range": wanted} if wanted else {})
    assert (reply.status, reply.body) == (status, part)
    if status == 206:
        assert reply.headers["content-range"].endswith(f"/{len(BYTES)}")


def test_a_file_that_changed_is_sent_whole(files: Survey) -> None:
    tag = send(f"{files.url}/files/images/a.zip", method="HEAD").headers["etag"]
    same = send(f"{files.url}/files/images/a.zip", headers={"Range": "bytes=5-", "If-Range": tag})
    other = send(f"{files.url}/files/images/a.zip", headers={"Range": "bytes=5-", "If-Range": '"old"'})
    assert (same.status, other.status, other.body) == (206, 200, BYTES)
    assert send(f"{files.url}/files/../secret").status == 404


def test_cutouts_have_the_size_that_was_asked_for_within_the_limits(shared_survey: Survey) -> None:
    place = shared_survey.rows("SELECT ra, dec FROM _spec LIMIT 1").to_pylist()[0]

    def size(**form: object) -> tuple[int, int]:
        reply = send(f"{shared_survey.url}/dr17/SkyServerWS/ImgCutout/getjpeg", form={**place, **form})
        image = Image.open(io.BytesIO(reply.body))
        assert np.asarray(image).std() > 3
        return image.size

    assert size(width=424, height=424, scale=0.1) == (424, 424)
    assert (size(), size(width=10, height=100)) == ((128, 128), (64, 100))
    outside = {"ra": (place["ra"] + 180) % 360, "dec": -89.0}
    assert send(f"{shared_survey.url}/dr17/SkyServerWS/ImgCutout/getjpeg", form=outside).status == 404
    assert send(f"{shared_survey.url}/dr17/SkyServerWS/ImgCutout/getjpeg", form={"ra": "x"}).status == 400


@pytest.mark.parametrize(
    ("condition", "shards"),
    [
        ("plate = 266", {266}),
        ("s.plate IN (266, 267) AND z > 0", {266, 267}),
        ("plate BETWEEN 266 AND 268", {266, 267, 268}),
        ("field = 15000", {15000}),
        (f"specObjID > {(266 << 50) + 5} AND specObjID < {267 << 50}", {266}),
        (f"specObjID BETWEEN {266 << 50} AND {(268 << 50) - 1}", {266, 267}),
        (f"specObjID > {9000 << 50}", set()),
        (f"specObjID > 0 AND specObjID < {9000 << 50}", set()),
    ],
)
def test_shards_are_those_that_a_page_names(condition: str, shards: set[int]) -> None:
    assert shards_of(f"SELECT TOP 10 z FROM SpecObj AS s WHERE {condition} ORDER BY specObjID") == shards  # noqa: S608


def test_the_log_tells_pages_from_counts_and_counts_a_minute() -> None:
    with serve(simulated_spectra(30)) as survey:
        ask(survey.url, "select plate, count(*) from SpecObj group by plate")
        ask(survey.url, "select z from SpecObj where plate = 300", form=True)
        assert [len(survey.log.queries), len(survey.log.pages), survey.log.busiest()] == [2, 1, 2]
        assert survey.log.shards == {300}
        first, second = survey.log.requests
        assert (first.kind, first.release, first.status, first.rows > 0) == ("query", 17, 200, True)
        assert second.at >= first.at
        survey.log.clear()
        assert survey.log.requests == ()


def test_many_ask_at_once_and_each_gets_its_own_answer() -> None:
    with serve(simulated_spectra(300), limits=Limits(queries=10**6)) as survey:
        statements = [
            f"select specObjID, z from SpecObj where fiberID % 8 = {at} order by specObjID"  # noqa: S608
            for at in range(8)
        ]
        wanted, found = [survey.as_sent(sql) for sql in statements], [b""] * 8

        def work(at: int) -> None:
            for _ in range(5):
                found[at] = ask(survey.url, statements[at]).body

        threads = [threading.Thread(target=work, args=(at,)) for at in range(8)]
        for thread in threads:
            thread.start()
        survey.change_rows("false", z=0.0)
        for thread in threads:
            thread.join()
        assert (found, len(survey.log.queries)) == (wanted, 40)


def test_rows_and_faults_can_be_changed_by_hand() -> None:
    with serve(simulated_spectra(30)) as survey:
        stand_in = f"{survey.url}/stand-in"
        assert send(f"{stand_in}/rows", method="POST", data={"simulate": 20, "seed": 4}).text.split() == [
            "{",
            '"added":',
            "20",
            "}",
        ]
        assert send(f"{stand_in}/rows", method="POST", data={"disturb": 2}).status == 200
        assert '"removed": 50' in send(f"{stand_in}/rows", method="POST", data={"remove": "true"}).text
        assert '"html"' in send(f"{stand_in}/faults", method="POST", data={"name": "html", "times": 3}).text
        assert ask(survey.url, SQL).text.startswith("<html>")
        assert send(f"{stand_in}/faults", method="DELETE").text == "[]"
        assert SQL in send(f"{stand_in}/log").text
        assert "18" in send(f"{stand_in}/releases", method="POST", data={"number": 18}).text
        for what, data in (("faults", {"name": "nope"}), ("nope", {}), ("rows", {})):
            assert send(f"{stand_in}/{what}", method="POST", data=data).status == 400


def test_a_server_started_by_hand_says_where_it_is_and_ends_when_told() -> None:
    command = [sys.executable, "-m", "tests.skyserver", "--port", "0", "--rows", "50", "--fault", "503"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        first = server.stdout.readline()
        url = first.split()[-1]
        assert first.startswith("50 spectra in DR17 at http://127.0.0.1:")
        assert [ask(url, SQL).status, ask(url, SQL).status] == [503, 200]
        server.terminate()
        _, said = server.communicate(timeout=20)
    assert (server.returncode, said) == (0, "")
