"""What a feature is: one number of an object and how it comes from columns. Knows no arm and reads no file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosmic.columns import BY_NAME

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Feature:
    """One number of an object: its name, unit, the columns it needs, and its formula on arrays of shape (n,)."""

    name: str
    unit: str
    inputs: tuple[str, ...]
    formula: Callable[[Mapping[str, Floats]], Floats]


def plain(name: str) -> Feature:
    """Return a column as it is."""
    return Feature(name, BY_NAME[name].unit, (name,), lambda columns: columns[name])


def difference(name: str, first: str, second: str) -> Feature:
    """Return the difference of two columns in mag."""
    return Feature(name, "mag", (first, second), lambda columns: columns[first] - columns[second])


def less(name: str, one: Feature, other: Feature) -> Feature:
    """Return the difference of two features in mag."""
    return Feature(
        name, "mag", (*one.inputs, *other.inputs), lambda columns: one.formula(columns) - other.formula(columns)
    )
