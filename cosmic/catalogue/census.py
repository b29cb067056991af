"""What a survey was counted to hold when its rows were last brought: read before a pull, moved with its ingest."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from cosmic.catalogue import bulk
from cosmic.catalogue.tables import OBJECTS, CensusRow, IngestRow, PageRow
from cosmic.skyserver.census import Shard

_ASKED: Final = 1_000
"""Shards in one statement."""
_COLUMNS: Final = ("series", "shard", "n", "newest", "id_sum", "ingest_id")


@dataclass(frozen=True, slots=True)
class Moved:
    """How a stored census moves with an ingest.

    Parameters
    ----------
    series : str
        Which census: the name of what was asked (`cosmic.skyserver.plan.Request.name`).
    brought : tuple of Shard
        Shards whose rows the ingest brings, as they were counted.
    gone : tuple of int
        Shards that the survey no longer has.
    """

    series: str
    brought: tuple[Shard, ...] = ()
    gone: tuple[int, ...] = ()


def read(connection: sa.Connection, series: str) -> dict[int, Shard]:
    """Return the stored census of a series, by shard; empty where none was stored."""
    rows = connection.execute(sa.select(CensusRow.__table__).where(CensusRow.series == series))
    return {row.shard: Shard(row.shard, row.n, row.newest, int(row.id_sum)) for row in rows}


def since(connection: sa.Connection, series: str) -> datetime | None:
    """Return when rows of a series were last brought; None where they never were."""
    return connection.execute(
        sa.select(IngestRow.last_seen)
        .join(CensusRow, CensusRow.ingest_id == IngestRow.id)
        .where(CensusRow.series == series)
        .order_by(IngestRow.number.desc())
        .limit(1)
    ).scalar()


def absent(connection: sa.Connection, moved: Moved, *, arrived: Set[str]) -> int:
    """Return how many objects this series brought earlier from these shards are in none of their rows any more.

    Parameters
    ----------
    arrived : set of str
        ``object_key`` of every row that arrives, good or bad.
    """
    known = read(connection, moved.series)
    shards = [one.shard for one in moved.brought if one.shard in known]
    ours = PageRow.origin.contains(f" {moved.series}, ", autoescape=True)
    lost = 0
    for start in range(0, len(shards), _ASKED):
        plates = OBJECTS.c.plate.in_(shards[start : start + _ASKED])
        held = sa.select(OBJECTS.c.object_key).join(PageRow, PageRow.id == OBJECTS.c.page_id).where(plates, ours)
        lost += sum(key not in arrived for key in connection.execute(held).scalars())
    return lost


def move(connection: sa.Connection, moved: Moved, *, ingest: str) -> None:
    """Store what was counted, in the transaction of the ingest that brings the rows."""
    table = CensusRow.__table__
    assert isinstance(table, sa.Table)
    if moved.gone:
        ours = sa.and_(CensusRow.series == moved.series, CensusRow.shard.in_(moved.gone))
        connection.execute(sa.delete(CensusRow).where(ours))
    if moved.brought:
        values = [(moved.series, one.shard, one.n, one.newest, str(one.id_sum), ingest) for one in moved.brought]
        statement = bulk.overwriting(bulk.insert(connection, table), table, _COLUMNS)
        connection.execute(statement, [dict(zip(_COLUMNS, row, strict=True)) for row in values])
