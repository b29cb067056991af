"""The release's images by asset id, from a folder or a zip: read, judged, stored once by content. Downloads nothing.

Of a zip only the wanted members are read, one at a time, so that memory does not grow with it. An image that is absent,
or that cannot be right, is a reason that is counted, like a bad row; it never stops the others.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Final, Self

from cosmic import artefacts
from cosmic.errors import ConfigError

LARGEST_BYTES: Final = 8 << 20
"""A release image has some 15 kB; more than this is none and is not unpacked."""
SIDES: Final = (64, 4096)
"""Pixels that a side of an image may have; the release's are 424 x 424."""
LEAST_SPREAD: Final = 2.0
"""An image whose grey values differ by less, by their standard deviation of 255, is blank."""
_FORMATS: Final = ("JPEG",)
_NAME: Final = re.compile(r"0*([0-9]{1,18})\.jpe?g", re.IGNORECASE)
_DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, RuntimeError,
    OSError, ValueError, OverflowError,
)  # fmt: skip
"""What zipfile raises where the bytes of a zip are not as they should be."""
_LOCKED: Final = 0x1
"""Bit of a member's flags: it needs a password."""


class Flaw(StrEnum):
    """Why there is no usable image."""

    ABSENT = "absent"
    TOO_LARGE = "more bytes than an image of the release"
    DAMAGED_MEMBER = "damaged in the zip"
    LOCKED = "locked with a password"
    UNDECODABLE = "does not decode"
    WRONG_SIZE = "too small or too large"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Looks:
    """What the bytes of a usable image are: their sha256, and the sides of what they show, px."""

    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Image:
    """A usable image.

    Parameters
    ----------
    asset_id : int
        The release's number of it.
    sha256 : str
        Of its bytes, as they are in the release.
    width, height : int
        In pixels.
    path : Path or None
        Where it was stored, if it was.
    """

    asset_id: int
    sha256: str
    width: int
    height: int
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class BadImage:
    """An image that cannot be used, and why.

    Parameters
    ----------
    asset_id : int
        The release's number of it.
    flaw : Flaw
        The reason, of few, to count by.
    detail : str
        What was found.
    """

    asset_id: int
    flaw: Flaw
    detail: str


class ImageFolder:
    """Images in a folder, or in folders within it, as ``<asset_id>.jpg`` (or ``.JPG``, ``.jpeg``)."""

    def __init__(self, path: Path) -> None:
        self._paths: dict[int, str] = {}
        for folder, inner, files in os.walk(path):
            inner.sort()
            for name in sorted(files):
                if (number := _number(name)) is not None:
                    self._paths.setdefault(number, str(Path(folder, name)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def read(self, asset_id: int) -> bytes | BadImage:
        """Return the bytes of an image, or why there are none."""
        path = Path(self._paths.get(asset_id, ""))
        if not path.is_file():  # a link may lead nowhere
            return _absent(asset_id)
        size = path.stat().st_size
        return _too_large(asset_id, size) if size > LARGEST_BYTES else path.read_bytes()


class ImageZip:
    """Images in a zip, named as in `ImageFolder` in whatever folder of it. Its directory alone is kept.

    Raises
    ------
    ConfigError
        If the file is no zip, ends early, or its directory is damaged.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGE as exc:
            raise ConfigError(f"{path} is no complete zip file ({exc}). Download it again.") from exc
        self._members: dict[int, str] = {}
        for name in self._zip.namelist():
            member = PurePosixPath(name)
            if (number := _number(member.name)) is not None and not _of_macos(member):
                self._members.setdefault(number, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def read(self, asset_id: int) -> bytes | BadImage:
        """Return the bytes of an image, or why there are none."""
        name = self._members.get(asset_id)
        if name is None:
            return _absent(asset_id)
        if self._zip.getinfo(name).flag_bits & _LOCKED:
            return BadImage(asset_id, Flaw.LOCKED, f"{name} needs a password")
        try:
            with self._zip.open(name) as member:
                content = member.read(LARGEST_BYTES + 1)  # what a member says of its size may be wrong
        except _DAMAGE as exc:
            return BadImage(asset_id, Flaw.DAMAGED_MEMBER, f"{name}: {exc}")
        return _too_large(asset_id, len(content)) if len(content) > LARGEST_BYTES else content


def open_images(path: Path) -> ImageFolder | ImageZip:
    """Return the images of a folder or a zip, to be used in a ``with`` statement.

    Raises
    ------
    ConfigError
        If it is neither.
    """
    if path.is_dir():
        return ImageFolder(path)
    return ImageZip(path)


def take_images(
    source: ImageFolder | ImageZip, asset_ids: Iterable[int], *, store: Path | None = None
) -> Iterator[Image | BadImage]:
    """Yield each wanted image, judged and stored, or why there is none; in the order asked, one in memory at a time.

    Parameters
    ----------
    source : ImageFolder or ImageZip
        Where the images are; it is closed at the end.
    asset_ids : iterable of int
        Those wanted.
    store : Path, optional
        Folder where each is kept once by content, as ``ab/<sha256>.jpg``. Without it images are judged alone. One that
        is there already and intact is not written again, so an interrupted run goes on where it was.
    """
    with source:
        for asset_id in asset_ids:
            content = source.read(asset_id)
            found = judge(asset_id, content) if isinstance(content, bytes) else content
            if isinstance(found, Image) and store is not None and isinstance(content, bytes):
                path = keep(store, found.sha256, content)
                found = Image(found.asset_id, found.sha256, found.width, found.height, path)
            yield found


def judge(asset_id: int, content: bytes) -> Image | BadImage:
    """Return what an image of the release is, or why it cannot be used, as `look` has it."""
    found = look(content)
    if isinstance(found, Looks):
        return Image(asset_id, found.sha256, found.width, found.height)
    return BadImage(asset_id, *found)


def look(content: bytes) -> Looks | tuple[Flaw, str]:
    """Return what an image is, or why it cannot be used: it must decode whole, have a likely size and show something."""
    from PIL import Image as Pillow
    from PIL import ImageStat, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            with Pillow.open(io.BytesIO(content), formats=_FORMATS) as picture:
                width, height = picture.size
                if not all(SIDES[0] <= side <= SIDES[1] for side in (width, height)):
                    return Flaw.WRONG_SIZE, f"{width} x {height} pixels"
                grey = picture.convert("L")  # decodes the whole of it
    except UnidentifiedImageError:
        return Flaw.UNDECODABLE, f"{len(content)} bytes that begin with {content[:16]!r}"
    except (OSError, SyntaxError, ValueError, Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as exc:
        return Flaw.UNDECODABLE, str(exc)
    spread = ImageStat.Stat(grey).stddev[0]
    if spread < LEAST_SPREAD:
        return Flaw.BLANK, f"grey values differ by {spread:.1f}"
    return Looks(hashlib.sha256(content).hexdigest(), width, height)


def keep(store: Path, sha256: str, content: bytes) -> Path:
    """Return where the bytes of an image are kept, once for all that have the same."""
    path = store / sha256[:2] / f"{sha256}.jpg"
    if not artefacts.intact(path):
        artefacts.write(path, lambda part: part.write_bytes(content), sealed=False)
    return path


def _number(name: str) -> int | None:
    """Return the asset id that a file's name is; None where it is none."""
    found = _NAME.fullmatch(name)
    return None if found is None else int(found[1])


def _absent(asset_id: int) -> BadImage:
    return BadImage(asset_id, Flaw.ABSENT, f"no {asset_id}.jpg")


def _too_large(asset_id: int, size: int) -> BadImage:
    return BadImage(asset_id, Flaw.TOO_LARGE, f"{size} bytes or more")


def _of_macos(member: PurePosixPath) -> bool:
    """Return whether it is one of the small files that macOS adds, with the same names as the images."""
    return "__MACOSX" in member.parts or member.name.startswith("._")
