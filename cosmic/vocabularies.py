"""The strings of SDSS's stellar subClass, the letter of each, and the class that they imply. Decides nothing else."""

from __future__ import annotations

import csv
from importlib import resources
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc


def _star_subclasses() -> dict[str, str]:
    text = resources.files("cosmic").joinpath("data", "star_subclass_map.csv").read_text(encoding="utf-8")
    return {row["subClass"]: row["proposed_letter"] for row in csv.DictReader(text.splitlines())}


STAR_SUBCLASSES: Final[dict[str, str]] = _star_subclasses()
"""Stellar subClass string to its letter: O B A F G K M, D (white dwarf), d (brown dwarf), C (carbon).

``CV``, a cataclysmic variable, is a star of no letter and has ``CV?``. The source of the table is described in
``cosmic/data/README.md``.
"""


def class_of(given: pa.Array, subclass: pa.Array) -> pa.Array:
    """Return the class of each row: the one given, else STAR where the subclass is a stellar one, else null.

    Parameters
    ----------
    given, subclass : pyarrow.Array
        Text, shape (n,), trimmed or null.
    """
    stellar = pc.fill_null(pc.is_in(subclass, value_set=pa.array(list(STAR_SUBCLASSES))), False)
    return pc.if_else(pc.and_(pc.is_null(given), stellar), "STAR", given)
