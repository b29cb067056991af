"""The same run gives the same facts on either database, with a Prefect server and without, and beside its own twin."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cosmic.catalogue.glance import glance
from cosmic.facts import Facts
from cosmic.facts.file import facts_equal, read_facts
from cosmic.records import Sky
from tests.conftest import MakeDatabase
from tests.flows.drill import PATIENCE, SMALL, environment, facts_of, free_port, pipeline, running, servers_of
from tests.flows.runs import WHAT_INGEST_MET

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The facts of a run on SQLite with a temporary server."""
    folder = tmp_path_factory.mktemp("plain")
    answer = pipeline(*SMALL, folder=folder)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.count("report.html") == 2
    assert servers_of(folder) == []
    return read_facts(facts_of(folder))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a `prefect server start` with files of its own."""
    port = str(free_port())
    address = f"http://127.0.0.1:{port}/api"
    settings = {"PREFECT_HOME": str(tmp_path / "server"), "PREFECT_SERVER_API_PORT": port, "DO_NOT_TRACK": "1"}
    settings |= {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_API_URL": address}
    (tmp_path / "server").mkdir()
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port],
            env=environment(tmp_path, **settings),
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=tmp_path,
        )
        try:
            _wait_for(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(60)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            if httpx.get(f"{address}/health", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"the Prefect server did not start ({process.poll()})")


def test_on_postgres(folder: Path, plain: Facts, make_database: MakeDatabase) -> None:
    url = make_database("postgres")
    answer = pipeline(*SMALL, folder=folder, COSMIC_DATABASE_URL=url)
    assert answer.returncode == 0, answer.stderr
    facts = read_facts(facts_of(folder))
    assert facts.run.database == "postgresql"
    assert facts.snapshot.id == plain.snapshot.id
    assert facts_equal(facts, plain) == []
    assert not list((folder / "cosmic").rglob("catalogue.db"))
    there = glance(url, sky=Sky.SIMULATED)
    assert there is not None
    assert there.rows == facts.ingest.inserted


def test_with_a_server(folder: Path, plain: Facts, server: str) -> None:
    settings = {"PREFECT_API_URL": server, "PREFECT_SERVER_API_PORT": server.rpartition(":")[2].partition("/")[0]}
    answer = pipeline(*SMALL, folder=folder, **settings)
    assert answer.returncode == 0, answer.stderr
    assert facts_equal(facts_of(folder), plain) == []
    assert servers_of(folder) == [], "no temporary one was started beside it"
    runs = httpx.post(f"{server}/flow_runs/filter", json={}).json()
    assert [run["state_type"] for run in runs] == ["COMPLETED"]
    assert runs[0]["name"].startswith("simulated sky of 1,000 objects, seed 0, ")
    assert runs[0]["parameters"]["options"]["rows"] == 1000
    artifacts = httpx.post(f"{server}/artifacts/latest/filter", json={}).json()
    assert {artifact["key"] for artifact in artifacts} == {"report", "quality", "counts"}


def test_without_a_server_that_does_not_answer_where_that_is_asked_for(folder: Path, plain: Facts) -> None:
    dead = f"http://127.0.0.1:{free_port()}/api"
    answer = pipeline(*SMALL, "--local", "--quiet", folder=folder, PREFECT_API_URL=dead)
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    assert "report.html" in answer.stdout
    assert facts_equal(facts_of(folder), plain) == []
    assert servers_of(folder) == []


def test_beside_its_own_twin_in_one_home(folder: Path, plain: Facts) -> None:
    with running(*SMALL, folder=folder) as one, running(*SMALL, folder=folder) as other:
        ends = [run.process.wait(PATIENCE) for run in (one, other)]
        said = one.text() + other.text()
    assert ends == [0, 0], said
    reports = sorted((folder / "cosmic" / "simulated" / "reports").glob("*/facts.json"))
    assert len(reports) == 2
    for report in reports:
        assert set(facts_equal(report, plain)) <= WHAT_INGEST_MET
    assert sum(read_facts(report).ingest.inserted for report in reports) == plain.ingest.valid, "one of them stored all"
    there = glance(f"sqlite:///{folder / 'cosmic' / 'simulated' / 'catalogue.db'}", sky=Sky.SIMULATED)
    assert there is not None
    assert there.rows == plain.ingest.valid
    assert facts_of(folder).read_bytes() in {report.read_bytes() for report in reports}
    assert servers_of(folder) == []
