"""The strings of SDSS's stellar subClass and the letter of each, as a table. Decides nothing about labels."""

from __future__ import annotations

import csv
from importlib import resources
from typing import Final


def _star_subclasses() -> dict[str, str]:
    text = resources.files("cosmic").joinpath("data", "star_subclass_map.csv").read_text(encoding="utf-8")
    return {row["subClass"]: row["proposed_letter"] for row in csv.DictReader(text.splitlines())}


STAR_SUBCLASSES: Final[dict[str, str]] = _star_subclasses()
"""Stellar subClass string to its letter: O B A F G K M, D (white dwarf), d (brown dwarf), C (carbon).

``CV``, a cataclysmic variable, is a star of no letter and has ``CV?``. The source of the table is described in
``cosmic/data/README.md``.
"""
