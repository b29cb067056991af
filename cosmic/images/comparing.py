"""The transfer experiment of a run, on disk: which images are fresh, the comparison, and what follows from it. Trains by `transfer`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import numpy as np

from cosmic import artefacts
from cosmic.facts.images import Transfer
from cosmic.images import labelling
from cosmic.images.records import Cut, ImageData, ImageFitted, Pixels
from cosmic.images.transfer import Plan, compare, not_shown_before

WHOLE: Final = Cut(48, 1.0)
"""The pixels by which galaxies are told to be the same: all of an image, small."""
SURE: Final = 0.05
"""The p-value below which a difference is more than chance."""


def compared(
    data: ImageData,
    sides: tuple[Pixels, Pixels],
    first: ImageData,
    network: ImageFitted,
    *,
    seed: int,
    threads: int,
    folder: Path,
) -> Path:
    """Return the file of a `Transfer` of the facts.

    Parameters
    ----------
    sides : tuple of Pixels
        Both sets whole and small: those to learn, then the first ones.
    first : ImageData
        What the network learned.
    """
    images, before = labelling.load(data), labelling.load(first)
    mine, theirs = (labelling.load(one, side) for one, side in zip((data, first), sides, strict=True))
    fresh = not_shown_before(
        mine.pixels[mine.rows],
        theirs.pixels[theirs.rows],
        images.table["galaxy"].to_pylist(),
        before.table["galaxy"].to_pylist(),
    )
    told = f"{int((before.part < 2).sum()):,} images of {first.scheme} ({first.pixels.origin})"
    found = compare(
        images, fresh=fresh, pretrained=network.file, pretrained_on=told, scheme=data.scheme,
        plan=Plan(seed=seed, threads=threads), folder=folder / "transfer",
    )  # fmt: skip
    found = found.model_copy(update={"left_out": int(np.sum(~fresh))})
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
