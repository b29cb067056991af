"""The transfer experiment of a run, on disk: what may be learned first, the comparison, and what follows from it.

Trains by `transfer`. A galaxy that the run's own images show is never among what is learned first: a network that saw it there
would be tested on what it knows.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from cosmic import artefacts
from cosmic.facts.images import Transfer
from cosmic.images import labelling
from cosmic.images.alike import shown_once
from cosmic.images.records import Cut, ImageData, ImageFitted, Pixels
from cosmic.images.transfer import Plan, compare

WHOLE: Final = Cut(48, 1.0)
"""The pixels by which galaxies are told to be the same: all of an image, small."""
SURE: Final = 0.05
"""The p-value below which a difference is more than chance."""


def without_shared(first: ImageData, data: ImageData, sides: tuple[Pixels, Pixels], *, folder: Path) -> ImageData:
    """Return the first images without those of galaxies that the run's own images show too, whatever their files are.

    Parameters
    ----------
    sides : tuple of Pixels
        Both sets whole and small: the first ones, then the run's own.
    """
    theirs, mine = (labelling.load(one, side) for one, side in zip((first, data), sides, strict=True))
    keep = shown_once(
        theirs.pixels[theirs.rows],
        mine.pixels[mine.rows],
        theirs.table["galaxy"].to_pylist(),
        mine.table["galaxy"].to_pylist(),
    )
    return labelling.only(first, keep, folder=folder)


def compared(
    data: ImageData,
    first: ImageData,
    fresh: ImageData,
    network: ImageFitted,
    *,
    seed: int,
    threads: int,
    folder: Path,
) -> Path:
    """Return the file of a `Transfer` of the facts.

    Parameters
    ----------
    first, fresh : ImageData
        All that might have been learned first, and what the network did learn: `without_shared`.
    """
    images, before = labelling.load(data), labelling.load(fresh)
    left_out = len(labelling.load(first).rows) - len(before.rows)
    told = f"{int((before.part < 2).sum()):,} images of {first.scheme} ({first.pixels.origin})"
    found = compare(
        images, pretrained=network.file, pretrained_on=told, scheme=data.scheme,
        plan=Plan(seed=seed, threads=threads), folder=folder / "transfer",
    )  # fmt: skip
    found = found.model_copy(update={"left_out": left_out})
    text = found.model_dump_json(indent=1)
    path = folder / f"transfer-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
    return artefacts.write(path, lambda part: part.write_text(text, encoding="utf-8"))


def read(path: Path) -> Transfer:
    """Return the comparison in a file."""
    return Transfer.model_validate_json(artefacts.check(path).read_bytes())


def helps(path: Path) -> bool:
    """Return whether learning other labels first is better by more than chance."""
    found = read(path)
    return found.difference > 0 and found.p_value < SURE
