"""Tells ``gz2_class`` strings from the simplified labels that other tables carry under the same name. Maps nothing.

The two do not mix: a Hubble type ``SBa`` of another classification and Galaxy Zoo's string ``SBa`` are the same
letters and mean different galaxies. Where a table says where each label comes from, that decides with the values.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cosmic.galaxyzoo.grammar import ARTEFACT_STRING, LABELS, STRINGS

_SIMPLIFIED_WORD: Final = "simplified"


class LabelKind(StrEnum):
    """What the texts of a label column are."""

    STRINGS = "gz2_class strings"
    STUDY = "study labels"
    SIMPLIFIED = "simplified labels"
    EMPTY = "no labels"


def label_kind(labels: pa.Array | pa.ChunkedArray | Iterable[str | None], *, source: str = "") -> LabelKind:
    """Return what one source's label column holds.

    Strings, where every text is one of the 1,265 and at least one could be nothing else: ``Ei``, or what names arms or
    something odd. Study labels, where every text is one of the 14 (or ``A``) and none is such a string; a column of
    bare ``Sb``, ``Er`` … is taken for these, which say less. Anything else is simplified, and so is whatever its
    source calls simplified.

    Parameters
    ----------
    labels : texts
        Null and empty texts count as none.
    source : str
        What the table says of where the labels come from.
    """
    if _SIMPLIFIED_WORD in source.casefold():
        return LabelKind.SIMPLIFIED
    if isinstance(labels, pa.Array | pa.ChunkedArray):
        labels = pc.unique(labels).to_pylist()
    texts = {text for text in labels if text}
    if not texts:
        return LabelKind.EMPTY
    if texts <= {*LABELS, ARTEFACT_STRING}:
        return LabelKind.STUDY
    return LabelKind.STRINGS if texts <= set(STRINGS) else LabelKind.SIMPLIFIED
