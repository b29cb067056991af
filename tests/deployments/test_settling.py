"""After an outage: missed runs are skipped, caught up by one or all started; runs without a process go on, thrice at most."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Crashed, Pending, Running

from cosmic.alerts.schedules import LATE, MISSED
from cosmic.operation import Deployed, Missed, Operation
from deployments.applying import made
from deployments.asking import runs
from deployments.automations import set_up
from deployments.listed import every
from deployments.settling import GONE, MOST_ATTEMPTS, settle
from deployments.watching import look

pytestmark = pytest.mark.slow

NOW = datetime.now(UTC)
SILENT = timedelta(minutes=3)


@pytest.fixture(scope="module")
def client(prefect_server: None) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as one:
        yield one


@pytest.fixture
def replay(client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[UUID]:
    """The deployment of replay, every hour, without a run."""
    monkeypatch.setenv("COSMIC_REPLAY_CRON", "0 * * * *")
    operation = Operation()
    (one,) = (one for one in every(Deployed(source="simulated"), operation) if one.name == "replay")
    id_ = made(one, operation).apply()
    assert isinstance(id_, UUID)
    yield id_
    client.delete_deployment(id_)
    for run in runs(client, [id_]):
        client.delete_flow_run(run.id)


def plan(client: SyncPrefectClient, deployment: UUID, *, hours: float) -> int:
    """Have the server plan the runs of the last hours, as it did before the outage; return how many."""
    body = {
        "start_time": (NOW - timedelta(hours=hours)).isoformat(),
        "end_time": NOW.isoformat(),
        "min_runs": 50,
        "max_runs": 50,
    }
    answer = client._client.post(f"/deployments/{deployment}/schedule", json=body)
    assert answer.is_success, answer.text
    return len(waiting(client, deployment))


def waiting(client: SyncPrefectClient, deployment: UUID) -> list[FlowRun]:
    return runs(client, [deployment], types=[StateType.SCHEDULED], due_before=NOW)


def settled(client: SyncPrefectClient, missed: Missed) -> str:
    return str(settle(client, ["replay/replay"], missed=missed, patience=1.0, now=NOW))


@pytest.mark.parametrize(("missed", "left"), [(Missed.SKIP, 0), (Missed.LATEST, 1), (Missed.ALL, 5)])
def test_missed_runs_are_settled_as_the_team_wants(
    client: SyncPrefectClient, replay: UUID, missed: Missed, left: int
) -> None:
    planned = plan(client, replay, hours=5)
    assert planned == 5
    newest = waiting(client, replay)[-1].id
    settled(client, missed)
    assert len(waiting(client, replay)) == left
    assert missed is Missed.SKIP or newest in {run.id for run in waiting(client, replay)}
    skipped = runs(client, [replay], names=["Skipped"])
    assert len(skipped) == planned - left
    assert all("COSMIC_MISSED" in str(run.state.message) for run in skipped if run.state)
    settled(client, missed)
    assert len(waiting(client, replay)) == left, "a second time nothing changes"


def test_all_starts_what_no_server_planned_too(client: SyncPrefectClient, replay: UUID) -> None:
    body = {
        "start_time": (NOW - timedelta(hours=6)).isoformat(),
        "end_time": (NOW - timedelta(hours=4)).isoformat(),
        "min_runs": 50,
        "max_runs": 50,
    }
    assert client._client.post(f"/deployments/{replay}/schedule", json=body).is_success
    assert len(waiting(client, replay)) == 2, "then the server was down"
    settled(client, Missed.ALL)
    assert len(waiting(client, replay)) == 6


def test_a_run_that_a_person_started_is_never_skipped(client: SyncPrefectClient, replay: UUID) -> None:
    mine = client.create_flow_run_from_deployment(replay)
    settle(client, ["replay/replay"], missed=Missed.SKIP, patience=0.0, now=NOW + timedelta(hours=1))
    assert client.read_flow_run(mine.id).state_type is StateType.SCHEDULED


@pytest.mark.parametrize("state", [Running(), Pending(), Crashed()])
def test_a_run_without_a_process_goes_on(client: SyncPrefectClient, replay: UUID, state: object) -> None:
    run = client.create_flow_run_from_deployment(replay)
    client.set_flow_run_state(run.id, Running(), force=True)
    client.set_flow_run_state(run.id, state, force=True)  # type: ignore[arg-type]
    assert "1 interrupted and resumed" in settled(client, Missed.LATEST)
    found = client.read_flow_run(run.id)
    assert (found.state_type, found.state_name) == (StateType.SCHEDULED, "AwaitingRetry")


def test_a_run_that_takes_its_process_down_each_time_is_given_up(client: SyncPrefectClient, replay: UUID) -> None:
    run = client.create_flow_run_from_deployment(replay)
    for _ in range(MOST_ATTEMPTS):
        client.set_flow_run_state(run.id, Running(), force=True)
    assert client.read_flow_run(run.id).run_count == MOST_ATTEMPTS
    assert "1 given up" in settled(client, Missed.LATEST)
    state = client.read_flow_run(run.id).state
    assert state is not None
    assert (state.type, state.message) == (StateType.CRASHED, GONE)
    assert settled(client, Missed.LATEST) == "nothing to settle"


def test_the_watch_tells_of_a_run_that_nothing_starts(client: SyncPrefectClient, replay: UUID) -> None:
    names, operation = ["replay/replay"], Operation()
    assert not [one for one in look(client, names, operation, now=NOW) if one.failing], "a young schedule owes nothing"
    plan(client, replay, hours=2)
    failing = [one for one in look(client, names, operation, now=NOW + timedelta(hours=2)) if one.failing]
    assert {(one.check, one.table) for one in failing} >= {(LATE, "replay")}
    later = look(client, names, operation, now=NOW + timedelta(hours=3))
    assert {one.check for one in later if one.failing} == {LATE, MISSED}, "and of an hour for which there was no run"


def test_automations_are_set_up_once_and_stay_off_where_somebody_switched_them_off(
    client: SyncPrefectClient, replay: UUID
) -> None:
    ids = {"retrain": replay, "ingest": replay}
    names = set_up(client, ids, silent=SILENT)
    (first,) = client.read_automations_by_name(names[0])
    assert client._client.patch(f"/automations/{first.id}", json={"enabled": False}).is_success
    assert set_up(client, ids, silent=SILENT) == names
    for name in names:
        assert len(client.read_automations_by_name(name)) == 1
    assert client.read_automations_by_name(names[0])[0].enabled is False
