"""Pages of survey objects: generated ones, and the real tables where they are beside this checkout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from cosmic.columns import BANDS, OBJECT_COLUMNS, Group, Kind, arrow_field

SDSS = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "sdss"


@pytest.fixture(scope="session")
def good_objects() -> Callable[[int, int], pd.DataFrame]:
    """Rows without a fault, in canonical columns: three classes, ids on the first half, labels of every kind."""

    def make(rows: int, seed: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        kind = rng.choice(["GALAXY", "QSO", "STAR"], rows)
        r = rng.uniform(15, 22, rows)
        colours = {"GALAXY": (1.5, 0.8, 0.4, 0.3), "QSO": (0.3, 0.2, 0.1, 0.1), "STAR": (1.2, 0.4, 0.2, 0.1)}
        ug, gr, ri, iz = (np.array([colours[name] for name in kind]) + rng.normal(0, 0.1, (rows, 4))).T
        redshift = {"GALAXY": (0, 0.9), "QSO": (0.05, 4), "STAR": (-0.003, 0.003)}
        words = {
            "GALAXY": ["AGN", "STARFORMING", None],
            "QSO": ["BROADLINE", None],
            "STAR": ["K1", "WD", "CV", "M0", None],
        }
        identified = np.arange(rows) < rows // 2
        return pd.DataFrame(
            {
                "row_number": np.arange(1, rows + 1),
                "spec_obj_id": [str(2**63 + place * 1024) if known else None for place, known in enumerate(identified)],
                "plate": pd.array(rng.integers(266, 12000, rows), "Int64"),
                "mjd": pd.array(rng.integers(51600, 58900, rows), "Int64"),
                "fiberid": pd.array(rng.permutation(rows) % 1000 + 1, "Int64"),
                "ra": rng.uniform(0, 360, rows),
                "dec": rng.uniform(-20, 80, rows),
                "u": r + gr + ug, "g": r + gr, "r": r, "i": r - ri, "z": r - ri - iz,
                "class": kind.astype(object),
                "subclass": [words[name][place % len(words[name])] for place, name in enumerate(kind)],
                "redshift": [rng.uniform(*redshift[name]) for name in kind],
                "redshift_err": rng.uniform(-1, 1, rows),
                "z_warning": pd.array(rng.choice([0, 16], rows), "Int64"),
                "extinction_r": rng.uniform(0, 1, rows),
                "prob_psf": rng.choice([0.0, 1.0], rows),
            }
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def as_page() -> Callable[[pd.DataFrame], pa.Table]:
    """A frame of canonical columns as the table that a source hands over."""

    def make(frame: pd.DataFrame) -> pa.Table:
        kinds = {column.name: arrow_field(column).type for column in OBJECT_COLUMNS} | {"row_number": pa.int64()}
        return pa.table({name: pa.array(frame[name], kinds[name], from_pandas=True) for name in frame.columns})

    return make


@pytest.fixture(scope="session")
def real_objects() -> Callable[[str], pd.DataFrame]:
    """A real table in canonical columns, its optional sentinels null. Skips the test where it is not there."""

    def make(name: str) -> pd.DataFrame:
        if not SDSS.exists():
            pytest.skip("the shared real tables are not beside this checkout")
        raw = pd.read_csv(SDSS / f"{name}.csv.gz", dtype={"specObjID": str, "objID": str}, low_memory=False)
        if "modelMag_u" in raw:
            raw = raw.rename(columns={"z": "redshift"}).rename(columns={f"modelMag_{band}": band for band in BANDS})
        raw.columns = [column.lower() for column in raw.columns]
        frame = pd.DataFrame({"row_number": np.arange(1, len(raw) + 1)})
        for column in OBJECT_COLUMNS:
            names = (column.name,) if column.group is Group.MAGNITUDE else column.aliases
            found = [alias for alias in names if alias in raw]
            if not found:
                continue
            values = raw[found[0]]
            if column.kind is Kind.INTEGER:
                values = values.astype("Int64")
            elif column.kind is Kind.FLOAT and not column.required:
                values = values.where(~values.isin(column.sentinels))
            frame[column.name] = values
        return frame

    return make
