"""A table of one's own to a report, a hold-out file that is only scored, and pages that stop before the catalogue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from cosmic.catalogue import open_catalogue
from cosmic.columns import BANDS
from cosmic.errors import ConfigError, ContractViolation, NotServable, PermanentSourceError
from cosmic.facts.file import facts_equal
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Arm, Sky, Task
from cosmic.reporting.check import numbers_not_in_facts
from cosmic.settings import PipelineOptions
from flows.closing import closing
from tests.flows.runs import PLAIN, WHAT_INGEST_MET, Ran, RunPipeline, export, files_below

PSF = {
    name.replace("modelMag", "psfMag"): f"psfMag_{plain}" if plain in BANDS else plain for name, plain in PLAIN.items()
}


@dataclass(frozen=True)
class Mine:
    """A run on a person's file, with the table in it and the one that was held out."""

    run: Ran
    path: Path
    rows: pa.Table
    holdout: Path
    held: pa.Table


@pytest.fixture(scope="module")
def mine(run_pipeline: RunPipeline, tmp_path_factory: pytest.TempPathFactory) -> Mine:
    folder = tmp_path_factory.mktemp("mine")
    path, holdout = folder / "rows.csv", folder / "held.csv"
    rows, held = export(path, rows=1500, seed=5), export(holdout, rows=400, seed=6)
    run = run_pipeline(
        PipelineOptions(
            home=folder / "home", path=(path,), holdout=(holdout,), task=(Task.SUPERCLASS,), arm=(Arm.PHOTOMETRIC,),
            min_class_size=20,
        )
    )  # fmt: skip
    return Mine(run, path, rows, holdout, held)


def ids(table: pa.Table) -> set[str]:
    return {f"spec:{number:020d}" for number in table["specObjID"].to_pylist()}


def stored_keys(run: Ran) -> set[str]:
    engine = sa.create_engine(f"sqlite:///{run.catalogue}")
    with engine.connect() as connection:
        keys = set(connection.execute(sa.text("SELECT object_key FROM objects")).scalars())
    engine.dispose()
    return keys


class TestAFile:
    def test_goes_through_to_a_report_on_the_real_sky(self, mine: Mine) -> None:
        facts = mine.run.facts
        assert facts.source.kind == "files"
        assert not facts.source.simulated
        assert facts.source.names == ("rows.csv",)
        assert facts.source.pages[0].sha256 == hashlib.sha256(mine.path.read_bytes()).hexdigest()
        assert mine.run.report.html.parent.parent == mine.run.options.home / "real" / "reports"
        assert not (mine.run.options.home / "simulated").exists()
        assert facts.ingest.rows == 1500
        test = facts.results[facts.best[0].result].test
        assert test is not None
        assert test.f1 is not None
        assert test.f1 > 0.7

    def test_every_number_on_the_page_is_in_the_facts(self, mine: Mine) -> None:
        page = mine.run.report.html.read_text(encoding="utf-8")
        assert numbers_not_in_facts(page, mine.run.facts) == []

    def test_is_left_as_it_was(self, mine: Mine) -> None:
        assert pa_csv.read_csv(mine.path).num_rows == 1500


class TestAHoldout:
    def test_is_scored_by_the_kept_model_with_its_n_and_digest(self, mine: Mine) -> None:
        held = [(result, one) for result in mine.run.facts.results for one in result.holdout]
        assert len(held) == 1, "one kept model, one file"
        result, one = held[0]
        assert (result.task, result.arm) == ("superclass", "photometric")
        assert one.sha256 == hashlib.sha256(mine.holdout.read_bytes()).hexdigest()
        assert one.path.endswith("held.csv")
        assert 380 < one.n <= 400
        assert one.f1 is not None
        assert one.f1 > 0.7

    def test_is_in_the_last_lines_of_the_run(self, mine: Mine) -> None:
        one = next(one for result in mine.run.facts.results for one in result.holdout)
        said = closing(mine.run.report, home=Home(mine.run.options.home, mine.run.options.sky))
        assert f"Hold-out {one.path}, superclass, photometric, " in said
        assert f": weighted F1 {one.f1:.3f} (" in said
        assert f"{one.n:,} rows" in said
        assert "Quarantined rows" not in said, "there are none"
        assert said.endswith(f"Report: {mine.run.report.latest}\n        {mine.run.report.html} (this run)")
        assert mine.run.report.scores.count(f"| {one.path} |") == 1

    def test_is_in_neither_catalogue_nor_snapshot(self, mine: Mine) -> None:
        keys = stored_keys(mine.run)
        assert keys <= ids(mine.rows)
        assert not keys & ids(mine.held)
        assert len(keys) == mine.run.facts.ingest.valid == mine.run.facts.snapshot.rows
        assert mine.run.facts.ingest.rows == 1500
        snapshot = mine.run.options.home / "real" / "snapshots" / f"{mine.run.facts.snapshot.id}.parquet"
        assert set(pq.read_table(snapshot, columns=["object_key"])["object_key"].to_pylist()) == keys


Spoil = Callable[[pa.Table], pa.Table]


def fluxes(rows: pa.Table) -> pa.Table:
    """Nanomaggies in a column whose neighbours are magnitudes: f = 10^((22.5 - m) / 2.5)."""
    flux = pc.power(10.0, pc.divide(pc.subtract(22.5, rows["g"]), 2.5))
    return rows.set_column(rows.column_names.index("g"), "g", flux)


def swapped(rows: pa.Table) -> pa.Table:
    return rows.rename_columns([{"g": "i", "i": "g"}.get(name, name) for name in rows.column_names])


def half_gone(rows: pa.Table) -> pa.Table:
    return rows.slice(0, int(rows.num_rows * 0.45))


def only_stars(rows: pa.Table) -> pa.Table:
    return rows.filter(pc.equal(rows["class"], "STAR"))


UNDECIDED = "do not tell whether they are magnitudes or nanomaggies"
FAR = "mag from those of any mixture of stars, galaxies and quasars"
SAID_TO_BE_MAGNITUDES = ("unit=magnitude",)


def open_incidents(home: Path) -> set[tuple[str, str]]:
    with open_catalogue(Home(home, Sky.REAL), Settings()) as catalogue:
        return {(one.check, one.table) for one in catalogue.incidents()}


class TestABadPage:
    """Kept and explained; the catalogue, the reports and the newest report stay as they were."""

    @pytest.mark.parametrize(
        ("spoil", "columns", "words"),
        [
            pytest.param(fluxes, (), UNDECIDED, id="fluxes"),
            pytest.param(fluxes, SAID_TO_BE_MAGNITUDES, FAR, id="fluxes said to be magnitudes"),
            pytest.param(swapped, (), FAR, id="bands swapped"),
            pytest.param(half_gone, (), "675 rows, where the last page of this origin had 1500", id="half gone"),
            pytest.param(only_stars, (), "STAR is 100% of class, where it was", id="only stars"),
        ],
    )
    def test_stops_before_the_catalogue_and_says_why(
        self, mine: Mine, run_pipeline: RunPipeline, spoil: Spoil, columns: tuple[str, ...], words: str
    ) -> None:
        home, whole = mine.run.options.home, mine.path.read_bytes()
        before = mine.run.glance(), files_below(home / "real" / "reports"), files_below(home / "reports" / "latest")
        pa_csv.write_csv(spoil(mine.rows), mine.path)
        try:
            with pytest.raises((ConfigError, ContractViolation)) as refused:
                run_pipeline(mine.run.options.model_copy(update={"column": columns}))
        finally:
            mine.path.write_bytes(whole)
        assert words in str(refused.value)
        assert str(mine.path) in str(refused.value)
        for remembered in (home / "results").iterdir():
            json.loads(remembered.read_bytes())  # failures too: nothing is a pickle
        after = mine.run.glance(), files_below(home / "real" / "reports"), files_below(home / "reports" / "latest")
        assert after == before
        check = "page-refused" if isinstance(refused.value, ContractViolation) else "page-unreadable"
        assert (check, "objects from files") in open_incidents(home)

    @pytest.mark.parametrize(
        ("spoil", "columns", "words"),
        [
            pytest.param(fluxes, (), UNDECIDED, id="fluxes"),
            pytest.param(fluxes, SAID_TO_BE_MAGNITUDES, FAR, id="fluxes said to be magnitudes"),
            pytest.param(swapped, (), FAR, id="bands swapped"),
        ],
    )
    def test_stops_on_the_first_day_too(
        self,
        mine: Mine,
        run_pipeline: RunPipeline,
        tmp_path: Path,
        spoil: Spoil,
        columns: tuple[str, ...],
        words: str,
    ) -> None:
        pa_csv.write_csv(spoil(mine.rows), tmp_path / "rows.csv")
        with pytest.raises((ConfigError, ContractViolation), match=words):
            run_pipeline(PipelineOptions(home=tmp_path / "home", path=(tmp_path / "rows.csv",), column=columns))
        assert not (tmp_path / "home" / "real" / "catalogue.db").exists()

    def test_that_is_mended_goes_on_where_it_was(self, mine: Mine, run_pipeline: RunPipeline) -> None:
        assert len(open_incidents(mine.run.options.home)) == 2, "one a check and table, however many pages failed it"
        again = run_pipeline(mine.run.options)
        assert open_incidents(mine.run.options.home) == set()
        assert set(facts_equal(again.facts, mine.run.facts)) == WHAT_INGEST_MET
        assert again.facts.run.steps_run == 3, "fetch twice, the hold-out too, and ingest"


class TestMagnitudeSystems:
    def test_of_another_file_are_not_mixed_into_the_catalogue(
        self, mine: Mine, run_pipeline: RunPipeline, tmp_path: Path
    ) -> None:
        before = mine.run.glance()
        export(tmp_path / "psf.csv", rows=300, seed=7, names=PSF)
        with pytest.raises(ConfigError, match=r"holds model magnitudes and .*psf\.csv brings psf magnitudes"):
            run_pipeline(mine.run.options.model_copy(update={"path": (tmp_path / "psf.csv",), "holdout": ()}))
        assert mine.run.glance() == before

    def test_of_a_hold_out_file_are_refused_before_anything_is_stored_or_trained(
        self, mine: Mine, run_pipeline: RunPipeline, tmp_path: Path
    ) -> None:
        export(tmp_path / "rows.csv", rows=300, seed=8)
        export(tmp_path / "psf.csv", rows=300, seed=7, names=PSF)
        options = {"path": (tmp_path / "rows.csv",), "holdout": (tmp_path / "psf.csv",), "home": tmp_path / "home"}
        with pytest.raises(NotServable, match=r"psf\.csv \(psf magnitudes\).*model magnitudes.*rows\.csv"):
            run_pipeline(mine.run.options.model_copy(update=options))
        made = {path.name for path in (tmp_path / "home" / "real").iterdir()}
        assert not made & {"catalogue.db", "snapshots", "datasets", "fits", "models", "reports"}

    def test_of_two_files_are_not_mixed_in_one_ingest(
        self, mine: Mine, run_pipeline: RunPipeline, tmp_path: Path
    ) -> None:
        export(tmp_path / "psf.csv", rows=300, seed=7, names=PSF)
        both = (mine.path, tmp_path / "psf.csv")
        with pytest.raises(ConfigError, match="different magnitude systems, which are never mixed"):
            run_pipeline(mine.run.options.model_copy(update={"path": both, "holdout": ()}))


def test_a_missing_file_is_refused_before_anything_is_written(run_pipeline: RunPipeline, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("u,g,r,i,z,class\n", encoding="utf-8")
    with pytest.raises(PermanentSourceError, match=r"rosw\.csv does not exist \(did you mean rows\.csv\?\)"):
        run_pipeline(PipelineOptions(home=tmp_path / "home", path=(tmp_path / "rosw.csv",)))
    made = {path.name for path in (tmp_path / "home" / "real").iterdir()}
    assert made <= {"signals", "running"}, "what alerts keep, and nothing of rows"
