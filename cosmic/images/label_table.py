"""Reads the table that says what images show: ids, labels, votes. Opens no image and looks into no folder.

A line that cannot be used stays, with the reason, so that whoever reads it can tell which image it was about. Ids are text
from the first to the last: none passes through a float.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cosmic.arrays import floats
from cosmic.errors import ConfigError
from cosmic.galaxyzoo import kaggle
from cosmic.galaxyzoo.filenames import read_file_names
from cosmic.galaxyzoo.grammar import build_strings
from cosmic.galaxyzoo.layouts import KAGGLE_COLUMNS
from cosmic.galaxyzoo.streaming import FAULT, CsvStream
from cosmic.galaxyzoo.tree import STEMS
from cosmic.galaxyzoo.votes import FRACTIONS, list_column
from cosmic.identity import NSIDE, cells

Floats = NDArray[np.float64]

IDS: Final = ("galaxy_id", "asset_id", "objid", "dr7objid", "GalaxyID", "image")
"""Columns of which a table needs one."""
_IMAGE: Final = ("image", "asset_id")
_PREFIX: Final = {
    "dr7objid": "dr7:",
    "objid": "dr7:",
    "galaxyid": "kaggle:",
    "galaxy_id": "",
    "asset_id": "",
    "image": "",
}
"""By column with the galaxy's id, the best first, how its key begins: as in `cosmic.galaxyzoo.votes`."""
_OBJECTS: Final = ("dr7objid", "objid")
_LABELS: Final = ("label", "gz2_class")
_NUMBERS: Final = ("total_classifications", "r", "petro_r90", "ra", "dec")
_SUFFIXES: Final = ("_debiased", "_weighted_fraction", "_fraction")
"""Fractions of a release, the best first; a galaxy that lacks one has that of the next set."""
_ENDING: Final = r"(?i)\.(jpe?g|png)$"
_FLOAT: Final = r"^[0-9]*\.[0-9]*([eE][+-]?[0-9]+)?$|^[0-9]+[eE][+-]?[0-9]+$"
_WHOLE: Final = r"^[0-9]{1,18}$"
_SLACK: Final = 1e-6
_SHOWN: Final = 12

NO_ID: Final = "no id"
FLOAT_ID: Final = "an id that is no exact whole number"
NO_LABEL: Final = "neither label nor votes"
REPEATED: Final = "an id that stood before"
OUTSIDE: Final = "vote fractions outside 0 to 1"
UNEQUAL: Final = "the answers of a task do not add up to the answer that leads to it"
CELLS: Final = "too many or too few cells"


@dataclass(frozen=True, slots=True)
class _Layout:
    """The table's columns: those with the names of images and galaxies, texts and numbers by our name, and votes."""

    image: str
    galaxy: str
    texts: dict[str, str]
    numbers: dict[str, str]
    sets: tuple[tuple[str, ...], ...]
    cumulative: bool

    @property
    def votes(self) -> list[str]:
        return [name for names in self.sets for name in names]


def read(path: Path, *, mapping: Path) -> tuple[pa.Table, Counter[str]]:
    """Return a row a line, and the lines that are none, by reason.

    Columns are ``image``, ``galaxy``, ``block``, ``gz2_class``, ``label``, ``total_classifications``, ``r``, ``petro_r90``,
    ``fractions`` as in `cosmic.images.listing.SCHEMA`, and ``reason``, null where a line can be used.

    Parameters
    ----------
    path : Path
        CSV, gzipped or not.
    mapping : Path
        The release's ``gz2_filename_mapping.csv``; where it is there, ids of objects are brought to names of images.

    Raises
    ------
    ConfigError
        If the table has no id, or no label and no votes.
    """
    stream = CsvStream(path)
    layout = _layout(stream.names, called=str(path))
    texts = list(dict.fromkeys(layout.texts.values()))
    blocks = list(stream.blocks(texts, [*layout.numbers.values(), *layout.votes]))
    table = pa.concat_tables(blocks) if blocks else _empty(texts, [*layout.numbers.values(), *layout.votes])
    return _rows(table, layout, mapping), Counter({CELLS: len(stream.misfits)})


def _layout(names: tuple[str, ...] | list[str], *, called: str) -> _Layout:
    by_name = {name.strip().lower(): name for name in reversed(names)}
    galaxy = next((name for name in _PREFIX if name in by_name), None)
    image = next((name for name in _IMAGE if name in by_name), galaxy)
    texts = {name: by_name[name] for name in _LABELS if name in by_name}
    wanted = [tuple(f"{stem}{suffix}" for stem in STEMS) for suffix in _SUFFIXES]
    challenge = tuple(name.lower() for name in KAGGLE_COLUMNS)
    cumulative = all(name in by_name for name in challenge)
    sets = [challenge] if cumulative else [own for own in wanted if all(name in by_name for name in own)]
    if image is None or galaxy is None or not (texts or sets):
        lacking = (
            f"an id (one of {', '.join(IDS)})"
            if galaxy is None
            else "what an image shows (label, gz2_class, or a whole set of 37 vote fractions)"
        )
        shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
        raise ConfigError(f"{called} has no column with {lacking}; it has {shown}. Rename the column that it is.")
    return _Layout(
        image,
        galaxy,
        {image: by_name[image], galaxy: by_name[galaxy]} | texts,
        {name: by_name[name] for name in _NUMBERS if name in by_name},
        tuple(tuple(by_name[name] for name in own) for own in sets),
        cumulative,
    )


def _rows(table: pa.Table, layout: _Layout, mapping: Path) -> pa.Table:
    n = table.num_rows

    def text(name: str) -> pa.Array:
        if name not in layout.texts:
            return pa.nulls(n, pa.string())
        trimmed = pc.utf8_trim_whitespace(table[layout.texts[name]].combine_chunks())
        return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)

    numbers = {name: floats(table, layout.numbers.get(name, "")) for name in _NUMBERS}
    ids = text(layout.galaxy)
    image = pc.replace_substring_regex(text(layout.image), _ENDING, "")
    if layout.image in _OBJECTS and mapping.is_file():
        whole = pc.if_else(pc.match_substring_regex(ids, _WHOLE), ids, pa.scalar(None, pa.string()))
        image = read_file_names(mapping).assets(whole.cast(pa.int64())).cast(pa.string())
    galaxy = ids if layout.galaxy not in _IMAGE else pc.replace_substring_regex(ids, _ENDING, "")
    galaxy = pc.binary_join_element_wise(_PREFIX[layout.galaxy], galaxy, "")
    fractions = _fractions(table, layout)
    strings = pc.coalesce(
        text("gz2_class"), pa.nulls(n, pa.string()) if fractions is None else build_strings(fractions)
    )
    return pa.table(
        {
            "image": image,
            "galaxy": galaxy,
            "block": _blocks(galaxy, numbers["ra"], numbers["dec"]),
            "gz2_class": strings,
            "label": text("label"),
            "total_classifications": pa.array(numbers["total_classifications"], from_pandas=True).cast(
                pa.int64(), safe=False
            ),
            "r": pa.array(numbers["r"], from_pandas=True),
            "petro_r90": pa.array(numbers["petro_r90"], from_pandas=True),
            "fractions": list_column(fractions, FRACTIONS, rows=n),
            "voted": list_column(_fractions(table, replace(layout, sets=layout.sets[1:])), FRACTIONS, rows=n),
            "reason": _reasons(table, layout, ids=ids, image=image, fractions=fractions,
                               told=pc.or_(pc.is_valid(strings), pc.is_valid(text("label")))),
        }
    )  # fmt: skip


def _fractions(table: pa.Table, layout: _Layout) -> Floats | None:
    """Return the fractions within each task, shape (n, 37), NaN where there are none; None where the table has no votes."""
    if not layout.sets:
        return None
    found = np.full((table.num_rows, len(STEMS)), np.nan)
    for names in layout.sets:
        own = np.column_stack([floats(table, name) for name in names])
        if layout.cumulative:
            silent = np.isnan(own).all(axis=1)
            own = kaggle.conditional(np.nan_to_num(own))
            own[silent] = np.nan
        found = np.where(np.isnan(found), own, found)
    return found


def _reasons(
    table: pa.Table, layout: _Layout, *, ids: pa.Array, image: pa.Array, fractions: Floats | None, told: pa.Array
) -> pa.Array:
    """Return the first reason why each line cannot be used; null where there is none."""
    exact = _WHOLE if layout.galaxy in _OBJECTS else None
    inexact = pc.invert(pc.match_substring_regex(ids, exact)) if exact else pc.match_substring_regex(ids, _FLOAT)
    reasons = table[FAULT].combine_chunks()
    tests = [
        (pc.is_null(ids), NO_ID),
        (pc.fill_null(inexact, False), FLOAT_ID),
        (pc.invert(told), NO_LABEL),
    ]
    if fractions is not None:
        outside = (fractions < -_SLACK) | (fractions > 1 + _SLACK)
        tests.append((pa.array(outside.any(axis=1)), OUTSIDE))
    if layout.cumulative:
        given = np.column_stack([floats(table, name) for name in layout.sets[0]])
        tests.append((pa.array(kaggle.inconsistent(np.nan_to_num(given)) > 0), UNEQUAL))
    for test, reason in tests:
        reasons = pc.coalesce(reasons, pc.if_else(test, reason, pa.scalar(None, pa.string())))
    seen: set[str] = set()
    repeated = []
    for name, why in zip(image.to_pylist(), reasons.to_pylist(), strict=True):
        repeated.append(why is None and name in seen)
        if why is None and name is not None:
            seen.add(name)
    return pc.coalesce(reasons, pc.if_else(pa.array(repeated, pa.bool_()), REPEATED, pa.scalar(None, pa.string())))


def _blocks(galaxy: pa.Array, ra: Floats, dec: Floats) -> pa.Array:
    """Return the unit of the split: the cell of the galaxy's place, in deg, where it has one, else the galaxy itself."""
    blocks = pc.binary_join_element_wise("galaxy", galaxy, ":").to_pylist()
    placed = np.flatnonzero((ra >= 0) & (ra <= 360) & (np.abs(dec) <= 90))
    if len(placed):
        for row, cell in zip(placed.tolist(), cells(ra[placed], dec[placed]).tolist(), strict=True):
            blocks[row] = f"cell:{NSIDE}:{cell}"
    return pa.array(blocks, pa.string())


def _empty(texts: list[str], numbers: list[str]) -> pa.Table:
    fields = [(name, pa.string()) for name in texts] + [(name, pa.float64()) for name in numbers]
    return pa.schema([*fields, (FAULT, pa.string())]).empty_table()
