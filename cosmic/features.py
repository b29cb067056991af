"""Named feature sets: which numbers a model may see, with units and exact formulas. Reads no file, fits nothing.

What a set needs from the rows (are they corrected for extinction? which shape measure?) is decided once, on the rows
that a model is trained on, and kept as a `Recipe`; the same recipe builds the features of every row served later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cosmic import measures
from cosmic.arms import ONLY_FOR, has_arm
from cosmic.arrays import floats
from cosmic.columns import BANDS, BY_NAME, Group
from cosmic.errors import ConfigError
from cosmic.formulas import Feature, Floats, difference, less, plain
from cosmic.measures import RICHER, Flags, Measure
from cosmic.records import Arm, MagnitudeSystem, Task

REDSHIFT_SHIFT: Final = 0.0202211
"""The study's offset inside the logarithm: twice its most negative redshift."""
ENOUGH: Final = 0.99
"""Share of rows that must have extinction values for a data set to be corrected; the few others leave the arm."""

COLOURS: Final = (("u", "g"), ("g", "r"), ("r", "i"), ("i", "z"), ("u", "r"), ("g", "i"), ("r", "z"))
_STUDY_COLOURS: Final = (("u", "r"), ("g", "i"), ("r", "z"))
_ELODIE: Final = ("elodie_bv", "elodie_teff", "elodie_feh")

FORBIDDEN_GROUPS: Final = frozenset({Group.IDENTITY, Group.POSITION, Group.INSTRUMENT, Group.LABEL, Group.QUALITY})
"""Never a feature in any arm: they name the object, say where it is, how it was observed, or what it was called."""
FORBIDDEN_NAMES: Final = frozenset({"object_key", "block"})
LEAKING_GROUPS: Final = frozenset({Group.SPECTRUM, Group.ELODIE})
"""From the same spectrum as the label: allowed in the published arm alone."""


class Shape(StrEnum):
    """How point-like an object is, by what a data set has."""

    PSF_CMODEL = "psf-cmodel"
    PSF_MODEL = "psf-model"
    PROB_PSF = "prob_psf"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides which features rows get. Part of a model's identity.

    Parameters
    ----------
    task, arm : Task, Arm
        What is classified, and what a model may see.
    system : MagnitudeSystem
        The magnitude system of u g r i z.
    corrected : bool
        Whether extinction is subtracted here. False for magnitudes that come dereddened.
    shape : Shape or None
        Which shape measure, in the arms that have one.
    measures : tuple of Measure
        What else was measured, in the arms ``morphometric`` and ``photometric+external``.
    """

    task: Task
    arm: Arm
    system: MagnitudeSystem
    corrected: bool = False
    shape: Shape | None = None
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True, slots=True)
class NotRun:
    """Why there are no features (or no data set) for a task and arm."""

    reason: str


@dataclass(frozen=True, slots=True)
class FeatureMatrix:
    """Features of n rows.

    Parameters
    ----------
    names, units : tuple of str
        Of the d features, in order.
    values : numpy.ndarray
        Shape (n, d), NaN where a row lacks what a feature needs.
    complete : numpy.ndarray
        Shape (n,): rows that have every feature.
    notes, warnings : tuple of str
        What a reader should know about them, and what should make a reader stop.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    values: Floats
    complete: NDArray[np.bool_]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def choose(rows: pa.Table, *, task: Task, arm: Arm, system: MagnitudeSystem) -> Recipe | NotRun:
    """Return the recipe that fits a data set, or why the arm cannot be run on it.

    Parameters
    ----------
    rows : pyarrow.Table
        The labelled rows of the task, in canonical columns.
    """
    if not has_arm(task, arm):
        return NotRun(f"the arm {arm} is of {' and '.join(ONLY_FOR[arm])} alone")
    if arm is Arm.PUBLISHED:
        if not _share(rows, "redshift"):
            return NotRun("no redshift column, or no value in it")
        lacking = [name for name in _ELODIE if not _share(rows, name)] if task is Task.STAR else []
        return NotRun(f"no ELODIE columns: {', '.join(lacking)}") if lacking else Recipe(task, arm, system)
    if arm is Arm.NO_LEAK:
        return Recipe(task, arm, system)
    corrected = system is not MagnitudeSystem.DEREDDENED and _with_extinction(rows) >= ENOUGH
    if arm in (Arm.PHOTOMETRIC, Arm.MAGNITUDE_MATCHED):
        return Recipe(task, arm, system, corrected)
    if arm in _MEASURED:
        return _measured(rows, Recipe(task, arm, system, corrected))
    shape = _best_shape(rows, system=system)
    if shape is None:
        return NotRun("no shape columns: neither psfMag with cModelMag or modelMag in five bands, nor probPSF")
    return Recipe(task, arm, system, corrected, shape)


def features_of(recipe: Recipe) -> tuple[Feature, ...]:
    """Return the features of a recipe, in order.

    Raises
    ------
    ConfigError
        If a formula touches a forbidden column, which is a mistake in this module.
    """
    features = _SETS[recipe.arm](recipe)
    check_allowed((name for feature in features for name in feature.inputs), recipe.arm)
    return features


def build(rows: pa.Table, recipe: Recipe) -> FeatureMatrix:
    """Return the features of rows by a recipe; a row or a table that lacks a column has NaN there.

    Redshift enters as ln(z + 0.0202211) and brightness as the sum of the five magnitudes, exactly as in the
    published study; its colours are of uncorrected magnitudes.
    """
    features = features_of(recipe)
    columns = {name: floats(rows, name) for feature in features for name in feature.inputs}
    values = np.empty((rows.num_rows, len(features)))
    for index, feature in enumerate(features):
        values[:, index] = feature.formula(columns)
    complete = np.asarray(np.isfinite(values).all(axis=1))
    names = tuple(feature.name for feature in features)
    units = tuple(feature.unit for feature in features)
    return FeatureMatrix(names, units, values, complete, notes(recipe, rows), warnings(recipe, rows))


def is_corrected(names: Iterable[str]) -> bool:
    """Return whether features of these names are of magnitudes that were corrected for extinction here."""
    return f"{BANDS[0]}_0" in names


def check_allowed(columns: Iterable[str], arm: Arm) -> None:
    """Refuse columns that a model of this arm must not see.

    Raises
    ------
    ConfigError
        If a column is an identifier, a position, an instrument setting, a label, a quality flag, unknown, or (in
        every arm but ``published``) comes from the spectrum. The message names at most five.
    """
    refused = []
    for name in dict.fromkeys(columns):
        column = BY_NAME.get(name)
        if name in FORBIDDEN_NAMES:
            refused.append(f"{name} (identity)")
        elif column is None:
            refused.append(f"{name} (not a survey column)")
        elif column.group in FORBIDDEN_GROUPS or (arm is not Arm.PUBLISHED and column.group in LEAKING_GROUPS):
            refused.append(f"{name} ({column.group})")
    if refused:
        more = f" and {len(refused) - 5} more" if len(refused) > 5 else ""
        raise ConfigError(
            f"these columns cannot be features of the arm {arm}: {', '.join(refused[:5])}{more}. "
            "They tell a model the answer, or something that says nothing about the object; leave them out."
        )


def notes(recipe: Recipe, rows: pa.Table) -> tuple[str, ...]:
    """Return what a reader should know about the features that a recipe gives these rows."""
    said = []
    dereddened = recipe.system is MagnitudeSystem.DEREDDENED
    if recipe.arm in (Arm.PUBLISHED, Arm.NO_LEAK):
        if recipe.system is not MagnitudeSystem.MODEL:
            said.append(f"the study used uncorrected model magnitudes; these are {recipe.system} magnitudes")
    elif dereddened:
        said.append("magnitudes come corrected for extinction and are not corrected again")
    elif recipe.corrected:
        said.append("magnitudes are corrected for Galactic extinction")
    elif not _with_extinction(rows):
        said.append("magnitudes are not corrected for extinction: there are no extinction values in all five bands")
    if recipe.shape is not None:
        said.append(f"shape is {_SHAPE_WORDS[recipe.shape]}")
    if recipe.measures:
        said.append(f"added are {', '.join(recipe.measures)}")
    if Measure.INFRARED in recipe.measures:
        said.append("W1 and W2 are Vega magnitudes, not corrected for extinction")
    return tuple(said)


def warnings(recipe: Recipe, rows: pa.Table) -> tuple[str, ...]:
    """Return what should make a reader stop: a correction that most objects could have and none has."""
    covered = _with_extinction(rows)
    if (
        recipe.arm in (Arm.PUBLISHED, Arm.NO_LEAK)
        or recipe.corrected
        or recipe.system is MagnitudeSystem.DEREDDENED
        or not covered
    ):
        return ()
    return (
        f"magnitudes are not corrected for extinction, since only {100 * covered:.1f} % of the objects have extinction "
        f"values and {100 * ENOUGH:.0f} % must; with values for the others the same command would correct all",
    )


# --------------------------------------------------------------------------------------------- the sets


def _magnitude_sum(columns: Mapping[str, Floats]) -> Floats:
    return columns["u"] + columns["g"] + columns["r"] + columns["i"] + columns["z"]


def _log_redshift(columns: Mapping[str, Floats]) -> Floats:
    shifted = columns["redshift"] + REDSHIFT_SHIFT
    return np.log(shifted, out=np.full_like(shifted, np.nan), where=shifted > 0)


def _no_leak(recipe: Recipe) -> tuple[Feature, ...]:
    del recipe
    colours = (difference(f"{a}-{b}_p", a, b) for a, b in _STUDY_COLOURS)
    return (Feature("sum_p", "mag", BANDS, _magnitude_sum), *colours)


def _published(recipe: Recipe) -> tuple[Feature, ...]:
    elodie = map(plain, _ELODIE) if recipe.task is Task.STAR else ()
    return (Feature("redshift_log", "", ("redshift",), _log_redshift), *_no_leak(recipe), *elodie)


def _photometric(recipe: Recipe) -> tuple[Feature, ...]:
    if not recipe.corrected:
        return (*map(plain, BANDS), *(difference(f"{a}-{b}", a, b) for a, b in COLOURS))

    return (
        *map(_corrected, BANDS),
        *(less(f"({a}-{b})_0", _corrected(a), _corrected(b)) for a, b in COLOURS),
    )


def _corrected(band: str) -> Feature:
    return difference(f"{band}_0", band, f"extinction_{band}")


def _with_shape(recipe: Recipe) -> tuple[Feature, ...]:
    shape = recipe.shape or Shape.PROB_PSF
    return (*_photometric(recipe), *_shape_features(shape, recipe.system))


def _with_measures(recipe: Recipe) -> tuple[Feature, ...]:
    shape = () if recipe.shape is None else _shape_features(recipe.shape, recipe.system)
    return (*_photometric(recipe), *shape, *_measure_features(recipe, recipe.measures))


def _measure_features(recipe: Recipe, wanted: Iterable[Measure]) -> tuple[Feature, ...]:
    r, extinction = (_corrected("r"), "extinction_r") if recipe.corrected else (plain("r"), None)
    return tuple(f for one in wanted for f in measures.features_of(one, r=r, extinction=extinction))


def _shape_features(shape: Shape, system: MagnitudeSystem) -> tuple[Feature, ...]:
    """Differences are of one object in one band, so extinction cancels; no magnitude is corrected here."""
    if shape is Shape.PROB_PSF:
        return (plain("prob_psf"),)
    psf = {band: band if system is MagnitudeSystem.PSF else f"psf_{band}" for band in BANDS}
    whole = {band: band if system is MagnitudeSystem.CMODEL else f"cmodel_{band}" for band in BANDS}
    if shape is Shape.PSF_MODEL:
        whole = {band: band for band in BANDS}
    return tuple(difference(f"{shape}_{band}", psf[band], whole[band]) for band in BANDS)


_SETS: Final[dict[Arm, Callable[[Recipe], tuple[Feature, ...]]]] = {
    Arm.PUBLISHED: _published,
    Arm.NO_LEAK: _no_leak,
    Arm.PHOTOMETRIC: _photometric,
    Arm.PHOTOMETRIC_SHAPE: _with_shape,
    Arm.MORPHOMETRIC: _with_measures,
    Arm.PHOTOMETRIC_EXTERNAL: _with_measures,
    Arm.MAGNITUDE_MATCHED: _photometric,
}
_MEASURED: Final[dict[Arm, tuple[tuple[Measure, ...], str]]] = {
    Arm.MORPHOMETRIC: (
        measures.MORPHOMETRY,
        "no morphometric columns: neither petroR50_r with petroR90_r or petroMag_r, nor deVAB_r with expAB_r, nor fracDeV_r",
    ),
    Arm.PHOTOMETRIC_EXTERNAL: (
        measures.EXTERNAL,
        "no external columns: neither W1 with W2, nor parallax, nor pmRA with pmDec",
    ),
}
"""What an arm may add to the photometric features, and why it is not run where there is nothing of it."""
_SHAPE_WORDS: Final = {
    Shape.PSF_CMODEL: "psfMag minus cModelMag in each band",
    Shape.PSF_MODEL: "psfMag minus modelMag in each band",
    Shape.PROB_PSF: "probPSF",
}


def _best_shape(rows: pa.Table, *, system: MagnitudeSystem) -> Shape | None:
    """The richest measure that is there for about as many rows as the fullest one; None where there is none."""
    full = {}
    for shape in Shape:
        if shape is Shape.PSF_MODEL and system is not MagnitudeSystem.MODEL:
            continue
        inputs = {name for feature in _shape_features(shape, system) for name in feature.inputs}
        complete = np.isfinite(np.column_stack([floats(rows, name) for name in sorted(inputs)])).all(axis=1)
        full[shape] = int(complete.sum())
    most = max(full.values())
    return next((shape for shape, count in full.items() if most and count >= RICHER * most), None)


def _measured(rows: pa.Table, recipe: Recipe) -> Recipe | NotRun:
    """The recipe with the measures, and for galaxies the shape, that about as many rows have together as have one."""
    wanted, none = _MEASURED[recipe.arm]
    masks = [(one, _having(rows, _measure_features(recipe, (one,)))) for one in wanted]
    taken: Sequence[Measure] = measures.together(masks)
    if not taken:
        return NotRun(none)
    whole = np.logical_and.reduce([mask for one, mask in masks if one in taken])
    if (n := int(whole.sum())) < measures.SCARCE * rows.num_rows:
        return NotRun(
            f"only {n:,} of {rows.num_rows:,} objects have {' and '.join(taken)}, and {100 * measures.SCARCE:.0f} % must"
        )
    shape = _best_shape(rows, system=recipe.system) if recipe.arm is Arm.MORPHOMETRIC else None
    if shape is not None:
        both = whole & _having(rows, _shape_features(shape, recipe.system))
        shape = shape if both.sum() >= RICHER * n else None
    return replace(recipe, shape=shape, measures=tuple(taken))


def _having(rows: pa.Table, wanted: Iterable[Feature]) -> Flags:
    """Shape (n,): the rows that have every feature."""
    features = tuple(wanted)
    columns = {name: floats(rows, name) for feature in features for name in feature.inputs}
    return np.asarray(np.isfinite(np.column_stack([one.formula(columns) for one in features])).all(axis=1))


def _with_extinction(rows: pa.Table) -> float:
    """Share of rows that have extinction, in the band that fewest have it in."""
    return min(_share(rows, f"extinction_{band}") for band in BANDS)


def _share(rows: pa.Table, name: str) -> float:
    """Share of rows that have a value; 0 for a missing column or no rows."""
    if name not in rows.column_names or not rows.num_rows:
        return 0.0
    return float(1.0 - rows[name].null_count / rows.num_rows)
