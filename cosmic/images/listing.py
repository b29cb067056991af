"""Which images there are and what is known of each galaxy: from a folder with a table, or from the catalogue. Opens none.

A line of the table without an image, and an image without a line, are counted with the reason; they never stop the others.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cosmic import artefacts
from cosmic.canonical import table_digest
from cosmic.errors import ConfigError
from cosmic.galaxyzoo.tree import STEMS
from cosmic.galaxyzoo.votes import FRACTIONS
from cosmic.images import label_table
from cosmic.images.records import ImageList
from cosmic.records import Sky

SCHEMA: Final = pa.schema(
    [
        ("image", pa.string()),
        ("galaxy", pa.string()),
        ("object_key", pa.string()),
        ("block", pa.string()),
        ("gz2_class", pa.string()),
        ("label", pa.string()),
        ("total_classifications", pa.int64()),
        ("r", pa.float64()),
        ("petro_r90", pa.float64()),
        ("fractions", FRACTIONS),
        ("voted", FRACTIONS),
        ("path", pa.string()),
        ("stamp", pa.string()),
    ]
)
"""A row an image. `image` is its name in its source, `block` the unit of the split, `r` in mag, `petro_r90` in arcsec,
`fractions` of votes within each task in the order of `cosmic.galaxyzoo.tree.STEMS`, `voted` those before debiasing, where
they are known. `stamp` tells a changed file."""
OF_THIS_MACHINE: Final = ("path", "stamp")
"""Columns that the id leaves out."""
TABLE: Final = "labels.csv"
MAPPING: Final = "gz2_filename_mapping.csv"
SUFFIXES: Final = (".jpg", ".jpeg", ".png")
_EXAMPLES: Final = 3
_LISTS: Final = ("fractions", "voted")

NO_IMAGE: Final = "no image of that name"
NO_LINE: Final = "an image without a line in the table"
SAME_NAME: Final = "another file of the same name"


def find_table(images: Path, labels: Path | None) -> Path:
    """Return the table of a folder of images: the one given, else ``labels.csv`` in it or beside it.

    Raises
    ------
    ConfigError
        If the folder or the table is not there.
    """
    if not images.is_dir():
        raise ConfigError(f"{images} is no folder of images. Name one that is there with --images DIR.")
    tried = (
        (labels,)
        if labels is not None
        else tuple(at / (TABLE + end) for at in (images, images.parent) for end in ("", ".gz"))
    )
    for path in tried:
        if path.is_file():
            return path
    raise ConfigError(
        f"No table says what the images in {images} show: {', '.join(map(str, tried))} not found. Name it with --labels FILE: "
        f"a CSV with one of {', '.join(label_table.IDS)} and label, gz2_class or vote fractions."
    )


def from_folder(images: Path, labels: Path | None, *, folder: Path) -> ImageList:
    """Return the images of a folder with what its table says of each, written to `folder`.

    Parameters
    ----------
    images : Path
        ``<id>.jpg``, ``.jpeg`` or ``.png``, in it or in folders within.
    labels : Path or None
        CSV, gzipped or not: `label`, or the votes of a release or of Kaggle's challenge. Ids are text, exactly as they stand;
        where a ``gz2_filename_mapping.csv`` lies beside it, objects' ids are brought to the names of their images.

    Raises
    ------
    ConfigError
        If there is no such folder or table, or the table has no id or no label.
    """
    table = find_table(images, labels)
    rows, rejected = label_table.read(table, mapping=table.parent / MAPPING)
    files, repeated = _files(images)
    if not files:
        raise ConfigError(f"{images} holds no image: none of its files ends in {', '.join(SUFFIXES)}.")
    rejected[SAME_NAME] += repeated
    rejected[NO_LINE] += len(files.keys() - set(rows["image"].to_pylist()))
    bad = rows["reason"].to_pylist()
    at = [files.get(name) for name in rows["image"].to_pylist()]
    reasons = [why or (None if file else NO_IMAGE) for why, file in zip(bad, at, strict=True)]
    rejected.update(why for why in reasons if why)
    rows = rows.filter(pa.array([why is None for why in reasons], pa.bool_())).drop_columns("reason")
    if not rows.num_rows:
        told = "; ".join(f"{why} ({n:,})" for why, n in rejected.most_common(_EXAMPLES) if n)
        wanted = ", ".join(list(files)[:_EXAMPLES])
        raise ConfigError(
            f"No line of {table} can be used with an image of {images}, which holds {wanted}: {told}. Is it the table of "
            "this folder?"
        )
    found = [file for file, why in zip(at, reasons, strict=True) if file is not None and why is None]
    rows = rows.append_column("path", pa.array(found))
    rows = rows.append_column("stamp", pa.array([_stamp(path) for path in found]))
    return write(rows, sky=Sky.REAL, origin=f"{images.name} with {table.name}", rejected=rejected, folder=folder)


def from_catalogue(images: pa.Table, *, sky: Sky, folder: Path) -> ImageList:
    """Return the catalogue's images as a list.

    Parameters
    ----------
    images : pyarrow.Table
        `Catalogue.galaxy_images`.
    """
    n = images.num_rows
    columns = {name: images[name] for name in ("object_key", "block", "gz2_class", "total_classifications", "path")}
    columns["image"] = pc.binary_join_element_wise(images["source"], images["image"], ":")
    columns["galaxy"] = pc.coalesce(images["galaxy"], images["object_key"], images["sha256"])
    columns["stamp"] = images["sha256"]
    for name in ("r", "petro_r90", *_LISTS):
        columns[name] = images[name] if name in images.column_names else pa.nulls(n, SCHEMA.field(name).type)
    columns["label"] = pa.nulls(n, pa.string())
    return write(pa.table(columns), sky=sky, origin="the catalogue", rejected=Counter(), folder=folder)


def read(listing: ImageList) -> pa.Table:
    """Return the rows of a list, in `SCHEMA`."""
    return pq.read_table(artefacts.check(listing.path))


def _files(images: Path) -> tuple[dict[str, str], int]:
    """Return the images by name without the ending, of two of one name the first, and how many are left out for that."""
    found: dict[str, str] = {}
    repeated = 0
    for folder, inner, files in os.walk(images.absolute()):
        inner.sort()
        for name in sorted(files):
            stem, dot, suffix = name.rpartition(".")
            if stem and dot + suffix.lower() in SUFFIXES and not name.startswith("."):
                repeated += stem in found
                found.setdefault(stem, f"{folder}{os.sep}{name}")
    return found, repeated


def _stamp(path: str) -> str:
    state = os.stat(path)  # noqa: PTH116 - of hundreds of thousands
    return f"{state.st_size}:{state.st_mtime_ns}"


def write(rows: pa.Table, *, sky: Sky, origin: str, rejected: Counter[str], folder: Path) -> ImageList:
    """Return the list of these rows, written to `folder`; columns of `SCHEMA` that they lack are null."""
    lacking = [name for name in SCHEMA.names if name not in rows.column_names]
    for name in lacking:
        rows = rows.append_column(name, pa.nulls(rows.num_rows, SCHEMA.field(name).type))
    rows = rows.select(SCHEMA.names).cast(SCHEMA).sort_by("image").combine_chunks()
    path = folder / f"list-{_digest(rows, SCHEMA.names)}.parquet"
    if not artefacts.intact(path):
        artefacts.write(path, lambda part: pq.write_table(rows, part, compression="zstd"))
    known = [name for name in SCHEMA.names if name not in OF_THIS_MACHINE]
    return ImageList(
        id=_digest(rows, known),
        path=path,
        sky=sky,
        origin=origin,
        images=rows.num_rows,
        rejected={reason: n for reason, n in sorted(rejected.items()) if n},
    )


def _digest(rows: pa.Table, names: Sequence[str]) -> str:
    """Return a digest of texts, numbers and lists; lists by themselves, flattened, with which of them are there."""
    lists = [name for name in _LISTS if name in names]
    plain = rows.select([name for name in names if name not in _LISTS])
    flat = {}
    for name in lists:
        plain = plain.append_column(f"{name} there", pc.is_valid(rows[name]).cast(pa.int64()))
        flat[name] = pc.list_flatten(pc.fill_null(rows[name], [float("nan")] * len(STEMS)).combine_chunks())
    digests = table_digest(plain, salt="images") + table_digest(pa.table(flat), salt="votes")
    return hashlib.sha256(digests.encode()).hexdigest()
