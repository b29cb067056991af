"""Reads the vote tables of Galaxy Zoo 2's releases into one canonical table. Writes nothing.

Rows that cannot be right are set apart with a reason; they never stop the others. Ids are exact: an id that went
through a float, such as ``5.877e17``, is a reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.errors import PermanentSourceError
from cosmic.galaxyzoo import kaggle
from cosmic.galaxyzoo.grammar import STRINGS, build_strings
from cosmic.galaxyzoo.layouts import Layout, layout_of
from cosmic.galaxyzoo.streaming import FAULT, CsvStream
from cosmic.galaxyzoo.votes import (
    COUNTS,
    FRACTIONS,
    SCHEMA,
    ClassFrom,
    Terms,
    VoteSource,
    best_fractions,
    described,
    list_column,
)
from cosmic.galaxyzoo.votes import TERMS as TERMS_OF

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

REJECTED: Final = pa.schema([("row_number", pa.int64()), ("galaxy", pa.string()), ("reason", pa.string())])
"""Rows set apart: number of the data line from 1, the id as it stands, and the first reason."""
_EXACT: Final = r"^[0-9]{1,18}$|^[1-8][0-9]{18}$|^9[01][0-9]{17}$|^92[01][0-9]{16}$"
"""Whole numbers that surely fit 64 bits with a sign, as survey objIDs do."""
_SPECOBJID: Final = r"^[1-9][0-9]{0,19}$"
_NO_ID: Final = ("", "0")
"""What SDSS, and blanks, say for an object that has no such id."""
_SLACK: Final = 1e-6
_NUMBERS: Final = ("ra", "dec", "total_classifications", "total_votes")
_TEXTS: Final = ("dr8objid", "specobjid", "sample", "gz2_class")
_LARGEST: Final = float(2**31 - 1)
_SHOWN: Final = 200
_REASONS: Final = 3


@dataclass(frozen=True, slots=True)
class VotePage:
    """A block of rows as it was read.

    Parameters
    ----------
    table : pyarrow.Table
        Good rows, in `votes.SCHEMA`.
    rejected : pyarrow.Table
        Rows set apart, in `REJECTED`.
    repeated : int
        Rows left out because their galaxy stood before.
    differing : int
        Rows whose published string is not the one that the grammar builds from their fractions.
    """

    table: pa.Table
    rejected: pa.Table
    repeated: int
    differing: int


@dataclass(frozen=True, slots=True)
class Votes:
    """A whole vote table.

    Parameters
    ----------
    table, rejected, repeated, differing
        As in `VotePage`.
    source : VoteSource
        The release.
    """

    table: pa.Table
    rejected: pa.Table
    repeated: int
    differing: int
    source: VoteSource

    @property
    def terms(self) -> Terms:
        """Return the licence and the acknowledgement that go with the rows."""
        return TERMS_OF[self.source]


@dataclass(slots=True)
class VoteReader:
    """A vote table, opened: its release is known, its rows are read on demand, in memory that its size does not change
    (but for the keys of the galaxies already seen).

    Parameters
    ----------
    path : Path
        The file: CSV, gzipped or not.
    called : str, optional
        Its name in messages.

    Raises
    ------
    ConfigError
        If columns are missing; the message names the file, the columns and what would do.
    PermanentSourceError, SuspiciousResponse
        If the file is no table.
    """

    path: Path
    called: str | None = None
    layout: Layout = field(init=False)
    _stream: CsvStream = field(init=False)

    def __post_init__(self) -> None:
        self._stream = CsvStream(self.path, called=self.called)
        self.layout = layout_of(self._stream.names, called=self._stream.called)

    @property
    def source(self) -> VoteSource:
        """Return the release that the columns are of."""
        return self.layout.source

    def pages(self) -> Iterator[VotePage]:
        """Yield the rows block by block; lines that do not fit the header come as rejected rows of the last page."""
        plain = self.layout.plain
        numbers = [plain[name] for name in _NUMBERS if name in plain]
        numbers += [column for columns in self.layout.lists.values() for column in columns]
        texts = list(dict.fromkeys([self.layout.identity, *(plain[name] for name in _TEXTS if name in plain)]))
        seen: set[str] = set()
        read = 0
        for block in self._stream.blocks(texts, numbers):
            yield self._page(block, first=read, seen=seen)
            read += block.num_rows
        misfits = self._stream.misfits
        if misfits:
            reasons = [f"the line has {row.actual_columns} cells, the header {row.expected_columns}" for row in misfits]
            lines = [self._stream.line(row) for row in misfits]
            texts = [row.text[:_SHOWN] for row in misfits]
            strange = pa.table([pa.array(lines, pa.int64()), texts, reasons], schema=REJECTED)
            yield VotePage(described(SCHEMA, self.source).empty_table(), strange, 0, 0)

    def _page(self, block: pa.Table, *, first: int, seen: set[str]) -> VotePage:
        rows = _Block(block, self.layout)
        table = rows.canonical()
        reasons = rows.faults(table)
        bad = pc.is_valid(reasons)
        places = [self._stream.place(first + int(row)) for row in np.flatnonzero(bad.to_numpy(zero_copy_only=False))]
        rejected = pa.table(
            [pa.array(places, pa.int64()), rows.text("identity").filter(bad), reasons.filter(bad)], schema=REJECTED
        )
        table = table.filter(pc.invert(bad))
        fresh = np.zeros(table.num_rows, bool)
        for row, galaxy in enumerate(table["galaxy"].to_pylist()):
            fresh[row] = galaxy not in seen
            seen.add(galaxy)
        table = table.filter(pa.array(fresh))
        table, differing = _with_strings(table)
        return VotePage(table.cast(described(SCHEMA, self.source)), rejected, int(len(fresh) - fresh.sum()), differing)


def read_votes(path: Path, *, called: str | None = None) -> Votes:
    """Return a whole vote table; its rows are in the order of the file.

    Raises
    ------
    ConfigError, PermanentSourceError, SuspiciousResponse
        As `VoteReader`; PermanentSourceError, too, if it has rows and none can be used.
    """
    reader = VoteReader(path, called)
    pages = list(reader.pages())
    tables = [page.table for page in pages] or [described(SCHEMA, reader.source).empty_table()]
    table = pa.concat_tables(tables)
    rejected = pa.concat_tables([page.rejected for page in pages] or [REJECTED.empty_table()])
    if rejected.num_rows and not table.num_rows:
        reasons = Counter(rejected["reason"].to_pylist()).most_common(_REASONS)
        raise PermanentSourceError(
            f"{called or path}: none of its {rejected.num_rows:,} rows can be used: "
            f"{'; '.join(f'{reason} ({count:,})' for reason, count in reasons)}. Nothing was stored. Export or download "
            "it again, with ids as whole numbers."
        )
    return Votes(
        table,
        rejected,
        sum(page.repeated for page in pages),
        sum(page.differing for page in pages),
        reader.source,
    )


def _with_strings(table: pa.Table) -> tuple[pa.Table, int]:
    """Return the table with the strings that its fractions give where none is published, and how many differ."""
    best = best_fractions(table)
    built = build_strings(best)
    given = table["gz2_class"].combine_chunks()
    differing = pc.sum(pc.not_equal(given, built)).as_py() or 0
    weighted = pc.is_null(table["debiased_fractions"].combine_chunks())
    how = pc.if_else(weighted, ClassFrom.WEIGHTED.value, ClassFrom.DEBIASED.value)
    how = pc.if_else(pc.is_valid(given), ClassFrom.PUBLISHED.value, how)
    strings = pc.coalesce(given, built)
    how = pc.if_else(pc.is_valid(strings), how, pa.scalar(None, pa.string()))
    place = table.column_names.index
    table = table.set_column(place("gz2_class"), "gz2_class", strings)
    return table.set_column(place("class_from"), "class_from", how), differing


class _Block:
    """Rows of the file as they were parsed: texts and floats."""

    def __init__(self, block: pa.Table, layout: Layout) -> None:
        self._block, self._layout = block, layout

    def text(self, name: str) -> pa.Array:
        """Return a column as text without blanks around it; null throughout where the table has none."""
        column = self._layout.identity if name == "identity" else self._layout.plain.get(name)
        if column is None:
            return pa.nulls(self._block.num_rows, pa.string())
        return pc.utf8_trim_whitespace(self._block[column].combine_chunks())

    def number(self, name: str) -> Floats:
        column = self._layout.plain.get(name)
        if column is None:
            return np.full(self._block.num_rows, np.nan)
        return self._floats(column)

    def listed(self, name: str) -> Floats | None:
        """Return 37 columns, shape (n, 37), NaN where empty; None where the table has none."""
        columns = self._layout.lists.get(name)
        return None if columns is None else np.column_stack([self._floats(column) for column in columns])

    def _floats(self, column: str) -> Floats:
        values: Floats = self._block[column].combine_chunks().to_numpy(zero_copy_only=False)
        return values

    def canonical(self) -> pa.Table:
        """Return the rows in the canonical columns, ids and counts null where they are impossible."""
        source, rows = self._layout.source, self._block.num_rows
        identity = self.text("identity")
        kaggle_ids = source is VoteSource.KAGGLE
        cumulative = self.listed("cumulative")
        weighted = self.listed("weighted_fractions") if cumulative is None else kaggle.conditional(cumulative)
        columns = {
            "galaxy": pc.binary_join_element_wise(
                "kaggle" if kaggle_ids else "dr7", pc.fill_null(_exact(identity).cast(pa.string()), ""), ":"
            ),
            "source": pa.array([source.value] * rows, pa.string()),
            "dr7objid": pa.nulls(rows, pa.int64()) if kaggle_ids else _exact(identity),
            "dr8objid": _exact(self.text("dr8objid")),
            "specobjid": _matching(self.text("specobjid"), _SPECOBJID),
            "ra": pa.array(self.number("ra"), from_pandas=True),
            "dec": pa.array(self.number("dec"), from_pandas=True),
            "sample": self.text("sample"),
            "total_classifications": _whole(self.number("total_classifications")),
            "total_votes": _whole(self.number("total_votes")),
            "counts": list_column(_wholes(self.listed("counts")), COUNTS, rows=rows),
            "weighted_fractions": list_column(weighted, FRACTIONS, rows=rows),
            "debiased_fractions": list_column(self.listed("debiased_fractions"), FRACTIONS, rows=rows),
            "gz2_class": self.text("gz2_class"),
            "class_from": pa.nulls(rows, pa.string()),
        }
        return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)

    def faults(self, table: pa.Table) -> pa.Array:
        """Return the first reason why each row cannot be right; null where there is none."""
        found: list[tuple[Mask, str]] = []
        identity = self.text("identity")
        inexact = pc.is_null(_exact(identity)).to_numpy(zero_copy_only=False)
        found.append((inexact, f"{self._layout.identity} is no exact whole number"))
        for name in ("dr8objid", "specobjid"):
            named = pc.invert(pc.is_in(self.text(name), value_set=pa.array([*_NO_ID, None])))
            found.append(
                (named.to_numpy(zero_copy_only=False) & _null(table[name]), f"{name} is no exact whole number")
            )
        for name in ("total_classifications", "total_votes"):
            there = ~np.isnan(self.number(name))
            found.append((there & _null(table[name]), f"{name} is no count"))
        ra, dec = self.number("ra"), self.number("dec")
        found.append(((ra < 0) | (ra > 360) | (np.abs(dec) > 90), "ra or dec is not on the sky"))
        counts = self.listed("counts")
        if counts is not None:
            impossible = np.isnan(_wholes(counts)) & ~np.isnan(counts)  # type: ignore[arg-type]
            found.append((np.asarray(impossible.any(axis=1)), "a vote count is no whole number from 0"))
        for name in ("weighted_fractions", "debiased_fractions", "cumulative"):
            values = self.listed(name)
            if values is not None:
                outside = (values < -_SLACK) | (values > 1 + _SLACK)
                found.append((np.asarray(outside.any(axis=1)), f"{name.replace('_', ' ')} outside 0 to 1"))
        cumulative = self.listed("cumulative")
        if cumulative is not None:
            task = kaggle.inconsistent(np.nan_to_num(cumulative))
            found.append((task > 0, "the answers of a task do not add up to the answer that leads to it"))
        given = self.text("gz2_class")
        known = pc.is_in(given, value_set=pa.array(STRINGS))
        found.append(
            ((pc.and_(pc.is_valid(given), pc.invert(known))).to_numpy(zero_copy_only=False), "unknown gz2_class")
        )
        silent = _null(table["debiased_fractions"]) & _null(table["weighted_fractions"])
        found.append((silent & _null(table["gz2_class"]), "no votes"))
        reason = np.full(self._block.num_rows, len(found))
        for index, (mask, _) in reversed(list(enumerate(found))):
            reason[mask] = index
        impossible_values = pa.array([*(text for _, text in found), None], pa.string()).take(pa.array(reason))
        return pc.coalesce(self._block[FAULT].combine_chunks(), impossible_values)


def _null(column: pa.ChunkedArray) -> Mask:
    mask: Mask = pc.is_null(column).combine_chunks().to_numpy(zero_copy_only=False)
    return mask


def _matching(texts: pa.Array, pattern: str) -> pa.Array:
    return pc.if_else(pc.match_substring_regex(texts, pattern), texts, pa.scalar(None, pa.string()))


def _exact(texts: pa.Array) -> pa.Array:
    """Return ids as 64-bit integers, parsed as such; null where a text is none, and for SDSS's 0 for "no id"."""
    ids = _matching(texts, _EXACT).cast(pa.int64())
    return pc.if_else(pc.equal(ids, 0), pa.scalar(None, pa.int64()), ids)


def _wholes(values: Floats | None) -> Floats | None:
    """Return the values that are whole numbers from 0 on; NaN in place of others."""
    if values is None:
        return None
    return np.where((values >= 0) & (values <= _LARGEST) & (values == np.floor(values)), values, np.nan)


def _whole(values: Floats) -> pa.Array:
    return pa.array(_wholes(values), from_pandas=True).cast(pa.int32())
