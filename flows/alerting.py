"""What a flow does about alerts: whatever its end, its checks open or close incidents. Orders a task; judges nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from prefect.runtime import flow_run

from cosmic.alerts.deaths import found_dead, marked
from cosmic.alerts.from_run import RUN, Watched, of_failure, of_server, of_success
from cosmic.alerts.quarantine import Arrived
from cosmic.alerts.records import Signal
from cosmic.alerts.reserve import keep
from cosmic.clock import utc_now
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Ingest
from cosmic.settings import PipelineOptions
from flows.environment import server_failure
from flows.steps import Steps
from tasks import alerts

log = logging.getLogger(__name__)


@dataclass
class Watch:
    """What the flow has to say when it ends: what it was at, what went into the catalogue, and where people may look.

    `signals` are of further checks, of a run that ends well. `part` is set where this was only a part of a run: then a
    good end says nothing yet.
    """

    steps: Steps = field(default_factory=Steps)
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

    A run that is killed leaves a mark by which the next one, of whichever flow, tells of it.

    Parameters
    ----------
    origin : str
        What it reads.
    """
    watch, watched = Watch(), Watched(flow, origin, home.sky, str(flow_run.id) if flow_run.id else None)
    try:
        _tell_of_the_dead(home)
        with marked(home.running, watched, now=utc_now()):
            keep(home.signals)
            yield watch
    except Exception as error:
        server = of_server(server_failure())
        failed = of_failure(error, watched, step=watch.steps.at)
        # a run that ends for want of the server is told of as that alone
        _tell((server,) if server.failing and failed.check == RUN else (server, failed), home)
        raise
    if watch.part:
        return
    arrived = None
    if watch.ingest is not None:
        arrived = Arrived(watch.ingest, origin, settings.alert_quarantined, watch.link)
    _tell((*of_success(watched), of_server(server_failure()), *watch.signals), home, arrived)


def _tell_of_the_dead(home: Home) -> None:
    if not found_dead(home.running):
        return
    try:
        alerts.tell_of_the_dead(home=home)
    except Exception:  # this run is not worse for what became of another one
        log.exception("nobody could be told of a run that was killed")


def _tell(signals: tuple[Signal, ...], home: Home, arrived: Arrived | None = None) -> None:
    try:
        alerts.tell(signals, home=home, arrived=arrived)
    except Exception:  # a run is not worse for a notice that could not be kept, and its own error must not be hidden
        log.exception("nobody could be told of this run's incidents")
