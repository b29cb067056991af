"""Test images to look at: of every class those that a model is surest of and right, and surest of and wrong. Judges nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from cosmic import array_files, artefacts
from cosmic.facts.blocks import ArrayFile
from cosmic.facts.images import Example, Examples
from cosmic.images.data import LabelledImages
from cosmic.models.predictions import Predictions
from cosmic.splits import PARTS

EACH: Final = 3
"""Images of each class and kind."""
EXPLAINED: Final = 1
"""Of these, how many are shown with what the answer hangs on."""

Saliency = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Shown:
    """Examples as facts, and the files of their pictures and maps."""

    facts: Examples
    pictures: Path
    maps: Path | None


def pick(
    said: Predictions, images: LabelledImages, *, fit: str, saliency: Saliency | None, folder: Path
) -> Shown | None:
    """Return the examples of a fit, their pictures written to `folder`; None where the test part is empty.

    Parameters
    ----------
    saliency : callable, optional
        Gives a map of each image, shape (n, g, g): how far the probability of its answer falls where that part is covered.
    """
    test = np.flatnonzero(said.part == PARTS.index("test"))
    sure = said.p.max(axis=1)
    chosen: list[tuple[int, Literal["surest right", "surest wrong"], bool]] = []
    for code in range(len(said.labels)):
        own = test[said.y[test] == code]
        right = said.answer[own] == code
        for kind, rows in (("surest right", own[right]), ("surest wrong", own[~right])):
            best = rows[np.argsort(-sure[rows], kind="stable")][:EACH]
            chosen += [(int(row), kind, place < EXPLAINED) for place, row in enumerate(best)]  # type: ignore[misc]
    if not chosen:
        return None
    rows = np.array([row for row, _, _ in chosen])
    pictures = _save(np.array(images.pixels[images.rows[rows]]), folder)
    explained = np.array([row for row, _, explain in chosen if explain])
    maps = (
        None if saliency is None or not len(explained) else _save(saliency(explained, said.answer[explained]), folder)
    )
    names = images.table["image"].to_pylist()
    shown = []
    for place, (row, kind, explain) in enumerate(chosen):
        at = int(np.flatnonzero(explained == row)[0]) if explain and maps is not None else None
        shown.append(
            Example(
                kind=kind, picture=place, image=names[row], label=said.labels[said.y[row]],
                answer=said.labels[said.answer[row]], probability=float(sure[row]), saliency=at,
            )
        )  # fmt: skip
    facts = Examples(
        fit=fit,
        pictures=_file(pictures),
        maps=None if maps is None else _file(maps),
        shown=tuple(shown),
    )
    return Shown(facts, pictures, maps)


def _save(values: NDArray[Any], folder: Path) -> Path:
    digest = hashlib.sha256(f"{values.dtype}{values.shape}".encode() + np.ascontiguousarray(values).tobytes())
    path = folder / f"examples-{digest.hexdigest()[:32]}.npy"

    def fill(part: Path) -> None:
        with part.open("wb") as file:
            np.save(file, values)

    return artefacts.write(path, fill)


def _file(path: Path) -> ArrayFile:
    digest = artefacts.sha256_of(path)
    return ArrayFile(file=f"{digest}.npy", sha256=digest, rows=len(array_files.load(path, mapped=True)))
