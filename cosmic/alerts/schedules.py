"""What a schedule says of itself: a run that waits too long, a time at which nothing ran. Decides; asks no server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cosmic.alerts.records import Severity, Signal

LATE: Final = "late-run"
MISSED: Final = "missed-schedule"


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What a server says of one deployment.

    Parameters
    ----------
    name : str
        Of the deployment.
    waiting : datetime or None
        When the oldest run that waits for something to start it was due; None where none waits.
    busy : bool
        Whether a run of it goes on, so that others wait for their turn.
    last_due : datetime or None
        When its schedule last asked for a run; None without a schedule, or where it is younger than that.
    last_run : datetime or None
        When a run of it last started, or is planned from `last_due` on.
    """

    name: str
    waiting: datetime | None = None
    busy: bool = False
    last_due: datetime | None = None
    last_run: datetime | None = None


def judge_schedules(found: Iterable[Scheduled], *, patience: timedelta, now: datetime) -> tuple[Signal, ...]:
    """Return what the schedules say: of each deployment whether a run is late, and whether its schedule fired.

    Parameters
    ----------
    patience : timedelta
        How long a run may wait.
    """
    return tuple(signal for one in found for signal in (_late(one, patience, now), _missed(one, patience, now)))


def _late(one: Scheduled, patience: timedelta, now: datetime) -> Signal:
    if one.waiting is None or one.busy or now - one.waiting <= patience:
        return Signal(LATE, one.name, failing=False)
    told = (
        f"a run of {one.name} was due at {one.waiting:%Y-%m-%d %H:%M} {one.waiting.tzname()} and nothing has started it. "
        "Look whether `make serve`, or a worker of its pool, is running; it starts what waits."
    )
    return Signal(LATE, one.name, failing=True, severity=Severity.ERROR, summary=told, source=one.waiting.isoformat())


def _missed(one: Scheduled, patience: timedelta, now: datetime) -> Signal:
    due = one.last_due
    if due is None or now - due <= patience or (one.last_run is not None and one.last_run >= due):
        return Signal(MISSED, one.name, failing=False)
    told = (
        f"the schedule of {one.name} asked for a run at {due:%Y-%m-%d %H:%M} {due.tzname()}, and there was none: the server "
        "was down, or its scheduler. Run the deployment by hand, or wait for its next time."
    )
    return Signal(MISSED, one.name, failing=True, severity=Severity.ERROR, summary=told, source=due.isoformat())
