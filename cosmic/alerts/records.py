"""What a check says, the incident that it opens or closes, and what people are told: records that decide nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """How soon somebody should look, the least first.

    `info`: nothing to do. `warning`: look in working hours. `error`: the data or the schedule stand still until somebody
    acts. `critical`: a wrong number may have been published, or data may be lost.
    """

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return its place among all, from 0."""
        return list(Severity).index(self)


class Kind(StrEnum):
    """What happened to an incident."""

    OPENED = "opened"
    ESCALATED = "escalated"
    SEEN = "seen"
    REMINDED = "reminded"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Signal:
    """What one check found of one table: failing, or sound again.

    Parameters
    ----------
    check, table : str
        Together the name of the incident: ``page-colours`` of ``objects``, ``late-run`` of ``retrain``.
    failing : bool
        Whether it fails now; a sound check closes its incident.
    severity : Severity
        Of a failing check.
    summary : str
        What happened, to which object or file, why, and what to do next; no secret.
    rows : int or None
        How many rows it concerns.
    link : str or None
        The report or the rows: an address, or a path where nothing is published.
    source : str or None
        What the check looked at, such as the id of a page or a run: the same failing source counts once.
    """

    check: str
    table: str
    failing: bool
    severity: Severity = Severity.WARNING
    summary: str = ""
    rows: int | None = None
    link: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """A check that fails, or failed, on a table. `number` counts the incidents of this check and table, from 1.

    `severity` is the highest so far; `times` counts failing sources; `recovered` is None while it is open.
    """

    check: str
    table: str
    number: int
    severity: Severity
    opened: datetime
    last_seen: datetime
    times: int
    summary: str
    rows: int | None = None
    link: str | None = None
    source: str | None = None
    recovered: datetime | None = None

    @property
    def name(self) -> str:
        """Return how it is called: check, table and number."""
        return f"{self.check} of {self.table}, no. {self.number}"


def prefix_of(incident: Incident) -> str:
    """Return how the ids of all notices of an incident begin."""
    return f"{incident.check}/{incident.table}/{incident.number}/"


@dataclass(frozen=True, slots=True)
class Change:
    """What a signal did to an incident, which is given as it is since then."""

    kind: Kind
    incident: Incident


@dataclass(frozen=True, slots=True)
class Notice:
    """What people are told of one change.

    Parameters
    ----------
    id : str
        Check, table, number and kind: one notice of each (`prefix_of` an incident and the kind).
    due : datetime
        When it is to be sent: now, when quiet hours end, or when an address that failed is tried again.
    delivered : tuple of str
        Which addresses have it, by the fingerprint of each.
    attempts : int
        How often sending it was tried in vain.
    """

    id: str
    kind: Kind
    severity: Severity
    title: str
    body: str
    made: datetime
    due: datetime
    delivered: tuple[str, ...] = ()
    attempts: int = 0
    last_error: str | None = None
    sent: datetime | None = None
