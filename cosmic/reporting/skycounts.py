"""Where objects lie, as counts by HEALPix cell, for the sky map of a report. Draws nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cosmic import artefacts
from cosmic.facts import SkyMap
from cosmic.facts.file import count_cells, write_array
from cosmic.identity import NSIDE, cells
from cosmic.records import JudgedPage
from cosmic.splits import PARTS


def count_sky(
    rows: pa.Table, part: NDArray[np.int8] | None, judged: Sequence[JudgedPage], *, folder: Path
) -> SkyMap | None:
    """Return the counts of objects by cell, their arrays written to `folder`; None where no row has a position.

    Parameters
    ----------
    rows : pyarrow.Table
        Rows of the snapshot with ``ra`` and ``dec`` in degrees.
    part : numpy.ndarray
        Index into `cosmic.splits.PARTS` of each of them, shape (n,); None where the split is not by cell, since no
        cell is a test cell then.
    judged : sequence of JudgedPage
        The pages of this run: where quarantined rows lie.
    """
    placed = pc.and_(pc.is_valid(rows["ra"]), pc.is_valid(rows["dec"])).to_numpy()
    if not placed.any():
        return None
    test = None if part is None else part == PARTS.index("test")
    refused = _refused_positions(judged)
    return SkyMap(
        nside=NSIDE,
        catalogue=write_array(count_cells(cells_of(rows)), folder),
        quarantined=write_array(count_cells(cells_of(refused)), folder) if refused.num_rows else None,
        test=None if test is None else write_array(count_cells(cells_of(rows.filter(pa.array(test)))), folder),
        n_catalogue=int(placed.sum()),
        n_quarantined=refused.num_rows,
        n_test=0 if test is None else int((placed & test).sum()),
        n_without_position=int((~placed).sum()),
    )


def _refused_positions(judged: Sequence[JudgedPage]) -> pa.Table:
    """Positions of quarantined rows that have one."""
    positions: list[tuple[float, float]] = []
    for page in judged:
        for text in pq.read_table(artefacts.check(page.quarantined), columns=["row"])["row"].to_pylist():
            row = json.loads(text)
            ra, dec = row.get("ra"), row.get("dec")
            if isinstance(ra, float | int) and isinstance(dec, float | int) and 0 <= ra <= 360 and abs(dec) <= 90:
                positions.append((float(ra), float(dec)))
    return pa.table(
        {
            "ra": pa.array([ra for ra, _ in positions], pa.float64()),
            "dec": pa.array([dec for _, dec in positions], pa.float64()),
        }
    )


def cells_of(rows: pa.Table) -> NDArray[np.int64]:
    """Return the HEALPix cell of each row that has a position, nested order."""
    placed = rows.filter(pc.and_(pc.is_valid(rows["ra"]), pc.is_valid(rows["dec"])))
    return cells(placed["ra"].to_numpy(), placed["dec"].to_numpy())
