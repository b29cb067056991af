"""Drills of a survey: real rows through astroquery's own code, and several processes at once. A minute or more each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cosmic.settings import PipelineOptions
from tests.conftest import MakeDatabase
from tests.flows.drill import ROOT, environment
from tests.flows.surveying import at, catalogue_of, difference, in_no_hurry, quarantined
from tests.skyserver.rules import Limits
from tests.skyserver.server import serve
from tests.skyserver.sources import SPECTRA, read_spectra, simulated_spectra

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_server")]


@pytest.mark.skipif(not SPECTRA.exists(), reason="the shared real tables are not beside this checkout")
def test_real_rows_come_once_then_nothing_then_the_plates_that_grew(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

    from flows.ingest import ingest

    rows = read_spectra()
    plates = [int(plate) for plate in rows["plate"].unique().to_pylist()]
    old, new = sorted(plates)[100:140], sorted(plates)[200]  # plates that grow, and one that is new: small numbers
    growing = pc.is_in(rows["plate"], value_set=pa.array(old))
    late = pc.or_(pc.and_(growing, pc.equal(pc.bit_wise_and(rows["fiberid"], 1), 1)), pc.equal(rows["plate"], new))
    first, second = rows.filter(pc.invert(late)), rows.filter(late)
    options = PipelineOptions(source="skyserver", home=tmp_path)
    with (
        serve(first, limits=Limits(queries=10_000)) as survey,
        temporary_settings({PREFECT_LOCAL_STORAGE_PATH: tmp_path / "results"}),
    ):
        at(survey, monkeypatch, database_url=database_url, skyserver_timeout=60, skyserver_deadline=300)
        in_no_hurry(monkeypatch, retries=2)
        largest = max(int(one) for one in survey.rows("SELECT max(specObjID) AS m FROM _spec")["m"].to_pylist())
        beyond = survey.rows("SELECT count(*) AS n FROM _spec WHERE specObjID > 9223372036854775807")["n"][0].as_py()
        assert beyond > 6_000
        assert largest > 2**63

        done = ingest(options)
        assert done.ingest.rows == first.num_rows
        with catalogue_of(tmp_path) as catalogue:
            assert difference(survey, catalogue) == []
            assert done.ingest.inserted + len(quarantined(catalogue)) == first.num_rows
            held = catalogue.rows()["spec_obj_id"].to_pylist()
            assert sum(int(one) > 2**63 - 1 for one in held) > 6_000

        survey.log.clear()
        assert "nothing new since" in ingest(options).remark
        assert len(survey.log.queries) == 1
        assert survey.log.pages == ()

        survey.add_rows(second)
        grown = {int(plate) for plate in second["plate"].to_pylist()}
        assert max(grown) << 50 < largest
        survey.log.clear()
        done = ingest(options)
        assert survey.log.shards & set(plates) == grown  # a span of plates may pass over numbers that none has
        assert (done.ingest.inserted, done.ingest.updated) == (second.num_rows, 0)
        with catalogue_of(tmp_path) as catalogue:
            assert difference(survey, catalogue) == []


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_two_workers_and_a_backfill_at_once_lose_nothing_and_keep_to_sixty_queries_a_minute(
    backend: str, make_database: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.settings import PREFECT_API_URL

    url = make_database(backend)  # type: ignore[arg-type]
    with serve(simulated_spectra(2_000, seed=3)) as survey:  # with the survey's own limit, which it enforces
        at(survey, monkeypatch, database_url=url)
        asked = {
            "COSMIC_SKYSERVER_URL": survey.url, "COSMIC_DATABASE_URL": url, "COSMIC_PAGE_ROWS": "90",
            "COSMIC_INGEST_ROWS": "500", "PREFECT_API_URL": str(PREFECT_API_URL.value()),
        }  # fmt: skip
        worker = ["flows.ingest", "--source", "skyserver"]
        backfill = ["flows.backfill", "--release", "17", "--shards", "1-3000"]
        runs = [
            subprocess.Popen(
                [sys.executable, "-m", *command, "--home", str(tmp_path / "cosmic")],
                cwd=tmp_path, env=environment(tmp_path, root=ROOT, **asked), stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True,
            )
            for command in (worker, worker, backfill)
        ]  # fmt: skip
        try:
            said = [run.communicate(timeout=500)[0] for run in runs]
        finally:
            for run in runs:
                run.kill()
        assert [run.returncode for run in runs] == [0, 0, 0], "\n\n".join(said)
        assert not [text for text in said if "locked" in text]
        assert len(survey.log.queries) > 60
        assert survey.log.busiest() <= 60
        assert {query.refused for query in survey.log.queries} == {""}
        with catalogue_of(tmp_path / "cosmic") as catalogue:
            assert difference(survey, catalogue) == []
            plates = {int(plate) for plate in survey.rows("SELECT plate FROM _spec")["plate"].to_pylist()}
            assert set(catalogue.census("DR17 default")) == plates
