"""Fetches large files over HTTP so that nothing is fetched twice: what a kill or a cut left is gone on with.

One attempt a call; whoever calls says how often (an error that passes is a `TransientSourceError`). Knows no archive.
Memory does not grow with the file.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from cosmic.artefacts import sha256_of
from cosmic.errors import ConfigError, PermanentSourceError, SuspiciousResponse, TransientSourceError

log = logging.getLogger(__name__)

_CHUNK: Final = 1 << 18
_SAY_EVERY: Final = 5.0
"""Seconds between two words on how far it is."""
_PASSES: Final = (408, 425, 429)
"""Answers that pass, besides all from 500 on but the two that never will."""
_NEVER: Final = (501, 505)
_MISSING: Final = (404, 410)


@dataclass(frozen=True, slots=True)
class _Origin:
    """What a part on disk is a part of: the address, the server's tag of that version, and its size."""

    url: str
    tag: str | None
    size: int | None
    sha256: str | None = None


def download(url: str, target: Path, *, sha256: str | None = None, timeout: float = 60.0) -> Path:
    """Return `target`, holding the file at an address: whole, of the size that the server says and of the digest.

    A file that was fetched before and is unchanged is not asked for again. Beside it lies ``<name>.origin.json``; while
    it comes, ``<name>.part``, which the next call goes on with where the server still has the same version (If-Range).

    Parameters
    ----------
    sha256 : str, optional
        What the file must have; without it, a second fetch must have what the first one had.
    timeout : float
        Seconds without a byte after which it is given up.

    Raises
    ------
    PermanentSourceError
        If there is no such file, or the server refuses it.
    TransientSourceError
        If the connection fails or ends early; what came is kept.
    SuspiciousResponse
        If a page came in place of the file, or it has another size or digest; what came is thrown away.
    ConfigError
        If the disk has no room for it, or the folder cannot be written.
    """
    note = target.with_name(f"{target.name}.origin.json")
    known = _read(note)
    if target.exists() and known and known.url == url and known.sha256 == sha256_of(target):
        if sha256 in (None, known.sha256):
            return target
        log.warning("%s has another digest than is asked for now and is fetched again", target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise _unwritable(target.parent, exc) from exc
    part, beside = target.with_name(f"{target.name}.part"), target.with_name(f"{target.name}.part.json")
    origin = _fetch(url, part, beside, timeout=timeout)
    digest = sha256_of(part)
    if sha256 is not None and digest != sha256:
        part.unlink()
        beside.unlink(missing_ok=True)
        raise SuspiciousResponse(
            f"{url} came whole and has sha256 {digest}, not {sha256}. It was thrown away; ask whoever serves it, or "
            "correct the digest."
        )
    part.replace(target)
    note.write_text(json.dumps(asdict(_Origin(url, origin.tag, origin.size, digest))), encoding="utf-8")
    beside.unlink(missing_ok=True)
    return target


def _fetch(url: str, part: Path, beside: Path, *, timeout: float) -> _Origin:
    """Bring the part up to the whole and return what it is."""
    had = part.stat().st_size if part.exists() else 0
    known = _read(beside)
    resumed = had > 0 and known is not None and known.url == url and known.tag is not None
    if resumed and known is not None and had == known.size:
        return known
    headers = {"Range": f"bytes={had}-", "If-Range": str(known.tag)} if resumed and known else {}
    with _asked(url, {"Accept-Encoding": "identity", **headers}, timeout) as answer:
        if answer.status_code == 416:
            part.unlink()
            raise TransientSourceError(
                f"{url} is shorter than what came of it before, which was thrown away. Try again."
            )
        _demand_file(url, answer)
        start = had if answer.status_code == 206 else 0
        tag = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
        if start and known and not _goes_on(answer, known, tag, start):
            part.unlink()  # or every later attempt would meet the same
            raise TransientSourceError(
                f"{url} was asked to go on at byte {start} of version {known.tag}, and the server sent "
                f"{answer.headers.get('Content-Range')!r} of version {tag}. What came before was thrown away. Try again."
            )
        origin = _Origin(url, tag, _length(answer)) if not (start and known) else known
        try:
            beside.write_text(json.dumps(asdict(origin)), encoding="utf-8")
            _demand_room(url, part, origin, start)
            _receive(answer, part, origin, start)
        except OSError as exc:  # of the disk: the connection's have another class
            raise _unwritable(part, exc) from exc
    came = part.stat().st_size
    if origin.size is not None and came < origin.size:
        raise TransientSourceError(
            f"{url} ended after {came:,} of {origin.size:,} bytes; the next attempt goes on there."
        )
    if origin.size is not None and came > origin.size:
        part.unlink()
        raise SuspiciousResponse(f"{url} sent {came:,} bytes where it said {origin.size:,}. They were thrown away.")
    return origin


@contextmanager
def _asked(url: str, headers: dict[str, str], timeout: float) -> Iterator[Any]:
    import httpx

    try:
        with httpx.stream("GET", url, headers=headers, timeout=timeout, follow_redirects=True) as answer:
            yield answer
    except (httpx.UnsupportedProtocol, httpx.TooManyRedirects) as exc:
        raise PermanentSourceError(f"{url} leads nowhere ({exc}). Check the address.") from exc
    except httpx.TransportError as exc:
        raise TransientSourceError(f"{url}: the connection failed ({exc or type(exc).__name__}). Try again.") from exc
    except httpx.InvalidURL as exc:
        raise ConfigError(f"{url} is no address ({exc}).") from exc


def _demand_file(url: str, answer: Any) -> None:
    status = answer.status_code
    if status in _PASSES or (status >= 500 and status not in _NEVER):
        raise TransientSourceError(f"{url} answered {status}. Try again later.")
    if status in _MISSING:
        raise PermanentSourceError(f"{url} does not exist (the server answered {status}). Check the address.")
    if status not in (200, 206):
        raise PermanentSourceError(f"{url} was refused (the server answered {status}).")
    if answer.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise SuspiciousResponse(f"{url} answered a web page in place of the file. Nothing was kept; look at it there.")


def _goes_on(answer: Any, known: _Origin, tag: str | None, start: int) -> bool:
    """Return whether an answer is the rest of the version that a part is of: a server may pass over If-Range."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
    if found is None or int(found[1]) != start:
        return False
    return tag in (None, known.tag) and known.size in (None, int(found[2]))


def _length(answer: Any) -> int | None:
    length = answer.headers.get("Content-Length")
    return int(length) if length else None


def _unwritable(path: Path, exc: OSError) -> ConfigError:
    return ConfigError(f"{path} cannot be written ({exc}). Make room, or use another --home.")


def _demand_room(url: str, part: Path, origin: _Origin, start: int) -> None:
    left = (origin.size or 0) - start
    free = shutil.disk_usage(part.parent).free
    if left > free:
        raise ConfigError(
            f"{url} needs {left / 1e9:.2f} GB more, and the disk of {part.parent} has {free / 1e9:.2f} GB left. Make room, "
            "or use another --home."
        )
    going_on = f", going on after {start / 1e6:,.1f} MB" if start else ""
    whole = "of unknown size" if origin.size is None else f"{origin.size / 1e6:,.1f} MB"
    log.info("%s: %s%s; the disk has %.1f GB left", url, whole, going_on, free / 1e9)


def _receive(answer: Any, part: Path, origin: _Origin, start: int) -> None:
    began = said = time.monotonic()
    came = start
    with part.open("r+b" if start else "wb", buffering=0) as file:  # unbuffered: a kill loses nothing that came
        file.seek(start)
        for chunk in answer.iter_raw(_CHUNK):  # as it is served: sizes and ranges are of these bytes
            file.write(chunk)
            came += len(chunk)
            now = time.monotonic()
            if now - said >= _SAY_EVERY:
                said = now
                rate = (came - start) / (now - began)
                left = "" if origin.size is None else f", {(origin.size - came) / rate:,.0f} s left"
                log.info("%s: %.1f MB, %.1f MB/s%s", origin.url, came / 1e6, rate / 1e6, left)


def _read(note: Path) -> _Origin | None:
    try:
        return _Origin(**json.loads(note.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
