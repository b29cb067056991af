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
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.states import AwaitingRetry, Cancelled, Crashed, Scheduled

from cosmic.operation import Missed

log = logging.getLogger(__name__)

MOST_ATTEMPTS: Final = 3
"""How often one run is started: one that took its process down so often would do so again."""
GONE: Final = "The process of this run was gone."
"""What a run is told whose process was found dead."""
_MOST: Final = 200
"""Runs that a server hands out in one answer."""
_NOT_STARTED: Final = ["Scheduled", "Late"]


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
    there = [found for name in names if (found := _find(client, name)) is not None]
    resumed, given_up = _revive(client, there)
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


def interrupted(client: SyncPrefectClient, deployments: Sequence[DeploymentResponse]) -> list[FlowRun]:
    """Return the runs that the server takes for running, or about to, and those that were found dead and not yet resumed."""
    ids = [one.id for one in deployments]
    dead = [run for run in _runs(client, ids, types=[StateType.CRASHED]) if _found_dead(run)]
    return [*_runs(client, ids, types=[StateType.RUNNING, StateType.PENDING]), *dead]


def _found_dead(run: FlowRun) -> bool:
    return run.state is not None and run.state.message == GONE and run.run_count < MOST_ATTEMPTS


def _revive(client: SyncPrefectClient, deployments: Sequence[DeploymentResponse]) -> tuple[int, int]:
    """Mark runs without a process crashed and have them go on; those that crash again and again stay so."""
    resumed = given_up = 0
    for run in interrupted(client, deployments):
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
    found = _runs(client, [deployment], names=_NOT_STARTED, before=before)
    return [run for run in found if run.auto_scheduled and not run.run_count]


def _add_unplanned(client: SyncPrefectClient, one: DeploymentResponse, *, since: FlowRun, until: datetime) -> int:
    """Add the runs that the schedule asks for after the last planned one: while the server was down, none were planned."""
    added = 0
    after = since.expected_start_time
    for schedule in (kept.schedule for kept in one.schedules if kept.active):
        if not isinstance(schedule, CronSchedule) or after is None:
            continue
        for date in asyncio.run(_dates(schedule, after, until)):
            if date > after:
                client.create_flow_run_from_deployment(one.id, state=Scheduled(scheduled_time=date))
                added += 1
    return added


async def _dates(schedule: CronSchedule, start: datetime, end: datetime) -> Sequence[datetime]:
    from prefect.server.schemas.schedules import (
        CronSchedule as Planning,
    )  # what the server plans with; late, it is heavy

    return await Planning(cron=schedule.cron, timezone=schedule.timezone).get_dates(n=_MOST, start=start, end=end)


def _find(client: SyncPrefectClient, name: str) -> DeploymentResponse | None:
    try:
        return client.read_deployment_by_name(name)
    except ObjectNotFound:
        return None


def _runs(
    client: SyncPrefectClient,
    deployments: list[UUID],
    *,
    types: list[StateType] | None = None,
    names: list[str] | None = None,
    before: datetime | None = None,
) -> list[FlowRun]:
    if not deployments:
        return []
    wanted = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=deployments),
        state=FlowRunFilterState(
            type=None if types is None else FlowRunFilterStateType(any_=types),
            name=None if names is None else FlowRunFilterStateName(any_=names),
        ),
        next_scheduled_start_time=None if before is None else FlowRunFilterNextScheduledStartTime(before_=before),
    )
    return client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.EXPECTED_START_TIME_ASC, limit=_MOST)
