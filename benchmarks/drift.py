"""How fast new rows are compared with old ones, how often sound nights raise an alarm, and what is found how often.

    python -m benchmarks drift --rows 1000000            # rows a second and peak memory, through `benchmarks.measures`
    python -m benchmarks.drift --skies 20 --rows 2000    # false alarms and power on simulated skies; prints as it goes

The second takes a sky's first three nights as what a model was trained on and its fourth as new: as it is, with a band off by
some magnitudes, and with classes that drift.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

SHIFTS: Final = (0.03, 0.05, 0.1, 0.15)
"""Of one band, mag."""
DRIFTS: Final = (3, 2, 1, 0)
"""Nights since which classes drift: in the fourth night 3, 6, 9 and 12 % of the sky have turned."""


def night(rows: int, seed: int, number: int, *, faults: tuple[str, ...] = ()) -> pa.Table:
    """Return the rows of a night, not judged, with the unit of the split that their place gives."""
    from cosmic.arrays import floats
    from cosmic.identity import cells
    from cosmic.sources.base import PageStore
    from cosmic.sources.parsing import parse_page
    from cosmic.sources.simulated import SimulatedSource

    with tempfile.TemporaryDirectory(prefix="cosmic-drift-") as folder:
        page = next(iter(SimulatedSource(rows, seed, night=number, faults=faults).pages(PageStore(Path(folder)))))
        found = parse_page(page).rows
    block = [f"cell:64:{one}" for one in cells(floats(found, "ra"), floats(found, "dec")).tolist()]
    return found.append_column("block", pa.array(block)).append_column("object_key", found["spec_obj_id"])


def compare_rows(folder: Path, rows: int) -> Callable[[], object]:
    """Compare a night of so many rows with one of as many."""
    from cosmic.drift import compare

    del folder
    old, new = night(rows, 0, 0), night(rows, 0, 1)
    return lambda: compare(new, old)


def main() -> None:
    """Print the verdicts on sound and on faulty nights."""
    from cosmic.columns import BANDS
    from cosmic.drift import compare

    parser = argparse.ArgumentParser(prog="python -m benchmarks.drift", description=__doc__)
    parser.add_argument("--skies", type=int, default=20, help="seeds 0, 1, … (default 20)")
    parser.add_argument("--rows", type=int, default=2000, help="objects of a night (default 2000)")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)  # of planted faults
    verdicts: dict[str, Counter[str]] = defaultdict(Counter)
    for seed in range(arguments.skies):
        nights = [night(arguments.rows, seed, number) for number in range(4)]
        old, new = pa.concat_tables(nights[:3]), nights[3]
        band = BANDS[seed % len(BANDS)]
        tried = {"sound": new} | {f"one band off by {by:g} mag": _off(new, band, by) for by in SHIFTS}
        for since in DRIFTS:
            share = 3 * (3 - since + 1)
            tried[f"{share} % of the sky turned"] = night(
                arguments.rows, seed, 3, faults=(f"drifting-classes@{since}",)
            )
        for name, rows in tried.items():
            verdicts[name][compare(rows, old).verdict] += 1
        print(f"after {seed + 1} of {arguments.skies} skies:")
        for name, counted in verdicts.items():  # so far: a run that is stopped has said something
            print(f"  {name:28}", ", ".join(f"{verdict} {n}" for verdict, n in counted.most_common()), flush=True)


def _off(rows: pa.Table, band: str, by: float) -> pa.Table:
    at = rows.column_names.index(band)
    return rows.set_column(at, rows.schema.field(band), pa.array(np.asarray(rows[band]) + by))


if __name__ == "__main__":
    main()
