"""What every table format delivers: its name, its column names, its raw rows. Opens nothing and reads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import pyarrow as pa

from cosmic.errors import PermanentSourceError


class Format(StrEnum):
    """The table formats that can be read."""

    CSV = "CSV"
    FITS = "FITS"
    PARQUET = "Parquet"
    VOTABLE = "VOTable"


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A data line that could not be cut into the columns of the header."""

    row_number: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class RawRows:
    """Some columns of a file as the format delivers them: text, numbers, exact integers.

    Parameters
    ----------
    table : pyarrow.Table
        n rows in the order of the file. The rows of `broken` are null throughout.
    broken : tuple of BrokenLine
        Lines that had too many or too few cells.
    """

    table: pa.Table
    broken: tuple[BrokenLine, ...] = ()


class TableFile(Protocol):
    """An opened table: its column names are known, its rows are read on demand."""

    @property
    def format(self) -> Format:
        """What it is stored as."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the order of the file; the same name may occur twice."""
        ...

    def read(self, names: Sequence[str]) -> RawRows:
        """Return these columns; of two of the same name, the first."""
        ...


def truncated_gzip(called: str, exc: BaseException) -> PermanentSourceError:
    """Return the error of a gzip file that ends early or is damaged."""
    return PermanentSourceError(
        f"{called} is a truncated or damaged gzip file ({exc}), so rows are missing. Download or copy it again."
    )
