"""Signals of a run become incidents; people and Prefect are told. Wraps the desk; decides nothing."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from prefect import task
from prefect.events import emit_event

from cosmic.alerts import deaths, quarantine
from cosmic.alerts.quarantine import Arrived
from cosmic.alerts.records import Change, Incident, Kind, Signal
from cosmic.alerts.reserve import is_full, spend
from cosmic.clock import utc_now
from cosmic.errors import CosmicError
from cosmic.home import Home
from cosmic.machine import Settings, database_url
from tasks.policies import policy

if TYPE_CHECKING:
    from cosmic.alerts.desk import Desk
    from cosmic.catalogue import Catalogue

log = logging.getLogger(__name__)

EVENTS = {Kind.OPENED: "opened", Kind.ESCALATED: "escalated", Kind.RECOVERED: "recovered"}
"""What Prefect is told of, as ``cosmic.incident.opened`` and so on."""


@task(**policy("tell"), task_run_name="tell of incidents")
def tell(signals: tuple[Signal, ...], *, home: Home, arrived: Arrived | None = None) -> int:
    """Open and close incidents, and send every notice that is due; return how many incidents changed.

    Where the catalogue cannot take them people are told at once, and the signals wait for it. A run that ends before
    anything was stored makes no catalogue for its incident.
    """
    return _events(take(signals, home=home, settings=Settings(), now=utc_now(), arrived=arrived))


@task(**policy("tell-of-the-dead"), task_run_name="tell of runs that were killed")
def tell_of_the_dead(*, home: Home) -> int:
    """Open incidents of runs that ended without a word; return how many incidents changed."""
    return _events(take_dead(home=home, settings=Settings(), now=utc_now()))


def _events(changes: tuple[Change, ...]) -> int:
    told = [change for change in changes if change.kind in EVENTS]
    for change in told:
        _event(change)
    return len(told)


def take(
    signals: tuple[Signal, ...], *, home: Home, settings: Settings, now: datetime, arrived: Arrived | None = None
) -> tuple[Change, ...]:
    """Open and close incidents and send what is due; return what changed in the catalogue, nothing where it takes none.

    Parameters
    ----------
    arrived : Arrived, optional
        What the run stored, to be compared with earlier ingests.
    """
    from cosmic.catalogue import nothing_there, open_catalogue

    desk = settings.desk
    try:
        if nothing_there(home, settings):
            if desk.addresses:
                desk.take_without(signals, folder=home.signals, where=f"{home.sky} sky, nothing stored yet", now=now)
            return ()
        with open_catalogue(home, settings) as catalogue:
            changes = desk.take_kept(catalogue, folder=home.signals)
            if arrived is not None:
                signals += quarantine.signals_of(arrived, earlier=catalogue.counted_before(arrived.ingest))
            changes += desk.take(signals, catalogue=catalogue, now=now)
            _flush(desk, catalogue, now=now)
            return changes
    except (CosmicError, OSError) as error:
        if is_full(error) and spend(home.signals):  # what was kept free for this
            return take(signals, home=home, settings=settings, now=now)
        log.warning("the catalogue takes no incident now: %s", error)
        kind = database_url(home.root, home.sky, settings).get_secret_value().partition(":")[0].partition("+")[0]
        desk.take_without(signals, folder=home.signals, where=f"{kind} ({home.sky} sky), which takes nothing", now=now)
        return ()


def _flush(desk: Desk, catalogue: Catalogue, *, now: datetime) -> None:
    try:
        desk.flush(catalogue, now=now)
    except (CosmicError, OSError) as error:  # what was taken is in the catalogue: whoever comes next sends it
        log.warning("notices wait in the catalogue: %s", error)


def take_dead(*, home: Home, settings: Settings, now: datetime) -> tuple[Change, ...]:
    """Open an incident of each flow whose run was killed; return what changed."""
    dead = deaths.found_dead(home.running)
    changes = take(tuple(signal for _, signal in dead), home=home, settings=settings, now=now) if dead else ()
    for mark, _ in dead:
        deaths.forget(mark)
    return changes


def resource(incident: Incident) -> dict[str, str]:
    """Return by what Prefect knows an incident, for events and for the automations that wait for them."""
    return {
        "prefect.resource.id": f"cosmic.incident.{incident.check}.{incident.table}",
        "prefect.resource.name": incident.name,
        "cosmic.check": incident.check,
        "cosmic.table": incident.table,
        "cosmic.severity": incident.severity,
    }


def _event(change: Change) -> None:
    one = change.incident
    emit_event(
        f"cosmic.incident.{EVENTS[change.kind]}",
        resource=resource(one),
        payload={"summary": one.summary, "rows": one.rows},
    )
