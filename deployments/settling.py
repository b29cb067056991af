"""After an outage: runs that were missed are started, one of them, or none; runs whose process died go on. Starts nothing.

Of runs that were missed Prefect keeps those that it had planned before the outage. Of a run that died the steps that had
ended are remembered, so that it goes on from there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.states import AwaitingRetry, Cancelled, Crashed, Scheduled

from cosmic.operation import Missed
from deployments.asking import NOT_STARTED, deployments, runs, times

log = logging.getLogger(__name__)

MOST_ATTEMPTS: Final = 3
"""How often one run is started: one that took its process down so often would do so again."""
GONE: Final = "The process of this run was gone."
"""What a run is told whose process was found dead."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What was settled, in numbers of runs."""

    skipped: int = 0
    caught_up: int = 0
    resumed: int = 0
    given_up: int = 0

    def __str__(self) -> str:
        words = {
            "missed and skipped": self.skipped, "missed and caught up": self.caught_up,
            "interrupted and resumed": self.resumed, "given up": self.given_up,
        }  # fmt: skip
        return ", ".join(f"{n} {word}" for word, n in words.items() if n) or "nothing to settle"


def settle(
    client: SyncPrefectClient, names: Iterable[str], *, missed: Missed, patience: float, now: datetime
) -> Settled:
    """Settle what an outage left of some deployments. Nothing may be running them meanwhile.

    Parameters
    ----------
    names : iterable of str
        Full names of the deployments.
    missed : Missed
        What becomes of runs whose time passed.
    patience : float
        Seconds after its time at which a run counts as missed.
    now : datetime
        With time zone.
    """
    there = deployments(client, names)
    resumed, given_up = revive(client, [*interrupted(client, there), *crashed(client, there, now=now)])
    skipped = caught_up = 0
    for one in there:
        late = _late(client, one.id, before=now - timedelta(seconds=patience))
        if missed is Missed.ALL and late:
            caught_up += len(late) + _add_unplanned(client, one, since=late[-1], until=now)
            continue
        keep = 1 if missed is Missed.LATEST else 0
        dropped = late[: max(0, len(late) - keep)]
        for run in dropped:
            why = f"Its time passed while nothing could start it, and COSMIC_MISSED={missed.value}."
            client.set_flow_run_state(run.id, Cancelled(name="Skipped", message=why), force=True)
        skipped += len(dropped)
        caught_up += len(late) - len(dropped)
    done = Settled(skipped, caught_up, resumed, given_up)
    log.info("after the last stop: %s", done)
    return done


def interrupted(client: SyncPrefectClient, among: Sequence[DeploymentResponse]) -> list[FlowRun]:
    """Return the runs that the server takes for running, or about to: where nothing runs any, their processes are gone."""
    return runs(client, [one.id for one in among], types=[StateType.RUNNING, StateType.PENDING])


def crashed(client: SyncPrefectClient, among: Sequence[DeploymentResponse], *, now: datetime) -> list[FlowRun]:
    """Return the runs that crashed within a day and may go on: those that were not started too often already."""
    found = runs(client, [one.id for one in among], types=[StateType.CRASHED], started_after=now - timedelta(days=1))
    return [run for run in found if run.run_count < MOST_ATTEMPTS]


def revive(client: SyncPrefectClient, dead: Iterable[FlowRun]) -> tuple[int, int]:
    """Mark runs without a process crashed and have them go on; those that crash again and again stay so."""
    resumed = given_up = 0
    for run in dead:
        if run.state_type is not StateType.CRASHED:
            client.set_flow_run_state(run.id, Crashed(message=GONE), force=True)
        if run.run_count >= MOST_ATTEMPTS:
            given_up += 1
            log.error("run %s crashed %d times and is given up; its log says where", run.name, run.run_count)
            continue
        client.set_flow_run_state(run.id, AwaitingRetry(message="It goes on from where it was."), force=True)
        resumed += 1
    return resumed, given_up


def _late(client: SyncPrefectClient, deployment: UUID, *, before: datetime) -> list[FlowRun]:
    """Return the runs of a schedule that should have started before, the oldest first."""
    found = runs(client, [deployment], names=NOT_STARTED, due_before=before)
    return [run for run in found if run.auto_scheduled and not run.run_count]


def _add_unplanned(client: SyncPrefectClient, one: DeploymentResponse, *, since: FlowRun, until: datetime) -> int:
    """Add the runs that the schedule asks for after the last planned one: while the server was down, none were planned."""
    added = 0
    after = since.expected_start_time
    for schedule in (kept.schedule for kept in one.schedules if kept.active):
        if not isinstance(schedule, CronSchedule) or after is None:
            continue
        for date in asyncio.run(times(schedule, start=after, end=until)):
            if date > after:
                client.create_flow_run_from_deployment(one.id, state=Scheduled(scheduled_time=date))
                added += 1
    return added
