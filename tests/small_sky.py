"""A few hundred made-up objects with separable classes, as a snapshot on disk. For tests of what stands on snapshots."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from cosmic.columns import BANDS, OBJECT_SCHEMA
from cosmic.records import MagnitudeSystem, Sky, Snapshot
from cosmic.snapshots import freeze

SCHEMA = OBJECT_SCHEMA.append(pa.field("block", pa.string()))
COLOURS = {"GALAXY": (1.8, 0.8, 0.4, 0.3), "QSO": (0.2, 0.2, 0.2, 0.1), "A0": (1.1, -0.2, -0.2, -0.1),
           "G2": (1.4, 0.5, 0.2, 0.1), "M5": (2.4, 1.4, 1.5, 0.8)}  # fmt: skip
ELODIE = {"A0": (0.0, 9600.0, -0.1), "G2": (0.6, 5800.0, -0.3), "M5": (1.5, 3300.0, 0.1)}
STARS = tuple(ELODIE)


def small_rows(n: int = 600, *, seed: int = 0, scatter: float = 0.25, without: tuple[str, ...] = ()) -> pa.Table:
    """Return n rows in key order: 45 % galaxies, 20 % quasars, and A, G and M stars; four to a block.

    Columns named in `without` are null.
    """
    rng = np.random.default_rng(seed)
    kinds = rng.choice(list(COLOURS), n, p=[0.45, 0.2, 0.1, 0.15, 0.1])
    r = rng.uniform(15, 21, n)
    steps = np.array([COLOURS[kind] for kind in kinds]) + rng.normal(0, scatter, (n, 4))
    g = r + steps[:, 1]
    i = r - steps[:, 2]
    magnitudes = dict(zip(BANDS, (g + steps[:, 0], g, r, i, i - steps[:, 3]), strict=True))
    star = np.isin(kinds, STARS)
    redshift = np.where(
        star, rng.normal(0, 0.0005, n), np.where(kinds == "QSO", rng.uniform(0.5, 3, n), rng.uniform(0.02, 0.4, n))
    )
    extended = np.where(kinds == "GALAXY", 0.8, 0.0) + rng.normal(0, 0.1, n)
    columns: dict[str, pa.Array] = {name: pa.array(values) for name, values in magnitudes.items()}
    columns |= {f"extinction_{band}": pa.array(np.full(n, 0.1)) for band in BANDS}
    columns |= {f"psf_{band}": pa.array(magnitudes[band] + extended) for band in BANDS}
    columns |= {f"cmodel_{band}": pa.array(magnitudes[band]) for band in BANDS}
    columns |= {
        "prob_psf": pa.array(np.clip(1 - extended, 0, 1)),
        "class": pa.array(np.where(star, "STAR", kinds).tolist()),
        "subclass": pa.array([kind if kind in STARS else None for kind in kinds.tolist()]),
        "redshift": pa.array(redshift),
        "object_key": pa.array([f"pmf:{1000 + at}-55000-1" for at in range(n)]),
        "block": pa.array([f"cell:{at // 4}" for at in range(n)]),
    }
    for at, name in enumerate(("elodie_bv", "elodie_teff", "elodie_feh")):
        columns[name] = pa.array(
            [ELODIE[kind][at] if kind in ELODIE else None for kind in kinds.tolist()], pa.float64()
        )
    full = {f.name: columns[f.name].cast(f.type) if f.name in columns and f.name not in without else pa.nulls(n, f.type)
            for f in SCHEMA}  # fmt: skip
    return pa.table(full, schema=SCHEMA).sort_by("object_key")


def measured_rows(n: int = 600, *, seed: int = 0, without: tuple[str, ...] = ()) -> pa.Table:
    """Return `small_rows` with galaxies' labels, profiles, axis ratios, infrared magnitudes and motions."""
    rng = np.random.default_rng([seed, 1])
    rows = small_rows(n, seed=seed)
    r = rows["r"].to_numpy()
    r50 = rng.uniform(1, 4, n)
    columns = {
        "petro_r": r + rng.normal(0, 0.05, n), "petro_r50_r": r50, "petro_r90_r": r50 * rng.uniform(2.2, 3.4, n),
        "dev_ab_r": rng.uniform(0.1, 1, n), "exp_ab_r": rng.uniform(0.1, 1, n), "frac_dev_r": rng.uniform(0, 1, n),
        "w1": r - rng.uniform(2, 4, n), "w2": r - rng.uniform(2, 4, n), "parallax": rng.normal(0, 1, n),
        "pm_ra": rng.normal(0, 5, n), "pm_dec": rng.normal(0, 5, n),
    }  # fmt: skip
    for name, values in columns.items():
        rows = replace(rows, name, values.tolist())
    spirals = rng.random(n) < 0.5
    labels = [("Sc" if spiral else "Ei") if name == "GALAXY" else None
              for name, spiral in zip(rows["class"].to_pylist(), spirals, strict=True)]  # fmt: skip
    rows = replace(rows, "gz2_class", labels)
    for name in without:
        rows = replace(rows, name, [None] * n)
    return rows


def small_snapshot(
    folder: Path, rows: pa.Table | None = None, *, system: MagnitudeSystem = MagnitudeSystem.MODEL
) -> Snapshot:
    """Return a snapshot of rows, by default of `small_rows`, written to a folder."""
    rows = small_rows() if rows is None else rows
    rows = rows.append_column("same_as", pa.nulls(rows.num_rows, pa.string()))
    return freeze(rows, folder=folder, system=system, sky=Sky.SIMULATED)


def replace(rows: pa.Table, name: str, values: list[object]) -> pa.Table:
    """Return rows with other values in one column."""
    at = rows.column_names.index(name)
    return rows.set_column(at, rows.schema.field(name), pa.array(values, rows.schema.field(name).type))
