"""A small sky of three classes whose colours run with brightness, drawn at once: for tests that compare many of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from cosmic.columns import BANDS, CLASSES, OBJECT_SCHEMA

SCHEMA = OBJECT_SCHEMA.append(pa.field("block", pa.string()))
CELLS = 400
SHARES = (0.5, 0.2, 0.3)
COLOURS = {"GALAXY": (1.6, 0.8, 0.4, 0.3), "QSO": (0.3, 0.2, 0.2, 0.1), "STAR": (1.4, 0.6, 0.3, 0.1)}
SCATTER = 0.15


def made(
    n: int = 1500, *, seed: int, shares: tuple[float, ...] = SHARES, first_cell: int = 0,
    cells: int = CELLS, cell_scatter: float = 0.0,
) -> pa.Table:  # fmt: skip
    """Return n rows of a sky.

    Parameters
    ----------
    shares : tuple of float
        Of `CLASSES`.
    first_cell, cells : int
        Which cells of nside 64 are covered.
    cell_scatter : float
        How far the colours of one cell lie together from those of others, mag.
    """
    rng = np.random.default_rng(seed)
    kind = rng.choice(len(CLASSES), n, p=shares)
    names = np.array(CLASSES)[kind]
    r = np.clip(rng.normal(19.0 + 0.3 * kind, 1.0, n), 15.0, 23.0)
    cell = first_cell + rng.integers(cells, size=n)
    own = np.random.default_rng(99 + seed).normal(0, cell_scatter, first_cell + cells)[cell] if cell_scatter else 0.0
    steps = np.array([COLOURS[name] for name in names]) + rng.normal(0, SCATTER, (n, 4))
    steps += 0.1 * (r - 19.0)[:, None] + np.reshape(own, (-1, 1))
    g = r + steps[:, 1]
    i = r - steps[:, 2]
    radius = rng.uniform(1.0, 4.0, n)
    columns: dict[str, object] = dict(zip(BANDS, (g + steps[:, 0], g, r, i, i - steps[:, 3]), strict=True))
    columns |= {
        "psf_r": r + np.where(kind == 0, 0.5, 0.0) + rng.normal(0, 0.05, n), "cmodel_r": r,
        "extinction_r": rng.gamma(4.0, 0.02, n), "petro_r50_r": radius, "petro_r90_r": radius * rng.uniform(2.0, 3.0, n),
        "redshift": np.abs(rng.normal(0.1 + kind, 0.05, n)), "class": names.tolist(),
        "subclass": np.where(kind == 2, rng.choice(["G2", "K1", "M4"], n), None).tolist(),
        "object_key": [f"pmf:{seed}-55000-{at}" for at in range(n)], "block": [f"cell:64:{one}" for one in cell.tolist()],
    }  # fmt: skip
    return pa.table({f.name: pa.array(columns.get(f.name, [None] * n), f.type) for f in SCHEMA}, schema=SCHEMA)


def put(rows: pa.Table, name: str, values: object) -> pa.Table:
    """Return rows with other values in one column."""
    return rows.set_column(
        rows.column_names.index(name), rows.schema.field(name), pa.array(values, SCHEMA.field(name).type)
    )


def fainter(rows: pa.Table, band: str, by: float, *, only: str | None = None) -> pa.Table:
    """Return rows with a band off by some magnitudes, in one class or in all."""
    touched = np.array([only in (None, name) for name in rows["class"].to_pylist()])
    return put(rows, band, rows[band].to_numpy() + by * touched)
