"""On a real cluster of two workers a run gives what a local one gives, also where one of them is lost on the way."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect import flow

from cosmic.facts.file import facts_equal
from tests.flows.drill import SMALL, facts_of, pipeline, running
from tests.flows.runs import files_below

pytest.importorskip("prefect_dask", reason="extra dask is not installed")
from tests.flows.clusters import Cluster, cluster

pytestmark = pytest.mark.slow
FILED = ("snapshots", "datasets", "fits", "models")
"""Folders of what is filed under its own content's hash."""
SECRET = "swordfish"


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of two workers; before they come it refuses a run, and says how to start some."""
    folder = tmp_path_factory.mktemp("cluster")
    with cluster(folder) as made:
        refused = pipeline(*SMALL, *made.options(), folder=folder)
        assert refused.returncode == 1
        assert f"The Dask scheduler {made.address} has no workers. Start some" in refused.stderr
        assert "Traceback" not in refused.stderr
        for _ in range(2):
            made.start_worker()
        yield made


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run in threads of its own process."""
    folder = tmp_path_factory.mktemp("local")
    answer = pipeline(*SMALL, folder=folder)
    assert answer.returncode == 0, answer.stderr
    return folder


@pytest.fixture(scope="module")
def spread(workers: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the same run on the cluster."""
    folder = tmp_path_factory.mktemp("spread")
    answer = pipeline(*SMALL, *workers.options(), folder=folder)
    assert answer.returncode == 0, answer.stderr
    assert "2 workers on 1 machine(s), 2 tasks at a time" in answer.stderr
    return folder


def filed(folder: Path) -> dict[str, list[str]]:
    """Return the ids of everything that is filed by content; scores hold the seconds that they took, and are left out."""
    sky = folder / "cosmic" / "simulated"
    return {
        name: sorted(path.name for path in (sky / name).iterdir() if not path.name.startswith("result-"))
        for name in FILED
    }


def test_a_run_on_a_cluster_gives_the_facts_and_ids_of_a_local_one(local: Path, spread: Path) -> None:
    assert facts_equal(facts_of(local), facts_of(spread)) == []
    assert filed(local) == filed(spread)
    assert all(filed(spread).values())


def test_both_workers_did_their_part_and_the_run_none_of_the_fits(workers: Cluster, spread: Path) -> None:
    said = [(workers.folder / f"worker-{at}.log").read_text(encoding="utf-8") for at in range(2)]
    assert all("fit superclass" in one for one in said)


def test_what_a_cluster_did_is_remembered_by_a_local_run(spread: Path) -> None:
    fits = spread / "cosmic" / "simulated" / "fits"
    before = files_below(fits)
    answer = pipeline(*SMALL, folder=spread)
    assert answer.returncode == 0, answer.stderr
    assert files_below(fits) == before
    run = json.loads(facts_of(spread).read_text(encoding="utf-8"))["run"]
    assert run["steps_cached"] > len(list(fits.glob("*/facts.json")))


def test_shapes_of_images_are_measured_on_the_cluster(workers: Cluster, tmp_path: Path) -> None:
    asked = ("--rows", "4000", "--task", "galaxy-image", "--model", "morphology", "--min-class-size", "20")
    folders = tmp_path / "local", tmp_path / "spread"
    for folder, options in zip(folders, ((), workers.options()), strict=True):
        folder.mkdir()
        answer = pipeline(*asked, *options, folder=folder)
        assert answer.returncode == 0, answer.stderr
    assert facts_equal(*map(facts_of, folders)) == []
    said = [(workers.folder / f"worker-{at}.log").read_text(encoding="utf-8") for at in range(2)]
    assert any("measure shapes" in one for one in said)


def test_a_worker_that_is_lost_costs_its_task_alone(workers: Cluster, local: Path, tmp_path: Path) -> None:
    fits = tmp_path / "cosmic" / "simulated" / "fits"
    with running(*SMALL, *workers.options(), folder=tmp_path) as run:
        run.wait_until(lambda: len(list(fits.glob("*/facts.json"))) >= 2)
        done = {path: path.stat().st_mtime_ns for path in fits.glob("*/facts.json")}
        workers.lose(workers.workers[0])
        assert run.process.wait(300) == 0, run.text()
    assert facts_equal(facts_of(local), facts_of(tmp_path)) == []
    assert filed(tmp_path) == filed(local)
    assert len(done) < len(list(fits.glob("*/facts.json"))), "it was lost on the way"
    again = [path for path, moment in done.items() if path.stat().st_mtime_ns != moment]
    assert len(again) <= 1, "a worker has one task at a time; that one may have ended without being remembered yet"


@flow(name="sends")
def sends() -> tuple[bytes, bytes]:
    """Return what is sent with a task: by us, and by Prefect's own runner."""
    import cloudpickle
    from prefect.context import serialize_context

    from flows.dask_runner import call_of
    from tasks.publishing import latest

    return pickle.dumps(call_of(latest, {"made": None})), cloudpickle.dumps(serialize_context())


def test_no_secret_is_sent_with_a_task(prefect_server: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_API_KEY, temporary_settings

    monkeypatch.setenv("COSMIC_DATABASE_URL", f"postgresql://me:{SECRET}@host/sky")
    with temporary_settings({PREFECT_API_KEY: SECRET}):
        ours, prefects = sends()
    assert SECRET.encode() in prefects, "or the test could not fail"
    assert SECRET.encode() not in ours
