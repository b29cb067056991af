"""Reads CSV tables block by block, however large they are. Knows no column and keeps no rows.

Numbers are parsed as numbers and ids stay text, so that no id ever passes through a float.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from cosmic.errors import PermanentSourceError
from cosmic.sources.formats import open_table
from cosmic.sources.rawtable import Format

BLOCK: Final = 1 << 20
"""Bytes of text parsed at once; some forty blocks are in memory, since the next ones are read ahead."""
FAULT: Final = "(fault)"
"""Column of the blocks, null where all cells of a row could be read."""
_NUMBER: Final = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_SHOWN: Final = 40
_NULLS: Final = ["", "nan", "NaN", "NULL", "null", "-9999", "-9999.0"]
_GZIP: Final = b"\x1f\x8b"


class CsvStream:
    """A CSV table, gzipped or not, opened: its names are known, its rows are read as they are asked for.

    Parameters
    ----------
    path : Path
        The file.
    called : str, optional
        Its name in messages.
    """

    def __init__(self, path: Path, *, called: str | None = None) -> None:
        self._path = path
        self.called = called or str(path)
        table = open_table(path, name=self.called)
        if table.format is not Format.CSV:
            raise PermanentSourceError(
                f"{self.called} is a {table.format} file; Galaxy Zoo 2's tables are read as CSV, gzipped or not."
            )
        self.names = table.names
        self.misfits: list[pa_csv.InvalidRow] = []
        self._before = 1

    def blocks(self, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.Table]:
        """Yield the rows in order: these columns as text (empty is null), those as 64-bit floats.

        A last column, `FAULT`, says which cell of a row is no number; the cell is null then. Lines with too many or too
        few cells are left out and collected in `misfits`.

        Raises
        ------
        PermanentSourceError
            If the file is damaged.
        """
        read = 0
        try:
            for block in self._parse(texts, numbers, as_text=False):
                yield block.append_column(FAULT, pa.nulls(block.num_rows, pa.string()))
                read += block.num_rows
        except (pa.ArrowInvalid, OSError) as exc:
            if "conversion error" not in str(exc):
                raise self._unreadable(exc) from exc
        else:
            return
        try:
            # Some cell is no number, which stops Arrow's parser: once more as text, from where it stopped.
            for block in self._parse(texts, numbers, as_text=True):
                rest = block.slice(min(read, block.num_rows))
                read -= block.num_rows - rest.num_rows
                if rest.num_rows:
                    yield _as_numbers(rest, numbers)
        except (pa.ArrowInvalid, OSError) as exc:
            raise self._unreadable(exc) from exc

    def _parse(self, texts: Sequence[str], numbers: Sequence[str], *, as_text: bool) -> Iterator[pa.Table]:
        self.misfits.clear()
        with self._path.open("rb") as file:
            gzipped = file.read(len(_GZIP)) == _GZIP
        if (before := self._lines_before_data(gzipped)) is None:
            return
        position = {name: str(index) for index, name in enumerate(self.names)}
        wanted = [*texts, *numbers]
        types = dict.fromkeys((position[name] for name in wanted), pa.string())
        if not as_text:
            types |= dict.fromkeys((position[name] for name in numbers), pa.float64())
        with pa.input_stream(str(self._path), compression="gzip" if gzipped else None) as stream:
            reader = pa_csv.open_csv(
                stream,
                read_options=pa_csv.ReadOptions(
                    column_names=list(position.values()),
                    skip_rows=before,
                    block_size=BLOCK,
                    use_threads=False,  # or the lines that do not fit have no number
                ),
                parse_options=pa_csv.ParseOptions(invalid_row_handler=self._collect),
                convert_options=pa_csv.ConvertOptions(
                    column_types=types,
                    include_columns=[position[name] for name in wanted],
                    null_values=_NULLS,
                    strings_can_be_null=True,
                ),
            )
            for batch in reader:
                yield pa.Table.from_batches([batch]).rename_columns(wanted)

    def _unreadable(self, exc: Exception) -> PermanentSourceError:
        return PermanentSourceError(f"{self.called} cannot be read: {exc} Download or export it again.")

    def place(self, fitting: int) -> int:
        """Return the number, from 1, of the data line of a row, given its number among the rows that fit, from 0.

        True once the rows up to it have been read.
        """
        line = fitting + 1
        for number in sorted(misfit.number for misfit in self.misfits):
            if number - self._before <= line:
                line += 1
        return line

    def line(self, misfit: pa_csv.InvalidRow) -> int:
        """Return the number, from 1, of the data line of a misfit."""
        return int(misfit.number) - self._before

    def _collect(self, row: pa_csv.InvalidRow) -> str:
        self.misfits.append(row)
        return "skip"

    def _lines_before_data(self, gzipped: bool) -> int | None:
        """Return how many lines the header and what stands before it take; None where nothing follows them."""
        with pa.input_stream(str(self._path), compression="gzip" if gzipped else None) as stream:
            head = stream.read(BLOCK).removeprefix(b"\xef\xbb\xbf")
        lines = head.splitlines(keepends=True)  # of whatever system
        self._before = 2 if lines and lines[0].startswith(b"#") and b"," not in lines[0] else 1
        ended = sum(line.endswith((b"\n", b"\r")) for line in lines[: self._before])
        return self._before if ended == self._before else None


def _as_numbers(block: pa.Table, names: Sequence[str]) -> pa.Table:
    """Return a block of texts with these columns as numbers, and what of each row is none."""
    fault = pa.nulls(block.num_rows, pa.string())
    for name in names:
        texts = pc.utf8_trim_whitespace(block[name].combine_chunks())
        good = pc.match_substring_regex(texts, _NUMBER)
        shown = pc.utf8_slice_codeunits(texts, 0, _SHOWN)
        told = pc.binary_join_element_wise(f"{name} is no number:", shown, " ")
        fault = pc.coalesce(fault, pc.if_else(good, pa.scalar(None, pa.string()), told))
        numbers = pc.if_else(good, texts, pa.scalar(None, pa.string())).cast(pa.float64())
        block = block.set_column(block.column_names.index(name), name, numbers)
    return block.append_column(FAULT, fault)
