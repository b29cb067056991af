"""A column of rows as a numpy array, whether or not the rows have it. Knows no column by name."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def floats(rows: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column as float64, shape (n,): NaN where it is null, and everywhere where there is no such column."""
    if name not in rows.column_names:
        return np.full(rows.num_rows, np.nan)
    return as_floats(rows[name].combine_chunks())


def as_floats(values: pa.Array) -> NDArray[np.float64]:
    """Return numbers as float64, shape (n,): NaN where they are null."""
    found: NDArray[np.float64] = pc.fill_null(values.cast(pa.float64()), float("nan")).to_numpy(zero_copy_only=False)
    return found
