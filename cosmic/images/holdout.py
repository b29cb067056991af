"""Labelled images that no model has seen: a folder with ``images/`` and ``labels.csv``. Trains nothing and chooses nothing.

They are listed, decoded and labelled as those that models are trained on; what a model was trained on is counted and left out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.errors import ConfigError
from cosmic.images import listing
from cosmic.images import pixels as decoded
from cosmic.images.data import LabelledImages
from cosmic.images.labelling import labels_of, usable_schemes
from cosmic.images.records import ImageList, Pixels, Scheme
from cosmic.splits import PARTS

IMAGES: Final = "images"
SAME_FILE: Final = "the same file as a trained image"
SAME_GALAXY: Final = "a galaxy that was trained on"
OTHER_LABEL: Final = "a label that no model learned"
NO_LABEL: Final = "no label of this scheme"


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Images set aside, all of them in the test part, or why there are none; and who was left out, by reason."""

    images: LabelledImages | None
    left_out: dict[str, int]
    not_run: str | None = None


def holdout_list(path: Path, *, folder: Path) -> ImageList:
    """Return the images of a folder that holds ``images`` and, in it or beside it, ``labels.csv``; written to `folder`.

    Raises
    ------
    ConfigError
        If there is no such folder or table, or as `cosmic.images.listing.from_folder`.
    """
    if not (path / IMAGES).is_dir():
        raise ConfigError(
            f"{path} is no folder with {IMAGES}/ and {listing.TABLE}. Give --holdout a folder that has both, or a table."
        )
    return listing.from_folder(path / IMAGES, None, folder=folder)


def unseen(rows: pa.Table, trained: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    """Return the rows whose file and whose galaxy are not among the trained ones, and how many are, by reason.

    Parameters
    ----------
    rows, trained : pyarrow.Table
        With ``sha256`` and ``galaxy``, as `cosmic.images.pixels.ROWS`.
    """
    same_file = pc.is_in(rows["sha256"], value_set=trained["sha256"].combine_chunks())
    same_galaxy = pc.and_not(pc.is_in(rows["galaxy"], value_set=trained["galaxy"].combine_chunks()), same_file)
    left_out = {SAME_FILE: pc.sum(same_file).as_py() or 0, SAME_GALAXY: pc.sum(same_galaxy).as_py() or 0}
    return rows.filter(pc.invert(pc.or_(same_file, same_galaxy))), {why: n for why, n in left_out.items() if n}


def held_out(pixels: Pixels, *, trained: LabelledImages, scheme: Scheme) -> HeldOut:
    """Return the images set aside with labels of a scheme, as codes of the labels that models learned.

    Parameters
    ----------
    pixels : Pixels
        Those set aside.
    trained : LabelledImages
        What models were trained on: images of its training and validation parts are left out here.
    """
    seen = trained.table.filter(pa.array(trained.part != PARTS.index("test")))
    rows, left_out = unseen(decoded.read_rows(pixels), seen)
    if scheme not in usable_schemes(rows):
        return HeldOut(None, left_out, not_run=f"none of the {rows.num_rows} images set aside has a label of {scheme}")
    labels = labels_of(rows, scheme)
    place = pc.index_in(labels.values, value_set=pa.array(trained.names))
    known = pc.is_valid(place)
    told = Counter(left_out)
    told[NO_LABEL] += labels.values.null_count
    told[OTHER_LABEL] += place.null_count - labels.values.null_count
    left_out = {why: n for why, n in told.items() if n}
    rows = rows.filter(known)
    if not rows.num_rows:
        return HeldOut(None, left_out, not_run="no image set aside has a label that models learned")
    images = LabelledImages(
        pixels=decoded.load(pixels),
        rows=rows["place"].to_numpy(),
        codes=place.drop_null().to_numpy().astype(np.int64),
        part=np.full(rows.num_rows, PARTS.index("test"), np.int8),
        names=trained.names,
        table=rows.drop_columns("place"),
    )
    return HeldOut(images, left_out)
