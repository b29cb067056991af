"""What one record of an object may give to another where that one has a gap. Overwrites nothing and invents nothing.

The catalogue completes a newer row by the stored one under the same key, a snapshot completes a row by the rows that
repeat it: both by the rules of this module.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cosmic.columns import BANDS, BY_NAME, OBJECT_SCHEMA, Group
from cosmic.objects import magnitude_bytes
from cosmic.vocabularies import class_of

OF_THE_CLASS: Final = frozenset(
    name for name, column in BY_NAME.items() if column.group in (Group.LABEL, Group.SPECTRUM, Group.ELODIE)
)
"""Columns that follow from which template the pipeline fitted. They never cross a disagreement about the class."""
OF_THE_PHOTOMETRY: Final = frozenset(
    name for name, column in BY_NAME.items() if column.group is Group.SHAPE and column.unit == "mag"
)
"""Magnitudes of other apertures. Shape is their difference from u g r i z, so they only join the same five values."""


def complete(rows: pa.Table, donors: pa.Table) -> pa.Table:
    """Return the rows with their gaps filled from the donors, row by row; null donors fill nothing.

    Labels, redshift and ELODIE values are taken where both are of one class, or where the row has no label at all;
    a stellar subclass implies STAR. Magnitudes of other apertures are taken where all of u g r i z are equal.
    Everything else is taken as it is.

    Parameters
    ----------
    rows, donors : pyarrow.Table
        n canonical rows each, the i-th of one beside the i-th of the other. Survey columns that only one side has
        are in the answer; other columns of `rows` are kept and of `donors` left out.
    """
    labels = _labels_may_cross(rows, donors)
    photometry = _photometry_may_cross(rows, donors)
    columns = {name: rows[name] for name in rows.column_names}
    for field in OBJECT_SCHEMA:
        if field.name == "object_key" or field.name not in donors.column_names:
            continue
        offered = donors[field.name].combine_chunks()
        if offered.null_count == len(offered):
            continue
        own = columns[field.name].combine_chunks() if field.name in columns else pa.nulls(len(offered), field.type)
        gap = pc.is_null(own)
        if field.name in OF_THE_CLASS:
            gap = pc.and_(gap, labels)
        elif field.name in OF_THE_PHOTOMETRY:
            gap = pc.and_(gap, photometry)
        columns[field.name] = pc.if_else(gap, offered, own)
    ordered = [name for name in OBJECT_SCHEMA.names if name in columns]
    ordered += [name for name in columns if name not in ordered]
    return pa.table({name: columns[name] for name in ordered})


def classes(rows: pa.Table) -> pa.Array:
    """Return the class of each row: the one given, else STAR where the subclass is a stellar one, else null."""
    return class_of(_text(rows, "class"), _text(rows, "subclass"))


def _labels_may_cross(rows: pa.Table, donors: pa.Table) -> pa.Array:
    equal = pc.fill_null(pc.equal(classes(rows), classes(donors)), False)
    unlabelled = pc.and_(pc.is_null(_text(rows, "class")), pc.is_null(_text(rows, "subclass")))
    return pc.or_(equal, unlabelled)


def _photometry_may_cross(rows: pa.Table, donors: pa.Table) -> pa.Array:
    if not OF_THE_PHOTOMETRY & set(donors.column_names):
        return pa.repeat(False, rows.num_rows)
    ours, theirs = (magnitude_bytes(table.select(BANDS)) for table in (rows, donors))
    return pa.array([one == other for one, other in zip(ours, theirs, strict=True)], pa.bool_())


def _text(rows: pa.Table, name: str) -> pa.Array:
    return rows[name].combine_chunks() if name in rows.column_names else pa.nulls(rows.num_rows, pa.string())
