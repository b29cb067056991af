"""Which side of the split an object is on: by its block of sky, stable for ever, or at random as the study did.

Looks at names alone, never at a value or a label.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.errors import ConfigError
from cosmic.facts.results import Part

PARTS: Final[tuple[Part, Part, Part]] = ("train", "validation", "test")
SHARES: Final = (0.6, 0.2, 0.2)
"""Shares of the published study."""
SALT: Final = "cosmic-41"
"""The salt of every split that names no other.

Of ``cosmic-0``, ``cosmic-1``, … the first that puts three large tables of SDSS spectra (102,000, 43,000 and 70,000
rows), and all of them together, within half a point of 60/20/20, and 8,900 galaxies, most of one stripe of the sky,
within one. Chosen by these shares alone: no class and no score was looked at.
"""


def parts(blocks: pa.Array, *, salt: str = SALT, shares: tuple[float, float, float] = SHARES) -> pa.Array:
    """Return ``train``, ``validation`` or ``test`` for each block: everything in a block is on one side.

    The sha256 of ``salt:block``, read as a fraction of 1, falls into the shares. So a block never changes side as
    others come, and champion and challenger are tested on the same sky.

    Parameters
    ----------
    blocks : pyarrow.Array
        n texts.
    salt : str
        Another one gives another split.
    shares : tuple of float
        Of train, validation and test; they sum to 1.

    Raises
    ------
    ValueError
        If the shares are negative or do not sum to 1.
    """
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"shares {shares} are not three parts of 1.")
    encoded = blocks.dictionary_encode()
    hashes = (hashlib.sha256(f"{salt}:{block}".encode()).digest() for block in encoded.dictionary.to_pylist())
    fractions = np.fromiter((int.from_bytes(digest[:8]) / 2**64 for digest in hashes), np.float64)
    sides = np.searchsorted(np.cumsum(shares[:2]), fractions, side="right")
    return pa.array(PARTS).take(pa.array(sides)).take(encoded.indices)


def random_parts(keys: pa.Array, *, seed: int) -> pa.Array:
    """Return ``train``, ``validation`` or ``test`` for each object: the split of the published study, seeded here.

    Two calls of scikit-learn's `train_test_split` on the sorted keys, not stratified: a fifth is the test part, a
    quarter of the rest the validation part. Neighbours on the sky may be on different sides, and every side changes
    as objects are added; `parts` is the split without these faults.

    Parameters
    ----------
    keys : pyarrow.Array
        n unique keys, in any order.
    seed : int
        Seed of both calls.

    Raises
    ------
    ConfigError
        If there are too few objects for three parts.
    """
    from sklearn.model_selection import train_test_split

    if len(keys) < 5:
        raise ConfigError(f"{len(keys)} objects cannot be split three ways; a split needs at least 5.")
    order = pc.sort_indices(keys).to_numpy()
    rest, test = train_test_split(order, test_size=0.2, random_state=seed)
    _, validation = train_test_split(rest, test_size=0.25, random_state=seed)
    sides = np.zeros(len(keys), np.int64)
    sides[validation], sides[test] = 1, 2
    return pa.array(PARTS).take(pa.array(sides))
