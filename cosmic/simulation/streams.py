"""Random streams, one for each component of the sky. Draws nothing itself.

A component's stream depends on the seed, the block and its own place in `Component` alone, so a change in one
component leaves the others as they were. Only `random` and `standard_normal` are drawn from them: of NumPy's
distributions those whose streams have been stable since `numpy.random.Generator` exists.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Booleans: TypeAlias = npt.NDArray[np.bool_]

PLATES_BLOCK: Final = 2**32 - 1
"""The block number of what all blocks share."""


class Component(IntEnum):
    """A part of the sky with its own stream. Append only: the number is part of the stream."""

    CLASSES = 0
    COLOURS = 1
    SHAPES = 2
    PLATES = 3
    PLACES = 4
    NOISE = 5
    SPECTRA = 6
    ELODIE = 7
    FLAWS = 8
    MORPHOLOGY = 9
    VOTES = 10
    FAULTS = 11


def stream(seed: int, *, block: int, component: Component) -> np.random.Generator:
    """Return the random generator of one component of one block of a sky."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(block, int(component)))))


def pick(rng: np.random.Generator, weights: Floats, size: int) -> Integers:
    """Return `size` indices drawn with these weights, which need not sum to 1."""
    edges = np.cumsum(weights)
    found = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    return np.asarray(found.clip(max=len(weights) - 1), dtype=np.int64)


def pick_rows(rng: np.random.Generator, weights: Floats) -> Integers:
    """Return one column index a row, drawn with the weights in that row.

    Parameters
    ----------
    weights : array, shape (n, k)
        Not negative; each row sums to more than 0.
    """
    edges = np.cumsum(weights, axis=1)
    draw = rng.random(len(weights))[:, None] * edges[:, -1:]
    return np.asarray((draw >= edges[:, :-1]).sum(axis=1), dtype=np.int64)
