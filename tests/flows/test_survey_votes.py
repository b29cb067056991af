"""Survey and votes through SkyServer into one catalogue: each galaxy is the primary spectrum of its photometric id."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pytest
import sqlalchemy as sa

from cosmic.errors import ConfigError
from cosmic.galaxies import take_pages
from cosmic.home import Home
from cosmic.intake import judge_page
from cosmic.machine import Settings
from cosmic.records import Page, Sky, Volunteers
from cosmic.settings import PipelineOptions
from cosmic.skyserver import client, plan, pull
from cosmic.skyserver.client import Service
from cosmic.skyserver.plan import Request
from cosmic.skyserver.profiles import GALAXY_ZOO, VOTES
from cosmic.sources.base import PageStore
from cosmic.sources.parsing import parse_page
from expectations.objects import OBJECTS
from tests.flows.surveying import bring_plainly, catalogue_of
from tests.skyserver import sources
from tests.skyserver.rules import Limits
from tests.skyserver.server import serve
from tests.skyserver.survey import Survey

needs_real_tables = pytest.mark.skipif(
    not (sources.SPECTRA.exists() and sources.VOTES.exists()),
    reason="the shared real tables are not beside this checkout",
)
SECOND = """
SELECT p.objID AS objid, s.plate AS plate, s.mjd + 1 AS mjd, s.fiberID AS fiberid, z.ra AS ra, z.dec AS dec,
       p.modelMag_u, p.modelMag_g, p.modelMag_r, p.modelMag_i, p.modelMag_z, s.z AS redshift, s.class AS class,
       0 AS scienceprimary
FROM zoo2MainSpecz AS z JOIN _spec AS s ON s.bestObjID = z.dr8objid JOIN _photo AS p ON p.objID = s.bestObjID
ORDER BY z.dr7objid LIMIT 20
"""
"""A second, not primary, spectrum of twenty galaxies: taken a day later, exactly where the votes say the galaxy is."""


def simulated() -> tuple[pa.Table, pa.Table]:
    """Return spectra and votes; one galaxy stands twice among the votes, under two old ids."""
    votes = sources.simulated_votes(400, seed=5)
    again = votes.slice(30, 1).set_column(0, "dr7objid", pc.add(votes["dr7objid"].slice(30, 1), 1 << 40))
    return sources.simulated_spectra(400, seed=5), pa.concat_tables([votes, again])


def real() -> tuple[pa.Table, pa.Table]:
    """Return galaxies of Stripe 82 and the votes of Willett et al.'s table 5 on a part of it."""
    spectra, votes = sources.read_spectra(), sources.read_votes()
    near = pc.and_(pc.less(pc.abs(spectra["dec"]), 1.3), pc.equal(spectra["class"], "GALAXY"))
    return spectra.filter(pc.and_(near, pc.less(spectra["redshift"], 0.15))), votes


@pytest.mark.parametrize("sky", [simulated, pytest.param(real, marks=[needs_real_tables, pytest.mark.slow])])
def test_each_galaxy_is_the_primary_spectrum_of_its_photometric_id(sky: object, tmp_path: Path) -> None:
    assert callable(sky)
    spectra, votes = sky()
    with serve(spectra, votes=votes, limits=Limits(queries=10_000)) as survey:
        seconds = survey.rows(SECOND)
        ingest_file(seconds, tmp_path)
        bring_plainly(Request(), home=tmp_path, service=Service(survey.url), retries=0)
        taken = bring_votes(survey, tmp_path)
        primary = survey.rows(
            "SELECT z.dr7objid AS old, z.dr8objid AS new, CAST(s.specObjID AS VARCHAR) AS spectrum FROM zoo2MainSpecz AS z "
            "JOIN _spec AS s ON s.bestObjID = z.dr8objid WHERE s.sciencePrimary = 1 AND s.zWarning IN (0, 16)"
        ).to_pylist()
    with catalogue_of(tmp_path) as catalogue:
        held = {row["object_key"]: row for row in catalogue.rows().to_pylist()}
        with catalogue._database.reading() as connection:
            found = {row.dr7objid: row for row in connection.execute(sa.text("SELECT * FROM votes"))}
            apart = set(connection.execute(sa.text(
                "SELECT row_number FROM quarantine WHERE reasons LIKE '%galaxies claim one object%'"
            )).scalars())  # fmt: skip
    assert len(found) == votes.num_rows
    expected = {row["old"]: f"spec:{row['spectrum'].zfill(20)}" for row in primary}
    expected = {old: key for old, key in expected.items() if key in held}
    new = [row["new"] for row in primary if row["old"] in expected]
    twice = {row["old"] for row in primary if new.count(row["new"]) > 1}
    assert {old for old, row in found.items() if row.matched_by == "dr8objid"} == set(expected) - twice
    assert taken.matched["dr8objid"] == len(expected) - len(twice) > 50
    for old in set(expected) - twice:
        row, theirs = found[old], held[expected[old]]
        assert row.object_key == expected[old]
        assert theirs["science_primary"] == 1
        east = (row.ra - theirs["ra"]) * np.cos(np.radians(row.dec))
        assert row.separation == pytest.approx(3600 * np.hypot(east, row.dec - theirs["dec"]), abs=1e-3)
        assert theirs["gz2_class"] == row.gz2_class
    assert len(twice) == 2
    assert twice <= apart
    assert {found[old].object_key for old in twice} == {None}
    others = [row for row in held.values() if row["science_primary"] == 0]
    assert len(others) == seconds.num_rows == 20
    assert {row["gz2_class"] for row in others} == {None}


def ingest_file(rows: pa.Table, folder: Path) -> None:
    """Ingest a person's export."""
    home, sink = Home(folder, Sky.REAL), pa.BufferOutputStream()
    pa_csv.write_csv(rows, sink)
    page = PageStore(home.pages).add([sink.getvalue().to_pybytes()], suffix=".csv", kind="files", origin="more.csv")
    ingest(page, home)


def ingest(page: Page, home: Home) -> None:
    limits = Settings().limits
    judged = judge_page(page, parse=parse_page, suite=OBJECTS, limits=limits, folder=home.judged)
    with catalogue_of(home.root) as catalogue:
        catalogue.ingest([judged])


def bring_votes(survey: Survey, folder: Path) -> Volunteers:
    """Bring the votes by the functions behind the tasks, in the order of the flow, without Prefect."""
    home, request = Home(folder, Sky.REAL), Request(query=VOTES, page_rows=5_000)
    ask = functools.partial(client.ask, service=Service(survey.url), store=PageStore(home.pages))
    _, counted = pull.take_census(request, ask=ask)
    batches = plan.batches(request, GALAXY_ZOO, counted)
    pages = [page for batch in batches for page in pull.pull(request, batch, ask=ask).pages]
    with catalogue_of(folder) as catalogue:
        taken = take_pages(catalogue, pages, home=home, called=request.name)
    assert taken.labels is not None
    ingest(taken.labels, home)
    return taken


def test_a_dry_run_says_which_votes_would_be_asked_for_and_asks_nothing(tmp_path: Path) -> None:
    from flows.plan import plan as planned

    (tmp_path / "rows.csv").write_text("ra,dec,u,g,r,i,z,class\n", encoding="utf-8")
    settings = Settings(skyserver_url="http://127.0.0.1:9", page_rows=700)
    for given in ({"source": "skyserver", "release": 16}, {"path": (tmp_path / "rows.csv",)}):
        told = planned(PipelineOptions(gz2="skyserver", home=tmp_path / "home", **given), settings)  # type: ignore[arg-type]
        release = given.get("release", 17)
        assert f"Galaxy Zoo 2 of http://127.0.0.1:9, DR{release} zoo2MainSpecz: a census, then pages of 700" in told
    assert not (tmp_path / "home").exists()
    with pytest.raises(ConfigError, match="9 has no profile"):
        planned(PipelineOptions(source="skyserver", release=9, gz2="skyserver", home=tmp_path), settings)
