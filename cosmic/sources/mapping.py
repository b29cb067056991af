"""Decides which column of a file serves which canonical column, by name and override. Reads no values.

The aliases themselves are in `cosmic.columns`: `Column.aliases`, and `MAGNITUDE_NAMES` for u g r i z, whose names
also tell the magnitude system and often the unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal, TypeVar

from cosmic.columns import BANDS, BY_NAME, MAGNITUDE_NAMES, OBJECT_COLUMNS, Column
from cosmic.errors import ConfigError
from cosmic.records import MagnitudeSystem, MagnitudeUnit

LEFT_OUT: Final = "-"
"""As the file column of an override: take none for this canonical column."""
SYSTEM: Final = "system"
UNIT: Final = "unit"
"""Names that overrides accept beside the canonical ones, for what names and values do not tell."""

_PLAIN: Final = "{b}"
_SILENT: Final = frozenset({"{b}", "mag_{b}", "{b}mag"})
"""Names that do not tell the magnitude system: SDSS calls modelMag so, and so do others their magnitudes."""
_AUXILIARY: Final = {
    MagnitudeSystem.PSF: "psf_{b}",
    MagnitudeSystem.CMODEL: "cmodel_{b}",
    MagnitudeSystem.PETRO: "petro_{b}",
}
_SHOWN: Final = 60

Choice = TypeVar("Choice", MagnitudeSystem, MagnitudeUnit)


@dataclass(frozen=True, slots=True)
class Use:
    """One canonical column and the file column that serves it."""

    canonical: str
    column: str
    how: Literal["alias", "override"]


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """What the columns of a file are taken for.

    Parameters
    ----------
    uses : tuple of Use
        In canonical order; each canonical column at most once. A file column may serve two: psfMag_u is psf_u, and
        also u where psf is the system.
    system : MagnitudeSystem
        Of u g r i z.
    system_reason : str
        How it is known.
    unit : MagnitudeUnit or None
        Of u g r i z by their names or an override; None where only values can tell.
    unit_given : bool
        Whether an override says the unit; values may still contradict it.
    fluxes : frozenset of str
        Canonical auxiliary columns whose file columns are nanomaggies by name.
    unused : tuple of str
        File columns that serve nothing.
    """

    uses: tuple[Use, ...]
    system: MagnitudeSystem
    system_reason: str
    unit: MagnitudeUnit | None
    unit_given: bool
    fluxes: frozenset[str]
    unused: tuple[str, ...]

    def of(self, canonical: str) -> str | None:
        """Return the file column that serves a canonical column, if any."""
        return next((use.column for use in self.uses if use.canonical == canonical), None)

    @property
    def labelled(self) -> bool:
        """Whether the file has a class or a subclass."""
        return self.of("class") is not None or self.of("subclass") is not None


@dataclass(frozen=True, slots=True)
class _Names:
    """The column names of one file, found whatever their letter case."""

    file: str
    names: tuple[str, ...]

    def find(self, lower: str) -> str | None:
        """Return the column of this name, if any; refuse to choose between two."""
        same = [name for name in self.names if name.strip().lower() == lower]
        if len(same) > 1:
            raise ConfigError(
                f"{self.file} has {len(same)} columns that could be {lower}: {', '.join(map(repr, same))}. Rename or "
                "remove all but one in the file, or say which to take with --column NAME=COLUMN."
            )
        return same[0] if same else None

    def asked(self, column: str) -> str:
        """Return the column that an override names: exactly, or whatever its letter case where only one fits."""
        if self.names.count(column) == 1:
            return column
        if (found := self.find(column.strip().lower())) is not None:
            return found
        raise ConfigError(
            f"{self.file} has no column {column!r}{_did_you_mean(column, self.names)}. It has: {_listed(self.names)}."
        )


@dataclass(frozen=True, slots=True)
class _Bands:
    """u g r i z of a file, resolved."""

    columns: Mapping[str, str]
    system: MagnitudeSystem
    reason: str
    unit: MagnitudeUnit | None


def map_columns(names: Sequence[str], overrides: Sequence[tuple[str, str]] = (), *, file: str) -> ColumnMap:
    """Return which file column serves which canonical column.

    u g r i z come from the most trusted magnitude system that is complete. A column named z is the z magnitude
    where u g r i stand beside it under plain names too, and the redshift where the magnitudes have other names.

    Parameters
    ----------
    names : sequence of str
        Column names of the file.
    overrides : sequence of (str, str)
        (canonical name, file column); the file column ``-`` takes none. The names ``system`` and ``unit`` say what
        u g r i z are where names and values do not tell.
    file : str
        What to call the file in messages.

    Raises
    ------
    ConfigError
        If a magnitude is missing, an override names what does not exist, overrides mix magnitude systems, or two
        columns differ only in letter case.
    """
    known = _Names(file, tuple(names))
    system, unit, chosen = _overrides(overrides, known)
    bands = _bands(known, chosen, system)
    taken = {column for column in (*chosen.values(), *bands.columns.values()) if column}
    uses: dict[str, Use] = {}
    fluxes: set[str] = set()
    for column in OBJECT_COLUMNS:
        if column.name in bands.columns:
            how: Literal["alias", "override"] = "override" if column.name in chosen else "alias"
            uses[column.name] = Use(column.name, bands.columns[column.name], how)
        elif column.name in chosen:
            if asked := chosen[column.name]:
                uses[column.name] = Use(column.name, asked, "override")
                if (named := _named_magnitude(asked)) and named[1] is MagnitudeUnit.NANOMAGGIES:
                    fluxes.add(column.name)
        else:
            for alias, is_flux in _aliases(column):
                found = known.find(alias)
                if found is not None and (found not in taken or _is_own_magnitude(column, found)):
                    uses[column.name] = Use(column.name, found, "alias")
                    fluxes.update({column.name} if is_flux else set())
                    break
    if "redshift" not in uses and "redshift" not in chosen and (z := _z_as_redshift(known, bands, chosen)):
        uses["redshift"] = Use("redshift", z, "alias")
    used = {use.column for use in uses.values()}
    return ColumnMap(
        uses=tuple(uses[column.name] for column in OBJECT_COLUMNS if column.name in uses),
        system=bands.system,
        system_reason=bands.reason,
        unit=unit or bands.unit,
        unit_given=unit is not None,
        fluxes=frozenset(fluxes),
        unused=tuple(name for name in names if name not in used),
    )


def accepted_names(canonical: str) -> tuple[str, ...]:
    """Return every lower-case file column name that is taken for a canonical column without an override."""
    if canonical in BANDS:
        return tuple(template.format(b=canonical) for templates in MAGNITUDE_NAMES.values() for template in templates)
    names = tuple(alias for alias, _ in _aliases(BY_NAME[canonical]))
    return (*names, "z (where the magnitudes have other names)") if canonical == "redshift" else names


def missing_labels(columns: ColumnMap, *, file: str) -> ConfigError | None:
    """Return the error of a file without any label, None where it has one."""
    if columns.labelled:
        return None
    close = _did_you_mean("subclass", columns.unused, cutoff=0.7) or _did_you_mean("class", columns.unused, cutoff=0.7)
    return ConfigError(
        f"{file} has no label: neither a class column ({', '.join(accepted_names('class'))}) nor a subclass column "
        f"({', '.join(accepted_names('subclass'))}){close}. Nothing can be trained or scored on it; it can be "
        "inspected (`cosmic inspect`), and nothing else in this version. Add a label column, or name it with "
        "--column class=COLUMN or --column subclass=COLUMN."
    )


def _overrides(
    overrides: Sequence[tuple[str, str]], known: _Names
) -> tuple[MagnitudeSystem | None, MagnitudeUnit | None, dict[str, str | None]]:
    """Return the system, the unit and the file columns (None: left out) that overrides ask for."""
    given: dict[str, str] = {}
    for name, column in overrides:
        key = name.strip().lower()
        if key not in (*BY_NAME, SYSTEM, UNIT):
            raise ConfigError(
                f"--column {name}={column}: there is no canonical column {name!r}{_did_you_mean(key, BY_NAME)}. "
                f"Canonical columns: {', '.join(BY_NAME)}; and {SYSTEM} and {UNIT} for what the magnitudes are."
            )
        if given.setdefault(key, column.strip()) != column.strip():
            raise ConfigError(f"--column gives {key} twice: {given[key]} and {column}. Keep one.")
    system = _choice(MagnitudeSystem, SYSTEM, given.pop(SYSTEM, None))
    unit = _choice(MagnitudeUnit, UNIT, given.pop(UNIT, None))
    chosen = {key: None if column == LEFT_OUT else known.asked(column) for key, column in given.items()}
    for key, asked in chosen.items():
        twin = next((other for other, same in chosen.items() if other != key and asked and same == asked), None)
        if twin is not None:
            raise ConfigError(f"--column gives the file column {asked} to both {key} and {twin}. Keep one.")
        if asked is None and BY_NAME[key].required:
            raise ConfigError(f"--column {key}={LEFT_OUT}: {key} is required and cannot be left out.")
    return system, unit, chosen


def _choice(kind: type[Choice], name: str, text: str | None) -> Choice | None:
    if text is None:
        return None
    try:
        return kind(text.lower())
    except ValueError as exc:
        allowed = [member.value for member in kind]
        raise ConfigError(
            f"--column {name}={text}{_did_you_mean(text.lower(), allowed)}: {name} is one of {', '.join(allowed)}."
        ) from exc


def _bands(known: _Names, chosen: Mapping[str, str | None], system: MagnitudeSystem | None) -> _Bands:
    asked = {band: column for band in BANDS if (column := chosen.get(band)) is not None}
    elsewhere = {column for name, column in chosen.items() if column and name not in BANDS}
    kind = _asked_kind(asked)
    if kind and system and system is not kind[0]:
        raise ConfigError(
            f"--column {SYSTEM}={system} contradicts the name {next(iter(asked.values()))}, which says {kind[0]}. "
            "Leave one of them out."
        )
    attempts = [
        (key, template, asked | {band: name for band, name in _served(known, template, elsewhere) if band not in asked})
        for key, template in _templates(kind, system)
    ]
    complete = next((attempt for attempt in attempts if len(attempt[2]) == len(BANDS)), None)
    if complete is None:
        raise _missing(known, max((columns for *_, columns in attempts), key=len), asked)
    (named_system, named_unit), pattern, found = complete
    columns = {band: found[band] for band in BANDS}
    names = " ".join(columns.values())
    template = None if len(asked) == len(BANDS) and kind is None else pattern
    silent = template is None or template in _SILENT
    unit = None if template in (None, _PLAIN) else named_unit
    if kind is not None or not silent:
        return _Bands(columns, named_system, f"{names} are {named_system} magnitudes by name", unit)
    if system is not None:
        return _Bands(columns, system, f"--column {SYSTEM}={system} says what {names} are", unit)
    reason = f"{names} are taken for model magnitudes, since their names say no other (--column {SYSTEM}=NAME says otherwise)"
    return _Bands(columns, MagnitudeSystem.MODEL, reason, unit)


def _templates(
    kind: tuple[MagnitudeSystem, MagnitudeUnit] | None, system: MagnitudeSystem | None
) -> list[tuple[tuple[MagnitudeSystem, MagnitudeUnit], str]]:
    """Return name patterns of u g r i z to try, most trusted first; silent names last where a system is asked for."""
    every = [(key, template) for key, templates in MAGNITUDE_NAMES.items() for template in templates]
    if kind is not None:
        return [(key, template) for key, template in every if key == kind and template not in _SILENT]
    if system is None:
        return every
    loud = [(key, template) for key, template in every if key[0] is system and template not in _SILENT]
    return loud + [(key, template) for key, template in every if template in _SILENT]


def _served(known: _Names, template: str, elsewhere: set[str]) -> Iterator[tuple[str, str]]:
    for band in BANDS:
        found = known.find(template.format(b=band))
        if found is not None and found not in elsewhere:
            yield band, found


def _asked_kind(asked: Mapping[str, str]) -> tuple[MagnitudeSystem, MagnitudeUnit] | None:
    """Return the system and unit that the names in overrides tell; None where they tell none."""
    kinds: dict[tuple[MagnitudeSystem, MagnitudeUnit], str] = {}
    for band, column in asked.items():
        if (named := _named_magnitude(column)) is None:
            continue
        if named[2] != band:
            raise ConfigError(f"--column {band}={column}: the name says band {named[2]}. Name a column of band {band}.")
        kinds.setdefault(named[:2], f"{band}={column} ({named[0]}, {named[1]})")
    if len(kinds) > 1:
        raise ConfigError(
            f"--column mixes magnitude systems: {', '.join(kinds.values())}. Take u g r i z from one system, "
            "and name psf_*, cmodel_* and petro_r columns as such."
        )
    return next(iter(kinds), None)


def _named_magnitude(column: str) -> tuple[MagnitudeSystem, MagnitudeUnit, str] | None:
    """Return system, unit and band that the name of a file column tells, if it does."""
    lower = column.strip().lower()
    for (system, unit), templates in MAGNITUDE_NAMES.items():
        for template in templates:
            for band in BANDS:
                if template not in _SILENT and template.format(b=band) == lower:
                    return system, unit, band
    return None


def _z_as_redshift(known: _Names, bands: _Bands, chosen: Mapping[str, str | None]) -> str | None:
    z = known.find("z")
    if z is None or z in bands.columns.values() or z in chosen.values():
        return None
    plain = [known.find(band) for band in "ugri"]
    if None in plain:
        return z
    # beside plain u g r i it is a magnitude, unless an override says that the magnitude of that set is another column
    return z if "z" in chosen and plain == [bands.columns[band] for band in "ugri"] else None


def _aliases(column: Column) -> Iterator[tuple[str, bool]]:
    """Yield the lower-case names of a column that is no primary magnitude, and whether each says nanomaggies."""
    for alias in dict.fromkeys((*column.aliases, column.name)):
        yield alias, False
    for system, pattern in _AUXILIARY.items():
        for band in BANDS:
            if pattern.format(b=band) == column.name:
                for template in MAGNITUDE_NAMES[system, MagnitudeUnit.NANOMAGGIES]:
                    yield template.format(b=band), True


def _is_own_magnitude(column: Column, found: str) -> bool:
    """Whether a column of one system, such as psf_u, may share the file column that also serves u."""
    return (named := _named_magnitude(found)) is not None and _AUXILIARY.get(named[0], "").format(
        b=named[2]
    ) == column.name


def _missing(known: _Names, found: Mapping[str, str], asked: Mapping[str, str]) -> ConfigError:
    absent = [band for band in BANDS if band not in found]
    first = absent[0]
    have = f" It has {' '.join(found.values())} for {' '.join(found)}." if found else ""
    if asked:
        have += " The others must be of the system that --column names."
    close = _did_you_mean(first, known.names) or _did_you_mean(f"modelMag_{first}", known.names)
    return ConfigError(
        f"{known.file} lacks the required column{'s' if len(absent) > 1 else ''} {', '.join(absent)} (magnitudes)."
        f"{have} Accepted names for {first}: {', '.join(accepted_names(first))}{close}. All five must be of one "
        f"system. Add the column, or name it with --column {first}=COLUMN. The file has: {_listed(known.names)}."
    )


def _did_you_mean(word: str, candidates: Sequence[str] | Mapping[str, object], *, cutoff: float = 0.6) -> str:
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    close = [by_lower[name] for name in get_close_matches(word.lower(), by_lower, n=3, cutoff=cutoff)]
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def _listed(names: Sequence[str]) -> str:
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
