"""What arriving rows change in a catalogue: new and updated rows, links that move, the state afterwards. Writes nothing.

A row counts as changed only if its digest differs from the stored one, after the stored row has filled its gaps.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from cosmic.canonical import row_digests
from cosmic.catalogue import bulk, history
from cosmic.catalogue.tables import OBJECTS
from cosmic.columns import OBJECT_SCHEMA
from cosmic.identity import COLUMNS as IDENTITY
from cosmic.identity import link
from cosmic.lending import complete

log = logging.getLogger(__name__)

_HELD: Final = ("object_key", "row_digest", "block", "same_as")
_LABELS: Final = ("gz2_class", "gz2_source")
_STATES: Final = 1 << 256
_TEXT: Final = pa.string()


@dataclass(frozen=True, slots=True)
class Changes:
    """What one ingest writes to the objects.

    Parameters
    ----------
    rows : pyarrow.Table
        New and updated rows, with ``page_id``, ``row_digest``, ``block`` and ``same_as``.
    inserted, updated : int
        How many of each.
    erased : dict of str to int
        Stored values of updated rows, by column, that the new row neither has nor could take over.
    history : pyarrow.Table
        ``object_key``, ``page_id`` and ``changed`` (JSON, ``{column: [before, after]}``) of updated rows.
    relinked : pyarrow.Table
        ``object_key`` and ``same_as`` of stored rows whose values stay and whose link moves.
    state : str
        The catalogue's state afterwards: 64 hexadecimal digits that depend on keys, values, blocks and links of
        all rows and on nothing else, neither history nor database.
    """

    rows: pa.Table
    inserted: int
    updated: int
    erased: dict[str, int]
    history: pa.Table
    relinked: pa.Table
    state: str

    @property
    def some(self) -> bool:
        """Whether anything changes."""
        return bool(self.rows.num_rows or self.relinked.num_rows)


def find(connection: sa.Connection, arriving: pa.Table, *, state: str, labels: Collection[str] = ()) -> Changes:
    """Return what these rows change.

    Parameters
    ----------
    arriving : pyarrow.Table
        One canonical row a key, with ``row_digest`` and ``page_id``.
    state : str
        The catalogue's state now.
    labels : collection of str
        Pages that bring known objects their labels alone. What else stands in them was read from the catalogue before, and
        another run may have brought newer values since.
    """
    held = stored(connection, _HELD[:2], keys=_column(arriving, "object_key"))
    known = pc.index_in(arriving["object_key"], value_set=_column(held, "object_key"))
    new = arriving.filter(pc.is_null(known))
    differing = pc.not_equal(arriving["row_digest"], held["row_digest"].take(known))
    updated, erased, past = _completed(connection, arriving.filter(pc.fill_null(differing, False)), held, labels=labels)
    changed = pa.concat_tables([new, updated], promote_options="default").combine_chunks()
    if not changed.num_rows:
        nothing = pa.table({"object_key": pa.nulls(0, _TEXT), "same_as": pa.nulls(0, _TEXT)})
        return Changes(changed, inserted=0, updated=0, erased={}, history=past, relinked=nothing, state=state)

    everything = stored(connection, (*IDENTITY, *_HELD[1:]))
    touched = pc.is_in(everything["object_key"], value_set=_column(changed, "object_key"))
    replaced, rest = everything.filter(touched), everything.filter(pc.invert(touched))
    block = replaced["block"].take(pc.index_in(changed["object_key"], value_set=_column(replaced, "object_key")))
    changed = changed.append_column("block", block)
    columns = [name for name in (*IDENTITY, "block") if name in changed.column_names]
    links = link(
        pa.concat_tables([changed.select(columns), rest.select([*IDENTITY, "block"])], promote_options="default")
    )

    if links.bridged:
        log.info(
            "%d objects turned out to be one with another whose block was settled before; both stay", links.bridged
        )
    n = changed.num_rows
    changed = changed.set_column(changed.num_columns - 1, "block", links.block.slice(0, n))
    changed = changed.append_column("same_as", links.same_as.slice(0, n))
    place = rest.column_names.index("same_as")
    relinked = rest.set_column(place, "same_as", links.same_as.slice(n))
    moved = pc.not_equal(pc.fill_null(rest["same_as"], ""), pc.fill_null(relinked["same_as"], ""))
    rest, relinked = rest.filter(moved), relinked.filter(moved)
    total = int(state, 16) - _weight(replaced) - _weight(rest) + _weight(changed) + _weight(relinked)
    return Changes(
        rows=changed,
        inserted=new.num_rows,
        updated=updated.num_rows,
        erased=erased,
        history=past,
        relinked=relinked.select(["object_key", "same_as"]),
        state=f"{total % _STATES:064x}",
    )


def stored(connection: sa.Connection, names: Sequence[str], *, keys: pa.Array | None = None) -> pa.Table:
    """Return these columns of all objects, or of those with these keys, in no particular order."""
    fields = [OBJECT_SCHEMA.field(name) if name in OBJECT_SCHEMA.names else pa.field(name, _TEXT) for name in names]
    return bulk.read(connection, [OBJECTS.c[name] for name in names], pa.schema(fields), keys=keys)


def _completed(
    connection: sa.Connection, rows: pa.Table, held: pa.Table, *, labels: Collection[str]
) -> tuple[pa.Table, dict[str, int], pa.Table]:
    """Return the rows that still differ once the stored ones have filled their gaps, what of these goes lost, and what
    changes in each."""
    if not rows.num_rows:
        return rows, {}, history.between(rows, rows)
    before = stored(connection, OBJECT_SCHEMA.names, keys=_column(rows, "object_key"))
    order = pc.index_in(rows["object_key"], value_set=_column(before, "object_key"))
    whole = _labels_alone(complete(rows, before.take(order)), before.take(order), labels)
    whole = whole.set_column(whole.column_names.index("row_digest"), "row_digest", row_digests(whole))
    place = pc.index_in(whole["object_key"], value_set=_column(held, "object_key"))
    differ = pc.not_equal(whole["row_digest"], held["row_digest"].take(place))
    whole, before = whole.filter(differ), before.take(order).filter(differ)
    lost = {}
    for name in OBJECT_SCHEMA.names:
        gone = pc.is_null(whole[name]) if name in whole.column_names else pa.repeat(True, whole.num_rows)
        if count := pc.sum(pc.and_(gone, pc.is_valid(before[name]))).as_py():
            lost[name] = count
    return whole, lost, history.between(before, whole)


def _labels_alone(rows: pa.Table, before: pa.Table, pages: Collection[str]) -> pa.Table:
    """Return the rows, in which those of these pages have nothing new but their labels."""
    if not pages:
        return rows
    theirs = pc.is_in(rows["page_id"], value_set=pa.array(sorted(pages), _TEXT))
    for name in OBJECT_SCHEMA.names:
        if name in rows.column_names and name not in _LABELS:
            rows = rows.set_column(rows.column_names.index(name), name, pc.if_else(theirs, before[name], rows[name]))
    return rows


def _weight(rows: pa.Table) -> int:
    """Return the sum of the rows' digests, by which rows can be added to a state and taken out of it again."""
    cells = (rows[name].to_pylist() for name in _HELD)
    texts = ("\0".join((key, digest, block, same or "")) for key, digest, block, same in zip(*cells, strict=True))
    return sum(int.from_bytes(hashlib.sha256(text.encode()).digest()) for text in texts)


def _column(rows: pa.Table, name: str) -> pa.Array:
    return rows[name].combine_chunks()
