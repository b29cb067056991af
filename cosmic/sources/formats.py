"""Tells what kind of table a file is, by its content first and its ending second, and opens it.

Knows no canonical column. Refuses what is no table with the reason and the next step; never repairs.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Final

from cosmic.errors import PermanentSourceError, SuspiciousResponse
from cosmic.sources.rawtable import Format, TableFile, truncated_gzip

_HEAD: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_ENDINGS: Final = {
    ".fits": Format.FITS,
    ".fit": Format.FITS,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".vot": Format.VOTABLE,
    ".votable": Format.VOTABLE,
    ".xml": Format.VOTABLE,
}
_CONTAINERS: Final = (
    (b"PK\x03\x04", "a zip archive or a spreadsheet", "Unpack it, or save the sheet as CSV."),
    (b"BZh", "compressed with bzip2", "Decompress it with bunzip2."),
    (b"\xfd7zXZ", "compressed with xz", "Decompress it with unxz."),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Decompress it with unzstd."),
    (b"SQLite format 3", "an SQLite database", "Export the table from it as CSV."),
    (b"\x89HDF", "an HDF5 file", "Export the table from it as FITS or Parquet."),
    (b"%PDF", "a PDF document", "Give the table itself."),
    (b"\xff\xfe", "text in UTF-16", "Save it as UTF-8."),
    (b"\xfe\xff", "text in UTF-16", "Save it as UTF-8."),
)  # fmt: skip
_READABLE: Final = "CSV, FITS, Parquet or VOTable, gzipped or not"


def open_table(path: Path, *, name: str | None = None) -> TableFile:
    """Return the table in a file, opened.

    Parameters
    ----------
    path : Path
        The file.
    name : str, optional
        What to call it in messages, where the file is a stored copy of another.

    Raises
    ------
    PermanentSourceError
        If it is missing, empty, a folder, truncated, or no table of a known format.
    SuspiciousResponse
        If a server answered with a page or an error message instead of a table.
    """
    called = name or str(path)
    if path.is_dir():
        raise PermanentSourceError(f"{called} is a folder. Name the files in it, one by one.")
    try:
        head, gzipped = _head(path, called)
    except FileNotFoundError as exc:
        raise PermanentSourceError(f"{called} does not exist. Check the path.") from exc
    except OSError as exc:
        raise PermanentSourceError(f"{called} cannot be read: {exc}. Check its permissions and the disk.") from exc
    kind = _kind(head, path, called)
    if kind is Format.CSV:
        from cosmic.sources.formats_text import CsvFile

        opened: TableFile = CsvFile(path, called, head=head, gzipped=gzipped)
    else:
        from cosmic.sources import formats_binary

        opened = formats_binary.open_table(path, called, kind, gzipped=gzipped)
    refuse_error_message(opened, called)
    return opened


def refuse_error_message(table: TableFile, called: str) -> None:
    """Raise where a table is SkyServer's way to say no: HTTP 200, and one column named error_message."""
    if [column.strip().lower() for column in table.names] != ["error_message"]:
        return
    cells = table.read(table.names).table.column(0).slice(0, 3).to_pylist()
    text = " ".join(" ".join(str(cell) for cell in cells if cell is not None).split())[:300].rstrip(".")
    raise SuspiciousResponse(
        f"{called} holds no rows but an error message of SkyServer: {text or '(empty)'}. "
        "Correct the query and fetch the table again."
    )


def _head(path: Path, called: str) -> tuple[bytes, bool]:
    with path.open("rb") as file:
        gzipped = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        if not gzipped:
            return file.read(_HEAD), False
        try:
            with gzip.open(file) as unpacked:
                return unpacked.read(_HEAD), True
        except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
            raise truncated_gzip(called, exc) from exc


def _kind(head: bytes, path: Path, called: str) -> Format:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise PermanentSourceError(f"{called} is empty. Export or download it again.")
    for magic, what, remedy in _CONTAINERS:
        if head.startswith(magic):
            raise PermanentSourceError(f"{called} is {what}; {_READABLE} can be read. {remedy}")
    if head.startswith(b"PAR1"):
        return Format.PARQUET
    if head.startswith(b"SIMPLE  ="):
        return Format.FITS
    if text.startswith(b"<"):
        return _markup(text, called)
    if text[:1] in (b"{", b"["):
        raise SuspiciousResponse(
            f"{called} is JSON, not a table: {_excerpt(text)} Where a server sent it, it may explain an error; "
            "ask for CSV, FITS or VOTable."
        )
    expected = _ENDINGS.get(next((end.lower() for end in reversed(path.suffixes) if end.lower() != ".gz"), ""))
    if b"\0" in head or (expected is not None and b"," not in text[:4096]):
        what = (
            f"does not start like {expected}, though its name says so" if expected else "is binary, of no known format"
        )
        raise PermanentSourceError(f"{called} {what}. It may be damaged; {_READABLE} can be read. Export it again.")
    return Format.CSV


def _markup(text: bytes, called: str) -> Format:
    lowered = text[:65536].lower()
    if b"<votable" in lowered or b":votable" in lowered:
        return Format.VOTABLE
    if b"<html" in lowered or b"<!doctype html" in lowered or b"<body" in lowered or b"<title" in lowered:
        raise SuspiciousResponse(
            f"{called} is a web page, not a table: {_excerpt(text)} A server that fails often answers with one. "
            "Open it in a browser to read why, then fetch the table again."
        )
    raise PermanentSourceError(f"{called} is XML but no VOTable. Export it as {_READABLE}.")


def _excerpt(text: bytes) -> str:
    return repr(" ".join(text[:200].decode("utf-8", errors="replace").split())[:120])
