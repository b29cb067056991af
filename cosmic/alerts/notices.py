"""What people are told of an incident, in words: what, since when, how many rows, what to do, where to look. Sends nothing."""

from __future__ import annotations

from datetime import datetime

from cosmic.alerts.quiet import QuietHours
from cosmic.alerts.records import Change, Incident, Kind, Notice, prefix_of

TOLD = (Kind.OPENED, Kind.ESCALATED, Kind.REMINDED, Kind.RECOVERED)
"""What people are told of; that a check still fails is not among it."""
_LONGEST = 1_500
"""Characters of a summary in a notice."""


def notice_of(change: Change, *, now: datetime, quiet: QuietHours | None, where: str, time: int = 1) -> Notice | None:
    """Return what people are told of a change; None where they know already.

    Parameters
    ----------
    where : str
        Which catalogue it is, for those who look after several.
    time : int
        Of reminders: which one of this incident, from 1.
    """
    if change.kind not in TOLD:
        return None
    one = change.incident
    # an incident may escalate and be recalled more than once
    which = {Kind.ESCALATED: f"/{one.severity}", Kind.REMINDED: f"/{time}"}.get(change.kind, "")
    return Notice(
        id=f"{prefix_of(one)}{change.kind}{which}",
        kind=change.kind,
        severity=one.severity,
        title=_title(change.kind, one),
        body=_body(change.kind, one, where=where),
        made=max(now, one.opened),  # in the order of what happened, also where the clock was set back
        due=now if quiet is None else quiet.due(now, one.severity),
    )


def _title(kind: Kind, one: Incident) -> str:
    if kind is Kind.RECOVERED:
        return f"Cosmic: {one.check} of {one.table} is sound again"
    how = {Kind.ESCALATED: " got worse", Kind.REMINDED: " still fails"}.get(kind, "")
    return f"Cosmic, {one.severity}: {one.check} of {one.table}{how}"


def _body(kind: Kind, one: Incident, *, where: str) -> str:
    lines = []
    summary = one.summary if len(one.summary) <= _LONGEST else f"{one.summary[:_LONGEST]} …"
    if kind is Kind.RECOVERED:
        lasted = one.last_seen - one.opened
        lines.append(
            f"It failed from {_time(one.opened)} to {_time(one.last_seen)} ({_length(lasted.total_seconds())})."
        )
        lines.append(f"It was: {summary}")
    else:
        lines.append(summary)
        lines.append(f"Since {_time(one.opened)}" + (f", seen {one.times} times." if one.times > 1 else "."))
    if one.rows is not None:
        lines.append(f"Rows: {one.rows:,}")
    if one.link is not None:
        lines.append(f"See: {one.link}")
    lines.append(f"Catalogue: {where}")
    return "\n".join(lines)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _length(seconds: float) -> str:
    if seconds < 5_400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3_600:.0f} hours" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"
