"""What a Prefect server says of our deployments and of their runs. Only asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound

from cosmic.alerts.schedules import Scheduled

MOST: Final = 200
"""Runs that a server hands out in one answer."""
NOT_STARTED: Final = ["Scheduled", "Late"]
_LONGEST: Final = timedelta(days=32)
"""How far back a schedule's last time is looked for."""


def deployments(client: SyncPrefectClient, names: Iterable[str]) -> list[DeploymentResponse]:
    """Return those of some deployments that the server has, by their full names."""
    found = []
    for name in names:
        try:
            found.append(client.read_deployment_by_name(name))
        except ObjectNotFound:
            continue
    return found


def runs(
    client: SyncPrefectClient,
    among: Sequence[UUID],
    *,
    types: list[StateType] | None = None,
    names: list[str] | None = None,
    due_before: datetime | None = None,
    started_after: datetime | None = None,
) -> list[FlowRun]:
    """Return the first runs of deployments, by when they were to start."""
    if not among:
        return []
    state = FlowRunFilterState(
        type=None if types is None else FlowRunFilterStateType(any_=types),
        name=None if names is None else FlowRunFilterStateName(any_=names),
    )
    wanted = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=list(among)),
        state=None if types is None and names is None else state,
        next_scheduled_start_time=None
        if due_before is None
        else FlowRunFilterNextScheduledStartTime(before_=due_before),
        start_time=None if started_after is None else FlowRunFilterStartTime(after_=started_after),
    )
    return client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.EXPECTED_START_TIME_ASC, limit=MOST)


async def times(schedule: CronSchedule, *, start: datetime, end: datetime) -> Sequence[datetime]:
    """Return when a schedule asks for runs, from `start` to `end`, the first `MOST`."""
    from prefect.server.schemas.schedules import (
        CronSchedule as Planning,
    )  # what the server plans with; late, it is heavy

    return await Planning(cron=schedule.cron, timezone=schedule.timezone).get_dates(n=MOST, start=start, end=end)


async def standing(client: SyncPrefectClient, one: DeploymentResponse, *, now: datetime) -> Scheduled:
    """Return what the server says of a deployment."""
    waiting = [run for run in runs(client, [one.id], names=NOT_STARTED, due_before=now) if run.expected_start_time]
    busy = bool(runs(client, [one.id], types=[StateType.RUNNING, StateType.PENDING]))
    due = await _last_due(one, now=now)
    started = None
    if due is not None:
        since = runs(client, [one.id], started_after=due - timedelta(seconds=1))
        planned = [run for run in waiting if run.expected_start_time and run.expected_start_time >= due]
        started = due if since or planned else None
    first = waiting[0].expected_start_time if waiting else None
    return Scheduled(one.name, waiting=first, busy=busy, last_due=due, last_run=started)


async def _last_due(one: DeploymentResponse, *, now: datetime) -> datetime | None:
    """Return when an active schedule last asked for a run since it was made; None where it never did."""
    found = []
    for kept in one.schedules:
        schedule = kept.schedule
        if one.paused or not kept.active or not isinstance(schedule, CronSchedule):
            continue
        made = max(filter(None, (kept.created, kept.updated)), default=now)
        for back in (timedelta(hours=2), timedelta(days=2), _LONGEST):  # most of those of an hour ago, first
            dates = [date for date in await times(schedule, start=now - back, end=now) if date >= made]
            if dates:
                found.append(dates[-1])
                break
    return max(found, default=None)
