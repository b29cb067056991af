"""Incidents and the notices that wait to be sent, as the catalogue keeps them. Decides nothing and sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import sqlalchemy as sa

from cosmic.alerts.records import Change, Incident, Kind, Notice, Severity, prefix_of
from cosmic.catalogue.tables import IncidentRow, NoticeRow

_ORDER: Final = tuple(Kind)
"""In which order what happened at the same moment is told."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What signals change, and what people are told of it."""

    changes: tuple[Change, ...]
    notices: tuple[Notice, ...]


Judge = Callable[[Mapping[tuple[str, str], Incident]], Judged]
"""Given the newest incident of each check and table, says what changes."""


def store(connection: sa.Connection, judge: Judge) -> tuple[Change, ...]:
    """Store what is judged of the incidents as they are now, and its notices with it; the caller holds the writers' lock."""
    judged = judge(newest(connection))
    for change in judged.changes:
        row = _row(change.incident)
        if change.kind is Kind.OPENED:
            connection.execute(sa.insert(IncidentRow).values(**row))
        else:
            connection.execute(sa.update(IncidentRow).where(*_key(change.incident)).values(**row))
    add(connection, judged.notices)
    return judged.changes


def add(connection: sa.Connection, notices: Sequence[Notice]) -> None:
    """Store notices that are not there yet; that something is over goes to nobody where nobody was told that it began."""
    for one in notices:
        beside = sa.select(NoticeRow.id).where(NoticeRow.id.startswith(_prefix(one), autoescape=True))
        known = set(connection.execute(beside).scalars())
        if one.id not in known and (known or one.kind is not Kind.RECOVERED):
            connection.execute(sa.insert(NoticeRow).values(**_notice_row(one)))


def _prefix(notice: Notice) -> str:
    return notice.id[: notice.id.rindex(f"/{notice.kind}") + 1]


def newest(connection: sa.Connection) -> dict[tuple[str, str], Incident]:
    """Return the newest incident of each check and table."""
    ordered = sa.select(IncidentRow.__table__).order_by(IncidentRow.number)
    return {(one.check, one.table): one for one in map(_incident, connection.execute(ordered))}


def read(connection: sa.Connection, *, open_only: bool) -> tuple[Incident, ...]:
    """Return incidents, the newest first."""
    wanted = sa.select(IncidentRow.__table__)
    if open_only:
        wanted = wanted.where(IncidentRow.recovered.is_(None))
    found = map(_incident, connection.execute(wanted))
    return tuple(sorted(found, key=lambda one: (one.opened, one.check, one.table), reverse=True))


def waiting(connection: sa.Connection) -> tuple[Notice, ...]:
    """Return the notices that were not sent everywhere, the oldest first."""
    found = map(_notice, connection.execute(sa.select(NoticeRow.__table__).where(NoticeRow.sent.is_(None))))
    return tuple(sorted(found, key=lambda one: (one.made, _ORDER.index(one.kind), one.id)))


def beside(connection: sa.Connection, notice: Notice) -> tuple[Notice, ...]:
    """Return the other notices of the same incident."""
    wanted = sa.select(NoticeRow.__table__).where(
        NoticeRow.id.startswith(_prefix(notice), autoescape=True), NoticeRow.id != notice.id
    )
    return tuple(map(_notice, connection.execute(wanted)))


def told(connection: sa.Connection) -> tuple[tuple[Incident, tuple[Notice, ...]], ...]:
    """Return each open incident with all its notices."""
    found = []
    for one in read(connection, open_only=True):
        own = NoticeRow.id.startswith(prefix_of(one), autoescape=True)
        found.append((one, tuple(map(_notice, connection.execute(sa.select(NoticeRow.__table__).where(own))))))
    return tuple(found)


def note(connection: sa.Connection, notice: Notice) -> None:
    """Store how far a notice has come."""
    how = {"due": notice.due, "delivered": list(notice.delivered), "attempts": notice.attempts, "last_error": notice.last_error,
           "sent": notice.sent}  # fmt: skip
    connection.execute(sa.update(NoticeRow).where(NoticeRow.id == notice.id).values(**how))


def _key(one: Incident) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        IncidentRow.check_name == one.check,
        IncidentRow.table_name == one.table,
        IncidentRow.number == one.number,
    )


def _row(one: Incident) -> dict[str, object]:
    row = asdict(one)
    row["check_name"], row["table_name"] = row.pop("check"), row.pop("table")
    return row


def _incident(row: sa.Row[tuple[object, ...]]) -> Incident:
    values = dict(row._mapping)
    values["check"], values["table"] = values.pop("check_name"), values.pop("table_name")
    return Incident(**values | {"severity": Severity(values["severity"])})


def _notice_row(one: Notice) -> dict[str, object]:
    return asdict(one) | {"delivered": list(one.delivered)}


def _notice(row: sa.Row[tuple[object, ...]]) -> Notice:
    values = dict(row._mapping)
    return Notice(
        **values
        | {
            "kind": Kind(values["kind"]),
            "severity": Severity(values["severity"]),
            "delivered": tuple(values["delivered"]),
        }
    )
