"""Votes made up for tests, as arrays and as the files of the releases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from cosmic.galaxyzoo.tree import STEMS

Floats = npt.NDArray[np.float64]

FRACTIONS = st.lists(
    st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]), min_size=37, max_size=37), min_size=1, max_size=8
).map(np.array)
"""Votes of a few galaxies, with many ties and many tasks that nobody answered."""


def random_fractions(rows: int, *, seed: int = 0) -> Floats:
    """Return votes of this many galaxies, to three digits."""
    return np.random.default_rng(seed).random((rows, len(STEMS))).round(3)


def votes_csv(
    path: Path,
    fractions: Mapping[str, Floats],
    plain: Mapping[str, Sequence[object]],
    *,
    before: str = "",
) -> Path:
    """Write a vote table: these plain columns, then 37 columns for each suffix of a stem."""
    names = [*plain, *(stem + suffix for suffix in fractions for stem in STEMS)]
    lines = [",".join(names)]
    for row in range(len(next(iter(plain.values())))):
        cells = [str(values[row]) for values in plain.values()]
        for values in fractions.values():
            cells += ["" if np.isnan(value) else str(value) for value in values[row]]
        lines.append(",".join(cells))
    path.write_text(before + "\n".join(lines) + "\n")
    return path


def hart16_csv(path: Path, fractions: Floats, strings: Sequence[str], *, ids: Sequence[object] = ()) -> Path:
    """Write a table like ``gz2_hart16.csv`` with the columns that matter."""
    rows = len(fractions)
    plain: dict[str, Sequence[object]] = {
        "dr7objid": ids or [587722981741363294 + row for row in range(rows)],
        "ra": [160.5] * rows,
        "dec": [-0.7] * rows,
        "sample": ["original"] * rows,
        "gz2_class": strings,
        "total_classifications": ["44.0"] * rows,
        "total_votes": [180] * rows,
    }
    counts = (fractions * 40).round()
    return votes_csv(path, {"_count": counts, "_weighted_fraction": fractions, "_debiased": fractions}, plain)
