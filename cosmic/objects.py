"""The key of an object, chosen per row. Never through a float; knows nothing of databases."""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import pyarrow as pa

from cosmic.arrays import floats
from cosmic.columns import BANDS


def object_keys(rows: pa.Table) -> pa.Array:
    """Return the object_key of each row, text.

    ``spec:`` and specObjID zero-padded to 20 digits; else ``pmf:plate-mjd-fiberid`` as integers; else
    ``row:`` and the sha256 of the row's five magnitudes. Labels are no part of it: a row whose label was corrected is
    the same object as before.

    Parameters
    ----------
    rows : pyarrow.Table
        n rows in canonical columns, any of which may be absent.
    """
    keys: list[str | None] = [None] * rows.num_rows
    if "spec_obj_id" in rows.column_names:
        keys = [f"spec:{value.zfill(20)}" if value else None for value in rows["spec_obj_id"].to_pylist()]
    if {"plate", "mjd", "fiberid"} <= set(rows.column_names):
        parts = zip(*(rows[name].to_pylist() for name in ("plate", "mjd", "fiberid")), strict=True)
        keys = [
            key or (None if None in part else "pmf:{}-{}-{}".format(*part))
            for key, part in zip(keys, parts, strict=True)
        ]
    without = [index for index, key in enumerate(keys) if key is None]
    if without:
        lacking = rows.take(pa.array(without))
        for index, digest in zip(without, magnitude_digests(lacking).to_pylist(), strict=True):
            keys[index] = f"row:{digest}"
    return pa.array(keys, pa.string())


def magnitude_digests(rows: pa.Table) -> pa.Array:
    """Return, for each row, the sha256 of its five magnitudes to 1e-5 mag: equal for the same photometry.

    Rows without id and position are recognised by it in other files.
    """
    return pa.array([hashlib.sha256(magnitudes).hexdigest() for magnitudes in magnitude_bytes(rows)], pa.string())


def magnitude_bytes(rows: pa.Table) -> list[bytes]:
    """Return the five magnitudes of each row as integers of 1e-5 mag, packed; missing ones as the smallest."""
    columns = []
    for band in BANDS:
        values = floats(rows, band)
        finite = np.isfinite(values)
        scaled = np.full(len(values), np.iinfo(np.int64).min)
        scaled[finite] = np.rint(np.clip(values[finite], -1e9, 1e9) * 1e5).astype(np.int64)
        columns.append(scaled)
    return [struct.pack("<5q", *row) for row in zip(*columns, strict=True)]
