"""One image from its bytes to a small square of pixels, or why it cannot be used. Reads no file, keeps nothing.

The fast decoder turns JPEG blocks into fewer pixels where fewer are wanted; what it refuses, and every other format, is
Pillow's.
"""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from cosmic.galaxyzoo.images import LARGEST_BYTES, LEAST_SPREAD, SIDES, Flaw

VERSION: Final = "3"
"""Of what comes out for the same bytes; another one makes pixels anew."""
_FORMATS: Final = ("JPEG", "PNG")
_MODES: Final = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")
"""Pillow's kinds of pixels with 8 bits or fewer a colour."""
_JPEG: Final = b"\xff\xd8"
_HARMLESS: Final = "extraneous bytes"
"""What the fast decoder says of bytes between two parts of a JPEG: it refuses them, and nothing is lacking."""
_DAMAGED: Final = ("premature end", "corrupt")
"""How it begins to say that a part of the picture is lacking. Pillow shows such a JPEG with grey in place of it."""
_LOOKED_AT: Final = 64
"""Rows and columns, at most, that are looked at for blankness and for being the same picture as another."""
BUFFER: Final = 1 << 20
"""Bytes that hold all colours of a decoded image of the release, so that they need not be asked for each time."""
_TINY: Final = 1e-6
"""Pixels that a float may be off: 64 / (64 / 212) is a little more than 212."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A usable image: uint8 pixels, shape (size, size, 3), the sha256 of its bytes, and its sides, px.

    `looks` is a digest of the pixels on a grid of up to 64 x 64 over them: equal ones show the same.
    """

    pixels: NDArray[np.uint8]
    sha256: str
    looks: str
    width: int
    height: int


def decoder() -> str:
    """Return what decodes JPEG here, with its version."""
    from importlib.metadata import version

    return f"simplejpeg {version('simplejpeg')}, Pillow {version('pillow')}"


def decode(
    content: bytes, *, size: int, crop: float, buffer: NDArray[np.uint8] | None = None
) -> Decoded | tuple[Flaw, str]:
    """Return the central square of an image at a size, or why the image cannot be used.

    Parameters
    ----------
    content : bytes
        A JPEG or PNG file.
    size : int
        Side of what comes out, px. Each of its pixels is a mean of those that it and half its neighbours cover.
    crop : float
        Side of the square about the middle, in units of the image's smaller side, more than 0 and at most 1.
    buffer : numpy.ndarray, optional
        Bytes to decode into, where they are enough. Nothing of it is in what is returned.
    """
    if len(content) > LARGEST_BYTES:
        return Flaw.TOO_LARGE, f"{len(content)} bytes"
    try:
        found = _fast(content, size=size, crop=crop, buffer=buffer) if content[:2] == _JPEG else None
        whole, width, height = found or _any(content)
    except UnidentifiedImageError:
        return Flaw.UNDECODABLE, f"{len(content)} bytes that begin with {content[:16]!r}"
    except _Sides as exc:
        return Flaw.WRONG_SIZE, str(exc)
    except (OSError, SyntaxError, ValueError, Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as exc:
        return Flaw.UNDECODABLE, str(exc)
    pixels = _square(whole, size=size, crop=crop)
    step = -(-size // _LOOKED_AT)
    some = np.ascontiguousarray(pixels[::step, ::step])
    spread = float((some[..., 0].astype(np.uint16) + some[..., 1] + some[..., 2]).std()) / 3
    if spread < LEAST_SPREAD:
        return Flaw.BLANK, f"grey values differ by {spread:.1f}"
    looks = hashlib.blake2b(some.tobytes(), digest_size=16).hexdigest()
    return Decoded(pixels, hashlib.sha256(content).hexdigest(), looks, width, height)


class _Sides(ValueError):
    """An image that is too small or too large."""


def _fast(
    content: bytes, *, size: int, crop: float, buffer: NDArray[np.uint8] | None
) -> tuple[NDArray[np.uint8], int, int] | None:
    """Return all of a JPEG, as small as the square allows, and its sides; None where the decoder refuses it."""
    import simplejpeg

    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(content)
        _check_sides(width, height)
        least = math.ceil(size / crop - _TINY)
        fits = buffer is not None and height * width * 3 <= len(buffer)
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(
            content, min_height=least, min_width=least, buffer=buffer if fits else None
        )
    except _Sides:
        raise
    except ValueError as exc:
        said = str(exc).lower()
        if said.startswith(_DAMAGED) and _HARMLESS not in said:
            raise
        return None
    return pixels, width, height


def _any(content: bytes) -> tuple[NDArray[np.uint8], int, int]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        with Pillow.open(io.BytesIO(content), formats=_FORMATS) as picture:
            width, height = picture.size
            _check_sides(width, height)
            if picture.mode not in _MODES:
                raise ValueError(f"pixels of kind {picture.mode}, not 8 bits a colour")
            return np.asarray(picture.convert("RGB")), width, height


def _check_sides(width: int, height: int) -> None:
    if not all(SIDES[0] <= side <= SIDES[1] for side in (width, height)):
        raise _Sides(f"{width} x {height} pixels")


def _square(whole: NDArray[np.uint8], *, size: int, crop: float) -> NDArray[np.uint8]:
    """Return the square about the middle, shape (size, size, 3), in memory of its own."""
    height, width = whole.shape[:2]
    side = crop * min(height, width)
    left, top = (width - side) / 2, (height - side) / 2
    x, y = round(left), round(top)
    if max(abs(side - size), abs(left - x), abs(top - y)) < _TINY:  # pixel for pixel
        return whole[y : y + size, x : x + size].copy()
    box = (left, top, min(left + side, width), min(top + side, height))
    # not the box filter: it takes whole pixels or none, so that the same field at two resolutions comes out shifted
    return np.asarray(Pillow.fromarray(whole).resize((size, size), Pillow.Resampling.BILINEAR, box=box))
