"""Quarantined rows judged again under today's contract: those that pass become a page that is ingested like any other.

Reads the stored bytes as today's code reads them. A row enters only where the catalogue has no such object: what came
later from elsewhere is not put back.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cosmic.columns import OBJECT_SCHEMA
from cosmic.planted import AGAIN
from cosmic.records import JudgedPage, MagnitudeUnit, Page
from cosmic.sources.base import PageStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Apart:
    """A stored page of which `rows` rows were set apart."""

    page: Page
    rows: int


@dataclass(frozen=True, slots=True)
class Again:
    """What today's contract says of the rows of a page that were set apart.

    Parameters
    ----------
    origin : str
        Of the page.
    rows, passing, there : int
        Rows that were set apart; those that pass now; those of them whose object the catalogue has.
    page : Page or None
        Of those that enter.
    problem : str
        Why the page could not be judged again; empty where it was.
    """

    origin: str
    rows: int
    passing: int = 0
    there: int = 0
    page: Page | None = None
    problem: str = ""

    def __str__(self) -> str:
        if self.problem:
            return f"{self.origin}: {self.rows:,} rows set apart, not judged again: {self.problem}"
        left = self.passing - self.there
        meanwhile = f", {self.there:,} of them objects that the catalogue has" if self.there else ""
        return f"{self.origin}: {self.rows:,} rows set apart, {self.passing:,} pass today{meanwhile}, {left:,} to enter"


def passing_rows(
    judged: JudgedPage, numbers: Iterable[int], *, known: Callable[[list[str]], set[str]]
) -> tuple[pa.Table, int]:
    """Return the valid rows that were set apart and whose object is not known, and how many such rows there are in all."""
    valid = pq.read_table(judged.valid)
    found = valid.filter(pc.is_in(valid["row_number"], value_set=pa.array(sorted(numbers), pa.int64())))
    there = known(found["object_key"].to_pylist())
    new = found.filter(pc.invert(pc.is_in(found["object_key"], value_set=pa.array(sorted(there), pa.string()))))
    return new, found.num_rows


def store(rows: pa.Table, judged: JudgedPage, *, folder: Path) -> Page:
    """Store rows of a judged page as a page of their own, in canonical columns; the same rows give the same page."""
    names = [name for name in OBJECT_SCHEMA.names if name in rows.column_names and name != "object_key"]
    columns = (
        *((name, name) for name in names),
        ("system", str(judged.system)),
        ("unit", str(MagnitudeUnit.MAGNITUDE)),
    )
    pages = PageStore(folder)
    with tempfile.TemporaryDirectory(prefix="cosmic-") as place:
        file = Path(place) / "rows.parquet"
        pq.write_table(rows.select(names), file, compression="zstd")
        return pages.add(
            [file.read_bytes()],
            suffix=".parquet",
            kind=judged.page.kind,
            # with the contract: a page of other rows is no later state of this one
            origin=f"{judged.page.origin}, contract {judged.contract[:8]}{AGAIN}",
            query=f"rows of page {judged.page.id} that contract {judged.contract} no longer sets apart",
            columns=columns,
        )
