"""Cutouts come once, at the right scale; what goes wrong is asked again, set apart or refused, and never stored."""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from PIL import Image as Pillow

from cosmic import cutouts
from cosmic.catalogue import Catalogue
from cosmic.catalogue.galaxy_tables import ImageRow
from cosmic.cutouts import Asking
from cosmic.errors import CosmicError, SuspiciousResponse, TransientSourceError
from cosmic.home import Home
from cosmic.records import JudgedPage, Sky
from cosmic.skyserver.client import Service
from cosmic.skyserver.cutouts import Place, scale_of
from tests.skyserver.faults import Fault, Wrong
from tests.skyserver.server import serve
from tests.skyserver.survey import Survey

RADIUS = 6.0
"""petroR90_r of all galaxies but two, arcsec."""


@pytest.fixture(scope="module")
def survey() -> Iterator[Survey]:
    """A survey whose footprint is half a degree around one place."""
    here = {"plate": 300, "mjd": 51900, "fiberID": 1, "ra": 160.5, "dec": 0.0, "class": "GALAXY", "redshift": 0.1}
    with serve([here]) as running:
        yield running


@pytest.fixture
def behaving(survey: Survey) -> Iterator[Survey]:
    survey.log.clear()
    yield survey
    survey.mischief.clear()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", Sky.REAL)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def catalogue(backend: str, make_database: Callable[..., str], open_catalogue: Callable[..., Catalogue]) -> Catalogue:
    return open_catalogue(make_database(backend))


both = pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)


Bring = Callable[..., dict[str, int]]


@pytest.fixture
def bring(catalogue: Catalogue, behaving: Survey, home: Home) -> Bring:
    """Give a function that finds what has no image and brings it, one attempt; batches' reasons together."""

    def one(*, limit: int = 100, again: bool = False, **how: Any) -> dict[str, int]:
        asking = Asking(17, Service(behaving.url, timeout=0.5, deadline=5), at_once=2)
        wanted = cutouts.find(catalogue, release=17, limit=limit, again=again, a_minute=60)
        bad: dict[str, int] = {}
        for batch in wanted.batches:
            options = {name: value for name, value in how.items() if name in ("before_asking", "last")}
            given = replace(asking, max_bad=how.get("max_bad", asking.max_bad), again=again)
            bad |= cutouts.bring(catalogue, batch, asking=given, home=home, **options)
        return bad

    return one


Fill = Callable[..., None]


@pytest.fixture
def fill(make_rows: Callable[..., pa.Table], make_page: Callable[..., JudgedPage]) -> Fill:
    """Give a function that ingests n galaxies 20 arcsec apart, a star, and a galaxy without a radius."""

    def one(catalogue: Catalogue, n: int, *, dec: float = 0.0) -> None:
        made = make_rows(
            n + 2, plate=[300] * (n + 2), mjd=[51900] * (n + 2), ra=[160.5 + at * 20 / 3600 for at in range(n + 2)], dec=[dec] * (n + 2),
            petro_r90_r=[RADIUS] * (n + 1) + [None], **{"class": [*["GALAXY"] * n, "STAR", "GALAXY"]},
        )  # fmt: skip
        assert catalogue.ingest([make_page(made)]).inserted == n + 2

    return one


def rows(catalogue: Catalogue, sql: str) -> list[dict[str, Any]]:
    with catalogue._database.reading() as connection:
        return [dict(row) for row in connection.execute(sa.text(sql)).mappings()]


def reasons(catalogue: Catalogue) -> dict[str, int]:
    return catalogue.cutouts(release=17).bad


def asked(survey: Survey) -> int:
    return sum(one.kind == "cutout" for one in survey.log.requests)


@both
def test_each_galaxy_gets_its_image_once_at_its_scale(
    catalogue: Catalogue, fill: Fill, bring: Bring, home: Home, behaving: Survey
) -> None:
    fill(catalogue, 3)
    assert bring() == {}
    images = rows(catalogue, "SELECT * FROM images ORDER BY name")
    pages = {row["id"]: row["path"] for row in rows(catalogue, "SELECT id, path FROM pages")}
    assert [row["object_key"] for row in images] == [f"pmf:300-51900-{fibre}" for fibre in (1, 2, 3)]
    for row in images:
        content = Path(row["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"] == Path(row["path"]).stem
        with Pillow.open(io.BytesIO(content)) as picture:
            assert picture.size == (row["width"], row["height"]) == (424, 424)
        assert (row["source"], row["scale"]) == ("SDSS cutout DR17", pytest.approx(0.02 * RADIUS))
        assert f"scale={0.02 * RADIUS}&width=424&height=424" in row["address"]
        assert Path(pages[row["page_id"]]).exists()
    assert "Sloan Digital Sky Survey" in rows(catalogue, "SELECT acknowledgement FROM terms")[0]["acknowledgement"]
    assert asked(behaving) == 3

    before = rows(catalogue, "SELECT * FROM images")
    assert bring() == {}
    assert asked(behaving) == 3, "a second run asks nothing"
    assert rows(catalogue, "SELECT * FROM images") == before
    objects = {row["object_key"]: row for row in catalogue.rows().to_pylist()}
    read = catalogue.galaxy_images().to_pylist()
    assert [row["image"] for row in read] == [row["object_key"] for row in read] == [row["name"] for row in images]
    assert all(row["block"] == objects[row["image"]]["block"] for row in read), "on the side of its object"


def test_a_limit_takes_the_first_keys_and_the_next_run_goes_on(
    catalogue: Catalogue, fill: Fill, bring: Bring, home: Home
) -> None:
    fill(catalogue, 3)
    for n in (1, 2, 3, 3):
        bring(limit=1)
        names = [row["name"] for row in rows(catalogue, "SELECT name FROM images ORDER BY name")]
        assert names == [f"pmf:300-51900-{fibre}" for fibre in range(1, n + 1)]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(Wrong.BLANK), "image: blank"),
        (Fault(Wrong.SMALL), "image: too small or too large"),
        (Fault(Wrong.SHORT, times=2), "image: does not decode"),
    ],
)
def test_a_bad_image_is_set_apart_with_its_reason_and_not_asked_for_again(
    catalogue: Catalogue, fill: Fill, bring: Bring, home: Home, behaving: Survey, fault: Fault, reason: str
) -> None:
    fill(catalogue, 1)
    behaving.mischief.add(fault)
    assert bring() == {reason: 1} == reasons(catalogue)
    apart = rows(catalogue, "SELECT * FROM quarantine WHERE contract LIKE 'cutouts%'")
    assert [row["object_key"] for row in apart] == ["pmf:300-51900-1"]
    told = apart[0]["row"] if isinstance(apart[0]["row"], dict) else json.loads(apart[0]["row"])
    assert (home.pages / told["found"].rpartition(" ")[2]).exists()
    assert rows(catalogue, "SELECT * FROM images") == []
    n = asked(behaving)
    assert bring() == {}
    assert asked(behaving) == n
    assert bring(again=True) == {}, "asked for again, it is good now"
    assert (reasons(catalogue), catalogue.cutouts(release=17).images) == ({}, 1)


@both
def test_the_next_attempt_at_a_batch_asks_for_nothing_that_was_set_apart(
    catalogue: Catalogue, fill: Fill, home: Home, behaving: Survey
) -> None:
    fill(catalogue, 2)
    behaving.mischief.add(Fault(Wrong.BLANK), Fault(Wrong.RESET))
    places, _ = catalogue.without_image(release=17, limit=2, again=False)
    asking = Asking(17, Service(behaving.url), at_once=1)
    with pytest.raises(TransientSourceError):
        cutouts.bring(catalogue, places, asking=asking, home=home)
    assert cutouts.bring(catalogue, places, asking=asking, home=home) == {}
    assert (catalogue.cutouts(release=17).images, reasons(catalogue), asked(behaving)) == (1, {"image: blank": 1}, 3)


def test_a_place_outside_the_footprint_is_set_apart(
    catalogue: Catalogue, fill: Fill, bring: Bring, home: Home, behaving: Survey
) -> None:
    fill(catalogue, 2, dec=40.0)
    assert bring() == {"outside the footprint": 2}
    assert bring() == {}
    assert asked(behaving) == 2


PASSING = [
    Fault(Wrong.UNAVAILABLE), Fault(Wrong.INTERNAL), Fault(Wrong.HTML), Fault(Wrong.ERROR_PAGE), Fault(Wrong.THROTTLED),
    Fault(Wrong.CUT), Fault(Wrong.RESET), Fault(Wrong.HANG, seconds=0.8),
]  # fmt: skip


@pytest.mark.parametrize("fault", PASSING, ids=[fault.name.value for fault in PASSING])
def test_what_passes_is_said_to_pass_and_the_next_attempt_asks_for_that_one_alone(
    catalogue: Catalogue, fill: Fill, bring: Bring, home: Home, behaving: Survey, fault: Fault
) -> None:
    fill(catalogue, 2)
    behaving.mischief.add(fault)
    with pytest.raises(TransientSourceError, match=r"getjpeg.* 1 cutouts of this batch are left"):
        bring()
    assert (catalogue.cutouts(release=17).images, reasons(catalogue)) == (1, {})
    assert bring() == {}
    assert (catalogue.cutouts(release=17).images, asked(behaving)) == (2, 3)


@pytest.mark.parametrize("fault", [Fault(Wrong.SHORT), Fault(Wrong.SLOW, seconds=0.3)], ids=["short", "slow"])
def test_a_body_that_was_cut_off_unseen_is_asked_for_once_more(
    catalogue: Catalogue, fill: Fill, bring: Bring, home: Home, behaving: Survey, fault: Fault
) -> None:
    fill(catalogue, 1)
    behaving.mischief.add(fault)
    assert bring() == {}
    assert catalogue.cutouts(release=17).images == 1
    assert asked(behaving) == 1 + (fault.name is Wrong.SHORT)


def test_what_no_image_service_sends_is_suspicious_and_kept(
    catalogue: Catalogue, fill: Fill, bring: Bring, home: Home, behaving: Survey
) -> None:
    fill(catalogue, 1)
    behaving.mischief.add(Fault(Wrong.ERROR_MESSAGE))
    with pytest.raises(SuspiciousResponse, match="that are no image") as told:
        bring()
    assert (home.pages / str(told.value).split(" kept as ")[1].split()[0].rstrip(".")).read_bytes().find(
        b"error_message"
    ) > 0
    assert (catalogue.cutouts(release=17).images, reasons(catalogue)) == (0, {})


def test_when_most_images_of_a_batch_are_bad_the_service_is_suspected_and_nothing_is_set_apart(
    catalogue: Catalogue, fill: Fill, bring: Bring, home: Home, behaving: Survey
) -> None:
    fill(catalogue, 12)
    behaving.mischief.add(Fault(Wrong.BLANK, times=6))
    with pytest.raises(SuspiciousResponse, match=r"6 of 12 cutouts .*COSMIC_MAX_QUARANTINED"):
        bring()
    assert (catalogue.cutouts(release=17).images, reasons(catalogue)) == (6, {})
    assert bring() == {}
    assert catalogue.cutouts(release=17).images == 12


def test_a_service_that_is_down_is_not_asked_for_the_whole_batch(
    catalogue: Catalogue, fill: Fill, bring: Bring, home: Home, behaving: Survey
) -> None:
    fill(catalogue, 30)
    behaving.mischief.add(Fault(Wrong.UNAVAILABLE, times=None))
    with pytest.raises(TransientSourceError, match="30 cutouts of this batch are left"):
        bring()
    assert asked(behaving) <= cutouts.PATIENCE + 1


def test_a_place_at_which_the_service_alone_fails_does_not_hold_up_the_others(
    catalogue: Catalogue, fill: Fill, bring: Bring, home: Home, behaving: Survey
) -> None:
    fill(catalogue, 3)
    behaving.mischief.add(Fault(Wrong.INTERNAL, times=2))
    with pytest.raises(TransientSourceError):
        bring(last=True)  # two of three: the service may be ill
    behaving.mischief.add(Fault(Wrong.INTERNAL, after=1))
    with pytest.raises(TransientSourceError):
        bring()
    assert reasons(catalogue) == {}
    behaving.mischief.add(Fault(Wrong.INTERNAL))
    batch = [Place(f"pmf:300-51900-{fibre}", 160.5, 0.0, 0.12) for fibre in (1, 2, 3)]
    asking = Asking(17, Service(behaving.url))
    assert cutouts.bring(catalogue, batch, asking=asking, home=home, last=True) == {cutouts.FAILING: 1}
    assert (catalogue.cutouts(release=17).images, reasons(catalogue)) == (2, {cutouts.FAILING: 1})


def test_every_request_waits_for_its_turn(
    catalogue: Catalogue, fill: Fill, bring: Bring, home: Home, behaving: Survey
) -> None:
    fill(catalogue, 4)
    lock, turns = Lock(), []

    def turn() -> None:
        with lock:
            time.sleep(0.05)
            turns.append(time.monotonic() - behaving.started)

    behaving.mischief.add(Fault(Wrong.SHORT))
    bring(before_asking=turn)
    came = sorted(one.at for one in behaving.log.requests)
    assert len(turns) == len(came) == 5
    assert all(turn <= at for turn, at in zip(turns, came, strict=True))


def test_an_interrupted_batch_stops_asking_and_goes_on_later(
    catalogue: Catalogue, fill: Fill, bring: Bring, home: Home, behaving: Survey
) -> None:
    fill(catalogue, 6)
    n = 0

    def turn() -> None:
        nonlocal n
        n += 1
        if n == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(before_asking=turn)
    assert asked(behaving) < 6
    bring()
    assert catalogue.cutouts(release=17).images == 6
    assert len(list(home.images.rglob("*.jpg"))) == 6


@pytest.mark.parametrize(("radius", "scale"), [(6.0, 0.12), (231.0, 4.62), (0.3, 0.015)])
def test_no_scale_is_asked_for_that_the_service_would_clip(radius: float, scale: float) -> None:
    assert scale_of(radius) == pytest.approx(scale)


def test_other_images_count_too(catalogue: Catalogue, fill: Fill, home: Home) -> None:
    fill(catalogue, 2)
    with catalogue._database.writing() as connection:
        page = connection.execute(sa.text("SELECT id FROM pages")).scalar_one()
        connection.execute(sa.text("INSERT INTO terms VALUES ('gz2_hart16', '', '')"))
        image = {"source": "gz2_hart16", "name": "7", "galaxy": "dr7:1", "object_key": "pmf:300-51900-1", "sha256": "0",
                 "width": 424, "height": 424, "path": "", "page_id": page}  # fmt: skip
        connection.execute(sa.insert(ImageRow).values(image))
    places, n = catalogue.without_image(release=17, limit=9, again=False)
    assert (n, [place.object_key for place in places]) == (1, ["pmf:300-51900-2"])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_whatever_goes_wrong_no_bad_image_is_stored_and_none_is_lost(
    catalogue: Catalogue, fill: Fill, bring: Bring, home: Home, behaving: Survey, seed: int
) -> None:
    from tests.skyserver.faults import at_random

    fill(catalogue, 30)
    behaving.mischief.add(*at_random(0.3, seed=seed))
    for _ in range(60):
        try:
            bring(max_bad=1.0)
            break
        except CosmicError:
            continue
    taken = catalogue.cutouts(release=17)
    assert taken.images + sum(taken.bad.values()) == 30
    assert set(taken.bad) <= {"image: blank", "image: too small or too large", "image: does not decode"}
    for row in rows(catalogue, "SELECT * FROM images"):
        with Pillow.open(row["path"]) as picture:
            assert picture.size == (424, 424)
            picture.load()
