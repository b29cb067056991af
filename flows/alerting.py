"""What a flow does about alerts: whatever its end, its checks open or close incidents. Orders a task; judges nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prefect.runtime import flow_run

from cosmic.alerts.from_run import Watched, of_failure, of_success
from cosmic.alerts.records import Signal
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Ingest
from cosmic.settings import PipelineOptions
from tasks import alerts

log = logging.getLogger(__name__)


@dataclass
class Watch:
    """What the flow has to say when it ends well: what went into the catalogue, and where people may look.

    `part` is set where this was only a part of a run: then a good end says nothing yet.
    """

    ingest: Ingest | None = None
    link: str | None = None
    signals: tuple[Signal, ...] = ()
    part: bool = False


def origin_of(options: PipelineOptions) -> str:
    """Return what a run reads, as the table of its incidents: the same for every flow that reads it."""
    return f"{'images' if options.images_alone else 'objects'} from {options.source}"


@contextmanager
def watching(flow: str, *, origin: str, home: Home, settings: Settings) -> Iterator[Watch]:
    """Tell of incidents when the flow within ends, well or with an error; a run that a person stops says nothing.

    Parameters
    ----------
    origin : str
        What it reads.
    """
    watch, watched = Watch(), Watched(flow, origin, str(flow_run.id) if flow_run.id else None)
    try:
        yield watch
    except Exception as error:
        _tell((of_failure(error, watched),), home)
        raise
    if watch.part:
        return
    found = of_success(watched, watch.ingest, most_quarantined=settings.alert_quarantined, link=watch.link)
    _tell((*found, *watch.signals), home)


def _tell(signals: tuple[Signal, ...], home: Home) -> None:
    try:
        alerts.tell(signals, home=home)
    except Exception:  # a run is not worse for a notice that could not be kept, and its own error must not be hidden
        log.exception("nobody could be told of this run's incidents")
