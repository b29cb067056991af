"""Reads CSV tables: SkyServer's with their ``#Table1`` line, CasJobs', TOPCAT's, pandas'. Every cell stays text.

Numbers are not parsed here, so that ids keep all their digits and a cell that is no number can be named.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from cosmic.errors import PermanentSourceError
from cosmic.sources.rawtable import BrokenLine, Format, RawRows, truncated_gzip

_BLOCK: Final = 8 << 20
_SHOWN: Final = 200
_SEPARATORS: Final = {";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "blanks"}
_SEPARATED: Final = 3


class CsvFile:
    """A comma-separated table with a header line, opened.

    Parameters
    ----------
    path : Path
        The file.
    called : str
        Its name in messages.
    head : bytes
        Its first bytes, unpacked.
    gzipped : bool
        Whether the file is gzipped.
    """

    format: Final = Format.CSV

    def __init__(self, path: Path, called: str, *, head: bytes, gzipped: bool) -> None:
        self._path, self._called, self._gzipped = path, called, gzipped
        self._skip, self.names = _header(head, called)

    def read(self, names: Sequence[str]) -> RawRows:
        """Return these columns as text; an empty cell is "".

        A line is a row, whatever its quotes: one that is never closed cannot swallow the lines after it.

        Raises
        ------
        PermanentSourceError
            If the file is damaged, is not UTF-8, or most of its lines do not fit the header.
        """
        wanted = [self.names.index(name) for name in names]
        try:
            try:
                rows = RawRows(self._parse(wanted, misfits=[], collecting=False))
            except pa.ArrowInvalid as exc:
                if "Expected" not in str(exc):
                    raise
                rows = self._parse_line_by_line(wanted)
        except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as exc:
            raise self._unreadable(exc) from exc
        unquoted = [_unquoted(column) for column in rows.table.columns]
        return RawRows(pa.table(unquoted, names=list(names)), rows.broken)

    def _parse(self, wanted: Sequence[int], *, misfits: list[pa_csv.InvalidRow], collecting: bool) -> pa.Table:
        """Return the wanted columns of the lines that have as many commas as the header.

        Other lines raise, or are added to `misfits`, which takes one thread to know the number of each.
        """

        def collect(row: pa_csv.InvalidRow) -> str:
            misfits.append(row)
            return "skip"

        positions = [str(index) for index in range(len(self.names))]  # names may repeat, positions do not
        with pa.input_stream(str(self._path), compression="gzip" if self._gzipped else None) as stream:
            return pa_csv.read_csv(
                stream,
                read_options=pa_csv.ReadOptions(
                    column_names=positions, skip_rows=self._skip, block_size=_BLOCK, use_threads=not collecting
                ),
                parse_options=pa_csv.ParseOptions(
                    quote_char=False, invalid_row_handler=collect if collecting else None
                ),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(positions, pa.string()),
                    include_columns=[positions[index] for index in wanted],
                    strings_can_be_null=False,
                ),
            )

    def _parse_line_by_line(self, wanted: Sequence[int]) -> RawRows:
        """Return all rows; lines that fit once their quotes are understood are rows like others, the rest is broken."""
        self._refuse_other_encodings()
        misfits: list[pa_csv.InvalidRow] = []
        fitting = self._parse(wanted, misfits=misfits, collecting=True)
        total = fitting.num_rows + len(misfits)
        understood: list[list[str]] = []
        broken: list[BrokenLine] = []
        places: dict[int, int | None] = {}
        for misfit in misfits:
            place = misfit.number - self._skip - 1
            cells = next(csv.reader([misfit.text]), [])
            if len(cells) == len(self.names):
                places[place] = fitting.num_rows + len(understood)
                understood.append(cells)
            else:
                places[place] = None
                reason = f"the line has {len(cells)} cells, the header {len(self.names)}"
                broken.append(BrokenLine(place + 1, misfit.text[:_SHOWN], reason))
        if 2 * len(broken) > total:
            first = broken[0]
            raise PermanentSourceError(
                f"{self._called}: {len(broken)} of {total} lines do not fit the header; data row {first.row_number} "
                f"reads {first.text[:80]!r}: {first.reason}. Export it again, with text that holds commas in quotes."
            )
        columns = [pa.array([cells[index] for cells in understood], pa.string()) for index in wanted]
        together = pa.concat_tables([fitting, pa.table(columns, names=fitting.column_names)])
        next_fitting = iter(range(fitting.num_rows))
        order = [places[place] if place in places else next(next_fitting) for place in range(total)]
        return RawRows(together.take(pa.array(order, pa.int64())), tuple(broken))

    def _unreadable(self, exc: Exception) -> PermanentSourceError:
        if self._gzipped and ("compress" in str(exc) or "zlib" in str(exc)):
            return truncated_gzip(self._called, exc)
        if "UTF8" in str(exc):
            self._refuse_other_encodings()
        return PermanentSourceError(f"{self._called} cannot be read as CSV: {exc} Export it again.")

    def _refuse_other_encodings(self) -> None:
        with gzip.open(self._path) if self._gzipped else self._path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError as exc:
                    raise PermanentSourceError(
                        f"{self._called} is not UTF-8 text: line {number} holds {line[exc.start : exc.end]!r}. "
                        "Save it as UTF-8, or convert it with iconv."
                    ) from exc


def _unquoted(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the cells without the quotes around them."""
    quoted = pc.and_(pc.starts_with(column, '"'), pc.ends_with(column, '"'))
    if not pc.any(quoted).as_py():
        return column
    inner = pc.replace_substring(pc.utf8_slice_codeunits(column, 1, -1), '""', '"')
    return pc.if_else(quoted, inner, column)


def _header(head: bytes, called: str) -> tuple[int, tuple[str, ...]]:
    """Return how many lines stand before the data, and the column names in the last of them."""
    lines = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace").splitlines()
    for index, line in enumerate(lines):
        if not line.strip() or (line.startswith("#") and "," not in line):
            continue  # SkyServer's #Table1, or a comment
        names = tuple(cell.strip() for cell in next(csv.reader([line.removeprefix("#").strip()])))
        _check_header(names, line, called)
        return index + 1, names
    raise PermanentSourceError(f"{called} holds no header line with column names. Export it again with one.")


def _check_header(names: tuple[str, ...], line: str, called: str) -> None:
    if len(names) == 1:
        for separator, word in _SEPARATORS.items():
            if line.strip().count(separator) >= _SEPARATED:
                raise PermanentSourceError(
                    f"{called} separates its columns by {word}. Export it with commas: {line[:80]!r} is one column."
                )
    if all(_is_number(name) for name in names if name) and any(names):
        raise PermanentSourceError(
            f"{called} has numbers where its header should be: {line[:80]!r}. Add a first line with column names."
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
