"""Spectral classes of galaxies: the survey's subclass strings, the class of each, and what an empty string says.

Reads no file and knows no task; `cosmic.sources` asks what an empty cell means, `cosmic.labels` which class a string is.

A row of the catalogue whose subclass is null may come from a table that has none, so null never means "no lines".
Where a table does carry subclasses of galaxies, its galaxies without one have the word `NONE`, given when the table is
read: only there can the two be told apart, since empty and null are the same in CSV and in the catalogue.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.columns import EXTRAGALACTIC_SUBCLASSES, NO_SUBCLASS

BROADLINE: Final = "BROADLINE"
LABELS: Final = ("AGN", "STARFORMING", "STARBURST", BROADLINE, NO_SUBCLASS)
"""The classes, in the order in which they are listed everywhere."""
CLASS_OF: Final[dict[str, str]] = {
    NO_SUBCLASS: NO_SUBCLASS,
    **{text: BROADLINE if text.endswith(BROADLINE) else text for text in EXTRAGALACTIC_SUBCLASSES},
}
"""Subclass string of a galaxy to its class. A broad line marks ``BROADLINE``, whatever the narrow lines say.

Line ratios sort narrow-line galaxies (Baldwin, Phillips and Terlevich 1981) and mean nothing where a line is broad
(type 1), so ``AGN BROADLINE``, ``STARFORMING BROADLINE`` and ``STARBURST BROADLINE`` are ``BROADLINE``. The pipeline
calls a line broad from a dispersion of 200 km/s, so some of them are fast-rotating or merging galaxies.
"""
COMPOUNDS: Final = tuple(text for text, name in CLASS_OF.items() if text != name)
CARRIES: Final = 0.02
"""Share of a table's galaxies that must have a subclass before an empty one says that the pipeline found none.

In 999 rows as the survey sent them 20 % have one; tables put together from several, most without the column, have far
fewer (0.2 % in a public one of 50,366 galaxies), and there an empty cell says nothing.
"""
BALMER_OUT: Final = 10_400 / 6563 - 1
"""Redshift beyond which H alpha is redder than 10,400 Angstrom, where the BOSS spectrographs end: the pipeline cannot
give AGN, STARFORMING or STARBURST there."""

_SAYS_NONE: Final = ("", "none")


def with_none(given: pa.Array, subclass: pa.Array, cells: pa.Array, *, own_table: bool = False) -> pa.Array:
    """Return the subclass of each row, `NO_SUBCLASS` for galaxies that a table with subclasses gives none.

    A table has them if at least `CARRIES` of its galaxies have one of the survey's strings; otherwise nothing changes.
    Where some galaxies' cells say "none" (empty, or the word) and others are null or a mark such as ``nan``, the latter
    stay unknown.

    Parameters
    ----------
    given, subclass : pyarrow.Array
        Class and subclass, text, shape (n,), null where there is none.
    cells : pyarrow.Array
        The cells of the subclass column as they stand in the file, text, shape (n,).
    own_table : bool
        Whether the rows are of the survey's own table, which always has subclasses, however they were cut into pages.
    """
    galaxy = pc.fill_null(pc.equal(given, "GALAXY"), False)
    known = pc.and_(galaxy, pc.is_in(subclass, value_set=pa.array(EXTRAGALACTIC_SUBCLASSES)))
    n_known, n_galaxies = (pc.sum(mask).as_py() or 0 for mask in (known, galaxy))
    if not own_table and n_known < max(1, CARRIES * n_galaxies):
        return subclass
    without = pc.and_(galaxy, pc.is_null(subclass))
    words = pc.utf8_lower(pc.utf8_trim_whitespace(cells))
    said = pc.and_(without, pc.fill_null(pc.is_in(words, value_set=pa.array(_SAYS_NONE)), False))
    return pc.if_else(said if pc.any(said).as_py() else without, NO_SUBCLASS, subclass)


def classes(subclass: pa.Array) -> pa.Array:
    """Return the class of each galaxy's subclass, shape (n,); null where nothing is known or the string is unknown."""
    position = pc.index_in(subclass, value_set=pa.array(list(CLASS_OF)))
    return pa.array(list(CLASS_OF.values())).take(position)


def notes(found: pa.Array, subclass: pa.Array, redshift: pa.Array) -> tuple[str, ...]:
    """Return what to know of these labels: compound strings by name, and ``none`` where lines are out of range.

    Parameters
    ----------
    found : pyarrow.Array
        Class of each row, null where it has no label.
    subclass, redshift : pyarrow.Array
        As in the catalogue.
    """
    labelled = subclass.filter(pc.is_valid(found))
    sizes = {text: pc.sum(pc.equal(labelled, text)).as_py() or 0 for text in COMPOUNDS}
    said = []
    if any(sizes.values()):
        listed = ", ".join(f"{text} {n:,}" for text, n in sizes.items() if n)
        said.append(f"compound strings, counted as {BROADLINE}: {listed}")
    none = pc.fill_null(pc.equal(found, NO_SUBCLASS), False).to_numpy(zero_copy_only=False)
    if none.any():
        far = none & (redshift.fill_null(np.nan).to_numpy(zero_copy_only=False) > BALMER_OUT)
        said.append(
            f"{NO_SUBCLASS} is an empty string of a galaxy in a table that has such strings: no line, lines too weak for "
            f"the signal, or lines out of range; of {none.sum():,} galaxies {far.sum():,} lie beyond redshift "
            f"{BALMER_OUT:.2f}, where H alpha cannot be seen. Galaxies of tables without such strings have no label"
        )
    return tuple(said)
