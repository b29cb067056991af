"""Takes a census and pulls batches of rows, each held against what the census counted. Stores pages; writes no table."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from cosmic.errors import SuspiciousResponse
from cosmic.records import Page
from cosmic.skyserver import client, plan
from cosmic.skyserver.answers import read_columns, read_rows
from cosmic.skyserver.census import Shard, Tally, differences
from cosmic.skyserver.plan import CENSUS_COLUMNS, Batch, Query, Request, Span
from cosmic.skyserver.profiles import Profile, profile_of
from cosmic.skyserver.rules import MAX_ROWS

log = logging.getLogger(__name__)


class Ask(Protocol):
    """Sends a query and returns the stored answer: `cosmic.skyserver.client.ask` with its service and store."""

    def __call__(self, query: Query) -> Page: ...


@dataclass(frozen=True, slots=True)
class Pulled:
    """The pages of one batch, and what was counted in them."""

    pages: tuple[Page, ...]
    rows: int


def take_census(request: Request, *, ask: Ask, spans: Sequence[Span] = ()) -> tuple[Page, tuple[Shard, ...]]:
    """Return the stored answer of a census of some spans of shards, or of all, and what it counted.

    Raises
    ------
    SuspiciousResponse
        If a shard is counted twice or left out, or a count is no number.
    """
    sql = plan.census_sql(request, profile_of(request.release, request.query), spans=spans)
    page = ask(Query(sql, request.release, CENSUS_COLUMNS, MAX_ROWS, 0, f"{request.name}, census"))
    return page, read_census(page)


def read_census(page: Page) -> tuple[Shard, ...]:
    """Return what a stored census counted, in rising order of shards.

    Raises
    ------
    SuspiciousResponse
        As `take_census`.
    """
    table = read_columns(page.path, CENSUS_COLUMNS)
    try:
        cells = [[int(cell) for cell in table[name].to_pylist()] for name in CENSUS_COLUMNS]
        lines = [(Shard(*row), total) for *row, total in zip(*cells, strict=True)]
    except (TypeError, ValueError) as exc:
        raise SuspiciousResponse(
            f"{page.origin} counted something that is no number ({exc}). Nothing was changed; the page is kept as "
            f"{page.path.name}."
        ) from exc
    counted = sorted((shard for shard, _ in lines), key=lambda one: one.shard)
    if len({one.shard for one in counted}) != len(counted):
        raise SuspiciousResponse(f"{page.origin} counted a shard twice. The page is kept as {page.path.name}.")
    rows = sum(one.n for one in counted)
    wrong = next((total for _, total in lines if total != rows), None)
    if wrong is not None:
        raise SuspiciousResponse(
            f"{page.origin} lists {len(counted):,} shards with {rows:,} rows in all and says that there are {wrong:,}: it "
            f"is not whole. Nothing was changed; the page is kept as {page.path.name}."
        )
    return tuple(counted)


def pull(request: Request, batch: Batch, *, ask: Ask, progress: Callable[[int], None] | None = None) -> Pulled:
    """Return the pages of a batch, found to hold what the census counted, shard by shard.

    Raises
    ------
    SuspiciousResponse
        If they hold other rows.
    """
    profile, tally, started = profile_of(request.release, request.query), Tally(), time.perf_counter()
    pages: list[Page] = []
    left, after = batch.rows, None
    while left > 0:
        query = plan.query(request, profile, batch, after=after, left=left)
        page = ask(query)
        rows = read_rows(page.path, query)
        client.demand_rows(page, query, rows=rows.num_rows)
        keys = _count(rows, profile, tally, page=page, after=after)
        after = keys
        left -= rows.num_rows
        pages.append(page)
        if progress is not None:
            progress(rows.num_rows)
    if wrong := differences(batch.shards, tally.counted()):
        raise SuspiciousResponse(
            f"{pages[-1].origin} answered with other rows than it had counted: {'; '.join(wrong)}. Nothing was changed; "
            f"the pages are kept ({', '.join(page.path.name[:12] for page in pages[:3])}). If rows were added just now, "
            "run again."
        )
    log.info("%d rows of %d shards in %.1f s", batch.rows, len(batch.shards), time.perf_counter() - started)
    return Pulled(tuple(pages), batch.rows)


def _count(rows: pa.Table, profile: Profile, tally: Tally, *, page: Page, after: int | None) -> int:
    """Count the rows of a page; return its last id. Ids must rise strictly, within a page and from page to page."""
    try:
        keys = [int(key) for key in rows[profile.key.answered].to_pylist()]
        shards = [int(shard) for shard in rows[profile.shard.answered].to_pylist()]
        times = rows[profile.time.answered].to_pylist()
    except (TypeError, ValueError) as exc:
        raise SuspiciousResponse(
            f"{page.origin} answered with an id, a shard or a date that is no number ({exc}). Nothing was changed; the "
            f"page is kept as {page.path.name}."
        ) from exc
    previous = -1 if after is None else after
    for key, shard, time_ in zip(keys, shards, times, strict=True):
        if key <= previous:
            raise SuspiciousResponse(
                f"{page.origin} answered with ids out of order: {key} after {previous}. A row may be lost or doubled; "
                f"nothing was changed, and the page is kept as {page.path.name}."
            )
        previous = key
        tally.add(shard, time_ or 0, key)
    return previous
