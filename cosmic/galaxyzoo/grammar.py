"""The ``gz2_class`` strings: built from votes, listed, and brought to the study's 14 labels. Reads no file.

A string (Willett et al. 2013, appendix) is one of

- ``A``: a star or an artefact;
- ``E`` and how round: ``r`` completely, ``i`` in between, ``c`` cigar-shaped;
- ``Se`` and the bulge of a disc seen edge-on: ``r`` rounded, ``b`` boxy, ``n`` none;
- ``S``, ``B`` if barred, and the bulge: ``a`` dominant, ``b`` obvious, ``c`` just noticeable, ``d`` none; then, where
  arms are seen, their number ``1 2 3 4 + ?`` and their winding ``t`` tight, ``m`` medium, ``l`` loose;

and, but for ``A``, what is odd: ``(r)`` ring, ``(l)`` lens or arc, ``(d)`` disturbed, ``(i)`` irregular, ``(o)`` other,
``(m)`` merger, ``(u)`` dust lane. Note that ``a`` is the largest bulge and ``d`` none, as in Hubble's sequence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.galaxyzoo.tree import ARTEFACT, COLUMN, STEMS, TASKS

Floats = npt.NDArray[np.floating]
Codes = npt.NDArray[np.int64]

ARTEFACT_STRING: Final = "A"
LABELS: Final = ("Er", "Ee", "Ec", "Ser", "Seb", "Sen", "Sa", "Sb", "Sc", "Sd", "SBa", "SBb", "SBc", "SBd")
"""The study's galaxy labels. Its ``Ee`` is the strings' ``Ei``; every other is how its strings begin."""
ALIASES: Final = {"Ei": "Ee"}
"""Beginnings of strings that the study calls otherwise."""

_ROUND: Final = "ric"
_EDGE: Final = "rbn"
_BULGE: Final = "dcba"
_ARMS: Final = "1234+?"
_WINDING: Final = "tml"
_ODD: Final = "rldiomu"
"""Letters in the order of the answers of tasks 7, 9, 5, 11, 10 and 8."""

_ARM_PARTS: Final = ("", *(number + winding for number in _ARMS for winding in _WINDING))
_SUFFIXES: Final = ("", *(f"({odd})" for odd in _ODD))
_BODIES: Final = (
    ARTEFACT_STRING,
    *(f"E{shape}" for shape in _ROUND),
    *(f"Se{bulge}" for bulge in _EDGE),
    *(f"S{bar}{bulge}{arms}" for bar in ("", "B") for bulge in _BULGE for arms in _ARM_PARTS),
)
_FIRST_E: Final = 1
_FIRST_EDGE: Final = _FIRST_E + len(_ROUND)
_FIRST_DISC: Final = _FIRST_EDGE + len(_EDGE)
_SLOTS: Final = tuple(body + suffix for body in _BODIES for suffix in _SUFFIXES)

STRINGS: Final = tuple(text for text in _SLOTS if not text.startswith(f"{ARTEFACT_STRING}("))
"""All 1,265 strings that there can be: 1 + 24 + 24 + 1,216."""

_RULE: Final = re.compile(
    r"A|(?P<plain>E[ric]|Se[rbn])(?:\([rldiomu]\))?|(?P<disc>SB?[abcd])(?:[1234+?][tml])?(?:\([rldiomu]\))?"
)
"""Matched as a whole: what it names is the label, what it does not match is no string of this grammar."""


# ------------------------------------------------------------------------------------------ from votes to strings


def build_strings(fractions: Floats) -> pa.Array:
    """Return the ``gz2_class`` string of each galaxy: the answers with most votes, along the tree.

    Each task's answer is the one with the largest fraction; of equal ones the first, so smooth comes before features
    and edge-on before not, and odd before not odd. A bar, and arms, must be *more* voted for than against. The
    published strings come from debiased fractions.

    Parameters
    ----------
    fractions : array of float, shape (n, 37)
        Fractions within each task, in the order of `tree.STEMS`. NaN, for missing, loses to every number.

    Returns
    -------
    pyarrow.Array
        Text, shape (n,); null where all 37 are NaN.
    """
    _refuse_shape(fractions)
    missing = np.isnan(fractions)
    votes = np.where(missing, -1.0, fractions) if missing.any() else fractions
    slots = pa.array(_slots(votes), mask=missing.all(axis=1))
    return pa.DictionaryArray.from_arrays(slots, pa.array(_SLOTS)).cast(pa.string())


def _slots(votes: Floats) -> npt.NDArray[np.int16]:
    """Return the place of each galaxy's string in `_SLOTS`."""

    def best(task: int) -> Codes:
        return np.asarray(votes[:, TASKS[task].columns].argmax(axis=1), dtype=np.int64)

    def more(this: int, that: int) -> Codes:
        return (votes[:, COLUMN[this]] > votes[:, COLUMN[that]]).astype(np.int64)

    arms = more(8, 9) * (1 + best(11) * len(_WINDING) + best(10))
    disc = _FIRST_DISC + (more(6, 7) * len(_BULGE) + best(5)) * len(_ARM_PARTS) + arms
    featured = np.where(best(2) == 0, _FIRST_EDGE + best(9), disc)
    first = best(1)
    body = np.where(first == 0, _FIRST_E + best(7), featured)
    odd = np.where(best(6) == 0, 1 + best(8), 0)
    return np.where(first == ARTEFACT, 0, body * len(_SUFFIXES) + odd).astype(np.int16)


def _refuse_shape(fractions: Floats) -> None:
    if fractions.ndim != 2 or fractions.shape[1] != len(STEMS):
        raise ValueError(f"votes have the shape (n, {len(STEMS)}), not {fractions.shape}")


# ------------------------------------------------------------------------------------------ from strings to labels


@dataclass(frozen=True, slots=True)
class StudyLabels:
    """The study's labels of n galaxies.

    Parameters
    ----------
    values : pyarrow.Array
        Text, shape (n,): one of `LABELS`, or null.
    artefacts : int
        Rows whose string is ``A``: they take no part.
    unknown : mapping of str to int
        Rows whose text is no string of the grammar, by text, the commonest first.
    """

    values: pa.Array
    artefacts: int
    unknown: Mapping[str, int]


def study_label(string: str) -> str | None:
    """Return the study's label of one ``gz2_class`` string; None for ``A``.

    >>> study_label("SBc2m(r)"), study_label("Ei(m)"), study_label("A")
    ('SBc', 'Ee', None)

    Raises
    ------
    ValueError
        If the text is no string of the grammar.
    """
    found = _RULE.fullmatch(string)
    if found is None:
        raise ValueError(f"{string!r} is no gz2_class string")
    label = found["plain"] or found["disc"]
    return ALIASES.get(label, label) if label else None


_LABEL_OF: Final = pa.array([study_label(string) for string in STRINGS], pa.string())
_STRINGS: Final = pa.array(STRINGS)


def study_labels(strings: pa.Array | pa.ChunkedArray) -> StudyLabels:
    """Return the study's label of each ``gz2_class`` string, and what has none."""
    if isinstance(strings, pa.ChunkedArray):
        strings = strings.combine_chunks()
    place = pc.index_in(strings, value_set=_STRINGS)
    strange = pc.value_counts(strings.filter(pc.and_(pc.is_null(place), pc.is_valid(strings))))
    counts = {item["values"]: item["counts"] for item in strange.to_pylist()}
    return StudyLabels(
        _LABEL_OF.take(place),
        pc.sum(pc.equal(strings, ARTEFACT_STRING)).as_py() or 0,
        dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
    )
