"""Where the real Galaxy Zoo 2 tables are, where they are at all."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

import pytest

from cosmic.galaxyzoo.readers import Votes, read_votes

FOLDER: Final = Path(__file__).resolve().parents[3] / "shared" / "data"
HART16: Final = FOLDER / "galaxy_zoo2" / "gz2_hart16.csv"
TABLE5: Final = FOLDER / "galaxy_zoo2" / "table5_stripe82_votes.csv.gz"
NAMES: Final = FOLDER / "galaxy_zoo2" / "gz2_filename_mapping.csv"
IMAGES: Final = FOLDER / "galaxy_zoo2" / "images"
LABELS: Final = FOLDER / "sdss" / "galaxies_gz2.csv.gz"

needs_real_tables = pytest.mark.skipif(
    not all(path.exists() for path in (HART16, TABLE5, NAMES, IMAGES, LABELS)),
    reason=f"the real Galaxy Zoo 2 tables are not in {FOLDER}",
)


@functools.cache
def votes(path: Path) -> Votes:
    """Return a table, read once."""
    return read_votes(path)
