"""How two releases differ, object by object; whether a release answers. Compares and asks; writes nothing.

A spectrum is the same one by plate, date and fibre, whatever its specObjID says: that packs the name of the reduction
too, so a survey that reduces its data again gives new ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cosmic.errors import ConfigError, CosmicError, QueryRefused, ReleaseNotFound
from cosmic.records import Page
from cosmic.skyserver.answers import read_columns
from cosmic.skyserver.plan import Query
from cosmic.skyserver.pull import Ask

SPECTRUM: Final = ("plate", "mjd", "fiberID")
VALUES: Final = ("specObjID", "bestObjID", "ra", "dec", "class", "subClass")
_BESIDE: Final = 3
"""Releases after the newest known one that are asked for: a number may be left out."""


class Change(StrEnum):
    """How a spectrum differs between two releases."""

    ADDED = "added"
    REMOVED = "removed"
    REKEYED = "re-keyed"
    RECLASSED = "re-classed"


def rows_of(pages: Iterable[Page]) -> pa.Table:
    """Return what a comparison needs of stored pages, as text."""
    tables = [read_columns(page.path, [*SPECTRUM, *VALUES]) for page in pages]
    nothing = pa.table({name: pa.array([], pa.string()) for name in (*SPECTRUM, *VALUES)})
    return pa.concat_tables([nothing, *tables]).combine_chunks()


def difference(before: pa.Table, after: pa.Table) -> pa.Table:
    """Return every spectrum that differs, one row a spectrum and kind of change.

    Parameters
    ----------
    before, after : pyarrow.Table
        Rows of two releases, as `rows_of` returns them.

    Returns
    -------
    pyarrow.Table
        ``change``, plate, mjd, fiberID, and each of `VALUES` as ``…_before`` and ``…_after``; sorted.
    """
    old = before.rename_columns([*SPECTRUM, *(f"{name}_before" for name in VALUES)])
    new = after.rename_columns([*SPECTRUM, *(f"{name}_after" for name in VALUES)])
    old = old.append_column("in_before", pa.repeat(True, old.num_rows))
    new = new.append_column("in_after", pa.repeat(True, new.num_rows))
    both = old.join(new, list(SPECTRUM), join_type="full outer")
    there, here = pc.is_valid(both["in_before"]), pc.is_valid(both["in_after"])
    same = pc.and_(there, here)
    kinds = {
        Change.ADDED: pc.invert(there),
        Change.REMOVED: pc.invert(here),
        Change.REKEYED: pc.and_(same, pc.or_(_differ(both, "specObjID"), _differ(both, "bestObjID"))),
        Change.RECLASSED: pc.and_(same, pc.or_(_differ(both, "class"), _differ(both, "subClass"))),
    }
    names = [*SPECTRUM, *(f"{name}_{when}" for name in VALUES for when in ("before", "after"))]
    parts = []
    for change, mask in kinds.items():
        found = both.filter(mask).select(names)
        parts.append(found.add_column(0, "change", pa.repeat(str(change), found.num_rows)))
    whole = pa.concat_tables(parts)
    order = [(name, "ascending") for name in ("change", *SPECTRUM)]
    numbers = whole.set_column(1, "plate", pc.cast(whole["plate"], pa.int64()))
    for at, name in enumerate(SPECTRUM, start=1):
        numbers = numbers.set_column(at, name, pc.cast(numbers[name], pa.int64()))
    return numbers.sort_by(order)


def counts(found: pa.Table) -> dict[Change, int]:
    """Return how many spectra changed in each way."""
    kinds = found["change"].to_pylist()
    return {change: kinds.count(str(change)) for change in Change}


def write(found: pa.Table, path: Path) -> Path:
    """Write a difference as CSV, or as Parquet where the name ends so; whole or not at all."""
    import pyarrow.csv
    import pyarrow.parquet

    from cosmic import artefacts

    if path.suffix == ".parquet":
        return artefacts.write(path, lambda part: pyarrow.parquet.write_table(found, part))
    return artefacts.write(path, lambda part: pyarrow.csv.write_csv(found, part))


def candidates(newest: int) -> tuple[int, ...]:
    """Return the releases that may have come after the newest known one."""
    return tuple(range(newest + 1, newest + 1 + _BESIDE))


def answers(release: int, *, ask: Ask) -> bool:
    """Whether a release answers at all, with a profile of ours or without.

    Raises
    ------
    TransientSourceError
        If the service cannot be asked now.
    """
    sql = "SELECT TOP 1 s.plate AS plate FROM SpecObj AS s ORDER BY s.plate"
    try:
        ask(Query(sql, release, ("plate",), 1, 1, f"DR{release}, whether it answers"))
    except ReleaseNotFound:
        return False
    except QueryRefused:
        return True  # it is there, and has other tables
    return True


def demand_known(release: int, *, ask: Ask) -> None:
    """Raise unless the release that is known answers: where it does not, that others do not says nothing.

    Raises
    ------
    ConfigError
        If it does not.
    TransientSourceError
        If the service cannot be asked now.
    """
    if not answers(release, ask=ask):
        raise ConfigError(
            f"DR{release} itself does not answer, so nothing can be said of newer releases. Check --release, and "
            "COSMIC_SKYSERVER_URL where it is set."
        )


def outlook(release: int) -> str:
    """Return what can be done with a release that answers."""
    from cosmic.skyserver.profiles import profile_of

    try:
        profile_of(release)
    except CosmicError as error:
        return f"DR{release} answers, and this version of Cosmic cannot read it yet. {error}"
    return (
        f"DR{release} answers. What is new in it: python -m flows.release_diff --from {release - 1} --to {release}; to "
        f"bring it: python -m flows.full_pipeline --source skyserver --release {release}"
    )


def _differ(rows: pa.Table, name: str) -> pa.ChunkedArray:
    before, after = pc.fill_null(rows[f"{name}_before"], ""), pc.fill_null(rows[f"{name}_after"], "")
    return pc.not_equal(before, after)
