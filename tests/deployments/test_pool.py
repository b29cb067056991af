"""Deployments for a work pool: applied as often as one likes, without any folder of whoever applied them; a worker runs one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.settings import PREFECT_API_URL

from cosmic.operation import Deployed, Operation
from deployments.applying import CODE, apply_to_pool
from deployments.listed import Deployment, every
from tests.flows.drill import environment

pytestmark = pytest.mark.slow

POOL = "cosmic-tests"


@pytest.fixture
def client(prefect_server: None) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as one:
        yield one


def applied(home: Path, operation: Operation) -> tuple[Deployment, ...]:
    listed = every(Deployed(home=home, source="simulated"), operation)
    assert apply_to_pool(listed, operation, pool=POOL, home=home) == tuple(one.full_name for one in listed)
    return listed


def test_applying_again_changes_nothing_but_what_the_settings_say(
    client: SyncPrefectClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = applied(tmp_path / "home", Operation())
    ids: dict[str, UUID] = {one.name: client.read_deployment_by_name(one.full_name).id for one in listed}
    paused = next(one for one in listed if one.name == "ingest")
    client.pause_deployment(ids["ingest"])
    monkeypatch.setenv("COSMIC_RETRAIN_CRON", "")
    for one in applied(tmp_path / "home", Operation()):
        there = client.read_deployment_by_name(one.full_name)
        assert there.id == ids[one.name]
        assert there.work_pool_name == POOL
        assert there.entrypoint == one.entrypoint
        assert there.job_variables["env"]["COSMIC_HOME"] == str(tmp_path / "home")
        assert there.path is None or not Path(there.path).is_relative_to(tmp_path)
        assert len(there.schedules) == bool(one.cron)
        assert there.global_concurrency_limit is not None
        assert there.global_concurrency_limit.limit == 1
    assert client.read_deployment_by_name("retrain/retrain").schedules == [], "an emptied schedule goes"
    assert client.read_deployment_by_name(paused.full_name).paused, "what somebody paused stays paused"
    for one in listed:
        client.delete_deployment(ids[one.name])


def test_a_worker_runs_a_deployment_from_any_folder(client: SyncPrefectClient, tmp_path: Path) -> None:
    listed = applied(tmp_path / "home", Operation())
    run = client.create_flow_run_from_deployment(client.read_deployment_by_name("replay/replay").id)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    variables = environment(
        elsewhere, PREFECT_API_URL=str(PREFECT_API_URL.value()), PREFECT_HOME=str(tmp_path / "worker")
    )
    (tmp_path / "worker").mkdir()
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--run-once"]
    done = subprocess.run(
        command, cwd=elsewhere, env=variables, capture_output=True, text=True, timeout=240, check=False
    )
    found = client.read_flow_run(run.id)
    assert found.state_type is StateType.COMPLETED, done.stdout + done.stderr
    for one in listed:
        client.delete_deployment(client.read_deployment_by_name(one.full_name).id)


def test_the_code_is_found_by_import_alone() -> None:
    assert (CODE / "deployments" / "listed.py").is_file()
    for one in every(Deployed(source="simulated"), Operation()):
        assert ":" not in one.entrypoint
        assert one.flow.name
