"""Tables have the survey's names, types and exact ids; rows come from the simulated sky or from real tables."""

# ruff: noqa: S608 tables and ids in the SQL are the tests' own

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic.simulation import simulate
from tests.skyserver import tables
from tests.skyserver.database import Release
from tests.skyserver.http_client import ask
from tests.skyserver.rules import Limits
from tests.skyserver.server import serve
from tests.skyserver.sources import SPECTRA, VOTES, read_spectra, read_votes
from tests.skyserver.survey import Survey

Ask = Callable[..., Any]


def spectrum(plate: int, mjd: int = 51_630, fibre: int = 1, **more: object) -> dict[str, object]:
    return {"plate": plate, "mjd": mjd, "fiberID": fibre, "ra": 10.0, "dec": 20.0, "class": "GALAXY", "z": 0.1, **more}


def ids(survey: Survey) -> list[int]:
    return [int(one) for one in survey.rows("SELECT specObjID FROM SpecObjAll ORDER BY 1").column(0).to_pylist()]


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(1, 16_383), st.integers(50_001, 66_383), st.integers(1, 1000)),
        min_size=1,
        max_size=5,
        unique=True,
    )
)
def test_ids_are_packed_from_plate_fibre_and_mjd_exactly(parts: list[tuple[int, int, int]]) -> None:
    RELEASE.remove("true")
    RELEASE.add([spectrum(*one) for one in parts])
    found = RELEASE.ask("SELECT specObjID, plate, fiberID, mjd FROM SpecObj").to_pylist()
    assert len(found) == len(parts)
    for one in found:
        assert int(one["specObjID"]) == one["plate"] << 50 | one["fiberID"] << 38 | (one["mjd"] - 50_000) << 24


RELEASE = Release(17)


def test_every_column_of_the_survey_s_own_lists_is_there() -> None:
    for table in ("SpecObjAll", "PhotoObjAll"):
        there = RELEASE.ask(f"SELECT * FROM {table}").schema
        assert there.names == [one["name"] for one in tables.described(table)]
    spec = RELEASE.ask("SELECT * FROM SpecObj").schema
    assert spec.field("specObjID").type == pa.decimal128(20, 0)
    assert (spec.field("z").type, spec.field("ra").type, spec.field("bestObjID").type) == (
        pa.float32(),
        pa.float64(),
        pa.int64(),
    )


@pytest.mark.parametrize("table", ["SpecObj", "SpecObjAll", "PhotoObj", "PhotoObjAll", "PhotoPrimary", "Galaxy", "SpecPhoto",
                                   "SpecPhotoAll", "zooSpec", "galSpecInfo"])  # fmt: skip
def test_the_simulated_sky_is_in_every_table(shared_survey: Survey, table: str) -> None:
    assert shared_survey.rows(f"SELECT count(*) AS n FROM {table}").column("n")[0].as_py() > 0


def test_the_simulated_sky_is_served_exactly(shared_survey: Survey) -> None:
    sky = simulate(rows=400, seed=3).to_pylist()
    found = shared_survey.rows("SELECT s.*, p.* FROM SpecObj s JOIN PhotoPrimary p ON p.objID = s.bestObjID")
    by_id = {int(one): at for at, one in enumerate(found.column(0).to_pylist())}
    assert set(by_id) == {one["specObjID"] for one in sky if one["mode"] == 1}
    columns = {
        name: found.column(found.schema.get_all_field_indices(name)[0]).to_pylist()
        for name in ("class", "subClass", "mjd", "modelMag_r", "petroR90_r")
    }
    for one in sky:
        if (at := by_id.get(one["specObjID"])) is not None:
            assert {name: values[at] for name, values in columns.items()} == {
                name: pytest.approx(one[name], rel=1e-6) if isinstance(one[name], float) else one[name]
                for name in columns
            }


def test_views_hold_what_their_names_say() -> None:
    with serve(
        [spectrum(300), spectrum(301, sciencePrimary=0), spectrum(302) | {"class": "STAR"}, spectrum(303, mode=2)]
    ) as survey:
        counts = {table: survey.rows(f"SELECT count(*) AS n FROM {table}").column("n")[0].as_py()
                  for table in ("SpecObjAll", "SpecObj", "PhotoObj", "PhotoPrimary", "Star", "Galaxy", "SpecPhoto")}  # fmt: skip
    assert counts == {
        "SpecObjAll": 4,
        "SpecObj": 3,
        "PhotoObj": 4,
        "PhotoPrimary": 3,
        "Star": 1,
        "Galaxy": 2,
        "SpecPhoto": 2,
    }


def test_rows_are_added_changed_and_removed_between_queries() -> None:
    count, newest = "select count(*) from SpecObj", "select max(mjd) from SpecObj"
    with serve([spectrum(400)]) as survey:
        assert survey.add_rows([spectrum(300, 58_000), spectrum(9000, 58_100)]) == 2
        assert ask(survey.url, count).text.splitlines()[2] == "3"
        assert ask(survey.url, newest).text.splitlines()[2] == "58100"
        assert ids(survey)[0] < 400 << 50 < 2**63 < ids(survey)[-1]
        assert survey.change_rows("plate = 300", z=0.7, modelMag_r=15.5) == 1
        changed = survey.rows(
            "SELECT s.z, p.r FROM SpecObj s JOIN PhotoObj p ON p.objID = s.bestObjID WHERE s.plate = 300"
        )
        assert [round(value, 4) for value in changed.to_pylist()[0].values()] == [0.7, 15.5]
        assert survey.remove_rows("plate = 9000") == 1
        assert ask(survey.url, count).text.splitlines()[2] == "2"
        with pytest.raises(ValueError, match="would be there twice"):
            survey.add_rows([spectrum(300, 58_000)])
        assert ask(survey.url, count).text.splitlines()[2] == "2"
        with pytest.raises(ValueError, match="No column nope"):
            survey.change_rows("true", nope=1)


def test_more_simulated_spectra_are_new_objects() -> None:
    with serve([spectrum(400)]) as survey:
        added = survey.add_simulated(200, seed=9) + survey.add_simulated(200, seed=9)
        assert added == 200
        assert survey.rows("SELECT count(DISTINCT objID) AS n FROM PhotoObj").column("n")[0].as_py() == 201


def test_a_second_spectrum_of_an_object_shares_its_photometry() -> None:
    with serve([spectrum(400, bestObjID=77), spectrum(401, bestObjID=77, sciencePrimary=0)]) as survey:
        assert survey.rows("SELECT objID, specObjID FROM PhotoObj").to_pylist() == [
            {"objID": 77, "specObjID": ids(survey)[0]}
        ]


def test_releases_are_apart_and_the_unknown_is_not_found() -> None:
    with serve({16: [spectrum(400)], 18: [spectrum(400), spectrum(401)]}) as survey:
        counts = [
            ask(survey.url, "select count(*) from SpecObj", release=number).text.splitlines()[2] for number in (16, 18)
        ]
        assert counts == ["1", "2"]
        assert ask(survey.url, "select count(*) from SpecObj", release=17).status == 404
        survey.add_release(20, [spectrum(402)], like=18)
        assert ask(survey.url, "select count(*) from SpecObj", release=20).text.splitlines()[2] == "3"
        survey.add_release(17, [spectrum(1)], without=["zooSpec"])
        assert ask(survey.url, "select count(*) from SpecObj", release=17).text.splitlines()[2] == "1"
        assert "Invalid object name 'zooSpec'." in ask(survey.url, "select * from zooSpec", release=17).text


def test_from_dr19_on_late_spectra_are_of_fields_in_other_tables() -> None:
    with serve({19: [spectrum(400), spectrum(15_000, 59_000)]}) as survey:
        assert [one["plate"] for one in survey.rows("SELECT plate FROM SpecObj").to_pylist()] == [400]
        late = survey.rows("SELECT field, mjd, class FROM spAll JOIN allspec USING (sdss_id, mjd)").to_pylist()
        assert late == [{"field": 15_000, "mjd": 59_000, "class": "GALAXY"}]
        assert "Invalid column name 'plate'." in ask(survey.url, "select plate from spAll", release=19).text
    with serve([spectrum(400)]) as survey:
        assert "Invalid object name 'spAll'." in ask(survey.url, "select field from spAll").text


def test_votes_belong_to_the_object_at_their_place() -> None:
    votes = [{"dr7objid": 5877, "ra": 10.0, "dec": 20.0, "sample": "original", "total_votes": 40,
              "t01_smooth_or_features_a01_smooth_debiased": 0.75}, {"dr7objid": 5878, "ra": 10.1, "dec": 20.0}]  # fmt: skip
    with serve([spectrum(400)], votes=votes) as survey:
        found = survey.rows(
            "SELECT dr7objid, dr8objid, specobjid, t01_smooth_or_features_a01_smooth_debiased AS p FROM zoo2MainSpecz ORDER BY 1"
        ).to_pylist()
        best = survey.rows("SELECT bestObjID FROM SpecObj").column(0)[0].as_py()
        assert [int(one["specobjid"]) for one in found] == [ids(survey)[0], 0]
    assert [(one["dr7objid"], one["dr8objid"], one["p"]) for one in found] == [(5877, best, 0.75), (5878, 0, 0.0)]


@pytest.mark.skipif(not SPECTRA.exists(), reason="the shared real tables are not beside this checkout")
def test_real_spectra_come_through_astroquery_page_by_page_with_every_id_exact(astroquery: Ask) -> None:
    rows = read_spectra()
    wanted = sorted(
        one["plate"] << 50 | one["fiberid"] << 38 | (one["mjd"] - 50_000) << 24
        for one in rows.select(["plate", "fiberid", "mjd"]).to_pylist()
    )
    assert (rows.num_rows, sum(one >= 2**63 for one in wanted)) == (101_862, 6454)
    found: list[int] = []
    with serve(rows, limits=Limits()) as survey:
        while page := next_page(survey, astroquery, found[-1] if found else 0):
            found += page
        assert [one.rows for one in survey.log.pages] == [50_000, 50_000, 1862, 0]
    assert found == wanted


def next_page(survey: Survey, astroquery: Ask, last: int) -> list[int]:
    sql = f"SELECT TOP 50000 specObjID, plate, z, class FROM SpecObj WHERE specObjID > {last} ORDER BY specObjID"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="OverflowError converting to IntType")  # of ids beyond 2^63
        page = astroquery(survey, sql)
    if page is None:
        return []
    assert page["specObjID"].dtype == np.uint64
    return [int(one) for one in page["specObjID"]]


@pytest.mark.skipif(not VOTES.exists(), reason="the shared real tables are not beside this checkout")
def test_real_votes_have_every_column_of_the_survey() -> None:
    with serve([spectrum(400)], votes=read_votes()) as survey:
        found = survey.rows("SELECT * FROM zoo2MainSpecz WHERE dr7objid = 8647474690312307154").to_pylist()[0]
    assert (
        found["total_classifications"],
        found["t06_odd_a14_yes_count"],
        found["t11_arms_number_a37_cant_tell_debiased"],
    ) == (16, 9, 1.0)


PHOTOMETRY = ", ".join(f"p.{system}_{band}" for system in ("psfMag", "modelMag") for band in "ugriz")
EXTINCTION = ", ".join(f"p.extinction_{band}" for band in "ugriz")
DEFAULT = (
    "SELECT TOP 50000 s.specObjID, s.bestObjID, s.plate, s.mjd, s.fiberID, s.run2d, s.ra, s.dec, s.z, s.zErr, s.zWarning, "
    "s.class, s.subClass, s.snMedian, s.sourceType, s.class_noqso, s.elodieSpType, s.elodieBV, s.elodieTEff, s.elodieLogG, "
    f"s.elodieFeH, p.type, p.clean, p.mode, p.insideMask, p.score, {PHOTOMETRY}, p.cModelMag_r, p.petroMag_r, p.petroR50_r, "
    f"p.petroR90_r, {EXTINCTION} FROM SpecObj AS s JOIN PhotoPrimary AS p ON p.objID = s.bestObjID "
    f"WHERE s.specObjID > 0 AND s.specObjID < {2**64 - 1} AND s.zWarning IN (0,16) ORDER BY s.specObjID"
)
STUDY = (
    "SELECT TOP 1000 s.specObjID, p.objID, p.u, p.g, p.r, p.i, p.z, p.petroR90_r, p.type, p.clean, p.score, s.sourceType, "
    "s.class, s.subClass, s.class_noqso, s.z AS redshift, s.spectroFlux_u, s.elodieObject, s.elodieSpType, s.elodieBV, "
    "s.elodieTEff, s.elodieLogG, s.elodieFeH, s.elodieZ, z.nvote, z.p_el, z.p_cs, z.spiral FROM PhotoObj p "
    "JOIN SpecObj s ON p.objid = s.bestobjid JOIN zooSpec z ON p.objid = z.objid"
)


@pytest.mark.parametrize("sql", [DEFAULT, STUDY])
def test_the_queries_that_cosmic_and_the_study_need_have_rows(shared_survey: Survey, sql: str) -> None:
    lines = ask(shared_survey.url, sql).text.splitlines()
    assert len(lines) > 20
    assert len({line.count(",") for line in lines[1:]}) == 1
