"""Reads ``gz2_filename_mapping.csv``: which image of the release shows which object. Opens no image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cosmic.errors import ConfigError
from cosmic.galaxyzoo.streaming import CsvStream

SCHEMA: Final = pa.schema([("dr7objid", pa.int64()), ("sample", pa.string()), ("asset_id", pa.int64())])
_ACCEPTED: Final = {"dr7objid": ("objid", "dr7objid"), "sample": ("sample",), "asset_id": ("asset_id",)}
_WHOLE: Final = r"^[0-9]{1,18}$"


@dataclass(frozen=True, slots=True)
class FileNames:
    """The images of n objects.

    Parameters
    ----------
    table : pyarrow.Table
        In `SCHEMA`, each object once, in the order of the file. The image of ``asset_id`` is ``<asset_id>.jpg``; the
        release does not hold all of them.
    repeated : int
        Rows left out because their object stood before.
    differing : int
        Those of them that name another image; the first one named is kept.
    unreadable : int
        Rows left out because an id is no exact whole number, or the line has too many or too few cells.
    """

    table: pa.Table
    repeated: int
    differing: int
    unreadable: int

    def assets(self, dr7objid: pa.Array | pa.ChunkedArray) -> pa.Array:
        """Return the ``asset_id`` of each object, 64-bit integer, shape (n,); null where none is named."""
        if isinstance(dr7objid, pa.ChunkedArray):
            dr7objid = dr7objid.combine_chunks()
        place = pc.index_in(dr7objid, value_set=self.table["dr7objid"].combine_chunks(), skip_nulls=True)
        return self.table["asset_id"].combine_chunks().take(place)


def read_file_names(path: Path, *, called: str | None = None) -> FileNames:
    """Return the mapping from objects to images.

    Raises
    ------
    ConfigError
        If a column is missing; the message names the file, the column and the names that would do.
    PermanentSourceError, SuspiciousResponse
        If the file is no table.
    """
    stream = CsvStream(path, called=called)
    by_name = {name.strip().lower(): name for name in stream.names}
    columns = {}
    for canonical, accepted in _ACCEPTED.items():
        found = next((by_name[name] for name in accepted if name in by_name), None)
        if found is None:
            raise ConfigError(
                f"{stream.called} has no column {' or '.join(accepted)}; it has {', '.join(stream.names[:10])}. Give the "
                "release's gz2_filename_mapping.csv, whose columns are objid, sample and asset_id."
            )
        columns[canonical] = found
    blocks, unreadable = [], 0
    for block in stream.blocks(list(columns.values()), []):
        texts = {name: pc.utf8_trim_whitespace(block[column]) for name, column in columns.items()}
        whole = [
            pc.fill_null(pc.match_substring_regex(texts[name], _WHOLE), False) for name in ("dr7objid", "asset_id")
        ]
        good = pc.and_(*whole)
        unreadable += block.num_rows - (pc.sum(good).as_py() or 0)
        blocks.append(pa.table(texts).filter(good).cast(SCHEMA))
    table = pa.concat_tables(blocks) if blocks else SCHEMA.empty_table()
    return _each_once(table, unreadable + len(stream.misfits))


def _each_once(table: pa.Table, unreadable: int) -> FileNames:
    numbered = table.append_column("row", pa.array(range(table.num_rows), pa.int64()))
    firsts = numbered.group_by("dr7objid").aggregate([("row", "min"), ("asset_id", "count")])
    kept = table.take(firsts["row_min"].combine_chunks().sort())
    place = pc.index_in(table["dr7objid"], value_set=kept["dr7objid"].combine_chunks())
    other = pc.not_equal(table["asset_id"], kept["asset_id"].combine_chunks().take(place.combine_chunks()))
    return FileNames(kept, table.num_rows - kept.num_rows, pc.sum(other).as_py() or 0, unreadable)
