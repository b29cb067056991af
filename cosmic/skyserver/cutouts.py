"""Asks the survey's image service for one cutout and says what the answer is worth. Stores nothing, judges no pixels.

How often may be asked is the caller's. The service shows any place of its footprint at any scale, and clips a scale that
is too small without a word: so `scale_of` never asks for one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cosmic.errors import PermanentSourceError, TransientSourceError
from cosmic.galaxyzoo.images import LARGEST_BYTES
from cosmic.skyserver.client import Service

if TYPE_CHECKING:
    import httpx

SIDE: Final = 424
"""Width and height, px, as in Galaxy Zoo 2."""
_SCALE_A_RADIUS: Final = 0.02
"""Arcsec a pixel for each arcsec of petroR90_r (Willett et al. 2013, section 2.1): the image spans 8.48 of these radii."""
_SCALES: Final = (0.015, 2400.0)
"""To these the service clips, arcsec a pixel."""
_PASSING: Final = (408, 425, 429)
_BUSY: Final = re.compile(rb"maximum\s+\d+\s+quer(?:y|ies)|time-?out|try again|temporarily|too busy", re.IGNORECASE)
_JPEG: Final = b"\xff\xd8"


@dataclass(frozen=True, slots=True)
class Place:
    """What a cutout shows: an object of the catalogue, its position in deg, and arcsec a pixel."""

    object_key: str
    ra: float
    dec: float
    scale: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said of a place: status and bytes; `strange` where status 200 came with no JPEG."""

    status: int
    content: bytes

    @property
    def strange(self) -> bool:
        """Whether these bytes are what no image service sends for an image."""
        return self.status == 200 and not self.content.startswith(_JPEG)


Ask = Callable[[str], Answer]
"""Asks for what an address has, as `connected` says."""


class Failing(TransientSourceError):
    """The service said 500 for one place: it may be ill, or that place may be one that it cannot draw."""


def scale_of(petro_r90: float) -> float:
    """Return the scale, arcsec a pixel, of a galaxy with this petroR90_r in arcsec: the service's smallest at least."""
    return round(min(max(_SCALE_A_RADIUS * petro_r90, _SCALES[0]), _SCALES[1]), 6)


def address_of(place: Place, *, release: int, service: Service) -> str:
    """Return where the cutout of a place is asked for."""
    where = f"ra={place.ra!r}&dec={place.dec!r}&scale={place.scale!r}&width={SIDE}&height={SIDE}"
    return f"{service.address}/dr{release}/SkyServerWS/ImgCutout/getjpeg?{where}"


@contextmanager
def connected(service: Service, *, at_once: int) -> Iterator[Ask]:
    """Give a function that `at_once` threads may share.

    It returns an image, or that there is none (404), or bytes that cannot be right (`Answer.strange`). It raises
    `TransientSourceError` for what passes (no connection, a body cut off, server errors, throttling, an HTML page with
    status 200) and `PermanentSourceError` where the service refuses the request.
    """
    import httpx

    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    with httpx.Client(timeout=service.timeout, limits=limits, follow_redirects=True) as client:
        yield lambda address: _ask(client, address, service=service)


def _ask(client: httpx.Client, address: str, *, service: Service) -> Answer:
    import httpx

    try:
        with client.stream("GET", address) as response:
            content = _read(response, address, end=time.monotonic() + service.deadline)
    except (httpx.TransportError, httpx.DecodingError) as exc:
        raise TransientSourceError(f"{address}: the connection failed ({exc or type(exc).__name__}).") from exc
    status = response.status_code
    said = " ".join(content[:200].decode("utf-8", errors="replace").split())
    if status == 500:
        raise Failing(f"{address} answered with HTTP status 500 ({said}).")
    if status > 500 or status in _PASSING:
        raise TransientSourceError(f"{address} answered with HTTP status {status}.")
    if status not in (200, 404):
        raise PermanentSourceError(f"{address} was refused with HTTP status {status} ({said}). It would be again.")
    if status == 200 and not content.startswith(_JPEG):
        if not content:
            raise TransientSourceError(f"{address} answered with nothing at all.")
        if content.lstrip().startswith(b"<"):
            raise TransientSourceError(f"{address} answered with a web page instead of an image.")
        if _BUSY.search(content[:2000]):
            raise TransientSourceError(f"{address} could not serve the image now: {said}")
    return Answer(status, content)


def _read(response: httpx.Response, address: str, *, end: float) -> bytes:
    """Return a body, or as much of it as shows that it is too long for an image."""
    parts, size = [], 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if time.monotonic() > end:
            raise TransientSourceError(f"{address} was still answering when its time was up; it was given up.")
        if size > LARGEST_BYTES:
            break
    return b"".join(parts)
