"""What a check says, in one record: everything that may open or close an incident goes through it. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
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
        What the check looked at, such as the id of a page or a run: the same failing source is told once.
    """

    check: str
    table: str
    failing: bool
    severity: Severity = Severity.WARNING
    summary: str = ""
    rows: int | None = None
    link: str | None = None
    source: str | None = None
