"""From a snapshot to one matrix on disk: labels, cuts, split and features of a task and arm. Trains nothing.

The classes of a task are decided before the arm, on its labelled rows, so that they are the same in every arm; rows
that lack a value leave that arm alone, and so does a class that no training row is left of. Every row keeps its part;
nothing here rebalances anything.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from cosmic import artefacts, features, labels, snapshots
from cosmic.columns import BANDS
from cosmic.errors import ArtefactCorrupt
from cosmic.facts import LabelFacts, Part, Portion
from cosmic.features import NotRun, Recipe
from cosmic.matching import in_words, matched
from cosmic.records import Arm, Prepared, Sky, Snapshot, SplitName, Task
from cosmic.splits import PARTS, parts, random_parts
from cosmic.task_cards import bounded, write_card

_NO_LABELS: Final = {
    Task.SUPERCLASS: "no class labels: neither class nor a stellar subclass is given",
    Task.STAR: "no star subclass labels",
    Task.GALAXY: "no galaxy labels: no gz2_class is given",
    Task.GALAXY_SPECTRAL: "no spectral classes of galaxies: no table gives galaxies a subclass",
}
_log = logging.getLogger(__name__)


class DatasetCard(BaseModel):
    """What a data set is, in words and counts. Travels inside its file.

    Of the labelled rows of the task, `untrained` counts those of classes that the arm has no complete training row of,
    so that it cannot know them; `lacking` counts those of its own classes that lack a value; the others are its rows,
    less those that were not drawn where classes are matched.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    snapshot: str
    sky: Sky
    split: SplitName
    salt: str
    seed: int
    filter: str
    recipe: Recipe
    labels: tuple[str, ...]
    features: tuple[str, ...]
    units: tuple[str, ...]
    label_facts: LabelFacts
    dropped: dict[str, int]
    counts: dict[str, dict[Part, int]]
    lacking: int
    untrained: dict[str, int]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskLabels:
    """The labelled rows of one task, the same for every arm.

    Parameters
    ----------
    rows : pyarrow.Table
        Rows with a label that is kept, in the order of the snapshot.
    names : tuple of str
        The k labels kept.
    codes : numpy.ndarray
        Shape (n,): index into `names` of each row.
    part : numpy.ndarray
        Shape (n,): index into `cosmic.splits.PARTS` of each row.
    dropped : dict
        Labels with fewer than `min_class_size` rows, and their number of rows.
    facts : LabelFacts
        The same for the report.
    """

    rows: pa.Table
    names: tuple[str, ...]
    codes: NDArray[np.int64]
    part: NDArray[np.int8]
    dropped: dict[str, int]
    facts: LabelFacts

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each label kept."""
        return {name: int((self.codes == code).sum()) for code, name in enumerate(self.names)}


def label_rows(
    snapshot: Snapshot, *, task: Task, split: SplitName, salt: str, seed: int, min_class_size: int, filter: str
) -> TaskLabels:
    """Return the labelled rows of a task: after the named filter, without small classes, each with its part.

    A class is small if it has fewer than `min_class_size` labelled rows in all parts together, after the filter.

    Raises
    ------
    ConfigError
        If the filter is unknown or its columns have no values.
    ArtefactCorrupt
        If the snapshot is missing or changed.
    """
    rows = snapshots.read(snapshot)
    given = labels.label(rows, task)
    cut = labels.cut(rows, filter, system=snapshot.system)
    labelled = pc.is_valid(given.values).to_numpy(zero_copy_only=False)
    excluded = dict(given.excluded)
    if (lost := int((labelled & ~cut.passes).sum())) > 0:
        excluded[f"filter {filter}"] = lost
    sizes = Counter(given.values.filter(pa.array(labelled & cut.passes)).to_pylist())
    names = tuple(name for name in labels.ORDER[task] if sizes[name] >= max(1, min_class_size))
    dropped = {name: sizes[name] for name in labels.ORDER[task] if 0 < sizes[name] < min_class_size}
    position = pc.index_in(given.values, value_set=pa.array(names, pa.string()))
    kept = pc.and_(pc.is_valid(position), pa.array(cut.passes))
    # the split is of all objects, so that one is on the same side in every task
    part = part_codes(rows, split=split, salt=salt, seed=seed)[kept.to_numpy(zero_copy_only=False)]
    rows = rows.filter(kept)
    codes = position.filter(kept).to_numpy().astype(np.int64)
    facts = LabelFacts(
        task=task,
        rule=given.rule,
        min_class_size=min_class_size,
        parts={name: _portions(part[codes == code]) for code, name in enumerate(names)},
        excluded=excluded,
        notes=(*given.notes, *((cut.note,) if cut.note else ())),
    )
    return TaskLabels(rows, names, codes, part, dropped, facts)


def part_codes(rows: pa.Table, *, split: SplitName, salt: str, seed: int) -> NDArray[np.int8]:
    """Return the index into `cosmic.splits.PARTS` of each row, shape (n,), for the rows of a whole snapshot."""
    if split is SplitName.RANDOM:
        named = random_parts(rows["object_key"].combine_chunks(), seed=seed)
    else:
        named = parts(rows["block"].combine_chunks(), salt=salt)
    codes: NDArray[np.int8] = pc.index_in(named, value_set=pa.array(PARTS)).to_numpy().astype(np.int8)
    return codes


def prepare(
    snapshot: Snapshot,
    *,
    task: Task,
    arm: Arm,
    split: SplitName,
    salt: str,
    seed: int,
    min_class_size: int,
    filter: str,
    folder: Path,
    recipe: Recipe | None = None,
) -> Prepared:
    """Return the data set of a task and arm, written to `folder` under its own sha256, or why there is none.

    Parameters
    ----------
    split : SplitName
        ``sky`` uses `salt`, ``random`` uses `seed`.
    min_class_size : int
        Classes with fewer labelled rows are dropped and listed.
    filter : str
        One of `cosmic.labels.FILTERS`.
    recipe : Recipe, optional
        The features, where they are not those that the arm has on these rows.

    Raises
    ------
    ConfigError
        If the filter is unknown or its columns have no values.
    ArtefactCorrupt
        If the snapshot is missing or changed.
    """
    started = time.perf_counter()
    labelled = label_rows(
        snapshot, task=task, split=split, salt=salt, seed=seed, min_class_size=min_class_size, filter=filter
    )
    made = _assemble(
        snapshot, labelled, task=task, arm=arm, split=split, salt=salt, seed=seed, filter=filter, given=recipe
    )
    card = write_card(labelled.facts, labelled.dropped, folder)
    if isinstance(made, NotRun):
        settings = (snapshot.id, task, arm, split, salt, seed, min_class_size, filter, made.reason)
        key = hashlib.sha256("\0".join(map(str, settings)).encode()).hexdigest()
        _log.info("%s, %s: not run, %s", task, arm, made.reason)
        return Prepared(key, None, task, arm, (), made.reason, labels=card)
    content = made.to_bytes()
    digest = hashlib.sha256(content).hexdigest()
    path = artefacts.write(folder / f"{digest}.arrow", lambda part: part.write_bytes(content))
    seconds = time.perf_counter() - started
    _log.info("%s, %s: %d rows, %d features in %.1f s", task, arm, len(made.y), len(made.card.features), seconds)
    return Prepared(digest, path, task, arm, made.card.features, labels=card)


def _assemble(
    snapshot: Snapshot,
    labelled: TaskLabels,
    *,
    task: Task,
    arm: Arm,
    split: SplitName,
    salt: str,
    seed: int,
    filter: str,
    given: Recipe | None,
) -> Dataset | NotRun:
    if not labelled.names and not labelled.dropped:
        return NotRun(_NO_LABELS[task])
    if len(labelled.names) < 2:
        least = labelled.facts.min_class_size
        small = ", ".join(f"{name} {count}" for name, count in labelled.dropped.items())
        have = f"only {labelled.names[0]} has" if labelled.names else "none has"
        return NotRun(f"fewer than two classes: {have} {least} rows or more" + (f" ({small} dropped)" if small else ""))
    recipe = given or features.choose(labelled.rows, task=task, arm=arm, system=snapshot.system)
    if isinstance(recipe, NotRun):
        return recipe
    matrix = features.build(labelled.rows, recipe)
    if not matrix.complete.any():
        return NotRun("no row has a value in every column that the arm needs")
    if empty := _empty(labelled.part[matrix.complete]):
        return empty
    trained = np.unique(labelled.codes[matrix.complete & (labelled.part == PARTS.index("train"))])
    names = tuple(labelled.names[code] for code in trained)
    untrained = {name: size for name, size in labelled.counts.items() if name not in names}
    if len(names) < 2:
        without = bounded([f"{name} ({size})" for name, size in untrained.items()])
        return NotRun(
            f"fewer than two classes have training rows with every value that the arm needs: none of {without}"
        )
    known = np.isin(labelled.codes, trained)
    whole = matrix.complete & known
    said = matrix.notes
    if recipe.arm is Arm.MAGNITUDE_MATCHED:
        keys, r = labelled.rows["object_key"].combine_chunks(), matrix.values[:, BANDS.index("r")]
        before, whole = whole, matched(whole, r, labelled.codes, labelled.part, keys, seed=seed)
        said += (in_words(before, whole),)
    codes, part = np.searchsorted(trained, labelled.codes[whole]), labelled.part[whole]
    sizes = {
        name: {p: int(((codes == code) & (part == at)).sum()) for at, p in enumerate(PARTS)}
        for code, name in enumerate(names)
    }
    if empty := _empty(part):
        what = " in which every class has objects of one brightness" if recipe.arm is Arm.MAGNITUDE_MATCHED else ""
        return NotRun(empty.reason + what)
    warnings = matrix.warnings
    if untrained:
        without = bounded([f"{name} ({size:,} objects)" for name, size in untrained.items()])
        warnings += (f"no training object of {without} has every value that the arm needs: left out of this arm",)
    card = DatasetCard(
        snapshot=snapshot.id,
        sky=snapshot.sky,
        split=split,
        salt=salt,
        seed=seed,
        filter=filter,
        recipe=recipe,
        labels=names,
        features=matrix.names,
        units=matrix.units,
        label_facts=labelled.facts,
        dropped=labelled.dropped,
        counts=sizes,
        lacking=int((known & ~matrix.complete).sum()),
        untrained=untrained,
        notes=said,
        warnings=warnings,
    )
    rows = labelled.rows.filter(pa.array(whole))
    return Dataset(
        card=card,
        X=matrix.values[whole],
        y=codes,
        part=part,
        keys=rows["object_key"].combine_chunks(),
        blocks=rows["block"].combine_chunks(),
        r=rows["r"].combine_chunks().to_numpy(zero_copy_only=False),
    )


@dataclass(frozen=True, slots=True)
class Dataset:
    """A matrix in memory.

    Parameters
    ----------
    card : DatasetCard
        What it is.
    X : numpy.ndarray
        Features, float64, shape (n, d), no NaN.
    y, part : numpy.ndarray
        Shape (n,): index into ``card.labels`` and into `cosmic.splits.PARTS`.
    keys, blocks : pyarrow.Array
        Shape (n,), text: the object, and the unit of the split and of resampling.
    r : numpy.ndarray
        Shape (n,): r magnitude as in the snapshot, for curves.
    """

    card: DatasetCard
    X: NDArray[np.float64]
    y: NDArray[np.int64]
    part: NDArray[np.int8]
    keys: pa.Array
    blocks: pa.Array
    r: NDArray[np.float64]

    def within(self, part: Part) -> NDArray[np.intp]:
        """Return the positions of the rows of a part."""
        return np.flatnonzero(self.part == PARTS.index(part))

    def to_bytes(self) -> bytes:
        """Return the data set as one uncompressed Arrow file; equal data sets give equal bytes."""
        columns = {
            "object_key": self.keys,
            "block": self.blocks,
            "r": pa.array(self.r),
            "y": pa.array(self.y.astype(np.int32)),
            "part": pa.array(self.part),
        }
        columns |= {f"x{index}": pa.array(self.X[:, index]) for index in range(self.X.shape[1])}
        table = pa.table(columns).replace_schema_metadata({"card": self.card.model_dump_json()})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        return cast(bytes, sink.getvalue().to_pybytes())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the data set in a file.

        Raises
        ------
        ArtefactCorrupt
            If the file is missing, or its bytes are not those that its name promises.
        """
        try:
            content = path.read_bytes()
        except FileNotFoundError as exc:
            raise ArtefactCorrupt(f"the data set {path} is missing. {_AGAIN}") from exc
        if hashlib.sha256(content).hexdigest() != path.stem:
            raise ArtefactCorrupt(f"the data set {path} differs from its digest. {_AGAIN}")
        table = pa.ipc.open_file(pa.BufferReader(content)).read_all()
        try:
            card = DatasetCard.model_validate_json(table.schema.metadata[b"card"])
        except (KeyError, TypeError, ValidationError) as exc:
            raise ArtefactCorrupt(f"the data set {path} was written by another version of Cosmic. {_AGAIN}") from exc
        names = [f"x{index}" for index in range(len(card.features))]
        return cls(
            card=card,
            X=np.column_stack([table[name].to_numpy() for name in names]),
            y=table["y"].to_numpy().astype(np.int64),
            part=table["part"].to_numpy(),
            keys=table["object_key"].combine_chunks(),
            blocks=table["block"].combine_chunks(),
            r=table["r"].to_numpy(),
        )


_AGAIN: Final = "Run the same command again: the step that makes it will run anew."


def _empty(part: NDArray[np.int8]) -> NotRun | None:
    empty = [name for at, name in enumerate(PARTS) if not (part == at).any()]
    return NotRun(f"no rows in the {' and '.join(empty)} part") if empty else None


def _portions(part: NDArray[np.int8]) -> dict[Part, Portion]:
    sizes = [int((part == at).sum()) for at in range(len(PARTS))]
    return {name: Portion(n=n, share=n / max(1, sum(sizes))) for name, n in zip(PARTS, sizes, strict=True)}
