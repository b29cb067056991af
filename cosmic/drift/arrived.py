"""Which rows of a catalogue a model has not seen. Compares values, judges nothing."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cosmic.drift.watched import INPUTS

NEEDED: Final = tuple(dict.fromkeys(("class", "subclass", "gz2_class", "r", *INPUTS)))
"""Columns that decide whether a row is the one that was there."""


def arrived(current: pa.Table, reference: pa.Table) -> pa.Table:
    """Return the rows of `current` that `reference` lacks, or has with other values in what is compared.

    Parameters
    ----------
    current, reference : pyarrow.Table
        One row an object, by ``object_key``.
    """
    place = pc.index_in(current["object_key"].combine_chunks(), value_set=reference["object_key"].combine_chunks())
    fresh = pc.is_null(place)
    changed = pa.repeat(False, current.num_rows)
    for name in NEEDED:
        if name in current.column_names and name in reference.column_names:
            now, before = current[name].combine_chunks(), reference[name].combine_chunks().take(place)
            differs = pc.fill_null(pc.not_equal(now, before), False)
            gone = pc.xor(pc.is_null(now), pc.is_null(before))
            changed = pc.or_(changed, pc.or_(differs, gone))
    return current.filter(pc.or_(fresh, changed))
