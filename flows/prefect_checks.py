"""Checks of Prefect: which server runs report to, whether it answers, what is deployed, who runs it, what is late."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cosmic.doctor.catalogue_checks import clocks
from cosmic.doctor.findings import Finding, Health

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

_TAG: Final = "cosmic"
_LATE: Final = timedelta(minutes=15)


def server(*, timeout: float) -> Iterator[Finding]:
    """Look at the Prefect server that runs report to, and at what is deployed there."""
    import prefect
    from prefect.client.orchestration import get_client
    from prefect.context import get_settings_context
    from prefect.settings import PREFECT_API_URL

    address = PREFECT_API_URL.value()
    if not address:
        yield Finding(
            "prefect", Health.NOTE, f"Prefect {prefect.__version__}; no server is named, so each run starts one and ends it",
            "`make serve` starts one that stays, with every schedule. PREFECT_API_URL or a profile names a team's.",
        )  # fmt: skip
        return
    named = "PREFECT_API_URL" if "PREFECT_API_URL" in os.environ else f"profile {get_settings_context().profile.name}"
    with get_client(httpx_settings={"timeout": timeout}, sync_client=True) as client:
        failure = client.api_healthcheck()
        if failure is not None:
            yield Finding(
                "prefect", Health.FAILURE, f"the server {address} ({named}) does not answer ({type(failure).__name__})",
                "Start it (`make serve`), correct the address, or add --local to run without any server.",
            )  # fmt: skip
            return
        theirs = client.api_version()
        if theirs.split(".")[:2] != prefect.__version__.split(".")[:2]:
            yield Finding(
                "prefect", Health.WARNING, f"the server {address} has Prefect {theirs}, this machine {prefect.__version__}",
                "Runs may fail in ways that nobody tried. Install the same version on both.",
            )  # fmt: skip
        else:
            yield Finding("prefect", Health.OK, f"the server {address} ({named}) answers, Prefect {theirs}")
        if date := client.hello().headers.get("Date"):
            yield clocks("the Prefect server", parsedate_to_datetime(date))
        yield from _deployed(client)


def _deployed(client: SyncPrefectClient) -> Iterator[Finding]:
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterTags,
        FlowRunFilter,
        FlowRunFilterExpectedStartTime,
        FlowRunFilterState,
        FlowRunFilterStateType,
        FlowRunFilterTags,
    )
    from prefect.client.schemas.objects import StateType

    found = client.read_deployments(deployment_filter=DeploymentFilter(tags=DeploymentFilterTags(all_=[_TAG])))
    if not found:
        yield Finding(
            "deployments", Health.NOTE, "nothing of Cosmic is deployed there", "`make serve` deploys and runs all."
        )
        return
    paused = [one.name for one in found if one.paused]
    note = f", paused: {', '.join(paused)}" if paused else ""
    yield Finding(
        "deployments",
        Health.OK,
        f"{len(found)} deployed, {sum(bool(one.schedules) for one in found)} on schedule{note}",
    )
    ready = [one for one in found if one.status is not None and str(one.status.value).upper() == "READY"]
    if len(ready) < len(found):
        pools = sorted({one.work_pool_name for one in found if one.work_pool_name})
        yield Finding(
            "workers", Health.WARNING, f"nobody runs {len(found) - len(ready)} of {len(found)} deployments now",
            "Start a worker: " + ", ".join(f"`prefect worker start --pool {pool}`" for pool in pools) if pools else "Start `make serve`.",
        )  # fmt: skip
    else:
        yield Finding("workers", Health.OK, f"somebody runs all {len(found)} deployments")
    late = client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            tags=FlowRunFilterTags(all_=[_TAG]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
            expected_start_time=FlowRunFilterExpectedStartTime(before_=datetime.now(UTC) - _LATE),
        ),
        limit=50,
    )
    if late:
        yield Finding(
            "schedules", Health.WARNING, f"{len(late)} runs are late by more than {_LATE.seconds // 60} minutes, such as {late[0].name}",
            "Their worker is busy, gone, or at its limit; the UI shows them under Late.",
        )  # fmt: skip


def orphans(root: Path) -> Iterator[Finding]:
    """Look for temporary Prefect servers that killed runs of this home left behind."""
    from flows.environment import orphaned_servers

    found = orphaned_servers(root)
    if found:
        numbers = ", ".join(str(one.pid) for one in found)
        yield Finding(
            "leftovers", Health.NOTE, f"{len(found)} temporary Prefect servers of killed runs still run (process {numbers})",
            "The next run of this home ends them.",
        )  # fmt: skip
