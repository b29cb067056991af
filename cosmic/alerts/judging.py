"""From signals and open incidents to changes: a pure function. Stores nothing, sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from cosmic.alerts.records import Change, Incident, Kind, Signal

Name = tuple[str, str]
"""Check and table."""


def judge(signals: Iterable[Signal], known: Mapping[Name, Incident], *, now: datetime) -> tuple[Change, ...]:
    """Return what signals change, in the order in which checks first appear among them.

    A failing check opens one incident, or is seen again in it: counted once a source, and escalated where its severity
    rises. A sound check closes its incident. Of several signals of one check and table a failing one counts, the most
    severe first. A clock that was set back makes no incident end before it began.

    Parameters
    ----------
    known : mapping
        The newest incident of each check and table, open or recovered.
    """
    changes = []
    for name, signal in _together(signals).items():
        last = known.get(name)
        change = _change(signal, last, now=now)
        if change is not None:
            changes.append(change)
    return tuple(changes)


def _together(signals: Iterable[Signal]) -> dict[Name, Signal]:
    found: dict[Name, Signal] = {}
    for signal in signals:
        name = (signal.check, signal.table)
        first = found.get(name)
        if first is None or (signal.failing, signal.severity.rank) > (first.failing, first.severity.rank):
            found[name] = signal
    return found


def _change(signal: Signal, last: Incident | None, *, now: datetime) -> Change | None:
    if last is None or last.recovered is not None:
        if not signal.failing:
            return None
        number = 1 if last is None else last.number + 1
        opened = Incident(
            signal.check, signal.table, number, signal.severity, opened=now, last_seen=now, times=1,
            summary=signal.summary, rows=signal.rows, link=signal.link, source=signal.source,
        )  # fmt: skip
        return Change(Kind.OPENED, opened)
    later = max(now, last.last_seen)  # the clock may have been set back
    if not signal.failing:
        return Change(Kind.RECOVERED, replace(last, recovered=later, last_seen=later))
    same = signal.source is not None and signal.source == last.source
    worse = signal.severity.rank > last.severity.rank
    seen = replace(
        last,
        severity=signal.severity if worse else last.severity,
        last_seen=later,
        times=last.times + (0 if same else 1),
        summary=signal.summary,
        rows=signal.rows,
        link=signal.link,
        source=signal.source,
    )
    return Change(Kind.ESCALATED if worse else Kind.SEEN, seen)
