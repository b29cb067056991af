"""Files under /files/, whole or in part, as a client that resumes a download asks for them.

Reads bytes; sends none. One range a request, as in RFC 9110, section 14.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Part:
    """A file or a part of it."""

    status: int
    kind: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def cut_out(source: Path | bytes | None, wanted: str | None, only_if: str | None) -> Part:
    """Return what of a file a Range header asks for: 200 for all, 206 for a part, 416 for one beyond its end.

    `only_if` is the If-Range header: where it names other bytes than these, all are sent.
    """
    if source is None:
        return Part(404, "text/html", b"<html><body><h1>404 Not Found</h1></body></html>\n")
    size, tag = _identity(source)
    headers = {"Accept-Ranges": "bytes", "ETag": tag}
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted or "")
    if not found or found.groups() == ("", "") or only_if not in (None, headers["ETag"]):
        return Part(200, "application/octet-stream", _read(source, 0, size), headers)
    first, last = found.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end:
        return Part(416, "text/html", b"", headers | {"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return Part(206, "application/octet-stream", _read(source, start, end + 1 - start), headers)


def _identity(source: Path | bytes) -> tuple[int, str]:
    """Return size and tag; a file is known by size and time, so that a part of a large one costs no reading of it."""
    if isinstance(source, bytes):
        return len(source), f'"{hashlib.sha256(source).hexdigest()[:32]}"'
    found = source.stat()
    return found.st_size, f'"{found.st_mtime_ns:x}-{found.st_size:x}"'


def _read(source: Path | bytes, start: int, count: int) -> bytes:
    if isinstance(source, bytes):
        return source[start : start + count]
    with source.open("rb") as file:
        file.seek(start)
        return file.read(count)
