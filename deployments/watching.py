"""Looks every minute whether schedules fire and runs are alive: late runs raise an alert, crashed ones go on.

Started by `serve`, and by hand beside workers of a pool: one a home is enough, more do no harm.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from prefect.client.orchestration import SyncPrefectClient, get_client

from cosmic.alerts.records import Signal
from cosmic.alerts.schedules import judge_schedules
from cosmic.home import Home
from cosmic.operation import Deployed, Operation
from cosmic.records import Sky
from deployments.asking import deployments, standing
from deployments.listed import every
from deployments.settling import crashed, revive
from tasks import alerts

log = logging.getLogger(__name__)


def watch(deployed: Deployed, operation: Operation, *, rounds: int | None = None) -> None:
    """Look every minute (`COSMIC_WATCH_SECONDS`), for ever or for a number of rounds."""
    names = [one.full_name for one in every(deployed, operation)]
    home = Home(deployed.home.absolute(), Sky.SIMULATED if deployed.source == "simulated" else Sky.REAL)
    told: frozenset[tuple[str, str]] | None = None
    done = 0
    while rounds is None or done < rounds:
        try:
            with get_client(sync_client=True) as client:
                signals = look(client, names, operation, now=datetime.now(UTC))
        except Exception as why:  # noqa: BLE001 a server that does not answer is back some minute; the watch must not end
            log.warning(
                "the Prefect server could not be asked (%s); in %.0f s again",
                type(why).__name__,
                operation.watch_seconds,
            )
        else:
            failing = frozenset((one.check, one.table) for one in signals if one.failing)
            if failing != told:  # what has not changed is known: the catalogue is not written every minute
                alerts.tell(signals, home=home)
                told = failing
        done += 1
        if rounds is None or done < rounds:
            time.sleep(operation.watch_seconds)


def look(client: SyncPrefectClient, names: Sequence[str], operation: Operation, *, now: datetime) -> tuple[Signal, ...]:
    """Have crashed runs go on, and return what the schedules say."""
    there = deployments(client, names)
    resumed, _ = revive(client, crashed(client, there, now=now))
    if resumed:
        log.warning("%d crashed run(s) go on", resumed)
    found = [asyncio.run(standing(client, one, now=now)) for one in there]
    return judge_schedules(found, patience=timedelta(seconds=operation.patience), now=now)
