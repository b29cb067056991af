"""Which galaxy labels of a table are Galaxy Zoo 2's, and whether its object ids are those of the photometry. Pure.

Other classifications use the same letters for other galaxies, so labels of two kinds are never taken together: the
fullest kind stays, the others become null and are counted in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cosmic.galaxyzoo.grammar import LABELS, STRINGS
from cosmic.galaxyzoo.kinds import LabelKind, label_kind

_ODD: Final = 0.01
"""Share of labels that may be no string at all (slips of a hand) in a table of strings."""
_NAMED: Final = 3
_KEPT: Final = (LabelKind.STRINGS, LabelKind.STUDY)
"""Kinds that are Galaxy Zoo 2's, the one that says more first."""
_SKY_VERSION_SHIFT: Final = 59
_OF_THE_PHOTOMETRY: Final = 2
"""Bits 59 to 62 of an SDSS objID are its sky version: 2 from data release 8 on, 1 before, 15 in coadds."""


@dataclass(frozen=True, slots=True)
class GalaxyLabels:
    """The galaxy labels of a table's n rows.

    Parameters
    ----------
    values, sources : pyarrow.Array
        Text, shape (n,): labels of one kind, and where each comes from; null where there is none.
    left_out : str
        Why there is no label that can be used; "" where there is.
    partly : str
        Which labels were not taken, and why; "" where all were.
    """

    values: pa.Array
    sources: pa.Array
    left_out: str = ""
    partly: str = ""


def settle(labels: pa.Array, sources: pa.Array | None = None) -> GalaxyLabels:
    """Return the labels of a column that are Galaxy Zoo 2's and of one kind.

    Parameters
    ----------
    labels : pyarrow.Array
        Text, shape (n,), null where there is none.
    sources : pyarrow.Array, optional
        Text, shape (n,): what the table says of where each label comes from.
    """
    given = pa.nulls(len(labels), pa.string()) if sources is None else sources
    kinds = {source: _kind(labels.filter(_of(given, source)), source) for source in pc.unique(given).to_pylist()}
    wanted = next((kind for kind in _KEPT if kind in kinds.values()), None)
    others = {source: kind for source, kind in kinds.items() if kind not in (wanted, LabelKind.EMPTY)}
    if wanted is None and others:
        return GalaxyLabels(labels, given, left_out=f"{_shown(labels)} are labels of another classification")
    aside = pa.repeat(False, len(labels))
    for source in others:
        aside = pc.or_(aside, _of(given, source))
    values = pc.if_else(aside, pa.scalar(None, pa.string()), labels)
    origins = pc.if_else(pc.is_valid(values), given, pa.scalar(None, pa.string()))
    count = pc.sum(pc.and_(aside, pc.is_valid(labels))).as_py() or 0
    return GalaxyLabels(values, origins, partly=_aside(count, others, wanted) if count else "")


def foreign_ids(ids: pa.Array) -> str | None:
    """Return why ids are not those of the photometry's objects (data release 8 and later); None where they are.

    Galaxy Zoo 2 names its galaxies by objID of data release 7, or of the coadds. Two of them may be one object of the
    photometry, so they say nothing of which rows belong together.
    """
    numbers = [int(text) for text in ids.drop_null().to_pylist()]
    foreign = [number for number in numbers if number >> _SKY_VERSION_SHIFT != _OF_THE_PHOTOMETRY]
    if len(foreign) * 2 <= len(numbers):
        return None
    return (
        f"{len(foreign):,} of its {len(numbers):,} values are Galaxy Zoo 2's ids, of data release 7 or of coadds, e.g. "
        f"{foreign[0]}; the photometry's begin with 1237"
    )


def _kind(labels: pa.Array, source: str | None) -> LabelKind:
    """Return the kind of one source's labels; a slip in a hundred does not change it."""
    present = labels.drop_null()
    known = present.filter(pc.is_in(present, value_set=pa.array([*STRINGS, *LABELS])))
    if len(known) < (1 - _ODD) * len(present):
        return LabelKind.SIMPLIFIED
    return label_kind(known, source=source or "")


def _of(sources: pa.Array, source: str | None) -> pa.Array:
    return pc.is_null(sources) if source is None else pc.fill_null(pc.equal(sources, source), False)


def _aside(count: int, others: Mapping[str | None, LabelKind], wanted: LabelKind | None) -> str:
    named = sorted(f"{kind} of {source or 'no source'}" for source, kind in others.items())
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return (
        f"{count:,} are not taken ({', '.join(named[:_NAMED])}{more}): beside {wanted} the same letters would mean "
        "other galaxies"
    )


def _shown(labels: pa.Array) -> str:
    counts = sorted(pc.value_counts(labels.drop_null()).to_pylist(), key=lambda one: (-one["counts"], one["values"]))
    return ", ".join(f"{one['values']} ({one['counts']:,})" for one in counts[:_NAMED])
