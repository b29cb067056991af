"""Finds which galaxies of a catalogue have no image, and writes their cutouts. On a connection that somebody else opened.

Decides nothing: what a cutout is worth was decided before.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from cosmic.catalogue import bulk
from cosmic.catalogue.galaxy_tables import ImageRow, TermsRow
from cosmic.catalogue.tables import OBJECTS, PageRow, QuarantineRow, table_of
from cosmic.galaxyzoo.images import Looks
from cosmic.records import CutoutsTaken, Page
from cosmic.skyserver.cutouts import Place, scale_of

LICENCE: Final = "public SDSS images; free to use with the acknowledgement"
_FETCHED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Cutout:
    """What came of one place: an image that can be used (`looks`, `path`), or the `reason` and what was `found` instead."""

    place: Place
    address: str
    looks: Looks | None = None
    path: Path | None = None
    reason: str = ""
    found: str = ""


def source_of(release: int) -> str:
    """Return under which source cutouts of a release are stored."""
    return f"SDSS cutout DR{release}"


def contract_of(release: int) -> str:
    """Return under which contract cutouts of a release are set apart: what one lacks, another may have."""
    return f"cutouts 1 of DR{release}"


def acknowledgement_of(release: int) -> str:
    """Return what the survey asks to be said of its images."""
    return (
        f"Images of the Sloan Digital Sky Survey, Data Release {release}, drawn by SkyServer's cutout service "
        "(Lupton et al. 2004, PASP 116, 133). The survey asks for its official acknowledgement, which it publishes with "
        "each release."
    )


def lacking(connection: sa.Connection, *, release: int, limit: int, again: bool) -> tuple[list[Place], int]:
    """Return the first galaxies, in the order of their keys' bytes, that have no image, and how many there are in all.

    They have a position and a radius, repeat no other row, and no cutout of this release of them was set apart, unless
    these are asked for `again`.
    """
    columns = OBJECTS.c
    wanted = sa.select(columns.object_key, columns.ra, columns.dec, columns.petro_r90_r).where(
        columns["class"] == "GALAXY", columns.ra.is_not(None), columns.dec.is_not(None), columns.petro_r90_r > 0,
        columns.same_as.is_(None), ~sa.exists().where(ImageRow.object_key == columns.object_key),
    )  # fmt: skip
    if not again:
        apart = QuarantineRow.contract == contract_of(release)
        wanted = wanted.where(~sa.exists().where(apart, QuarantineRow.object_key == columns.object_key))
    n = 0

    def rows() -> Iterator[sa.Row[Any]]:
        nonlocal n
        for row in connection.execute(wanted, execution_options={"stream_results": True, "yield_per": _FETCHED}):
            n += 1
            yield row

    first = heapq.nsmallest(limit, rows(), key=lambda row: row.object_key.encode())
    return [Place(row.object_key, row.ra, row.dec, scale_of(row.petro_r90_r)) for row in first], n


def known(connection: sa.Connection, keys: Sequence[str], *, release: int, again: bool) -> set[str]:
    """Return which of these objects have an image, or were set apart and are not asked for `again`."""
    found = {
        str(key)
        for key in connection.execute(sa.select(ImageRow.object_key).where(ImageRow.object_key.in_(keys))).scalars()
    }
    if not again:
        apart = sa.select(QuarantineRow.object_key).where(
            QuarantineRow.contract == contract_of(release), QuarantineRow.object_key.in_(keys)
        )
        found |= {str(key) for key in connection.execute(apart).scalars()}
    return found


def write(connection: sa.Connection, page: Page, cutouts: Sequence[Cutout], *, release: int, now: datetime) -> None:
    """Store what came of some places, in the order of the lines of `page`, and the terms of its source."""
    source, contract = source_of(release), contract_of(release)
    terms = {"source": source, "licence": LICENCE, "acknowledgement": acknowledgement_of(release)}
    bulk.put(connection, TermsRow, terms)
    bad = [one for one in cutouts if one.looks is None]
    bulk.put(connection, PageRow, {
        "id": page.id, "origin": page.origin, "kind": page.kind, "path": str(page.path), "size": page.size,
        "contract": contract, "rows": len(cutouts), "valid": len(cutouts) - len(bad), "quarantined": len(bad),
        "profile": {},
    })  # fmt: skip
    earlier = sa.delete(QuarantineRow).where(  # what an object was set apart for before, it is no longer
        QuarantineRow.contract == contract, QuarantineRow.page_id != page.id,
        QuarantineRow.object_key.in_([one.place.object_key for one in cutouts]),
    )  # fmt: skip
    connection.execute(earlier)
    bulk.upsert(connection, table_of(ImageRow), _images(cutouts), constants={"source": source, "page_id": page.id})
    constants = {"page_id": page.id, "contract": contract, "first_seen": now, "last_seen": now}
    bulk.upsert(connection, table_of(QuarantineRow), _apart(cutouts), constants=constants, keep=("first_seen",))


def standing(connection: sa.Connection, *, release: int) -> CutoutsTaken:
    """Return what the catalogue holds of a release's cutouts: images, and how many were set apart, by reason."""
    images = sa.select(sa.func.count()).select_from(ImageRow).where(ImageRow.source == source_of(release))
    reasons = sa.select(QuarantineRow.reasons).where(QuarantineRow.contract == contract_of(release))
    bad = Counter(reason for row in connection.execute(reasons).scalars() for reason in row)
    return CutoutsTaken(
        source_of(release), int(connection.execute(images).scalar_one()), dict(sorted(bad.items())),
        acknowledgement_of(release),
    )  # fmt: skip


def _images(cutouts: Sequence[Cutout]) -> pa.Table:
    good = [(one, one.looks) for one in cutouts if one.looks is not None]
    keys = pa.array([one.place.object_key for one, _ in good], pa.string())
    return pa.table(
        {
            "name": keys,
            "object_key": keys,
            "scale": pa.array([one.place.scale for one, _ in good], pa.float64()),
            "address": pa.array([one.address for one, _ in good], pa.string()),
            "sha256": pa.array([looks.sha256 for _, looks in good], pa.string()),
            "width": pa.array([looks.width for _, looks in good], pa.int64()),
            "height": pa.array([looks.height for _, looks in good], pa.int64()),
            "path": pa.array([str(one.path) for one, _ in good], pa.string()),
        }
    )


def _apart(cutouts: Sequence[Cutout]) -> pa.Table:
    bad = [(line, one) for line, one in enumerate(cutouts, start=1) if one.looks is None]
    rows = [{"address": one.address, "found": one.found} for _, one in bad]
    return pa.table(
        {
            "row_number": pa.array([line for line, _ in bad], pa.int64()),
            "object_key": pa.array([one.place.object_key for _, one in bad], pa.string()),
            "reasons": pa.array([json.dumps([one.reason]) for _, one in bad], pa.string()),
            "row": pa.array([json.dumps(row) for row in rows], pa.string()),
        }
    )
