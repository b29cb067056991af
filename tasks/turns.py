"""Waits for a turn at a Prefect rate limit. Sets no limit; knows nothing of what is limited."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import httpx
from prefect.client.orchestration import get_client
from prefect.concurrency.services import ConcurrencySlotAcquisitionService

from cosmic.errors import ConfigError

_BUSY: Final = 503
_FIRST_PAUSE: Final = 0.1
"""Seconds until a busy server is asked again; then four times as many, and so on."""


def take_turn(limit: str) -> None:
    """Return when this process has a turn at a rate limit.

    As `prefect.concurrency.sync.rate_limit`, but for the pauses: a server on SQLite says that it is busy whenever it
    notes a task's state at the same moment, which is usual, and Prefect then waits for 2, 4, … 32 seconds.

    Raises
    ------
    ConfigError
        If the server has no such limit.
    """
    turn = (1, "rate_limit", None, None)
    answer: httpx.Response = _Turns.instance(frozenset([limit])).send(turn).result()  # type: ignore[arg-type]
    if not answer.json():
        raise ConfigError(
            f"The Prefect server has no limit '{limit}' any more: somebody took it away. The next run makes it."
        )


class _Turns(ConcurrencySlotAcquisitionService):
    """Prefect's queue for turns, with a client that comes back soon to a busy server."""

    @asynccontextmanager
    async def _lifespan(self) -> AsyncGenerator[None, None]:
        hooks = {"response": [_name_a_pause]}
        async with get_client(httpx_settings={"event_hooks": hooks}) as client:
            self._client = client
            yield


async def _name_a_pause(answer: httpx.Response) -> None:
    """Write into an answer when to ask again, which Prefect's client heeds."""
    if answer.status_code == _BUSY and "Retry-After" not in answer.headers:
        pause = answer.request.extensions.get("cosmic_pause", _FIRST_PAUSE)
        answer.request.extensions["cosmic_pause"] = 4 * pause
        answer.headers["Retry-After"] = f"{pause:.3f}"
