"""From the options and settings of a run to what SkyServer is asked, and how. Asks nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cosmic.errors import ConfigError
from cosmic.skyserver.client import Service
from cosmic.skyserver.plan import Request

if TYPE_CHECKING:
    from cosmic.settings import PipelineOptions, Settings


def request_of(options: PipelineOptions, settings: Settings) -> Request:
    """Return what a run pulls."""
    return Request(options.release, options.query, options.where, settings.page_rows)


def service_of(settings: Settings) -> Service:
    """Return where and how it asks."""
    return Service(settings.skyserver_url.rstrip("/"), settings.skyserver_timeout, settings.skyserver_deadline)


def asked_again(refetch: str | None, shards: Iterable[int]) -> tuple[int, ...]:
    """Return which of the shards are asked for again: ``300``, ``300-420``, ``all``; none where it is None.

    Raises
    ------
    ConfigError
        If the survey has none of them.
    """
    if refetch is None:
        return ()
    low, _, high = refetch.partition("-")
    known = list(shards)
    found = known if refetch == "all" else [s for s in known if int(low) <= s <= int(high or low)]
    if not found:
        raise ConfigError(f"--refetch {refetch}: the survey has no such plate.")
    return tuple(found)
