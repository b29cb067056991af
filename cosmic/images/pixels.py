"""Images decoded once into a memory map: judged, without duplicates, named by their content. Labels nothing.

An image that cannot be used, or that shows what another one shows, is set apart with the reason. One batch of pixels a
thread is in memory, whatever the number of images, and the result does not depend on how many threads made it. Threads, not
processes: decoding, resizing and hashing all let go of the interpreter, and a process would import for a second first.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cosmic import array_files, artefacts
from cosmic.errors import ConfigError
from cosmic.galaxyzoo.images import Flaw
from cosmic.images import listing as lists
from cosmic.images.decode import BUFFER, VERSION, Decoded, decode, decoder
from cosmic.images.records import ImageList, Pixels

ROWS: Final = pa.schema(
    [
        *lists.SCHEMA,
        ("kin", pa.string()),
        ("sha256", pa.string()),
        ("looks", pa.string()),
        ("width", pa.int64()),
        ("height", pa.int64()),
        ("place", pa.int64()),
    ]
)
"""A row a usable image: its line of the list, the sha256 of its bytes, a digest of its pixels, its sides in px, and its place
in the memory map. `kin` is its galaxy, or the first of those that share a picture; all of one kin have one block."""
BAD: Final = pa.schema(
    [("image", pa.string()), ("galaxy", pa.string()), ("reason", pa.string()), ("detail", pa.string())]
)
SAME_BYTES: Final = "the same file as another image"
SAME_PIXELS: Final = "the same picture as another image"
_TOGETHER: Final = 128
"""Images that a thread takes at a time."""
_log = logging.getLogger(__name__)

Report = Callable[[int, int, int], object]
"""Told how many images are done, of how many, and how many of them are bad."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of one image after it was decoded: its bytes' sha256 and its pixels' digest, or why there are none."""

    sha256: str = ""
    looks: str = ""
    width: int = 0
    height: int = 0
    flaw: str = ""
    detail: str = ""


def make_pixels(
    listing: ImageList, *, size: int, crop: float, folder: Path, workers: int = 2, report: Report = lambda *_: None
) -> Pixels:
    """Return the images of a list as pixels on disk, made now unless they are there.

    Parameters
    ----------
    size : int
        Side of what is kept, px.
    crop : float
        Side of the central square that is kept, in units of the image's smaller side, so that images of 224 and 424 px that
        show the same piece of sky agree.
    workers : int
        Threads.
    report : callable
        Told how far it is.
    """
    if not 0 < crop <= 1 or size < 1:
        raise ConfigError(
            f"size {size} and crop {crop}: size is in px from 1, crop the side of a square, above 0 and up to 1."
        )
    started = time.perf_counter()
    made_by = f"{size}:{crop!r}:{VERSION}:{decoder()}"
    table = lists.read(listing)
    paths = table["path"].to_pylist()
    name = hashlib.sha256(f"{listing.path.name}:{made_by}".encode()).hexdigest()[:32]
    path, rows_at, bad_at = (folder / f"{kind}-{name}{end}" for kind, end in
                             (("pixels", ".npy"), ("rows", ".parquet"), ("bad", ".parquet")))  # fmt: skip
    if not all(artefacts.intact(one) for one in (path, rows_at, bad_at)):
        seen: list[_Seen] = []
        artefacts.write(
            path, lambda part: seen.extend(_fill(part, paths, size=size, crop=crop, workers=workers, report=report))
        )
        rows, bad = _sorted_out(table, seen)
        artefacts.write(rows_at, lambda part: pq.write_table(rows, part, compression="zstd"))
        artefacts.write(bad_at, lambda part: pq.write_table(bad, part, compression="zstd"))
        _log.info(
            "%d images decoded, %d set apart, in %.1f s", rows.num_rows, bad.num_rows, time.perf_counter() - started
        )
    rows, bad = pq.read_table(rows_at), pq.read_table(bad_at)
    content = "".join(rows["sha256"].to_pylist())
    return Pixels(
        id=hashlib.sha256(f"{listing.id}:{content}:{made_by}".encode()).hexdigest(),
        path=path,
        rows=rows_at,
        bad=bad_at,
        images=rows.num_rows,
        size=size,
        crop=crop,
        sky=listing.sky,
        origin=listing.origin,
        reasons=dict(sorted(Counter(bad["reason"].to_pylist()).items())),
    )


def log_pace(every: float = 10.0) -> Report:
    """Return what logs a line now and then."""
    started = said = time.perf_counter()

    def tell(done: int, total: int, bad: int) -> None:
        nonlocal said
        now = time.perf_counter()
        if now - said > every:
            said = now
            left = (now - started) / done * (total - done)
            _log.info("decoding: %d of %d images, %d set apart, %.0f s left", done, total, bad, left)

    return tell


def load(pixels: Pixels) -> NDArray[np.uint8]:
    """Return the pixels, uint8, shape (N, size, size, 3), as a memory map; only `place` of `ROWS` says which are usable."""
    found: NDArray[np.uint8] = array_files.load(pixels.path, mapped=True)
    return found


def read_rows(pixels: Pixels) -> pa.Table:
    """Return what is known of the usable images, in `ROWS`."""
    return pq.read_table(artefacts.check(pixels.rows))


def _fill(path: Path, paths: list[str], *, size: int, crop: float, workers: int, report: Report) -> Iterator[_Seen]:
    with path.open("wb") as file:  # of a name of its own: numpy would add an ending
        np.lib.format.write_array_header_1_0(
            file, {"descr": "|u1", "fortran_order": False, "shape": (len(paths), size, size, 3)}
        )
        offset = file.tell()
        file.truncate(offset + len(paths) * size * size * 3)
    work = partial(_decode_some, str(path), offset, size=size, crop=crop)
    starts = range(0, len(paths), _TOGETHER)
    some = [(start, paths[start : start + _TOGETHER]) for start in starts]
    done = bad = 0
    for seen in _spread(work, some, workers=workers):
        done += len(seen)
        bad += sum(bool(one.flaw) for one in seen)
        report(done, len(paths), bad)
        yield from seen


def _spread(
    work: Callable[[tuple[int, list[str]]], list[_Seen]], some: list[tuple[int, list[str]]], *, workers: int
) -> Iterator[list[_Seen]]:
    if workers < 2 or len(some) < 2:
        yield from map(work, some)
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="images")
    try:
        yield from pool.map(work, some)
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupted run waits for what is begun alone


def _decode_some(path: str, offset: int, some: tuple[int, list[str]], *, size: int, crop: float) -> list[_Seen]:
    start, files = some
    pixels = np.memmap(path, np.uint8, "r+", offset + start * size * size * 3, (len(files), size, size, 3))
    buffer = np.empty(BUFFER, np.uint8)
    found = []
    for at, file in enumerate(files):
        try:
            content = Path(file).read_bytes()
        except OSError as exc:
            found.append(_Seen(flaw=Flaw.ABSENT, detail=str(exc.strerror)))
            continue
        decoded = decode(content, size=size, crop=crop, buffer=buffer)
        if isinstance(decoded, Decoded):
            pixels[at] = decoded.pixels
            found.append(_Seen(decoded.sha256, decoded.looks, decoded.width, decoded.height))
        else:
            found.append(_Seen(flaw=decoded[0], detail=decoded[1]))
    return found


def _sorted_out(table: pa.Table, seen: list[_Seen]) -> tuple[pa.Table, pa.Table]:
    """Return the usable images and those set apart; of images that show the same the first in the list stays."""
    names, galaxies = table["image"].to_pylist(), table["galaxy"].to_pylist()
    first: dict[str, int] = {}
    good: list[int] = []
    bad: list[tuple[str, str, str, str]] = []
    shared: list[tuple[str, str]] = []
    for at, one in enumerate(seen):
        flaw, detail = one.flaw, one.detail
        if not flaw and (other := first.get(one.sha256, first.get(one.looks))) is not None:
            flaw = SAME_BYTES if one.sha256 in first else SAME_PIXELS
            detail = f"as {names[other]}"
            shared.append((galaxies[other], galaxies[at]))
        if flaw:
            bad.append((names[at], galaxies[at], flaw, detail))
            continue
        first[one.sha256] = first[one.looks] = at
        good.append(at)
    own = [seen[at] for at in good]
    kept = _as_kin(table, shared).take(pa.array(good, pa.int64()))
    for name in ("sha256", "looks", "width", "height"):
        kept = kept.append_column(name, pa.array([getattr(one, name) for one in own], ROWS.field(name).type))
    kept = kept.append_column("place", pa.array(good, pa.int64())).cast(ROWS)
    columns = zip(*bad, strict=True) if bad else ([] for _ in BAD.names)
    return kept, pa.table([pa.array(list(column), pa.string()) for column in columns], schema=BAD)


def _as_kin(table: pa.Table, shared: Sequence[tuple[str, str]]) -> pa.Table:
    """Return the rows with `kin`, and one block for all images of a kin: that of its first row.

    Galaxies that share a picture are one galaxy under two names, or so alike that no split may tell them apart.
    """
    parent: dict[str, str] = {}

    def root(galaxy: str) -> str:
        while (above := parent.get(galaxy, galaxy)) != galaxy:
            galaxy = above
        return galaxy

    for one, other in shared:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    galaxies = table["galaxy"].to_pylist()
    kin = [root(galaxy) for galaxy in galaxies]
    block_of: dict[str, str] = {}
    blocks = [block_of.setdefault(name, block) for name, block in zip(kin, table["block"].to_pylist(), strict=True)]
    table = table.set_column(table.column_names.index("block"), "block", pa.array(blocks, pa.string()))
    return table.append_column("kin", pa.array(kin, pa.string()))
