"""The contract of survey objects, from the one definition of their columns. Imports no validation library.

To change a rule, change the column's definition (`cosmic.columns`) or the relations below: the contract's version
follows, and rows set aside under the old one can be judged again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from cosmic.columns import (
    BANDS,
    BY_NAME,
    EXTRAGALACTIC_SUBCLASSES,
    NO_SUBCLASS,
    OBJECT_COLUMNS,
    Column,
    Kind,
    arrow_field,
)
from cosmic.contracts import VALUE, Among, Between, Implied, NotAmong, Present, RowCheck, Shape, Suite, Unique, Where
from cosmic.simulation.measured import star_types, track
from cosmic.vocabularies import STAR_SUBCLASSES

STAR_REDSHIFT: Final = 0.005
"""Largest believable |redshift| of a star. The pipeline searches stars within 1200 km/s (0.0040) and cataclysmic
variables within 1000; all but three of 100,000 real rows end at 0.0042."""
QSO_REDSHIFT: Final = 0.0333
"""Smallest redshift at which the pipeline searches quasars."""
GALAXY_REDSHIFT: Final = (-0.0110, 2.0)
"""Redshifts of galaxies; real rows end at -0.0101 and 1.994."""
GOOD_WARNINGS: Final = (0, 16)
"""zWarning of a redshift that can be trusted: none, or MANY_OUTLIERS, which is harmless."""
BELIEVABLE_MEDIANS: Final = (8.0, 27.0)
"""Median magnitudes of a page: SDSS saturates near 14, and asinh magnitudes of no flux lie near 25."""

_WAVELENGTHS: Final = (3551.0, 4686.0, 6166.0, 7480.0, 8932.0)
"""Effective wavelengths of u g r i z, in Angstrom (SDSS DR7 filters)."""


def _cells(column: Column) -> Iterator[RowCheck]:
    """What a single cell must be like, the most telling fault first."""
    if column.required:
        yield Present(column.name)
        if column.sentinels:
            yield NotAmong(column.name, column.sentinels)
    if column.name == "z_warning":
        yield Among(column.name, GOOD_WARNINGS, says="z_warning: not 0 or 16, so class and redshift are not trusted")
    elif column.vocabulary:
        yield Among(column.name, column.vocabulary)
    elif column.lo is not None or column.hi is not None:
        yield Between(column.name, column.lo, column.hi, unit=column.unit)
    elif column.kind is Kind.FLOAT:
        largest = sys.float_info.max
        yield Between(column.name, -largest, largest, says=f"{column.name}: not a finite number")


def _relations() -> Iterator[RowCheck]:
    """What cells must be like together: class, subclass and redshift come from one fit and bound each other."""
    star, qso, galaxy = (Where("class", (name,)) for name in ("STAR", "QSO", "GALAXY"))
    unlabelled = Where("class")
    yield Present("class", says="class: missing, and subclass implies none")
    yield Among("subclass", tuple(sorted(STAR_SUBCLASSES)), says=f"subclass: {VALUE} is not known for STAR", where=star)
    for name, where in (("GALAXY", galaxy), ("QSO", qso), ("a row without class", unlabelled)):
        words = (*EXTRAGALACTIC_SUBCLASSES, NO_SUBCLASS) if where is galaxy else EXTRAGALACTIC_SUBCLASSES
        yield Among("subclass", words, says=f"subclass: {VALUE} is not known for {name}", where=where)
    lo, hi = GALAXY_REDSHIFT
    yield Between("redshift", -STAR_REDSHIFT, STAR_REDSHIFT, where=star,
                  says=f"redshift: does not fit STAR (within {STAR_REDSHIFT:g} of 0)")  # fmt: skip
    yield Between("redshift", QSO_REDSHIFT, where=qso, says=f"redshift: does not fit QSO (at least {QSO_REDSHIFT:g})")
    yield Between("redshift", lo, hi, where=galaxy, says=f"redshift: does not fit GALAXY ({lo:g} to {hi:g})")
    yield Unique("object_key")


def _loci() -> tuple[tuple[float, ...], ...]:
    """Median u-g, g-r, r-i, i-z of every known population, in mag.

    Measured star types, galaxies and quasars by redshift, and a black body of infinite temperature, which nothing
    is bluer than: its flux density goes as the inverse square of wavelength, so m1 - m2 = 5 log10(l1 / l2).
    """
    measured = [star_types()[1].colours, track("GALAXY").loci.colours, track("QSO").loci.colours]
    hottest = 5 * np.log10(np.asarray(_WAVELENGTHS[:-1]) / np.asarray(_WAVELENGTHS[1:]))
    return tuple(tuple(round(float(colour), 4) for colour in row) for row in np.vstack([*measured, hottest]))


def _suite() -> Suite:
    return Suite(
        name="objects",
        key="object_key",
        types=tuple((column.name, str(arrow_field(column).type)) for column in OBJECT_COLUMNS),
        required=(*(column.name for column in OBJECT_COLUMNS if column.required), "class"),
        rows=(*(check for column in OBJECT_COLUMNS for check in _cells(column)), *_relations()),
        implied=(Implied("class", "STAR", by="subclass", among=tuple(sorted(STAR_SUBCLASSES))),),
        shape=Shape(
            medians=tuple(Between(band, *BELIEVABLE_MEDIANS, unit="mag") for band in BANDS),
            differences=tuple(pairwise(BANDS)),
            loci=_loci(),
            shares=("class",),
            sentinels=BY_NAME["r"].sentinels,
        ),
    )


OBJECTS: Final = _suite()
"""The contract of a page of survey objects."""
