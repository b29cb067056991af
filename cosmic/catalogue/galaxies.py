"""Writes and reads what Galaxy Zoo 2 says: votes, images, terms. On a connection that somebody else opened.

Decides nothing: which object a galaxy is, and which image can be used, was decided before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import aliased

from cosmic.catalogue import bulk
from cosmic.catalogue.galaxy_tables import ImageRow, TermsRow, VoteRow
from cosmic.catalogue.tables import PageRow, QuarantineRow, table_of
from cosmic.galaxyzoo.grammar import LABELS
from cosmic.galaxyzoo.images import Image
from cosmic.galaxyzoo.soft import soft_labels
from cosmic.galaxyzoo.tree import STEMS
from cosmic.galaxyzoo.votes import COUNTS, FRACTIONS, TERMS, Terms, VoteSource, best_fractions
from cosmic.records import Page

CONTRACT: Final = "galaxy zoo 1"
"""Under which galaxies and images are set apart."""
REJECTED: Final = pa.schema([("row_number", pa.int64()), ("reason", pa.string()), ("row", pa.string())])
"""What is set apart: the data line of a table, or the id of a galaxy or an image, why, and what stood there (JSON)."""
_DIGITS: Final = 6
_FETCHED: Final = 5000
"""Galaxies fetched at a time."""
_LISTS: Final = ("counts", "weighted_fractions", "debiased_fractions")
_PLAIN: Final = (
    "galaxy", "dr7objid", "dr8objid", "ra", "dec", "sample", "total_classifications", "total_votes", "gz2_class",
    "class_from",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class VotePart:
    """One vote table as it is to be stored.

    Parameters
    ----------
    page : Page
        Its bytes.
    source : VoteSource
        The release.
    votes : pyarrow.Table
        In `votes.SCHEMA`, and ``object_key``, ``matched_by``, ``separation``.
    rejected : pyarrow.Table
        In `REJECTED`: galaxies that are set apart.
    ambiguous : int
        Those of them whose votes are stored all the same, without an object.
    recorded : bool
        Whether the page is one of an ingest, which recorded it.
    """

    page: Page
    source: VoteSource
    votes: pa.Table
    rejected: pa.Table
    ambiguous: int = 0
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class ImagePart:
    """Images as they are to be stored: `shown` pairs each with its galaxy; `rejected` as in `VotePart`."""

    page: Page
    source: VoteSource
    shown: Sequence[tuple[Image, str]]
    rejected: pa.Table = field(default_factory=lambda: REJECTED.empty_table())


def write(connection: sa.Connection, parts: Sequence[VotePart], images: ImagePart | None, *, now: datetime) -> None:
    """Store votes and images with their pages, what is set apart of them, and the terms of their sources."""
    for part in parts:
        write_terms(connection, part.source.value, TERMS[part.source])
        if not part.recorded:
            _page(connection, part.page, valid=part.votes.num_rows - part.ambiguous, quarantined=part.rejected.num_rows)
        _quarantine(connection, part.page, part.rejected, now=now)
        constants = {"source": part.source.value, "page_id": part.page.id}
        bulk.upsert(connection, table_of(VoteRow), _vote_rows(part.votes), constants=constants)
    for source in dict.fromkeys(part.source for part in parts):
        _let_go(connection, source, [part.page.id for part in parts if part.source is source])
    if images is not None:
        _write_images(connection, images, _objects(parts), now=now)
    _let_images_go(connection)


def _write_images(connection: sa.Connection, images: ImagePart, objects: Mapping[str, str], *, now: datetime) -> None:
    write_terms(connection, images.source.value, TERMS[images.source])
    _page(connection, images.page, valid=len(images.shown), quarantined=images.rejected.num_rows)
    _quarantine(connection, images.page, images.rejected, now=now)
    shown = pa.table(
        {
            "name": pa.array([str(image.asset_id) for image, _ in images.shown], pa.string()),
            "galaxy": pa.array([galaxy for _, galaxy in images.shown], pa.string()),
            "object_key": pa.array([objects.get(galaxy) for _, galaxy in images.shown], pa.string()),
            "sha256": pa.array([image.sha256 for image, _ in images.shown], pa.string()),
            "width": pa.array([image.width for image, _ in images.shown], pa.int64()),
            "height": pa.array([image.height for image, _ in images.shown], pa.int64()),
            "path": pa.array([str(image.path) for image, _ in images.shown], pa.string()),
        }
    )
    constants = {"source": images.source.value, "page_id": images.page.id}
    bulk.upsert(connection, table_of(ImageRow), shown, constants=constants)


def _objects(parts: Sequence[VotePart]) -> dict[str, str]:
    """Return the object that each galaxy is, where one is known; of several tables the first says it."""
    found: dict[str, str] = {}
    for part in parts:
        for galaxy, key in zip(part.votes["galaxy"].to_pylist(), part.votes["object_key"].to_pylist(), strict=True):
            if key is not None:
                found.setdefault(galaxy, key)
    return found


def _let_go(connection: sa.Connection, source: VoteSource, pages: Sequence[str]) -> None:
    """Take its object from each galaxy of earlier tables whose object is another galaxy's by these; its votes stay."""
    others = aliased(VoteRow)
    claimed = sa.select(others.object_key).where(
        others.source == source.value, others.page_id.in_(pages), others.object_key.is_not(None)
    )
    earlier = sa.update(VoteRow).where(
        VoteRow.source == source.value, VoteRow.page_id.not_in(pages), VoteRow.object_key.in_(claimed)
    )
    gone = earlier.values(object_key=None, matched_by=None, separation=None)
    connection.execute(gone, execution_options={"synchronize_session": False})


def _let_images_go(connection: sa.Connection) -> None:
    """Take its object from each image whose galaxy is that object no longer."""
    still = sa.exists().where(VoteRow.object_key == ImageRow.object_key, VoteRow.galaxy == ImageRow.galaxy)
    of_others = sa.update(ImageRow).where(ImageRow.galaxy.is_not(None), ImageRow.object_key.is_not(None), ~still)
    connection.execute(of_others.values(object_key=None), execution_options={"synchronize_session": False})


def stored(connection: sa.Connection, page: Page) -> int:
    """Return how many galaxies of a vote table are stored."""
    count = sa.select(sa.func.count()).select_from(VoteRow).where(VoteRow.page_id == page.id)
    return int(connection.execute(count).scalar_one())


def crosswalk(connection: sa.Connection) -> dict[int, int]:
    """Return the photometric id (data release 8) of each galaxy's old one (data release 7) that SkyServer's votes told."""
    told = sa.select(VoteRow.dr7objid, VoteRow.dr8objid).where(
        VoteRow.source == VoteSource.SKYSERVER.value, VoteRow.dr7objid.is_not(None), VoteRow.dr8objid.is_not(None)
    )
    return {old: new for old, new in connection.execute(told).tuples() if old is not None and new is not None}


def soft(connection: sa.Connection) -> pa.Table:
    """Return how sure volunteers were of each object that they saw, a row an object and source, by object_key.

    ``object_key``, ``source``, ``gz2_class``, ``class_from``, ``total_classifications``, ``agreement`` (1/14 to 1),
    ``entropy`` (bits), ``artefact`` and ``p_<label>`` of the 14 labels, as `cosmic.galaxyzoo.soft` defines them.
    """
    columns = [
        VoteRow.object_key, VoteRow.source, VoteRow.gz2_class, VoteRow.class_from, VoteRow.total_classifications,
        VoteRow.weighted_fractions, VoteRow.debiased_fractions,
    ]  # fmt: skip
    asked = sa.select(*columns).where(VoteRow.object_key.is_not(None)).order_by(VoteRow.object_key, VoteRow.source)
    parts = [_soft(rows) for rows in in_parts(connection, asked)] or [_soft([])]
    table = pa.concat_tables(parts)
    return table.sort_by([("object_key", "ascending"), ("source", "ascending")])  # of bytes, whatever the collation


def in_parts(connection: sa.Connection, asked: sa.Select[Any]) -> Iterator[Sequence[sa.Row[Any]]]:
    """Yield the rows of a query in parts: 240,000 galaxies with their lists at once would take two gigabytes."""
    return connection.execute(asked, execution_options={"stream_results": True, "yield_per": _FETCHED}).partitions()


def certainty(rows: Sequence[sa.Row[Any]]) -> dict[str, pa.Array]:
    """Return ``agreement``, ``entropy``, ``artefact`` and ``p_<label>`` of rows that have both lists of fractions."""
    found = soft_labels(fractions_of(rows))
    measured = {"agreement": found.agreement, "entropy": found.entropy, "artefact": found.artefact}
    measured |= {f"p_{label}": found.probability[:, at] for at, label in enumerate(LABELS)}
    return {name: pa.array(values, from_pandas=True) for name, values in measured.items()}


def fractions_of(rows: Sequence[sa.Row[Any]]) -> NDArray[np.float64]:
    """Return the fractions that decide, shape (n, 37), of rows that have both lists; NaN where there are none."""
    if not rows:
        return np.zeros((0, len(STEMS)))
    lists = pa.table(
        {
            name: pa.array([getattr(row, name) for row in rows], FRACTIONS)
            for name in ("weighted_fractions", "debiased_fractions")
        }
    )
    return best_fractions(lists)


def _soft(rows: Sequence[sa.Row[Any]]) -> pa.Table:
    said = {
        name: pa.array([getattr(row, name) for row in rows], pa.int64() if name.startswith("total") else pa.string())
        for name in ("object_key", "source", "gz2_class", "class_from", "total_classifications")
    }
    return pa.table(said | certainty(rows))


def _vote_rows(votes: pa.Table) -> pa.Table:
    columns = {name: votes[name] for name in (*_PLAIN, "object_key", "matched_by", "separation")}
    columns["spec_obj_id"] = votes["specobjid"]
    columns |= {name: _json(votes[name]) for name in _LISTS}
    return pa.table(columns)


def _json(lists: pa.ChunkedArray) -> pa.Array:
    whole = lists.type == COUNTS
    return pa.array([None if row is None else json.dumps(row if whole else _rounded(row)) for row in lists.to_pylist()])


def _rounded(row: list[float | None]) -> list[float | None]:
    return [None if value is None else round(value, _DIGITS) for value in row]


def write_terms(connection: sa.Connection, source: str, terms: Terms) -> None:
    """Store what a source asks for."""
    row = {"source": source, "licence": terms.licence, "acknowledgement": terms.acknowledgement}
    bulk.put(connection, TermsRow, row)


def _page(connection: sa.Connection, page: Page, *, valid: int, quarantined: int) -> None:
    row: dict[str, Any] = {
        "id": page.id, "origin": page.origin, "kind": page.kind, "path": str(page.path), "size": page.size,
        "contract": CONTRACT, "rows": valid + quarantined, "valid": valid, "quarantined": quarantined, "profile": {},
    }  # fmt: skip
    bulk.put(connection, PageRow, row)


def _quarantine(connection: sa.Connection, page: Page, rejected: pa.Table, *, now: datetime) -> None:
    rows = pa.table(
        {
            "row_number": rejected["row_number"],
            "object_key": pa.nulls(rejected.num_rows, pa.string()),
            "reasons": pa.array([json.dumps([reason]) for reason in rejected["reason"].to_pylist()], pa.string()),
            "row": rejected["row"],
        }
    )
    constants = {"page_id": page.id, "contract": CONTRACT, "first_seen": now, "last_seen": now}
    bulk.upsert(connection, table_of(QuarantineRow), rows, constants=constants, keep=("first_seen",))
    stale = sa.delete(QuarantineRow).where(
        QuarantineRow.page_id == page.id, QuarantineRow.contract == CONTRACT, QuarantineRow.last_seen != now
    )
    connection.execute(stale)
