"""Galaxy Zoo 2 from an address in a run of the whole pipeline, and the same run again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pytest

from cosmic.facts.file import facts_equal
from cosmic.galaxyzoo.tree import STEMS
from cosmic.galaxyzoo.votes import fraction_array
from cosmic.records import Arm, Task
from cosmic.settings import PipelineOptions
from cosmic.simulation import simulate, simulate_sky_votes
from tests.flows.runs import WHAT_INGEST_MET, RunPipeline, export
from tests.skyserver.server import serve
from tests.skyserver.sources import simulated_spectra
from tests.skyserver.survey import Survey

pytestmark = pytest.mark.slow
ROWS, SEED = 3000, 5


def release(sky: pa.Table) -> bytes:
    """Return the votes on a simulated sky as ``gz2_hart16.csv`` has them, without any specObjID."""
    blocks = list(simulate_sky_votes(rows=ROWS, seed=SEED))
    ids, votes = pa.chunked_array([one for one, _ in blocks]), pa.concat_tables([one for _, one in blocks])
    place = pc.index_in(ids, value_set=sky["specObjID"].cast(pa.string()).combine_chunks()).combine_chunks()
    columns = {
        "dr7objid": pa.array(range(587722981741363294, 587722981741363294 + len(ids))),
        "ra": sky["ra"].take(place), "dec": sky["dec"].take(place), "gz2_class": votes["gz2_class"],
        "total_classifications": votes["total_classifications"], "total_votes": votes["total_votes"],
    }  # fmt: skip
    fractions = fraction_array(votes, "debiased_fractions")
    columns |= {f"{stem}_debiased": pa.array(fractions[:, at]) for at, stem in enumerate(STEMS)}
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(pa.table(columns), sink)
    return bytes(sink.getvalue())


@pytest.fixture
def served() -> Iterator[Survey]:
    files = {"gz2/gz2_hart16.csv": release(simulate(rows=ROWS, seed=SEED))}
    with serve(simulated_spectra(10), files=files) as survey:
        yield survey


def test_labels_come_from_an_address_once_and_equal_runs_have_equal_facts(
    served: Survey, run_pipeline: RunPipeline, tmp_path: Path
) -> None:
    export(tmp_path / "objects.csv", rows=ROWS, seed=SEED)
    options = PipelineOptions(
        home=tmp_path / "home", path=(tmp_path / "objects.csv",), gz2=f"{served.url}/files/gz2",
        task=(Task.SUPERCLASS, Task.GALAXY), arm=(Arm.PHOTOMETRIC,), min_class_size=60,
    )  # fmt: skip
    first = run_pipeline(options)
    ran = {result.task for result in first.facts.results if result.not_run is None}
    assert ran == {"superclass", "galaxy"}
    nodes = [node for hierarchy in first.facts.hierarchy for node in hierarchy.nodes if node.not_run is None]
    assert {node.task for node in nodes} == {"superclass", "galaxy"}
    assert any("by position" in note.text for note in first.facts.notes)
    served.log.clear()
    second = run_pipeline(options)
    assert {request.status for request in served.log.requests} == {404}, "asked for is only what was not there before"
    assert second.facts.ingest.inserted == second.facts.ingest.updated == 0
    assert set(facts_equal(first.facts, second.facts)) <= {*WHAT_INGEST_MET, "ingest.updated"}
