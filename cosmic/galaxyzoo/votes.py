"""One table of votes, whatever release they come from: its columns, where each is from, and how to compute with it.

Votes are kept as they were given, counts and fractions; what follows from them (labels, agreement) is computed when
it is asked for. Reads no file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.galaxyzoo.tree import STEMS

Floats = npt.NDArray[np.float64]

COUNTS: Final = pa.list_(pa.int32(), len(STEMS))
FRACTIONS: Final = pa.list_(pa.float64(), len(STEMS))
"""Fixed lists of 37, in the order of `tree.STEMS`."""

SCHEMA: Final = pa.schema(
    [
        pa.field("galaxy", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("dr7objid", pa.int64()),
        pa.field("dr8objid", pa.int64()),
        pa.field("specobjid", pa.string()),
        pa.field("ra", pa.float64()),
        pa.field("dec", pa.float64()),
        pa.field("sample", pa.string()),
        pa.field("total_classifications", pa.int32()),
        pa.field("total_votes", pa.int32()),
        pa.field("counts", COUNTS),
        pa.field("weighted_fractions", FRACTIONS),
        pa.field("debiased_fractions", FRACTIONS),
        pa.field("gz2_class", pa.string()),
        pa.field("class_from", pa.string()),
    ]
)
"""A row a galaxy. ``galaxy`` is its key: ``dr7:<objID of data release 7>``, ``kaggle:<GalaxyID>`` or ``simulated:<n>``.
``specobjid`` is text, since it may exceed 2^63. ra and dec in deg. Fractions are within each task (they add up to about
1 where the task was asked); a null in a list is a value that the source does not have, a null list one that it has for
no answer. ``class_from`` says what ``gz2_class`` comes from, a value of `ClassFrom`."""


class VoteSource(StrEnum):
    """Where votes come from."""

    HART16 = "gz2_hart16"
    WILLETT13 = "willett13_table5"
    SKYSERVER = "zoo2MainSpecz"
    KAGGLE = "kaggle"
    SIMULATED = "simulated"


TRUST: Final = (
    VoteSource.HART16, VoteSource.SKYSERVER, VoteSource.WILLETT13, VoteSource.KAGGLE, VoteSource.SIMULATED,
)  # fmt: skip
"""The most trusted first: of an object with strings of several, the first one's stands."""


class ClassFrom(StrEnum):
    """What a ``gz2_class`` comes from."""

    PUBLISHED = "published"
    DEBIASED = "debiased fractions"
    WEIGHTED = "weighted fractions"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a source asks of whoever uses its data.

    Parameters
    ----------
    licence : str
        Under what the data may be used.
    acknowledgement : str
        What a publication is asked to say.
    """

    licence: str
    acknowledgement: str


_ZOO: Final = (
    "These data were made by the volunteers of Galaxy Zoo 2 (Willett et al. 2013, MNRAS 435, 2835), on images of the "
    "Sloan Digital Sky Survey."
)
_FREE: Final = "public; free to use with the acknowledgement"
TERMS: Final = {
    VoteSource.HART16: Terms(
        f"{_FREE}; the Zenodo record 3565489 (images and file names) states its licence",
        f"{_ZOO} The debiased fractions are those of Hart et al. (2016, MNRAS 461, 3663).",
    ),
    VoteSource.WILLETT13: Terms(_FREE, _ZOO),
    VoteSource.SKYSERVER: Terms(
        "public SDSS data; free to use with the acknowledgement", f"{_ZOO} Served by SDSS's Catalog Archive Server."
    ),
    VoteSource.KAGGLE: Terms(
        "the rules of Kaggle's Galaxy Zoo challenge, accepted by who downloads it; not to be passed on",
        f"{_ZOO} Prepared for the Galaxy Zoo challenge at Kaggle (2013-14).",
    ),
    VoteSource.SIMULATED: Terms(
        "made by Cosmic; no real data", "Simulated: of no survey, and the votes of no volunteer."
    ),
}
"""What each source asks for; stored with its votes."""


def fraction_array(votes: pa.Table, name: str) -> Floats:
    """Return one of the list columns, ``counts`` or fractions, as an array of shape (n, 37), NaN where null."""
    column = votes[name].combine_chunks()
    found = np.full((len(column), len(STEMS)), np.nan)
    there = pc.is_valid(column).to_numpy(zero_copy_only=False)
    if there.any():
        values = pc.cast(column.flatten(), pa.float64())  # without the slots of null lists
        found[there] = pc.fill_null(values, np.nan).to_numpy(zero_copy_only=False).reshape(-1, len(STEMS))
    return found


def list_column(values: Floats | None, kind: pa.FixedSizeListType, *, rows: int) -> pa.Array:
    """Return an array of shape (n, 37) as a list column, NaN as null; a row of NaN, or None for all, as a null list."""
    if values is None:
        return pa.nulls(rows, kind)
    flat = pa.array(values.reshape(-1), from_pandas=True).cast(kind.value_type)
    return pa.FixedSizeListArray.from_arrays(flat, type=kind, mask=pa.array(np.isnan(values).all(axis=1)))


def best_fractions(votes: pa.Table) -> Floats:
    """Return the fractions that decide, shape (n, 37): debiased, and weighted where those are missing.

    The published table lacks a few debiased fractions whose weighted ones it has, and
    its strings agree with this. NaN remains where neither is there.
    """
    debiased = fraction_array(votes, "debiased_fractions")
    if not np.isnan(debiased).any():
        return debiased
    return np.where(np.isnan(debiased), fraction_array(votes, "weighted_fractions"), debiased)


def described(schema: pa.Schema, source: VoteSource) -> pa.Schema:
    """Return the schema with the source and its terms as metadata."""
    terms = TERMS[source]
    return schema.with_metadata(
        {"source": source.value, "licence": terms.licence, "acknowledgement": terms.acknowledgement}
    )
