"""Reads CSV tables block by block, however large they are. Knows no column and keeps no rows.

Numbers are parsed as numbers and ids stay text, so that no id ever passes through a float.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.csv as pa_csv

from cosmic.errors import PermanentSourceError
from cosmic.sources.formats import Format, open_table

BLOCK: Final = 1 << 20
"""Bytes of text parsed at once; some forty blocks are in memory, since the next ones are read ahead."""
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

        Lines with too many or too few cells are left out and collected in `misfits`.

        Raises
        ------
        PermanentSourceError
            If a cell is no number, or the file is damaged.
        """
        with self._path.open("rb") as file:
            gzipped = file.read(len(_GZIP)) == _GZIP
        position = {name: str(index) for index, name in enumerate(self.names)}
        wanted = [*texts, *numbers]
        types = {position[name]: pa.string() for name in texts} | {position[name]: pa.float64() for name in numbers}
        if (before := self._lines_before_data(gzipped)) is None:
            return
        try:
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
        except (pa.ArrowInvalid, OSError) as exc:
            raise PermanentSourceError(f"{self.called} cannot be read: {exc} Download or export it again.") from exc

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
        first = head.split(b"\n", 1)[0]
        self._before = 2 if first.startswith(b"#") and b"," not in first else 1
        return self._before if head.count(b"\n") >= self._before else None
