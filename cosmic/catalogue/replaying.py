"""What lies in quarantine, to be judged again, and what today's contract says of it. Moves no row into the catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from cosmic.catalogue import bulk
from cosmic.catalogue.arrivals import set_apart
from cosmic.catalogue.tables import OBJECTS, PageRow, QuarantineRow, table_of
from cosmic.records import JudgedPage, Page, PageId, Sky

if TYPE_CHECKING:
    from cosmic.catalogue.store import Catalogue

KINDS: Final = ("files", "skyserver", str(Sky.SIMULATED))
"""Kinds of pages that the contract of objects judges."""
_AT_ONCE: Final = 500


def pages_apart(catalogue: Catalogue) -> tuple[tuple[Page, int], ...]:
    """Return every page of objects of which rows were set apart, by id, and how many rows."""
    rows = sa.func.count(sa.distinct(QuarantineRow.row_number))
    page = PageRow.__table__
    statement = (
        sa.select(page.c.id, page.c.path, page.c.origin, page.c.kind, page.c.size, rows)
        .join(QuarantineRow, QuarantineRow.page_id == page.c.id)
        .where(page.c.kind.in_(KINDS))
        .group_by(page.c.id, page.c.path, page.c.origin, page.c.kind, page.c.size)
        .order_by(page.c.id)
    )
    found = []
    with catalogue._database.reading() as connection:
        rows_found = connection.execute(statement).all()
    for id_, path, origin, kind, size, n in rows_found:
        file = Path(path)
        manifest = file.with_name(f"{id_}.manifest.json")
        found.append((Page(PageId(id_), file, manifest, origin, kind, size, _columns(manifest)), n))
    return tuple(found)


def numbers_apart(catalogue: Catalogue, page: PageId) -> frozenset[int]:
    """Return the numbers of a page's rows that were ever set apart."""
    statement = sa.select(QuarantineRow.row_number).where(QuarantineRow.page_id == page).distinct()
    with catalogue._database.reading() as connection:
        return frozenset(connection.execute(statement).scalars())


def known(catalogue: Catalogue, keys: Iterable[str]) -> set[str]:
    """Return which of these keys the catalogue has."""
    asked, found = list(keys), set[str]()
    with catalogue._database.reading() as connection:
        for start in range(0, len(asked), _AT_ONCE):
            some = asked[start : start + _AT_ONCE]
            found.update(
                connection.execute(sa.select(OBJECTS.c.object_key).where(OBJECTS.c.object_key.in_(some))).scalars()
            )
    return found


def refuse_again(catalogue: Catalogue, judged: Sequence[JudgedPage], *, now: datetime) -> None:
    """Store what today's contract refuses of pages, beside what earlier contracts said."""
    times = {"first_seen": now, "last_seen": now}
    with catalogue._database.writing() as connection:
        for page in judged:
            bulk.upsert(connection, table_of(QuarantineRow), set_apart(page), constants=times, keep=("first_seen",))


def _columns(manifest: Path) -> tuple[tuple[str, str], ...]:
    """Return the column overrides with which a page is read; none where its manifest is gone, as its bytes will be."""
    try:
        return tuple((name, column) for name, column in json.loads(manifest.read_text(encoding="utf-8"))["columns"])
    except (OSError, ValueError, KeyError):
        return ()
