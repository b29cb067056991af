"""Reads the images of galaxies with what volunteers said of each. On a connection that somebody else opened; writes nothing.

An image of a release counts whether its galaxy is an object of the catalogue or not: votes and label are the galaxy's own.
A cutout shows an object: the votes are those on the galaxy that this is, where there are any, else its own label.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from cosmic.arrays import as_floats
from cosmic.catalogue.galaxies import certainty, fractions_of, in_parts
from cosmic.catalogue.galaxy_tables import ImageRow, VoteRow
from cosmic.catalogue.tables import OBJECTS
from cosmic.galaxyzoo.grammar import LABELS, study_labels
from cosmic.galaxyzoo.votes import FRACTIONS, TRUST, list_column
from cosmic.identity import NSIDE, cells

_PLAIN: Final = pa.schema(
    [
        ("image", pa.string()),
        ("source", pa.string()),
        ("galaxy", pa.string()),
        ("object_key", pa.string()),
        ("gz2_class", pa.string()),
        ("class_from", pa.string()),
        ("total_classifications", pa.int64()),
        ("ra", pa.float64()),
        ("dec", pa.float64()),
        ("r", pa.float64()),
        ("petro_r90", pa.float64()),
        ("block", pa.string()),
        ("sha256", pa.string()),
        ("width", pa.int64()),
        ("height", pa.int64()),
        ("path", pa.string()),
    ]
)
SCHEMA: Final = pa.schema(
    [
        *_PLAIN,
        pa.field("fractions", FRACTIONS),
        pa.field("voted", FRACTIONS),
        pa.field("label", pa.string()),
        *(pa.field(name, pa.float64()) for name in ("agreement", "entropy", "artefact")),
        *(pa.field(f"p_{label}", pa.float64()) for label in LABELS),
    ]
)
"""Schema of `Catalogue.galaxy_images`."""


def read(connection: sa.Connection) -> pa.Table:
    """Return a row an image, as `Catalogue.galaxy_images` says."""
    # two questions: joined by either key at once, neither index would serve
    of_release = ImageRow.galaxy.is_not(None), VoteRow.galaxy == ImageRow.galaxy, VoteRow.object_key
    of_object = ImageRow.galaxy.is_(None), VoteRow.object_key == ImageRow.object_key, ImageRow.object_key
    parts = [_part([]).select(SCHEMA.names)]
    for images, votes, key in (of_release, of_object):
        parts += [_part(rows).select(SCHEMA.names) for rows in _trusted(connection, _asked(images, votes, key))]
    return pa.concat_tables(parts).sort_by([("source", "ascending"), ("image", "ascending")])


def _asked(
    images: sa.ColumnElement[bool], votes: sa.ColumnElement[bool], key: InstrumentedAttribute[str | None]
) -> sa.Select[Any]:
    """Return the question for some images, with the votes on their galaxies and the objects of a key."""
    trust = sa.case({source.value: rank for rank, source in enumerate(TRUST)}, value=VoteRow.source)
    return (
        sa.select(
            ImageRow.name.label("image"), ImageRow.source,
            sa.func.coalesce(ImageRow.galaxy, VoteRow.galaxy).label("galaxy"), key.label("object_key"),
            sa.func.coalesce(VoteRow.gz2_class, OBJECTS.c.gz2_class).label("gz2_class"), VoteRow.class_from,
            VoteRow.total_classifications,
            sa.func.coalesce(OBJECTS.c.ra, VoteRow.ra).label("ra"),
            sa.func.coalesce(OBJECTS.c.dec, VoteRow.dec).label("dec"),
            OBJECTS.c.r, OBJECTS.c.petro_r90_r.label("petro_r90"), OBJECTS.c.block, ImageRow.sha256, ImageRow.width, ImageRow.height, ImageRow.path,
            VoteRow.weighted_fractions, VoteRow.debiased_fractions,
        )
        .join_from(ImageRow, VoteRow, votes, isouter=True)
        .join(OBJECTS, OBJECTS.c.object_key == key, isouter=True)
        .where(images)
        .order_by(ImageRow.source, ImageRow.name, trust)
    )  # fmt: skip


def _trusted(connection: sa.Connection, asked: sa.Select[Any]) -> Iterator[Sequence[sa.Row[Any]]]:
    """Yield rows by the part; of an image on which several tables have votes, those that are trusted most."""
    seen: tuple[str, str] | None = None
    for rows in in_parts(connection, asked):
        first = []
        for row in rows:
            if (row.source, row.image) != seen:
                first.append(row)
            seen = (row.source, row.image)
        yield first


def _part(rows: Sequence[sa.Row[Any]]) -> pa.Table:
    table = pa.table([pa.array([getattr(row, name) for row in rows], _PLAIN.field(name).type) for name in _PLAIN.names],
                     schema=_PLAIN)  # fmt: skip
    table = table.set_column(table.column_names.index("block"), "block", _blocks(table))
    table = table.append_column("label", study_labels(table["gz2_class"]).values)
    table = table.append_column("fractions", list_column(fractions_of(rows), FRACTIONS, rows=len(rows)))
    table = table.append_column("voted", pa.array([row.weighted_fractions for row in rows], FRACTIONS))
    for name, values in certainty(rows).items():
        table = table.append_column(name, values.cast(pa.float64()))
    return table


def _blocks(table: pa.Table) -> pa.Array:
    """Return the unit of the split of each image: its object's, else that of its place, else its own bytes'."""
    ra, dec = (as_floats(table[name].combine_chunks()) for name in ("ra", "dec"))
    blocks = [
        block or f"image:{sha256}"
        for block, sha256 in zip(*(table[n].to_pylist() for n in ("block", "sha256")), strict=True)
    ]
    bare = [block is None for block in table["block"].to_pylist()]
    placed = np.flatnonzero(np.isfinite(ra + dec) & np.array(bare, bool))
    for row, cell in zip(placed.tolist(), cells(ra[placed], dec[placed]).tolist() if len(placed) else [], strict=True):
        blocks[row] = f"cell:{NSIDE}:{cell}"
    return pa.array(blocks, pa.string())
