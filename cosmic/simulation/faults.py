"""Plants named faults in a page of the simulated sky, and says exactly which cells and rows they touched.

Draws random numbers of its own stream alone, so that the sky underneath stays as it is. Judges nothing: what catches a
fault is measured by the rehearsal (`flows.rehearse`), and `CATALOGUE` below only says what is meant to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.columns import ASINH_SOFTENING, BANDS, CLASSES, SENTINEL
from cosmic.planted import FaultName, Planting, tonight
from cosmic.simulation.population import STUDY_SHARES, Shares
from cosmic.simulation.streams import Component, Integers

Draw = np.random.Generator
_MODEL: Final = {band: f"modelMag_{band}" for band in BANDS}

ZERO_POINT_SHIFT: Final = 0.15
"""By how much a shifted zero point is off, mag: more than SDSS's calibration (0.01 to 0.02), less than a person would see."""
FLIPPED_SHARE: Final = 0.08
"""Share of rows with another class."""
STRIPE_SHARE: Final = 0.06
"""Share of rows in the stripe that comes twice."""
BURSTS: Final = 3
BURST_SHARE: Final = 0.015
"""Share of rows in each burst of -9999."""
CUT: Final = (0.55, 0.95)
"""A truncated page keeps between these shares of its rows."""
DRIFT_A_NIGHT: Final = 0.03
"""Share of the sky that turns from galaxies to quasars each night that classes drift."""
MOST_DRIFT: Final = 0.3
"""The share of the sky that has turned in the end."""


class Catcher(StrEnum):
    """What is meant to catch a fault."""

    ROWS = "row contract"
    PAGE = "page contract"
    PARSE = "parse"
    CATALOGUE = "catalogue"
    DRIFT = "drift"
    NOTHING = "nothing yet"


TRUTH_SCHEMA: Final = pa.schema(
    [
        ("fault", pa.string()), ("row_number", pa.int64()), ("column", pa.string()),
        ("before", pa.string()), ("after", pa.string()),
    ]
)  # fmt: skip
"""What was planted: a row a cell. `row_number` counts the page's data rows from 1; 0 is the header. `column` is "" where
the whole row is meant. `after` is null where the cell is gone."""


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """A page with faults in it.

    Parameters
    ----------
    table : pyarrow.Table
        The rows, in the columns that the page has.
    truth : pyarrow.Table
        In `TRUTH_SCHEMA`.
    whole : int or None
        Rows that stand whole where the page is cut in the row after them; None where it is not cut.
    """

    table: pa.Table
    truth: pa.Table
    whole: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: what plants it, what is meant to catch it, and what it is, in words."""

    plant: Callable[[Planted, Draw, FaultName], Planted]
    caught_by: tuple[Catcher, ...]
    description: str


def plant(table: pa.Table, faults: Sequence[str], *, seed: int, night: int) -> Planted:
    """Return a page of `cosmic.simulation.COLUMNS` with tonight's faults in it; the same arguments give the same page.

    Faults of cells come before those of rows, columns and bytes, so that row numbers mean the page as it is written.

    Parameters
    ----------
    faults : sequence of str
        As the option ``--faults`` takes them.
    """
    planted = Planted(table, TRUTH_SCHEMA.empty_table())
    for one in sorted(tonight(faults, night), key=lambda each: _ORDER.index(each.fault)):
        index = list(FaultName).index(one.fault)
        source = np.random.SeedSequence(seed, spawn_key=(night, int(Component.FAULTS), index))
        planted = CATALOGUE[one.fault].plant(planted, np.random.Generator(np.random.PCG64(source)), one.fault)
    return planted


def shares_of(faults: Sequence[str], night: int) -> Shares:
    """Return the class shares of a night: the study's, unless they drift."""
    drift = [one for one in tonight(faults, night) if one.fault is FaultName.DRIFTING_CLASSES]
    return replace_shares(drift[0], night) if drift else STUDY_SHARES


def replace_shares(drift: Planting, night: int) -> Shares:
    """Return the shares so many nights into a drift."""
    whole = STUDY_SHARES.galaxy + STUDY_SHARES.quasar + STUDY_SHARES.star
    turned = min(DRIFT_A_NIGHT * (night - drift.since + 1), MOST_DRIFT) * whole
    return replace(STUDY_SHARES, galaxy=STUDY_SHARES.galaxy - turned, quasar=STUDY_SHARES.quasar + turned)


def _flux_band(page: Planted, draw: Draw, fault: FaultName) -> Planted:
    band = BANDS[_one(draw, len(BANDS))]
    values = page.table[_MODEL[band]].to_numpy()
    softening = ASINH_SOFTENING[band]
    measured = np.where(values == SENTINEL, 0.0, values)  # what was not measured has no flux, and would overflow
    flux = 2 * softening * 1e9 * np.sinh(-measured * np.log(10) / 2.5 - np.log(softening))
    found = np.where(values == SENTINEL, values, np.round(flux, 6))
    return _cells(page, fault, _MODEL[band], np.flatnonzero(found != values), found)


def _shifted_zero_point(page: Planted, draw: Draw, fault: FaultName) -> Planted:
    band = BANDS[_one(draw, len(BANDS))]
    values = page.table[_MODEL[band]].to_numpy()
    found = np.where(values == SENTINEL, values, np.round(values + ZERO_POINT_SHIFT, 5))
    return _cells(page, fault, _MODEL[band], np.flatnonzero(found != values), found)


def _swapped_bands(page: Planted, draw: Draw, fault: FaultName) -> Planted:
    at = _one(draw, len(BANDS) - 1)
    first, second = _MODEL[BANDS[at]], _MODEL[BANDS[at + 1]]
    a, b = page.table[first].to_numpy(), page.table[second].to_numpy()
    differ = np.flatnonzero(a != b)
    return _cells(_cells(page, fault, first, differ, b), fault, second, differ, a)


def _sentinel_bursts(page: Planted, draw: Draw, fault: FaultName) -> Planted:
    n = page.table.num_rows
    length = max(1, int(BURST_SHARE * n))
    for _ in range(BURSTS):
        rows = np.arange(start := _one(draw, n - length + 1), start + length)
        bands = np.flatnonzero(draw.random(len(BANDS)) < 0.6)
        for at in bands if len(bands) else (0,):
            name = _MODEL[BANDS[at]]
            values = page.table[name].to_numpy().copy()
            fresh = rows[values[rows] != SENTINEL]
            values[fresh] = SENTINEL
            page = _cells(page, fault, name, fresh, values)
    return page


def _flipped_labels(page: Planted, draw: Draw, fault: FaultName) -> Planted:
    names = np.array(CLASSES, dtype=object)
    known = np.array([CLASSES.index(one) for one in page.table["class"].to_pylist()])
    other = (known + 1 + (draw.random(len(known)) * (len(CLASSES) - 1)).astype(np.int64)) % len(CLASSES)
    rows = np.flatnonzero(draw.random(len(known)) < FLIPPED_SHARE)
    found = names[known]
    found[rows] = names[other[rows]]
    return _cells(page, fault, "class", rows, found)


def _rounded_ids(page: Planted, draw: Draw, fault: FaultName) -> Planted:
    """Both ids as a frame of floats writes them: in float form, or, half of the time, cast to whole numbers again."""
    whole = draw.random() < 0.5
    for name in ("specObjID", "bestObjID"):
        before = page.table[name].to_pylist()
        after = [str(int(float(one))) if whole else repr(float(one)) for one in before]
        rows = np.flatnonzero([str(was) != now for was, now in zip(before, after, strict=True)])
        page = _cells(page, fault, name, rows, np.array(after, dtype=object))
    return page


def _duplicated_stripe(page: Planted, draw: Draw, fault: FaultName) -> Planted:
    """Rows of a stripe of declination come a second time, equal to the last digit, at the end of the page."""
    n = page.table.num_rows
    order = np.argsort(page.table["dec"].to_numpy(), kind="stable")
    length = max(1, int(STRIPE_SHARE * n))
    start = _one(draw, n - length + 1)
    rows = np.sort(order[start : start + length])
    table = pa.concat_tables([page.table, page.table.take(pa.array(rows))]).combine_chunks()
    numbers = n + 1 + np.arange(length)
    before = [f"row {one + 1}" for one in rows.tolist()]
    return replace(page, table=table, truth=_with(page.truth, fault, numbers, "", before, before))


def _renamed_column(page: Planted, draw: Draw, fault: FaultName) -> Planted:
    """A column has a name that nobody knows: any that the contract needs, and one that it can do without."""
    among = (*_MODEL.values(), "class", "petroR90_r")
    name = among[_one(draw, len(among))]
    names = [f"{one}_v2" if one == name else one for one in page.table.column_names]
    truth = _with(page.truth, fault, np.zeros(1, np.int64), name, [name], [f"{name}_v2"])
    return replace(page, table=page.table.rename_columns(names), truth=truth)


def _missing_band(page: Planted, draw: Draw, fault: FaultName) -> Planted:
    band = BANDS[_one(draw, len(BANDS))]
    gone = [name for name in page.table.column_names if name.endswith(f"Mag_{band}")]
    truth = page.truth
    for name in gone:
        truth = _with(truth, fault, np.zeros(1, np.int64), name, [name], [None])
    return replace(page, table=page.table.drop_columns(gone), truth=truth)


def _truncated_page(page: Planted, draw: Draw, fault: FaultName) -> Planted:
    n = page.table.num_rows
    whole = int(n * (CUT[0] + (CUT[1] - CUT[0]) * draw.random()))
    numbers = np.arange(whole + 1, n + 1)
    before = [str(one) for one in page.table["specObjID"].to_pylist()[whole:]]
    return replace(page, whole=whole, truth=_with(page.truth, fault, numbers, "", before, [None] * len(before)))


def _drifting_classes(page: Planted, draw: Draw, fault: FaultName) -> Planted:
    """The rows were drawn with other shares (`shares_of`) and none of them is wrong by itself."""
    del draw, fault
    return page


def _one(draw: Draw, n: int) -> int:
    return int(draw.random() * n)


def _cells(page: Planted, fault: FaultName, name: str, rows: Integers, values: npt.NDArray[np.generic]) -> Planted:
    """The page with these values in a column, which differ from what stood there in `rows` (from 0) alone."""
    at = page.table.column_names.index(name)
    old, kind = page.table[name].combine_chunks(), page.table.schema.field(name).type
    text = values.dtype == object
    new = pa.array(values, pa.string() if text else kind)
    table = page.table.set_column(at, pa.field(name, new.type), new)
    before, after = (column.take(pa.array(rows)).cast(pa.string()) for column in (old, new))
    return replace(page, table=table, truth=_with(page.truth, fault, rows + 1, name, before, after))


def _with(
    truth: pa.Table,
    fault: FaultName,
    numbers: Integers,
    column: str,
    before: pa.Array | Sequence[str | None],
    after: pa.Array | Sequence[str | None],
) -> pa.Table:
    n = len(numbers)
    cells = [pa.repeat(str(fault), n), pa.array(numbers, pa.int64()), pa.repeat(column, n), before, after]
    fresh = [one if isinstance(one, pa.Array) else pa.array(one, pa.string()) for one in cells]
    return pa.concat_tables([truth, pa.table(fresh, schema=TRUTH_SCHEMA)])


CATALOGUE: Final[dict[FaultName, Fault]] = {
    FaultName.FLUX_BAND: Fault(
        _flux_band,
        (Catcher.PARSE, Catcher.PAGE, Catcher.ROWS),
        "one band in nanomaggies, under the name of a magnitude",
    ),
    FaultName.DUPLICATED_STRIPE: Fault(
        _duplicated_stripe, (Catcher.ROWS,), "a stripe of declination comes a second time at the end of the page"
    ),
    FaultName.RENAMED_COLUMN: Fault(
        _renamed_column, (Catcher.PARSE, Catcher.PAGE, Catcher.CATALOGUE), "a column has a name that nobody knows"
    ),
    FaultName.FLIPPED_LABELS: Fault(
        _flipped_labels, (Catcher.ROWS,), f"{FLIPPED_SHARE:.0%} of rows carry another class; redshift and subclass stay"
    ),
    FaultName.MISSING_BAND: Fault(_missing_band, (Catcher.PARSE,), "all magnitudes of one band are not there"),
    FaultName.SENTINEL_BURSTS: Fault(
        _sentinel_bursts, (Catcher.ROWS,), f"{BURSTS} runs of rows, {BURST_SHARE:.1%} each, with -9999 in some bands"
    ),
    FaultName.SHIFTED_ZERO_POINT: Fault(
        _shifted_zero_point, (Catcher.DRIFT,), f"one band is off by {ZERO_POINT_SHIFT:g} mag in every row"
    ),
    FaultName.SWAPPED_BANDS: Fault(
        _swapped_bands, (Catcher.PAGE, Catcher.PARSE), "two neighbouring bands have each other's values"
    ),
    FaultName.ROUNDED_IDS: Fault(
        _rounded_ids, (Catcher.PARSE, Catcher.PAGE), "specObjID and bestObjID went through a float"
    ),
    FaultName.TRUNCATED_PAGE: Fault(
        _truncated_page, (Catcher.PAGE, Catcher.PARSE), "the page ends within a row, after 55 to 95 % of its rows"
    ),
    FaultName.DRIFTING_CLASSES: Fault(
        _drifting_classes, (Catcher.DRIFT,), f"{DRIFT_A_NIGHT:.0%} of the sky turn from galaxies to quasars each night"
    ),
}
"""Every fault by its name."""

_ORDER: Final = (
    *(name for name in FaultName if name not in (FaultName.DUPLICATED_STRIPE, FaultName.TRUNCATED_PAGE,
                                                 FaultName.RENAMED_COLUMN, FaultName.MISSING_BAND)),
    FaultName.DUPLICATED_STRIPE,
    FaultName.TRUNCATED_PAGE,
    FaultName.MISSING_BAND,
    FaultName.RENAMED_COLUMN,
)  # fmt: skip


def rows_of(truth: pa.Table, fault: FaultName) -> set[int]:
    """Return the numbers of the data rows that a fault touched."""
    own = truth.filter(pc.equal(truth["fault"], str(fault)))
    return {one for one in own["row_number"].to_pylist() if one}
