"""Which images there are and what is known of each galaxy: from a folder with a table, or from the catalogue. Opens none.

A line of the table without an image, and an image without a line, are counted with the reason; they never stop the others.
"""

from __future__ import annotations

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
from cosmic.galaxyzoo.filenames import read_file_names
from cosmic.galaxyzoo.layouts import KAGGLE_COLUMNS
from cosmic.galaxyzoo.readers import read_votes
from cosmic.galaxyzoo.streaming import CsvStream
from cosmic.galaxyzoo.tree import STEMS
from cosmic.galaxyzoo.votes import FRACTIONS, best_fractions, list_column
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
        ("path", pa.string()),
        ("stamp", pa.string()),
    ]
)
"""A row an image. `image` is its name in its source, `block` the unit of the split, `r` in mag, `petro_r90` in arcsec,
`fractions` of votes within each task in the order of `cosmic.galaxyzoo.tree.STEMS`. `stamp` tells a changed file."""
OF_THIS_MACHINE: Final = ("path", "stamp")
"""Columns that the id leaves out."""
TABLE: Final = "labels.csv"
MAPPING: Final = "gz2_filename_mapping.csv"
SUFFIXES: Final = (".jpg", ".jpeg", ".png")
_IDS: Final = ("galaxy_id", "asset_id", "objid", "dr7objid", "galaxyid", "image")
_LABELS: Final = ("label", "gz2_class")
_EXAMPLES: Final = 3

NO_IMAGE: Final = "no image of that name"
NO_LINE: Final = "an image without a line in the table"
NO_LABEL: Final = "no label"
NO_ID: Final = "no id"
REPEATED: Final = "an id that stood before"


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
        f"a CSV with one of {', '.join(_IDS)} and label, gz2_class or vote fractions."
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
    names = CsvStream(table).names
    lower = {name.strip().lower() for name in names}
    voted = (
        f"{STEMS[0]}_debiased" in lower
        or f"{STEMS[0]}_weighted_fraction" in lower
        or KAGGLE_COLUMNS[0].lower() in lower
    )
    rejected: Counter[str] = Counter()
    rows = _voted(table, rejected) if voted else _labelled(table, names, rejected)
    files = _files(images)
    if not files:
        raise ConfigError(f"{images} holds no image: none of its files ends in {', '.join(SUFFIXES)}.")
    at = [files.get(name) for name in rows["image"].to_pylist()]
    there = pa.array([one is not None for one in at])
    rejected[NO_IMAGE] += len(at) - (pc.sum(there).as_py() or 0)
    rows = rows.filter(there)
    rejected[NO_LINE] += len(files) - rows.num_rows
    if not rows.num_rows:
        wanted = ", ".join(list(files)[:_EXAMPLES])
        raise ConfigError(
            f"No line of {table} names an image of {images}, which holds {wanted}. Is it the table of this folder?"
        )
    found = [one for one in at if one is not None]
    rows = rows.append_column("path", pa.array([str(path) for path in found]))
    rows = rows.append_column("stamp", pa.array([_stamp(path) for path in found]))
    return _write(rows, sky=Sky.REAL, origin=f"{images.name} with {table.name}", rejected=rejected, folder=folder)


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
    for name in ("r", "petro_r90", "fractions"):
        columns[name] = images[name] if name in images.column_names else pa.nulls(n, SCHEMA.field(name).type)
    columns["label"] = pa.nulls(n, pa.string())
    return _write(pa.table(columns), sky=sky, origin="the catalogue", rejected=Counter(), folder=folder)


def read(listing: ImageList) -> pa.Table:
    """Return the rows of a list, in `SCHEMA`."""
    return pq.read_table(artefacts.check(listing.path))


def _voted(table: Path, rejected: Counter[str]) -> pa.Table:
    votes = read_votes(table)
    rejected.update(votes.rejected["reason"].to_pylist())
    rejected[REPEATED] += votes.repeated
    galaxy = votes.table["galaxy"].combine_chunks()
    image = pc.list_element(pc.split_pattern(galaxy, ":"), 1)
    if (mapping := table.parent / MAPPING).is_file():
        image = read_file_names(mapping).assets(votes.table["dr7objid"]).cast(pa.string())
    n = len(galaxy)
    return pa.table(
        {
            "image": image,
            "galaxy": galaxy,
            "block": _blocks(galaxy),
            "gz2_class": votes.table["gz2_class"],
            "label": pa.nulls(n, pa.string()),
            "total_classifications": votes.table["total_classifications"].cast(pa.int64()),
            "fractions": list_column(best_fractions(votes.table), FRACTIONS, rows=n),
        }
    )


def _labelled(table: Path, names: Sequence[str], rejected: Counter[str]) -> pa.Table:
    by_name = {name.strip().lower(): name for name in reversed(names)}
    identity = next((by_name[name] for name in _IDS if name in by_name), None)
    labels = [by_name[name] for name in _LABELS if name in by_name]
    if identity is None or not labels:
        lacking = f"id ({', '.join(_IDS)})" if identity is None else "label (label, gz2_class, or 37 vote fractions)"
        raise ConfigError(
            f"{table} has no column with an {lacking}; it has {', '.join(names[:12])}. Rename the one that it is."
        )
    stream = CsvStream(table)
    blocks = list(stream.blocks([identity, *labels], []))
    read_ = (
        pa.concat_tables(blocks)
        if blocks
        else pa.table({name: pa.array([], pa.string()) for name in (identity, *labels)})
    )
    rejected["a line with too many or too few cells"] += len(stream.misfits)
    texts = {name: pc.utf8_trim_whitespace(read_[name].combine_chunks()) for name in (identity, *labels)}
    ids = texts[identity]
    given = {name.strip().lower(): text for name, text in texts.items()}
    some = pc.coalesce(*(texts[name] for name in labels))
    named = pc.fill_null(pc.not_equal(ids, ""), False)
    told = pc.fill_null(pc.not_equal(some, ""), False)
    rejected[NO_ID] += pc.sum(pc.invert(named)).as_py() or 0
    rejected[NO_LABEL] += pc.sum(pc.and_(named, pc.invert(told))).as_py() or 0
    empty = pa.nulls(len(ids), pa.string())
    rows = pa.table(
        {
            "image": ids,
            "galaxy": ids,
            "gz2_class": given.get("gz2_class", empty),
            "label": given.get("label", empty),
        }
    ).filter(pc.and_(named, told))
    seen = Counter[str]()
    fresh = []
    for name in rows["image"].to_pylist():
        fresh.append(not seen[name])
        seen[name] += 1
    rejected[REPEATED] += len(fresh) - sum(fresh)
    rows = rows.filter(pa.array(fresh, pa.bool_()))
    if (mapping := table.parent / MAPPING).is_file() and identity.strip().lower() in ("objid", "dr7objid"):
        objects = pc.cast(rows["galaxy"], pa.int64())
        rows = rows.set_column(0, "image", read_file_names(mapping).assets(objects).cast(pa.string()))
    return rows.append_column("block", _blocks(rows["galaxy"].combine_chunks()))


def _blocks(galaxy: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise("galaxy", galaxy, ":")


def _files(images: Path) -> dict[str, Path]:
    """Return the images by name without the ending; of two of one name the first."""
    found: dict[str, Path] = {}
    for folder, inner, files in os.walk(images):
        inner.sort()
        for name in sorted(files):
            path = Path(folder, name)
            if path.suffix.lower() in SUFFIXES and not name.startswith("."):
                found.setdefault(path.stem, path.absolute())
    return found


def _stamp(path: Path) -> str:
    state = path.stat()
    return f"{state.st_size}:{state.st_mtime_ns}"


def _write(rows: pa.Table, *, sky: Sky, origin: str, rejected: Counter[str], folder: Path) -> ImageList:
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
    plain = rows.select([name for name in names if name != "fractions"])
    if "fractions" in names:  # texts and numbers alone have a digest of their own
        flat = pc.list_flatten(pc.fill_null(rows["fractions"], [float("nan")] * len(STEMS)).combine_chunks())
        told = pc.is_valid(rows["fractions"])
        plain = plain.append_column("voted", told.cast(pa.int64()))
        return table_digest(plain, salt="images")[:32] + table_digest(pa.table({"fractions": flat}), salt="votes")[:32]
    return table_digest(plain, salt="images")
