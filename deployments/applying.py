"""Puts deployments on a Prefect server: for the runner of this machine, or for a work pool. As often as one likes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

import cosmic
from cosmic.errors import ConfigError
from cosmic.operation import Operation
from deployments.listed import Deployment

TAG: Final = "cosmic"
CODE: Final = Path(cosmic.__file__).resolve().parents[1]
"""Where the packages of this Cosmic lie: a checkout, or site-packages."""
ONE_AT_A_TIME: Final = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)


def made(one: Deployment, operation: Operation) -> RunnerDeployment:
    """Return a deployment as Prefect takes it. Its flow is found by import: no folder is part of it.

    Raises
    ------
    ConfigError
        If its schedule is none; names the variable.
    """
    schedules = []
    if one.cron:
        try:
            CronSchedule(cron=one.cron, timezone=operation.schedule_zone)
        except ValueError as exc:
            raise ConfigError(
                f"{one.setting}={one.cron!r} is no schedule: it takes minute, hour, day of the month, month and weekday, "
                "such as '0 4 * * *'."
            ) from exc
        schedules = [Cron(one.cron, timezone=operation.schedule_zone)]
    deployment = RunnerDeployment.from_flow(
        one.flow,
        name=one.name,
        schedules=schedules,
        concurrency_limit=ONE_AT_A_TIME,
        parameters=one.parameters,
        description=one.about,
        tags=[TAG],
        version=cosmic.__version__,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    deployment.work_pool_name = None  # said, not left out: one that was for a pool is then for this machine's runner
    deployment.work_queue_name = None
    return deployment


def apply_to_pool(listed: Sequence[Deployment], operation: Operation, *, pool: str, home: Path) -> tuple[str, ...]:
    """Put deployments on the server for the workers of a pool, which is made if there is none; return their names.

    Raises
    ------
    ConfigError
        If a schedule is none.
    """
    told = []
    ready = [(one, made(one, operation)) for one in listed]  # a wrong setting is told before anything is changed
    with get_client(sync_client=True) as client:
        _demand_pool(client, pool)
        for _, deployment in ready:
            as_people_left_it(client, deployment)
    for one, deployment in ready:
        deployment.work_pool_name = pool
        deployment.job_variables = {"env": environment(home)}
        deployment.apply()
        told.append(one.full_name)
    with get_client(sync_client=True) as client:
        clear_schedules(client, listed)
        automate(client, listed, operation)
    return tuple(told)


def environment(home: Path) -> dict[str, str]:
    """Return the variables that a run of a deployment needs wherever it starts; none of them is a secret."""
    names = ("PREFECT_LOCAL_STORAGE_PATH", "PREFECT_LOGGING_EXTRA_LOGGERS", "GX_ANALYTICS_ENABLED", "TQDM_DISABLE")
    ours = {"COSMIC_HOME": str(home.absolute()), "OMP_WAIT_POLICY": "PASSIVE", "DO_NOT_TRACK": "1"}
    known = {name: os.environ[name] for name in names if name in os.environ}
    return ours | known | ({} if _installed() else {"PYTHONPATH": str(CODE)})


def _installed() -> bool:
    return "site-packages" in CODE.parts


def _demand_pool(client: SyncPrefectClient, pool: str) -> None:
    try:
        client.read_work_pool(pool)
    except ObjectNotFound:
        client.create_work_pool(WorkPoolCreate(name=pool, type="process", description="Workers of Cosmic."))


def as_people_left_it(client: SyncPrefectClient, deployment: RunnerDeployment) -> None:
    """Keep a deployment paused, and its schedule switched off, where somebody left it so."""
    try:
        there = client.read_deployment_by_name(deployment.full_name)
    except ObjectNotFound:
        return
    deployment.paused = there.paused
    if there.schedules and not any(schedule.active for schedule in there.schedules):
        for schedule in deployment.schedules or ():
            schedule.active = False


def clear_schedules(client: SyncPrefectClient, listed: Iterable[Deployment]) -> None:
    """Take off schedules of deployments that have none any more: Prefect keeps an old one where no new one is given."""
    for one in listed:
        if not one.cron:
            there = client.read_deployment_by_name(one.full_name)
            for schedule in there.schedules:
                client.delete_deployment_schedule(there.id, schedule.id)


def automate(client: SyncPrefectClient, listed: Iterable[Deployment], operation: Operation) -> tuple[str, ...]:
    """Set up the automations of our deployments; return their names."""
    from deployments.automations import set_up

    ids = {one.name: client.read_deployment_by_name(one.full_name).id for one in listed}
    return set_up(client, ids, silent=timedelta(seconds=operation.silent_seconds))
