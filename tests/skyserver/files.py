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
    body = source.read_bytes() if isinstance(source, Path) else source
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'}
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted or "")
    if not found or found.groups() == ("", "") or only_if not in (None, headers["ETag"]):
        return Part(200, "application/octet-stream", body, headers)
    first, last = found.groups()
    start = int(first) if first else max(0, len(body) - int(last))
    end = min(int(last), len(body) - 1) if first and last else len(body) - 1
    if start > end:
        return Part(416, "text/html", b"", headers | {"Content-Range": f"bytes */{len(body)}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
    return Part(206, "application/octet-stream", body[start : end + 1], headers)
