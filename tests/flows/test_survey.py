"""A run brings what the survey has, then what is new of it; what goes wrong there never reaches the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cosmic.errors import CosmicError, SuspiciousResponse, TransientSourceError
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Sky
from cosmic.settings import PipelineOptions
from cosmic.skyserver.plan import Request
from cosmic.survey_options import Backfill, Difference, Watch
from flows.bringing import Brought
from tests.flows.surveying import EACH, at, at_place, catalogue_of, difference, in_no_hurry
from tests.skyserver.faults import Fault, Wrong
from tests.skyserver.rules import Limits
from tests.skyserver.server import serve
from tests.skyserver.sources import simulated_spectra, simulated_votes
from tests.skyserver.survey import Survey

RETRIES = 1
VOTES = simulated_votes(60, seed=3)
NEW = [{"plate": 266, "mjd": 51_600, "fiberID": fibre, "ra": 10.0 + fibre / 10, "dec": 20.0, "class": "STAR", "redshift": 0.0,
        "u": 19.5, "g": 18.4, "r": 18.0, "i": 17.8, "z": 17.7} for fibre in (1, 640)]  # fmt: skip
"""Rows that come later, on a plate of small numbers."""


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as context:
        yield context


@pytest.fixture(scope="module")
def survey(patch: pytest.MonkeyPatch, prefect_server: None) -> Iterator[Survey]:
    """A small survey that Cosmic asks in pages of at most 30 rows, without pauses."""
    with serve(simulated_spectra(60, seed=3), votes=VOTES, limits=Limits(queries=10_000)) as running:
        at(running, patch, page_rows=30, skyserver_timeout=3)  # a busy machine takes a second
        in_no_hurry(patch, retries=RETRIES)
        yield running


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("surveyed")


Run = Callable[..., Brought]


@pytest.fixture(scope="module")
def run(survey: Survey, home: Path, patch: pytest.MonkeyPatch) -> Run:
    """Give a function that ingests what is new; the first run was before, with votes of Galaxy Zoo 2."""
    from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

    from flows.ingest import ingest

    def one(**options: object) -> Brought:
        survey.log.clear()
        with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: home / "results"}):
            return ingest(PipelineOptions(source="skyserver", home=home, **options))  # type: ignore[arg-type]

    one(gz2="skyserver")
    return one


def test_the_first_run_brought_everything_in_small_pages(survey: Survey, run: Run, home: Path) -> None:
    with catalogue_of(home) as catalogue:
        assert difference(survey, catalogue) == []


def test_a_run_with_nothing_new_ends_after_the_censuses_of_rows_and_of_votes_and_still_brings_cutouts(
    survey: Survey, run: Run, home: Path
) -> None:
    with catalogue_of(home) as catalogue:
        soft, state = catalogue.soft_labels(), catalogue.state
        held = {row["object_key"]: row["gz2_class"] for row in catalogue.rows().to_pylist()}
    assert 0 < soft.num_rows <= VOTES.num_rows
    assert [held[key] for key in soft["object_key"].to_pylist()] == soft["gz2_class"].to_pylist()
    done = run(gz2="skyserver", cutouts=2)
    assert re.search(r"nothing new since.*SDSS cutout DR17: 2 galaxies have an image; set apart: none", done.remark)
    assert [one.status for one in survey.log.requests if one.kind == "cutout"] == [200, 200]
    assert [("GROUP BY" in query.sql, "zoo2MainSpecz" in query.sql) for query in survey.log.queries] == [
        (True, False), (True, True),
    ]  # fmt: skip
    assert [one.page.kind for one in done.judged] == ["galaxy-zoo-labels"]
    assert (done.ingest.inserted, done.ingest.updated) == (0, 0)
    with catalogue_of(home) as catalogue:
        assert (catalogue.soft_labels().equals(soft), catalogue.state) == (True, state)


@pytest.mark.slow
def test_a_pull_of_votes_that_was_interrupted_goes_on_with_the_pages_that_it_has(
    survey: Survey, run: Run, tmp_path: Path
) -> None:
    from prefect import flow
    from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

    from flows.steps import Steps
    from flows.volunteers import pull_votes

    @flow(persist_result=False, result_serializer="json")
    def votes() -> int:
        request = Request(query="zoo2MainSpecz", page_rows=5)
        return len(pull_votes(request, refetch=None, home=Home(tmp_path, Sky.REAL), settings=Settings(), steps=Steps()))

    asked = []
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: tmp_path / "results"}):
        survey.mischief.add(Fault(Wrong.EMPTY, matching="_debiased", after=3, times=None))
        for fails in (True, False, False):
            survey.log.clear()
            if fails:
                with pytest.raises(SuspiciousResponse, match="no rows, where the census counted"):
                    votes()
            else:
                assert votes() == len(VOTES) // 5 + 1
            asked.append(len(survey.log.pages))
            survey.mischief.clear()
    assert asked[1:] == [len(VOTES) // 5 + 1 - 3, 0]


HERE = ("503-page", "capped-census", "error-message-page")
"""What is shown in every run of the tests, the rest by `make test-slow`: each costs a run of the flow."""


def each() -> list[Any]:
    cases = [(where, *one) for one in EACH for where in ("census", "page")]
    names = [f"{fault.name.value}-{where}" for where, fault, *_ in cases]
    slow = {name: [pytest.mark.slow] for name in names if name not in HERE}
    return [pytest.param(*case, id=name, marks=slow.get(name, [])) for case, name in zip(cases, names, strict=True)]


@pytest.mark.parametrize(("where", "fault", "error", "words"), each())
def test_what_goes_wrong_is_named_tried_as_configured_and_changes_nothing(
    survey: Survey, run: Run, home: Path, fault: Fault, error: type[CosmicError], words: str, where: str
) -> None:
    if where == "page" and not survey.rows("SELECT * FROM _spec WHERE plate = 266").num_rows:
        survey.add_rows(NEW)
    with catalogue_of(home) as catalogue:
        before = (catalogue.state, catalogue.census("DR17 default"))
        survey.mischief.add(replace(at_place(fault, where), seconds=4.0))
        with pytest.raises(error, match=words):
            run()
        survey.mischief.clear()
        asked = [query for query in survey.log.queries if ("GROUP" in query.sql) == (where == "census")]
        assert len(asked) == (1 + RETRIES if error is TransientSourceError else 1)
        assert before == (catalogue.state, catalogue.census("DR17 default"))


def test_what_passes_is_tried_again_and_rows_that_came_late_are_found(survey: Survey, run: Run, home: Path) -> None:
    """Two rows on one plate, with ids below the largest: one census, one page, asked for again until it comes."""
    if not survey.rows("SELECT * FROM _spec WHERE plate = 266").num_rows:
        survey.add_rows(NEW)
    survey.mischief.add(Fault(Wrong.CUT), Fault(Wrong.UNAVAILABLE, matching="modelMag"))
    done = run()
    assert (done.ingest.inserted, done.ingest.rows) == (2, 2)
    assert survey.log.shards == {266}
    assert len(survey.log.queries) == 4
    with catalogue_of(home) as catalogue:
        assert difference(survey, catalogue) == []


def test_a_refetch_finds_what_changed_in_place_with_its_history_and_tells_what_is_gone(
    survey: Survey, run: Run, home: Path
) -> None:
    plate, galaxy, other = survey.rows(
        "SELECT plate, min(fiberID) FILTER (class = 'GALAXY') AS a, max(fiberID) FILTER (class <> 'GALAXY') AS b "
        "FROM _spec GROUP BY 1 HAVING a > 0 AND b > 0 AND count(*) > 4 ORDER BY 1 LIMIT 1"
    ).to_pylist()[0].values()  # fmt: skip
    survey.change_rows(f"plate = {plate} AND fiberID = {galaxy}", z=0.123)
    survey.remove_rows(f"plate = {plate} AND fiberID = {other}")
    with catalogue_of(home) as catalogue:
        n = catalogue.rows().num_rows
        done = run(refetch=str(plate))
        assert survey.log.shards == {plate}
        assert (done.ingest.updated, done.ingest.inserted, done.ingest.absent) == (1, 0, 1)
        assert "1 object of these plates is no longer among their rows; it stays" in done.remark
        rows = catalogue.rows().to_pylist()
        assert len(rows) == n
        key = next(row["object_key"] for row in rows if (row["plate"], row["fiberid"]) == (plate, galaxy))
        *_, change = catalogue.history(key)  # a label may have come before
    assert change.columns["redshift"][1] == 0.123
    assert f"plate {plate}" in change.origin


def test_a_backfill_brings_the_plates_that_are_named_of_the_release_that_is_named(
    survey: Survey, run: Run, tmp_path: Path
) -> None:
    from flows.backfill import backfill

    survey.add_release(16, like=17)
    plates = sorted({int(p) for p in survey.rows("SELECT plate FROM _spec")["plate"].to_pylist()})
    options = Backfill(release=16, shards=f"{plates[0]}-{plates[1]},{plates[3]}", home=tmp_path)
    survey.log.clear()
    backfill(options)
    assert survey.log.shards == {*plates[:2], plates[3]}
    assert {query.release for query in survey.log.queries} == {16}
    with catalogue_of(tmp_path) as catalogue:
        assert set(catalogue.census("DR16 default")) == {*plates[:2], plates[3]}


@pytest.mark.slow
def test_a_newer_release_is_seen_and_compared(survey: Survey, run: Run, tmp_path: Path) -> None:
    from flows import release_diff, release_watch

    survey.add_release(18, like=17)
    plate, fibre = survey.rows("SELECT plate, min(fiberID) FILTER (class <> 'STAR') AS f FROM _spec GROUP BY 1 "
                               "HAVING f > 0 ORDER BY 1 DESC LIMIT 1").to_pylist()[0].values()  # fmt: skip
    survey.change_rows(f"plate = {plate} AND fiberID = {fibre}", release=18, **{"class": "STAR"})
    told = release_watch.main(Watch(release=17, home=tmp_path))
    assert told.startswith("DR18 answers. What is new in it: python -m flows.release_diff --from 17 --to 18")
    told = release_diff.main(Difference(shards=str(plate), home=tmp_path))
    assert told.splitlines()[0] == "DR17 to DR18: 0 added, 0 removed, 0 re-keyed, 1 re-classed"
    survey.add_rows([row | {"plate": 77} for row in NEW], release=18)
    only = release_diff.main(Difference(shards="77", home=tmp_path, out=tmp_path / "only.csv"))
    assert only.startswith("DR17 to DR18: 2 added, 0 removed")  # a plate of one release alone
    survey.log.clear()
    with pytest.raises(CosmicError, match="no profile"):
        release_diff.main(Difference(to=19, home=tmp_path))
    assert not survey.log.queries  # known before all of the other one is read
    text = Path(told.splitlines()[1]).read_text(encoding="utf-8")
    assert text.splitlines()[1].startswith(f'"re-classed",{plate},')
    assert not (tmp_path / "real" / "catalogue.db").exists()
