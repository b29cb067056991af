"""Writes one ingest: all that judged pages bring to a catalogue, in the transaction of its caller.

The connection already holds the writers' lock. Kill the process at any time: the database forgets the transaction,
the system frees the lock, and the next run does the whole ingest. Judges no row and decides no identity.
"""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from cosmic.catalogue import bulk, census, changes, galaxies
from cosmic.catalogue.arrivals import Arrivals
from cosmic.catalogue.census import Moved
from cosmic.catalogue.tables import (
    EMPTY,
    OBJECTS,
    Base,
    CatalogueRow,
    HistoryRow,
    IngestPageRow,
    IngestRow,
    PageRow,
    QuarantineRow,
    table_of,
)
from cosmic.clock import Clock
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.planted import AGAIN, night_of, sky_of
from cosmic.records import LABELS_KIND, CatalogueId, Ingest, JudgedPage, Sky
from cosmic.terms import BY_KIND

log = logging.getLogger(__name__)

_COUNTS: Final = ("rows", "valid", "quarantined", "inserted", "updated", "unchanged")


def write(
    connection: sa.Connection,
    arrivals: Arrivals,
    judged: Sequence[JudgedPage],
    *,
    catalogue: CatalogueId,
    name: str,
    clock: Clock,
    counted: Moved | None = None,
) -> Ingest:
    """Write what the pages bring and return what that did.

    Pages that were ingested before and change nothing are recorded as seen again; nothing else is written for them.
    Where they do change something, since other pages came in between, that is an ingest of its own.

    A catalogue of the simulated sky holds the pages of one simulated sky: one night of it, or as many as came, each
    once. Where those of another one arrive, or a night that is there with other faults, it begins anew, under a new id:
    skies of two seeds share keys and places, and are no sky together.

    Parameters
    ----------
    judged : sequence of JudgedPage
        The pages behind `arrivals`, in the same order.
    catalogue : CatalogueId
        Which catalogue the caller opened.
    name : str
        What people know it by.
    clock : callable
        Returns the time.
    counted : Moved, optional
        The census by which the rows were asked for.

    Raises
    ------
    ConfigError
        If the catalogue was replaced since it was opened, or holds magnitudes of another system.
    ArtefactCorrupt
        If the report of a page cannot be read.
    """
    started = clock()
    here = connection.execute(sa.select(CatalogueRow.__table__)).one()
    if here.id != catalogue:
        raise ConfigError(f"{name} was replaced by another one while it was open. Nothing was changed; run again.")
    if here.sky == Sky.SIMULATED and _holds_others(connection, judged):
        log.info("%s held another simulated sky and begins anew", name)
        here = _begin_anew(connection, now=started)
    if here.magnitude_system not in (None, arrivals.system):
        raise ConfigError(
            f"{name} holds {here.magnitude_system} magnitudes and {judged[0].page.origin} brings {arrivals.system} "
            "magnitudes; a model would take one for the other. Use another --home for them, or name columns of the "
            f"{here.magnitude_system} system, such as --column u=<column>."
        )
    labels = [page.page.id for page in judged if page.page.kind == LABELS_KIND]
    found = changes.find(connection, arrivals.rows, state=here.state, labels=labels)
    stored = connection.execute(sa.select(sa.func.count()).select_from(OBJECTS)).scalar_one()
    valid = sum(page.n_valid for page in judged)
    record = Ingest(
        id=_id(connection, arrivals.id, changed=found.some, state=here.state),
        catalogue=CatalogueId(here.id),
        rows=sum(page.rows for page in judged),
        valid=valid,
        quarantined=sum(page.n_quarantined for page in judged),
        inserted=found.inserted,
        updated=found.updated,
        unchanged=valid - found.inserted - found.updated,
        state=found.state,
        reasons=dict(sum((Counter(page.reasons) for page in judged), Counter[str]())),
        earlier=stored + found.inserted - arrivals.rows.num_rows,
        superseded=sum(one.rows for one in arrivals.contradictions),
        contradictions=arrivals.contradictions,
        erased=found.erased,
        too_rough=arrivals.too_rough,
        absent=0 if counted is None else census.absent(connection, counted, arrived=_keys(arrivals)),
    )
    _record(connection, record, judged, now=started)
    bulk.upsert(
        connection,
        OBJECTS,
        found.rows,
        constants={"first_ingest": record.id, "last_ingest": record.id},
        keep=("first_ingest", "block"),
    )
    _relink(connection, found.relinked)
    bulk.upsert(connection, table_of(HistoryRow), found.history, constants={"ingest_id": record.id})
    if counted is not None:
        census.move(connection, counted, ingest=record.id)
    times = {"first_seen": started, "last_seen": started}
    bulk.upsert(connection, table_of(QuarantineRow), arrivals.quarantined, constants=times, keep=("first_seen",))
    _release(connection, judged, now=started)
    connection.execute(sa.update(CatalogueRow).values(state=found.state, magnitude_system=str(arrivals.system)))
    first = sa.update(IngestRow).where(IngestRow.id == record.id, IngestRow.times == 1)
    connection.execute(first.values(finished=clock()))
    return record


def _keys(arrivals: Arrivals) -> set[str]:
    return {*arrivals.rows["object_key"].to_pylist(), *arrivals.quarantined["object_key"].to_pylist()}


def _holds_others(connection: sa.Connection, judged: Sequence[JudgedPage]) -> bool:
    new = [
        page for page in judged if not page.page.origin.endswith(AGAIN)
    ]  # rows judged again are of the sky that is there
    if not new:
        return False
    ours = {page.page.id for page in new}
    skies = {sky_of(page.page.origin) for page in new}
    nights = {night_of(page.page.origin) for page in new}
    others = (PageRow.id.not_in(ours), sa.not_(PageRow.origin.endswith(AGAIN, autoescape=True)))
    stored = connection.execute(sa.select(PageRow.id, PageRow.origin).where(*others))
    return any(sky_of(row.origin) not in skies or night_of(row.origin) in {None, *nights} for row in stored)


def _begin_anew(connection: sa.Connection, *, now: datetime) -> sa.Row[Any]:
    """Empty every table and return what the catalogue is now: a new one of the same sky."""
    for table in reversed(Base.metadata.sorted_tables):
        if table is not CatalogueRow.__table__:
            connection.execute(sa.delete(table))
    new = {"id": str(uuid.uuid4()), "state": EMPTY, "magnitude_system": None, "created": now}
    connection.execute(sa.update(CatalogueRow).values(**new))
    return connection.execute(sa.select(CatalogueRow.__table__)).one()


def _id(connection: sa.Connection, pages: str, *, changed: bool, state: str) -> str:
    """Return the id of this ingest: that of its pages, or, for known pages that change something, of both with the
    state that they met."""
    known = connection.execute(sa.select(IngestRow.id).where(IngestRow.id == pages)).scalar()
    return hashlib.sha256(f"{pages}:{state}".encode()).hexdigest() if known and changed else pages


def _record(connection: sa.Connection, record: Ingest, judged: Sequence[JudgedPage], *, now: datetime) -> None:
    """Write the pages, the ingest and which it took; move a known ingest to the end of the order."""
    number = connection.execute(sa.select(sa.func.coalesce(sa.func.max(IngestRow.number), 0) + 1)).scalar_one()
    pages = [_page(page) for page in judged]
    table = table_of(PageRow)
    upsert = bulk.overwriting(bulk.insert(connection, table), table, list(pages[0]))
    for page in pages:
        connection.execute(upsert, page)
    for kind in sorted({page.page.kind for page in judged} & BY_KIND.keys()):
        galaxies.write_terms(connection, kind, BY_KIND[kind])
    again = sa.update(IngestRow).where(IngestRow.id == record.id)
    if connection.execute(again.values(number=number, times=IngestRow.times + 1, last_seen=now)).rowcount:
        return
    counts = {name: getattr(record, name) for name in _COUNTS}
    connection.execute(
        sa.insert(IngestRow).values(
            id=record.id, number=number, started=now, finished=now, last_seen=now, times=1, state=record.state,
            reasons=record.reasons, **counts,
        )
    )  # fmt: skip
    taken = [{"ingest_id": record.id, "position": at, "page_id": page.page.id} for at, page in enumerate(judged)]
    connection.execute(sa.insert(IngestPageRow), taken)


def _page(judged: JudgedPage) -> dict[str, object]:
    """Return the record of a page, a row of `pages`."""
    try:
        report = json.loads(judged.report.read_text(encoding="utf-8"))
        profile = report["profile"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactCorrupt(
            f"The report {judged.report} of {judged.page.origin} cannot be read ({error!r}). Run the same command "
            "again: the page is then judged anew."
        ) from error
    return {
        "id": judged.page.id,
        "origin": judged.page.origin,
        "kind": judged.page.kind,
        "path": str(judged.page.path),
        "size": judged.page.size,
        "contract": judged.contract,
        "rows": judged.rows,
        "valid": judged.n_valid,
        "quarantined": judged.n_quarantined,
        "profile": profile,
    }


def _release(connection: sa.Connection, judged: Sequence[JudgedPage], *, now: datetime) -> None:
    """Take out of quarantine what these pages no longer put there: the same contract, other columns of the file."""
    for page in judged:
        stale = sa.delete(QuarantineRow).where(
            QuarantineRow.page_id == page.page.id,
            QuarantineRow.contract == page.contract,
            QuarantineRow.last_seen != now,
        )
        connection.execute(stale)


def _relink(connection: sa.Connection, links: pa.Table) -> None:
    if not links.num_rows:
        return
    with bulk.staged(connection, OBJECTS, links) as stage:
        moved = sa.update(OBJECTS).values(same_as=stage.c.same_as).where(OBJECTS.c.object_key == stage.c.object_key)
        connection.execute(moved)
