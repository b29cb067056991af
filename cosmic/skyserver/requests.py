"""From the options and settings of a run to what SkyServer is asked, and how. Asks nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cosmic.errors import ConfigError
from cosmic.skyserver.client import Service
from cosmic.skyserver.plan import Request, Span
from cosmic.skyserver.profiles import VOTES

if TYPE_CHECKING:
    from cosmic.machine import Settings
from cosmic.settings import PipelineOptions


def request_of(options: PipelineOptions, settings: Settings) -> Request:
    """Return what a run pulls."""
    return Request(options.release, options.query, options.where, settings.page_rows)


def votes_of(options: PipelineOptions, settings: Settings) -> Request:
    """Return what a run pulls of Galaxy Zoo 2's votes."""
    return Request(options.release, VOTES, page_rows=settings.page_rows)


def service_of(settings: Settings) -> Service:
    """Return where and how it asks."""
    return Service(settings.skyserver_url.rstrip("/"), settings.skyserver_timeout, settings.skyserver_deadline)


def asked_again(refetch: str | None, shards: Iterable[int]) -> tuple[int, ...]:
    """Return which of the shards are asked for again: ``300``, ``300-420,500``, ``all``; none where it is None.

    Raises
    ------
    ConfigError
        If the survey has none of them.
    """
    if refetch is None:
        return ()
    known = list(shards)
    found = known if refetch == "all" else [s for s in known if within(s, spans_of(refetch))]
    if not found:
        raise ConfigError(f"--refetch {refetch}: the survey has no such plate.")
    return tuple(found)


def spans_of(text: str) -> tuple[Span, ...]:
    """Return the spans of shards (both ends included) that a text names: ``300``, ``300-420``, ``300-420,500``."""
    parts = [part.strip().partition("-") for part in text.split(",")]
    return tuple((int(low), int(high or low)) for low, _, high in parts)


def within(shard: int, spans: Sequence[Span]) -> bool:
    """Whether a shard lies in one of the spans."""
    return any(low <= shard <= high for low, high in spans)
