"""The process that starts runs of all deployments on this machine. The services start it again whenever it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from prefect.client.orchestration import get_client
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner

from cosmic.operation import Deployed, Operation
from deployments.applying import as_people_left_it, automate, clear_schedules, made
from deployments.listed import Deployment, every
from deployments.settling import settle


def run(deployed: Deployed, operation: Operation) -> None:
    """Put every deployment on the server, settle what the last stop left, and start runs until the process is ended."""
    asyncio.run(_serve(every(deployed, operation), operation))


async def _serve(listed: Sequence[Deployment], operation: Operation) -> None:
    ready = [made(one, operation) for one in listed]
    # schedules go on while nothing is served: what becomes of runs that were missed is a setting, not a pause
    runner = Runner(name="cosmic", pause_on_shutdown=False, limit=operation.runs_at_once, query_seconds=5)
    await asyncio.to_thread(_keep, ready)
    for deployment in ready:
        await runner.aadd_deployment(deployment)
    await asyncio.to_thread(_settle, listed, operation)
    await runner.start()


def _keep(ready: Sequence[RunnerDeployment]) -> None:
    with get_client(sync_client=True) as client:
        for deployment in ready:
            as_people_left_it(client, deployment)


def _settle(listed: Sequence[Deployment], operation: Operation) -> None:
    names = [one.full_name for one in listed]
    with get_client(sync_client=True) as client:
        clear_schedules(client, listed)
        automate(client, listed, operation)
        settle(client, names, missed=operation.missed, patience=operation.patience, now=datetime.now(UTC))
