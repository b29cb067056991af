"""From catalogue columns to the study's labels, and the study's cuts by name. Reads no file, drops no row itself.

A label is a string or null; null means that the row takes no part in that task, and `Labels.excluded` says why.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cosmic import spectral
from cosmic.arrays import floats
from cosmic.columns import BY_NAME, arrow_field
from cosmic.errors import ConfigError
from cosmic.galaxyzoo import grammar
from cosmic.records import MagnitudeSystem, Task
from cosmic.vocabularies import STAR_SUBCLASSES, class_of

SUPERCLASSES: Final = ("galaxy", "quasar", "star")
STAR_LETTERS: Final = ("O", "B", "A", "F", "G", "K", "M", "C", "D", "d")
"""Hot to cool, then carbon stars, white dwarfs and brown dwarfs."""
ORDER: Final[dict[Task, tuple[str, ...]]] = {
    Task.SUPERCLASS: SUPERCLASSES,
    Task.STAR: STAR_LETTERS,
    Task.GALAXY: grammar.LABELS,
    Task.GALAXY_SPECTRAL: spectral.LABELS,
}
"""The order in which the labels of a task are listed everywhere."""

_NAMES: Final = {"GALAXY": "galaxy", "QSO": "quasar", "STAR": "star"}
_NO_LETTER: Final = "CV?"
_BRIGHTEST_GZ2 = 17.0
_SMALLEST_GZ2 = 3.0
_REDSHIFTS_GZ2 = (0.0005, 0.25)

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of n rows.

    Parameters
    ----------
    values : pyarrow.Array
        Text, shape (n,), null where a row has no label.
    rule : str
        How they came about, in words.
    excluded : dict
        Rows that the rule left without a label, by reason.
    notes : tuple of str
        What else to know of them.
    """

    values: pa.Array
    rule: str
    excluded: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def label(rows: pa.Table, task: Task) -> Labels:
    """Return the labels of a task."""
    rules: dict[Task, Callable[[pa.Table], Labels]] = {
        Task.SUPERCLASS: superclass,
        Task.STAR: star_letter,
        Task.GALAXY: galaxy_label,
        Task.GALAXY_SPECTRAL: galaxy_spectral,
    }
    return rules[task](rows)


def superclass(rows: pa.Table) -> Labels:
    """Return galaxy, quasar or star for each row, by the study's clean-class rule where its columns exist.

    The rule: a galaxy has source_type GALAXY, class GALAXY, class_noqso other than STAR, photo_type 3 and clean 1;
    a quasar has source_type QSO, class QSO, class_noqso other than STAR and clean 1; a star has source_type other
    than QSO, class STAR and clean 1; every other row is left out.

    It judges a row that has photo_type, clean and at least one of source_type and class_noqso, in a table where all
    four columns have values (the survey leaves one of the two texts empty for many programmes, and empty differs
    from every name in the rule). The class of any other row is taken as it stands.
    """
    given = _class(rows)
    plain = pc.index_in(given, value_set=pa.array(list(_NAMES)))
    values = pa.array(list(_NAMES.values())).take(plain)
    source, noqso, kind, clean = (_column(rows, name) for name in ("source_type", "class_noqso", "photo_type", "clean"))
    if any(column.null_count == len(column) for column in (source, noqso, kind, clean)):
        return Labels(values, "class")
    judged = pc.and_(pc.and_(pc.is_valid(kind), pc.is_valid(clean)), pc.or_(pc.is_valid(source), pc.is_valid(noqso)))
    good = pc.fill_null(pc.equal(clean, 1), False)
    not_star = pc.invert(_is(noqso, "STAR"))
    galaxy = [_is(source, "GALAXY"), _is(given, "GALAXY"), not_star, pc.fill_null(pc.equal(kind, 3), False), good]
    quasar = [_is(source, "QSO"), _is(given, "QSO"), not_star, good]
    star = [pc.invert(_is(source, "QSO")), _is(given, "STAR"), good]
    kept = pc.or_(pc.or_(_all(galaxy), _all(quasar)), _all(star))
    dropped = pc.and_(pc.and_(judged, pc.invert(kept)), pc.is_valid(values))
    count = pc.sum(judged).as_py() or 0
    rule = "the study's clean-class rule" + ("" if count == len(values) else f" for {count} rows, class for the others")
    return Labels(
        pc.if_else(dropped, pa.scalar(None, pa.string()), values),
        rule,
        {"clean-class rule": pc.sum(dropped).as_py() or 0},
    )


def star_letter(rows: pa.Table) -> Labels:
    """Return the letter of each star's subclass string; null for other classes, for no string and for ``CV``.

    A cataclysmic variable (``CV``) is no carbon star and gets no letter; such rows are counted in `excluded`, as are
    stars without a subclass and stars whose string is unknown.
    """
    star = _is(_class(rows), "STAR")
    subclass = _column(rows, "subclass")
    index = pc.index_in(subclass, value_set=pa.array(list(STAR_SUBCLASSES)))
    letters = pa.array(list(STAR_SUBCLASSES.values())).take(index)
    variable = _is(letters, _NO_LETTER)
    none = pa.scalar(None, pa.string())
    values = pc.if_else(pc.and_(star, pc.invert(variable)), letters, none)
    lost = {
        "CV": variable,
        "no subclass": pc.is_null(subclass),
        "unknown subclass": pc.and_(pc.is_valid(subclass), pc.is_null(letters)),
    }
    excluded = {reason: pc.sum(pc.and_(star, mask)).as_py() or 0 for reason, mask in lost.items()}
    return Labels(values, "letter of the stellar subClass string", {reason: n for reason, n in excluded.items() if n})


def galaxy_label(rows: pa.Table) -> Labels:
    """Return the study's label of each galaxy's Galaxy Zoo 2 string; null for other classes and where there is none.

    Artefacts (``A``), texts that are no string, and objects whose spectrum is of another class are counted in
    `excluded`.
    """
    given = _column(rows, "gz2_class")
    strings = grammar.study_labels(given).values
    # a table may carry the study's labels themselves: all of them are strings too, but for Ee
    alias = pc.is_in(given, value_set=pa.array(list(grammar.ALIASES.values())))
    found = pc.if_else(alias, given, strings)
    galaxy = _is(_class(rows), "GALAXY")
    artefact = _is(given, grammar.ARTEFACT_STRING)
    unknown = pc.and_(pc.and_(pc.is_valid(given), pc.is_null(found)), pc.invert(artefact))
    lost = {
        "artefact": pc.and_(galaxy, artefact),
        "unknown gz2_class": pc.and_(galaxy, unknown),
        "spectrum of another class": pc.and_(pc.is_valid(given), pc.invert(galaxy)),
    }
    excluded = {reason: pc.sum(mask).as_py() or 0 for reason, mask in lost.items()}
    return Labels(
        pc.if_else(galaxy, found, pa.scalar(None, pa.string())),
        "beginning of the gz2_class string",
        {reason: n for reason, n in excluded.items() if n},
    )


def galaxy_spectral(rows: pa.Table) -> Labels:
    """Return the spectral class of each galaxy by its subclass string; null for other classes, quasars too.

    A broad line marks ``BROADLINE``, alone or beside another word (`cosmic.spectral.CLASS_OF`). ``none`` is a galaxy
    without a string in a table that has such strings. A galaxy of which no subclass is known is counted in `excluded`
    where others have one.
    """
    galaxy = _is(_class(rows), "GALAXY")
    subclass = _column(rows, "subclass")
    found = pc.if_else(galaxy, spectral.classes(subclass), pa.scalar(None, pa.string()))
    some = pa.scalar(found.null_count < len(found))
    lost = {
        "no subclass known": pc.and_(pc.and_(galaxy, pc.is_null(subclass)), some),
        "unknown subclass": pc.and_(pc.and_(galaxy, pc.is_valid(subclass)), pc.is_null(found)),
    }
    excluded = {reason: pc.sum(mask).as_py() or 0 for reason, mask in lost.items()}
    return Labels(
        found,
        "subClass string of galaxies; a broad line marks BROADLINE, alone or beside another word",
        {reason: n for reason, n in excluded.items() if n},
        spectral.notes(found, subclass, _column(rows, "redshift")),
    )


# ------------------------------------------------------------------------------------------------ the cuts


@dataclass(frozen=True, slots=True)
class Cut:
    """Which of n rows pass a named filter, and what to tell the reader about it."""

    passes: Mask
    note: str | None = None


def cut(rows: pa.Table, name: str, *, system: MagnitudeSystem) -> Cut:
    """Return which rows pass the filter of this name. A row that lacks a value which the cut needs does not pass.

    ``none`` keeps all; ``brightness`` keeps Petrosian r - extinction < 17 mag (in a table without petro_r, the r that
    it has, less extinction where the columns exist: the study's query used that column); ``petro_r90`` keeps
    petro_r90_r > 3 arcsec; ``gz2`` is Galaxy Zoo 2's selection: both, and 0.0005 < redshift < 0.25, where a row
    without redshift stays (Willett et al. 2013).

    Raises
    ------
    ConfigError
        If the name is unknown, or the table lacks columns that the cut needs; the message names them.
    """
    if name not in FILTERS:
        near = difflib.get_close_matches(name, FILTERS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"unknown filter {name!r}; choose from {', '.join(FILTERS)}.{hint}")
    return FILTERS[name](rows, system)


def _none(rows: pa.Table, system: MagnitudeSystem) -> Cut:
    del system
    return Cut(np.ones(rows.num_rows, bool))


def _brightness(rows: pa.Table, system: MagnitudeSystem) -> Cut:
    extinction = floats(rows, "extinction_r")
    if "petro_r" in _with_values(rows):
        _need(rows, "brightness", "petro_r", "extinction_r")
        return Cut(floats(rows, "petro_r") - extinction < _BRIGHTEST_GZ2)
    _need(rows, "brightness", "r")
    r = floats(rows, "r")
    if system is MagnitudeSystem.DEREDDENED or np.isnan(extinction).all():
        what = "r as it is"
    else:
        r, what = r - extinction, "r - extinction_r"
    return Cut(r < _BRIGHTEST_GZ2, f"brightness cut on {what} ({system} magnitudes), since petro_r is not there")


def _petro_r90(rows: pa.Table, system: MagnitudeSystem) -> Cut:
    del system
    _need(rows, "petro_r90", "petro_r90_r")
    return Cut(floats(rows, "petro_r90_r") > _SMALLEST_GZ2)


def _gz2(rows: pa.Table, system: MagnitudeSystem) -> Cut:
    bright, large = _brightness(rows, system), _petro_r90(rows, system)
    redshift = floats(rows, "redshift")
    lo, hi = _REDSHIFTS_GZ2
    near = np.isnan(redshift) | ((redshift > lo) & (redshift < hi))
    return Cut(bright.passes & large.passes & near, bright.note)


FILTERS: Final[dict[str, Callable[[pa.Table, MagnitudeSystem], Cut]]] = {
    "none": _none,
    "brightness": _brightness,
    "petro_r90": _petro_r90,
    "gz2": _gz2,
}
"""The study's cuts by name."""


# ------------------------------------------------------------------------------------------------- columns


def _column(rows: pa.Table, name: str) -> pa.Array:
    kind = arrow_field(BY_NAME[name]).type
    if name not in rows.column_names:
        return pa.nulls(rows.num_rows, kind)
    column = rows[name].combine_chunks()
    return column.cast(kind)


def _class(rows: pa.Table) -> pa.Array:
    """The class column; a row that has none but a stellar subclass string is a star."""
    return class_of(_column(rows, "class"), _column(rows, "subclass"))


def _is(values: pa.Array, text: str) -> pa.Array:
    return pc.fill_null(pc.equal(values, text), False)


def _all(masks: list[pa.Array]) -> pa.Array:
    found = masks[0]
    for mask in masks[1:]:
        found = pc.and_(found, mask)
    return found


def _with_values(rows: pa.Table) -> set[str]:
    return {name for name in rows.column_names if rows[name].null_count < rows.num_rows}


def _need(rows: pa.Table, name: str, *columns: str) -> None:
    missing = [column for column in columns if column not in _with_values(rows)]
    if missing:
        raise ConfigError(
            f"filter {name!r} needs {', '.join(missing)}, of which these rows have no values. "
            f"Add files with {', '.join(BY_NAME[column].source for column in missing)}, or use --filter none."
        )
