"""From a file of any format to canonical rows: names mapped, cells cast, units converted, marks of absence nulled.

Judges nothing: a value that is a number stays, however wrong it is, so that the contract can name it. Writes nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.arrays import as_floats
from cosmic.columns import BANDS, BY_NAME, OBJECT_SCHEMA, Column, Group, Kind
from cosmic.errors import ConfigError, SuspiciousResponse
from cosmic.records import MagnitudeUnit, Page
from cosmic.sources.base import UNCASTABLE_SCHEMA, Overrides, ParsedPage, check_page
from cosmic.sources.casting import Cast, cast, cell_texts, rounded_ids, went_through_a_float
from cosmic.sources.formats import open_table
from cosmic.sources.galaxy_labels import foreign_ids, settle
from cosmic.sources.mapping import UNIT, ColumnMap, map_columns, missing_labels
from cosmic.sources.photometry import guess_unit, magnitudes
from cosmic.sources.rawtable import BrokenLine, TableFile
from cosmic.spectral import with_none
from cosmic.vocabularies import class_of

log = logging.getLogger(__name__)

_ROUNDED_AS_A_COLUMN: Final = 0.5
"""Share of rounded ids from which an export rounded the column, and not a hand some cells."""
_ENOUGH_TO_CONTRADICT: Final = 10
"""Rows from which values may contradict a column's name: one odd object must not."""
_OWN_TABLES: Final = ("skyserver", "simulated")
"""Kinds of pages that are cut from the survey's own table, which always has subclasses."""


def parse_page(page: Page, *, require_labels: bool = True) -> ParsedPage:
    """Return the rows of a stored page.

    Raises
    ------
    ArtefactCorrupt
        If the stored bytes are gone or have changed.
    PermanentSourceError, SuspiciousResponse, ConfigError
        As `parse_table`.
    """
    check_page(page)
    own = page.kind in _OWN_TABLES
    return parse_table(page.path, columns=page.columns, name=page.origin, require_labels=require_labels, own_table=own)


def parse_table(
    path: Path,
    *,
    columns: Overrides = (),
    name: str | None = None,
    require_labels: bool = False,
    own_table: bool = False,
) -> ParsedPage:
    """Return the rows of a file in canonical columns.

    Parameters
    ----------
    path : Path
        CSV, FITS, Parquet or VOTable, gzipped or not.
    columns : tuple of (str, str)
        Overrides of the alias table, as `cosmic.sources.mapping.map_columns` takes them.
    name : str, optional
        What to call the file in messages; its path by default.
    require_labels : bool
        Whether a file without class and subclass is refused.
    own_table : bool
        Whether the rows are of the survey's own table, so that an empty subclass says none, however few are in a page.

    Raises
    ------
    PermanentSourceError
        If the file cannot be read as a table.
    SuspiciousResponse
        If it is a server's error in place of a table, or a page of the survey's own table ends within a row.
    ConfigError
        If required columns are missing, an override is wrong, or the unit of the magnitudes cannot be told.
    """
    started = time.perf_counter()
    called = name or str(path)
    table = open_table(path, name=called)
    mapped = map_columns(table.names, columns, file=called)
    if require_labels and (error := missing_labels(mapped, file=called)):
        raise error
    parsed = _parse(table, mapped, called, own_table=own_table)
    if own_table:
        _demand_a_whole_end(parsed, called)
    log.info(
        "%s: %d rows, %d of %d columns used, %d cells not castable, %s magnitudes, in %.2f s",
        called, parsed.rows.num_rows, len(set(parsed.mapping.values())), len(table.names), parsed.uncastable.num_rows,
        parsed.system, time.perf_counter() - started,
    )  # fmt: skip
    return parsed


def _demand_a_whole_end(parsed: ParsedPage, called: str) -> None:
    """Raise where the last line is broken: the rows after it are missing, and nobody knows how many.

    Files of people may end in a line of their own, such as a count of rows; there it is one row in quarantine.
    """
    last = parsed.rows.num_rows
    broken = parsed.uncastable.filter(pc.equal(parsed.uncastable["column"], ""))
    if last and last in broken["row_number"].to_pylist():
        raise SuspiciousResponse(
            f"{called} ends within data row {last}: the page was cut, and rows after it are missing. Nothing of it was "
            "taken. Ask for it again."
        )


def _parse(table: TableFile, mapped: ColumnMap, called: str, *, own_table: bool) -> ParsedPage:
    raw = table.read(tuple(dict.fromkeys(use.column for use in mapped.uses)))
    cells = {use.canonical: _one_chunk(raw.table[use.column]) for use in mapped.uses}
    casts = {canonical: cast(column, BY_NAME[canonical]) for canonical, column in cells.items()}
    left_out = {name: why for name in casts if (why := _why_left_out(cells[name], casts[name], BY_NAME[name]))}
    casts = {canonical: found for canonical, found in casts.items() if canonical not in left_out}
    partly = _settle_galaxies(casts, mapped, left_out)
    casts = {canonical: found for canonical, found in casts.items() if canonical not in left_out}
    if left_out:
        log.warning(
            "%s: left out, as if the file had none: %s. Export ids as text to keep those that were rounded. Until then "
            "objects are recognised by what is left: plate-mjd-fiberid where the file has them.",
            called, "; ".join(f"{mapped.of(name)} ({why})" for name, why in left_out.items()),
        )  # fmt: skip
    unit, unit_reason = _unit(casts, mapped, called)
    values: dict[str, pa.Array] = {}
    nulled: dict[str, int] = {}
    for canonical, found in casts.items():
        column = BY_NAME[canonical]
        array, marks = (found.values, found.absent) if column.required else _without_sentinels(found, column)
        if marks:
            nulled[canonical] = marks
        is_flux = canonical in mapped.fluxes or (canonical in BANDS and unit is MagnitudeUnit.NANOMAGGIES)
        values[canonical] = _as_magnitudes(array, column) if is_flux else array
    if "subclass" in values:
        given = values.get("class", pa.nulls(len(values["subclass"]), pa.string()))
        values["class"] = class_of(given, values["subclass"])
        texts = cell_texts(cells["subclass"])
        values["subclass"] = with_none(values["class"], values["subclass"], texts, own_table=own_table)
    numbers = pa.array(np.arange(1, raw.table.num_rows + 1))
    ordered = {field.name: values[field.name] for field in OBJECT_SCHEMA if field.name in values}
    schema = pa.schema([("row_number", pa.int64()), *(OBJECT_SCHEMA.field(name) for name in ordered)])
    return ParsedPage(
        rows=pa.table([numbers, *ordered.values()], schema=schema),
        uncastable=_uncastable(cells, casts, raw.broken),
        mapping={use.canonical: use.column for use in mapped.uses if use.canonical in casts},
        system=mapped.system,
        unit=unit,
        unit_reason=f"{mapped.system_reason}; {unit_reason}",
        nulled=nulled,
        unmapped=_unused(mapped, casts, left_out),
        left_out=left_out,
        partly=partly,
    )


def _settle_galaxies(casts: dict[str, Cast], mapped: ColumnMap, left_out: dict[str, str]) -> dict[str, str]:
    """Keep galaxy labels of one kind in `casts`; name in `left_out` what cannot serve, and return what serves in part.

    Without galaxy labels a column that says where they come from says nothing.
    """
    if "gz2_class" not in casts:
        casts.pop("gz2_source", None)
        return {}
    source = casts.get("gz2_source")
    found = settle(casts["gz2_class"].values, source.values if source else None)
    ids = next((use for use in mapped.uses if use.canonical == "obj_id"), None)
    if ids and ids.how == "alias" and "obj_id" in casts and (why := foreign_ids(casts["obj_id"].values)):
        left_out["obj_id"] = why
    if found.left_out:
        left_out["gz2_class"] = found.left_out
        casts.pop("gz2_source", None)
        return {}
    casts["gz2_class"] = replace(casts["gz2_class"], values=found.values)
    if source:
        casts["gz2_source"] = replace(source, values=found.sources)
    return {"gz2_class": found.partly} if found.partly else {}


def _unused(mapped: ColumnMap, casts: Mapping[str, Cast], left_out: Mapping[str, str]) -> tuple[str, ...]:
    """Return the file columns that serve nothing."""
    idle = [use.column for use in mapped.uses if use.canonical not in casts and use.canonical not in left_out]
    return (*mapped.unused, *idle)


def _why_left_out(cells: pa.Array, found: Cast, column: Column) -> str | None:
    """Return why an optional id column is better left out than quarantined cell by cell, None where it is not."""
    if column.required or column.group is not Group.IDENTITY:
        return None
    if column.name == "obj_id" and went_through_a_float(found.values):
        return f"its values were rounded through a float and written in whole numbers again, e.g. {found.values.drop_null()[0]}"
    mask, total = rounded_ids(found)
    places = pc.indices_nonzero(mask)
    if not len(places) or len(places) < _ROUNDED_AS_A_COLUMN * total:
        return None
    example = cell_texts(cells.take(places[:1]))[0].as_py().strip()
    how_many = "its" if len(places) == total else f"{len(places):,} of its {total:,}"
    return f"{how_many} values were rounded through a float, e.g. {example}"


def _unit(casts: Mapping[str, Cast], mapped: ColumnMap, called: str) -> tuple[MagnitudeUnit, str]:
    """Return the unit of u g r i z and how it is known."""
    bands = {band: as_floats(casts[band].values) for band in BANDS}
    guess = guess_unit(bands)
    names = " ".join(str(mapped.of(band)) for band in BANDS)
    contradicted = guess.unit not in (None, mapped.unit) and len(bands["r"]) >= _ENOUGH_TO_CONTRADICT
    if mapped.unit_given and mapped.unit is not None:
        if contradicted:
            raise ConfigError(
                f"{called}: --column {UNIT}={mapped.unit} says what {names} are, but their values are plainly "
                f"{guess.unit} ({guess.reason}). Leave it out, or say {UNIT}={guess.unit}. If they are {mapped.unit} "
                "all the same, convert them in the file: read as they stand they would give wrong magnitudes."
            )
        return mapped.unit, f"--column {UNIT}={mapped.unit} says the unit" + _converted(mapped.unit)
    remedy = f"Say which with --column {UNIT}={MagnitudeUnit.MAGNITUDE} or --column {UNIT}={MagnitudeUnit.NANOMAGGIES}"
    if mapped.unit is None:
        if guess.unit is None:
            raise ConfigError(
                f"{called}: the values of {names} do not tell whether they are magnitudes or nanomaggies "
                f"({guess.reason}). {remedy}; or, if other columns hold the magnitudes, name them with "
                "--column z=COLUMN and so on."
            )
        return guess.unit, f"{guess.unit} by their values ({guess.reason})" + _converted(guess.unit)
    if contradicted:
        raise ConfigError(
            f"{called}: {names} are {mapped.unit} by name, but their values look like {guess.unit} ({guess.reason}). "
            f"{remedy}."
        )
    return mapped.unit, f"{mapped.unit} by name" + _converted(mapped.unit)


def _converted(unit: MagnitudeUnit) -> str:
    return ", converted to SDSS asinh magnitudes" if unit is MagnitudeUnit.NANOMAGGIES else ""


def _as_magnitudes(flux: pa.Array, column: Column) -> pa.Array:
    """Convert fluxes; sentinels stay, so that they are named as such and do not become faint objects."""
    values = as_floats(flux)
    marks = np.isin(values, column.sentinels)
    found = np.where(marks, values, magnitudes(values, column.name[-1]))
    return pa.array(found, mask=np.isnan(found))


def _without_sentinels(found: Cast, column: Column) -> tuple[pa.Array, int]:
    """Return the values with marks of "not measured" turned into nulls, and how many there were."""
    if column.kind is Kind.TEXT or not column.sentinels:
        return found.values, found.absent
    marks = pc.is_in(found.values, value_set=pa.array(column.sentinels).cast(found.values.type))
    count = pc.sum(marks).as_py() or 0
    return (pc.if_else(marks, None, found.values), count) if count else (found.values, 0)


def _uncastable(cells: Mapping[str, pa.Array], casts: Mapping[str, Cast], broken: tuple[BrokenLine, ...]) -> pa.Table:
    """Return every cell that failed, by row, with its text and the reason."""
    parts = [
        pa.table(
            [
                pa.array([line.row_number for line in broken], pa.int64()),
                pa.array([""] * len(broken), pa.string()),
                pa.array([line.text for line in broken], pa.string()),
                pa.array([line.reason for line in broken], pa.string()),
            ],
            schema=UNCASTABLE_SCHEMA,
        )
    ]
    for canonical, found in casts.items():
        for mask, reason in found.failures:
            places = pc.indices_nonzero(mask)
            if len(places):
                texts = cell_texts(cells[canonical].take(places))
                many, said = len(places), reason.replace("NAME=", f"{canonical}=")
                columns = [pc.add(places.cast(pa.int64()), 1), [canonical] * many, texts, [said] * many]
                parts.append(pa.table(columns, schema=UNCASTABLE_SCHEMA))
    together = pa.concat_tables(parts)
    return together.sort_by([("row_number", "ascending"), ("column", "ascending")]).combine_chunks()


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole.dictionary_decode() if pa.types.is_dictionary(whole.type) else whole
