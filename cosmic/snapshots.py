"""Freeze catalogue rows into content-addressed Parquet: one row an object. Never reads the network, never trains."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cosmic import artefacts
from cosmic.canonical import canonical, table_digest
from cosmic.columns import OBJECT_SCHEMA
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.identity import rank
from cosmic.lending import classes, complete
from cosmic.offsets import in_words, systematic_offset
from cosmic.records import MagnitudeSystem, Offset, Sky, Snapshot, SnapshotId

log = logging.getLogger(__name__)

SNAPSHOT_SCHEMA: Final = pa.schema([*OBJECT_SCHEMA, pa.field("block", pa.string(), nullable=False)])
"""Schema of a snapshot: canonical rows, in the order of the bytes of object_key, and their unit of the split."""

_FORM: Final = "cosmic snapshot 1"
_EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Folded:
    """Catalogue rows as objects.

    Parameters
    ----------
    rows : pyarrow.Table
        One row an object, in `SNAPSHOT_SCHEMA`.
    folded : int
        Rows that repeat another one and are not objects of their own.
    conflicting : int
        Those of them whose class is another one than that of the row that stands for them.
    offset : Offset or None
        How their magnitudes differ to one side from those of the row that stands for them.
    """

    rows: pa.Table
    folded: int
    conflicting: int
    offset: Offset | None


def freeze(rows: pa.Table, *, folder: Path, system: MagnitudeSystem, sky: Sky) -> Snapshot:
    """Return the snapshot that holds the objects of these rows, writing it if it is new or was damaged.

    Equal rows give an equal id, whatever their order, their database and the version of Parquet's writer. The
    magnitude system and the sky are part of the id.

    Parameters
    ----------
    rows : pyarrow.Table
        Catalogue rows: survey columns, ``block`` and ``same_as``.
    folder : Path
        Where snapshots live. A crash leaves at most a ``.part`` file here.
    system : MagnitudeSystem
        What u g r i z are.
    sky : Sky
        Real or simulated.

    Raises
    ------
    ConfigError
        If a key repeats, or a row refers to one that is not there; the message names the first ones.
    """
    started = time.perf_counter()
    objects = fold(rows)
    digest = SnapshotId(_digest(objects.rows, system=system, sky=sky))
    path = folder / f"{digest}.parquet"
    if not artefacts.intact(path):
        artefacts.write(path, lambda part: pq.write_table(objects.rows, part, compression="zstd"))
    log.info(
        "snapshot %s: %d objects of %d rows, %d folded, %d of them of another class, in %.2f s",
        digest[:12], objects.rows.num_rows, rows.num_rows, objects.folded, objects.conflicting,
        time.perf_counter() - started,
    )  # fmt: skip
    if objects.offset is not None:
        log.warning("%s", in_words(objects.offset))
    return Snapshot(
        digest, path, objects.rows.num_rows, system, sky, objects.folded, objects.conflicting, objects.offset
    )


def identify(rows: pa.Table, system: MagnitudeSystem, *, sky: Sky) -> SnapshotId:
    """Return the id of the snapshot that these catalogue rows give, without writing it; as `freeze` otherwise."""
    return SnapshotId(_digest(fold(rows).rows, system=system, sky=sky))


def nothing() -> pa.Table:
    """Return no row, in what a catalogue has: for a run that reads no table."""
    schema = SNAPSHOT_SCHEMA.append(pa.field("same_as", pa.string()))
    return schema.empty_table()


def read(snapshot: Snapshot) -> pa.Table:
    """Return the rows of a snapshot, in `SNAPSHOT_SCHEMA`.

    Raises
    ------
    ArtefactCorrupt
        If the file is missing, or holds other rows than those it was named for.
    """
    remedy = "Run the same command again: it is frozen anew."
    try:
        rows = pq.read_table(snapshot.path)
    except (OSError, pa.ArrowInvalid) as error:
        raise ArtefactCorrupt(f"Snapshot {snapshot.path} cannot be read ({error}). {remedy}") from error
    if (
        not rows.schema.equals(SNAPSHOT_SCHEMA)
        or _digest(rows, system=snapshot.system, sky=snapshot.sky) != snapshot.id
    ):
        raise ArtefactCorrupt(f"Snapshot {snapshot.path} holds other rows than those it is named for. {remedy}")
    return rows


def fold(rows: pa.Table) -> Folded:
    """Return one row an object: rows that repeat another are folded into the row that stands for them.

    Its own values win. Its gaps are filled from the rows it stands for, the best key first, by the rules of
    `cosmic.lending`: labels never cross a disagreement about the class.

    Parameters
    ----------
    rows : pyarrow.Table
        Survey columns, ``block`` and ``same_as``, in any order.

    Raises
    ------
    ConfigError
        If a key repeats, or a row refers to one that is not there or is folded itself.
    """
    rows = _whole(rows)
    standing, twins = (rows.filter(one(rows["same_as"])) for one in (pc.is_null, pc.is_valid))
    place = pc.index_in(twins["same_as"], value_set=standing["object_key"].combine_chunks())
    _check(rows["object_key"].combine_chunks(), lost=twins["object_key"].filter(pc.is_null(place)))
    hosts = standing.take(place)
    differs = pc.not_equal(classes(twins), classes(hosts))
    objects = _folded(standing, twins, place.to_numpy()).sort_by("object_key")
    return Folded(
        rows=objects.select(SNAPSHOT_SCHEMA.names).cast(SNAPSHOT_SCHEMA).combine_chunks(),
        folded=twins.num_rows,
        conflicting=pc.sum(differs).as_py() or 0,
        offset=systematic_offset(twins, hosts),
    )


def _folded(standing: pa.Table, twins: pa.Table, place: npt.NDArray[np.int64]) -> pa.Table:
    """Return the standing rows, in no particular order, completed by their twins; `place` is where each belongs."""
    order = np.lexsort((rank(twins["object_key"]), place))  # stable, and the rows are in the order of their keys
    hosts, first, twins_of = np.unique(place[order], return_index=True, return_counts=True)
    alone = np.ones(standing.num_rows, bool)
    alone[hosts] = False
    done, rows, turn = [standing.filter(pa.array(alone))], standing.take(pa.array(hosts)), 0
    while rows.num_rows:  # each turn takes one more twin of every row that has so many
        rows = complete(rows, twins.take(pa.array(order[first + turn])))
        turn += 1
        more = twins_of > turn
        done.append(rows.filter(pa.array(~more)))
        rows, first, twins_of = rows.filter(pa.array(more)), first[more], twins_of[more]
    return pa.concat_tables(done, promote_options="default")


def _whole(rows: pa.Table) -> pa.Table:
    """Return canonical rows with every column, in the order of the key's bytes."""
    absent = {
        field.name: pa.nulls(rows.num_rows, field.type)
        for field in SNAPSHOT_SCHEMA
        if field.name not in rows.column_names
    }
    columns = {name: rows[name] if name in rows.column_names else absent[name] for name in SNAPSHOT_SCHEMA.names}
    return (
        canonical(pa.table({**columns, "same_as": rows["same_as"].cast(pa.string())}))
        .sort_by("object_key")
        .combine_chunks()
    )


def _check(keys: pa.Array, *, lost: pa.ChunkedArray) -> None:
    repeated = keys.slice(1).filter(pc.equal(keys.slice(1), keys.slice(0, max(0, len(keys) - 1))))
    if len(repeated):
        raise ConfigError(f"{_named(repeated)} more than once; merge pages in a catalogue before freezing them.")
    if len(lost):
        raise ConfigError(f"{_named(lost)} as repeating a row that is not among them; freeze whole catalogues.")


def _named(keys: pa.Array) -> str:
    first = pc.unique(keys).to_pylist()
    more = f" and {len(first) - _EXAMPLES} more" if len(first) > _EXAMPLES else ""
    return f"The rows have object_key {', '.join(first[:_EXAMPLES])}{more}"


def _digest(rows: pa.Table, *, system: MagnitudeSystem, sky: Sky) -> str:
    return table_digest(rows, salt=f"{_FORM}\0{sky}\0{system}")
