"""numpy's array files, read by one thread at a time. Knows no folder of ours.

The head of an array file is a Python literal, and the parser of some Pythons (3.11.7 is one) counts its depth for all
threads together: of two that parse at once one may die of a `SystemError` (CPython issue 106905).
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

PARSING: Final = threading.Lock()
"""Held while anything is parsed: array files, models of scikit-learn (which hold some), our own sources."""


def load(source: Path | IO[bytes], *, mapped: bool = False) -> NDArray[Any]:
    """Return the array in a ``.npy`` file, or a read-only memory map of it.

    Raises
    ------
    ValueError
        If it is no array file, or holds Python objects.
    """
    mode: Literal["r"] | None = "r" if mapped else None
    with PARSING:
        found: NDArray[Any] = np.load(source, mmap_mode=mode, allow_pickle=False)
    return found


def load_all(path: Path) -> dict[str, NDArray[Any]]:
    """Return every array in a ``.npz`` file, by name."""
    with PARSING, np.load(path, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}
