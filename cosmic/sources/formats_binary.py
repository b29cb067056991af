"""Reads FITS, VOTable and Parquet tables into Arrow: masks become null, integers stay exact, bytes turn native.

astropy is imported when a FITS or VOTable file is read, not before.
"""

from __future__ import annotations

import gzip
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.parsers.expat import ExpatError

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cosmic.columns import BANDS
from cosmic.errors import PermanentSourceError, SuspiciousResponse
from cosmic.sources.rawtable import Format, RawRows, TableFile, truncated_gzip

if TYPE_CHECKING:
    from astropy.io.fits import BinTableHDU

Values = NDArray[Any]


class ParquetFile:
    """A Parquet table, opened; only the columns asked for are read."""

    format: Final = Format.PARQUET

    def __init__(self, path: Path, called: str, *, gzipped: bool) -> None:
        self._called = called
        with _explained(called, self.format):
            source = pa.BufferReader(gzip.decompress(path.read_bytes())) if gzipped else str(path)
            self._file = pq.ParquetFile(source, page_checksum_verification=True)
        fields = self._file.schema_arrow
        self.names: tuple[str, ...] = tuple(field.name for field in fields if not pa.types.is_nested(field.type))

    def read(self, names: Sequence[str]) -> RawRows:
        """Return these columns.

        Raises
        ------
        PermanentSourceError
            If their pages are damaged.
        """
        with _explained(self._called, self.format):
            return RawRows(self._file.read(columns=list(names)).select(list(names)))


class FitsFile:
    """The first binary table of a FITS file, opened; only the columns asked for are read.

    A column of five numbers a row, such as MODELFLUX, becomes five: MODELFLUX_u … MODELFLUX_z.
    """

    format: Final = Format.FITS

    def __init__(self, path: Path, called: str, *, gzipped: bool) -> None:
        self._path, self._called, self._gzipped = path, called, gzipped
        self._columns: dict[str, tuple[str, int | None]] = {}
        with self._table() as table:
            shapes = {name: table.columns.dtype[name] for name in table.columns.names}
        for name, dtype in shapes.items():
            if dtype.shape == (len(BANDS),) and dtype.base.kind in "iuf":
                for index, band in enumerate(BANDS):
                    self._columns.setdefault(f"{name}_{band}", (name, index))
            elif not dtype.shape:
                self._columns[name] = (name, None)
        self.names: tuple[str, ...] = tuple(self._columns)

    def read(self, names: Sequence[str]) -> RawRows:
        """Return these columns.

        Raises
        ------
        PermanentSourceError
            If the data are damaged.
        """
        found: dict[str, pa.Array] = {}
        with self._table() as table:
            for name in names:
                stored, index = self._columns[name]
                values, mask = _fits_column(table, stored)
                if index is not None:
                    values, mask = values[:, index], None if mask is None else mask[:, index]
                found[name] = _arrow_column(values, mask)
        return RawRows(pa.table(found))

    @contextmanager
    def _table(self) -> Iterator[BinTableHDU]:
        from astropy.io import fits

        with _explained(self._called, self.format), fits.open(self._path, memmap=not self._gzipped, uint=True) as hdus:
            tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU) and hdu.columns.names]
            if not tables:
                raise PermanentSourceError(
                    f"{self._called} is a FITS file without a binary table (parts: {len(hdus)}), or was cut "
                    "off. Name the file with the table, or save the table as binary FITS."
                )
            yield tables[0]


class VotableFile:
    """The first table of a VOTable document, read as a whole: XML cannot be read by column."""

    format: Final = Format.VOTABLE

    def __init__(self, path: Path, called: str) -> None:
        with _explained(called, self.format):
            self._columns = _votable(path, called)
        self.names: tuple[str, ...] = tuple(self._columns.column_names)

    def read(self, names: Sequence[str]) -> RawRows:
        """Return these columns."""
        return RawRows(self._columns.select(list(names)))


def open_table(path: Path, called: str, kind: Format, *, gzipped: bool) -> TableFile:
    """Return a binary table, opened.

    Raises
    ------
    PermanentSourceError
        If the file is damaged, truncated or holds no table.
    SuspiciousResponse
        If a VOTable says that its query failed.
    """
    if kind is Format.PARQUET:
        return ParquetFile(path, called, gzipped=gzipped)
    if kind is Format.FITS:
        return FitsFile(path, called, gzipped=gzipped)
    return VotableFile(path, called)


@contextmanager
def _explained(called: str, kind: Format) -> Iterator[None]:
    """Turn what the libraries raise and warn about broken files into one error that names the file."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
        raise truncated_gzip(called, exc) from exc
    except (OSError, ValueError, TypeError, KeyError, IndexError, ExpatError, pa.ArrowException) as exc:
        raise PermanentSourceError(
            f"{called} cannot be read as {kind}: {' '.join(str(exc).split())[:200]}. It is damaged or truncated; "
            "export or download it again."
        ) from exc
    if any("truncated" in str(one.message).lower() for one in caught):
        raise PermanentSourceError(f"{called} is a truncated {kind} file. Download or export it again.")


def _fits_column(table: BinTableHDU, name: str) -> tuple[Values, Values | None]:
    """Return the values of a column and which of them are masked."""
    values = np.asarray(table.data.field(name))
    null = table.columns[name].null
    if not isinstance(null, int | np.integer) or values.dtype.kind not in "iu":
        return values, None
    # by the standard TNULL is the number before TZERO turns signed integers into unsigned ones; astropy writes the
    # number after it
    bounds = np.iinfo(values.dtype)
    marks = {int(null), int(null) + int(table.columns[name].bzero or 0)}
    return values, np.isin(values, [values.dtype.type(mark) for mark in marks if bounds.min <= mark <= bounds.max])


def _votable(path: Path, called: str) -> pa.Table:
    from astropy.io import votable

    document = votable.parse(str(path), verify="ignore")
    for info in (info for resource in document.resources for info in resource.infos):
        if info.name == "QUERY_STATUS" and str(info.value).upper() == "ERROR":
            text = " ".join(str(info.content or "").split())[:300]
            raise SuspiciousResponse(
                f"{called} holds no rows but a server's error: {text or '(no text)'}. Correct the query and fetch again."
            )
    table = next(document.iter_tables(), None)
    if table is None:
        raise PermanentSourceError(f"{called} is a VOTable document without a table. Export it again.")
    columns: dict[str, pa.Array] = {}
    for field in table.fields:
        values, mask = np.ma.getdata(table.array[field.ID]), np.ma.getmaskarray(table.array[field.ID])
        name = field.name if field.name not in columns else field.ID
        if values.ndim == 1 and values.dtype.kind in "biufSUO":
            columns[name] = _arrow_column(values, mask)
        elif values.ndim == 2 and values.shape[1] == len(BANDS) and values.dtype.kind in "iuf":
            for index, band in enumerate(BANDS):
                columns.setdefault(f"{name}_{band}", _arrow_column(values[:, index], mask[:, index]))
    return pa.table(columns)


def _arrow_column(values: Values, mask: Values | None) -> pa.Array:
    if values.dtype.kind == "O":
        texts = [
            None if value is None else value.decode() if isinstance(value, bytes) else str(value) for value in values
        ]
        return pa.array(texts, pa.string(), mask=mask)
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8")
    native = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("="), copy=False))
    return pa.array(native, mask=mask if mask is None or mask.any() else None)
