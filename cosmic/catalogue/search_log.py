"""The journals of searches: entries are appended and read in order, never changed. Knows nothing of what they mean."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from pydantic import JsonValue

from cosmic.catalogue.tables import SearchLogRow

Entry = dict[str, JsonValue]


def append(connection: sa.Connection, study: str, entries: Sequence[Entry]) -> None:
    """Store entries at the end of a study's journal, all or none; the caller holds the writers' lock."""
    last = sa.select(sa.func.max(SearchLogRow.number)).where(SearchLogRow.study == study)
    start = connection.execute(last).scalar()
    first = 0 if start is None else start + 1
    rows = [{"study": study, "number": first + at, "entry": entry} for at, entry in enumerate(entries)]
    if rows:
        connection.execute(sa.insert(SearchLogRow), rows)


def read(connection: sa.Connection, study: str, *, start: int = 0) -> list[Entry]:
    """Return the entries of a study from a number on, in the order in which they were appended."""
    wanted = sa.select(SearchLogRow.entry).where(SearchLogRow.study == study, SearchLogRow.number >= start)
    return list(connection.execute(wanted.order_by(SearchLogRow.number)).scalars())
