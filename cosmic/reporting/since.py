"""What changed since the run before: objects, labels, values, and the models on the same test objects.

Reads the report and the files of the run before; where they are gone it says so and goes on. Decides nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cosmic import artefacts
from cosmic.columns import BANDS
from cosmic.errors import ArtefactCorrupt
from cosmic.evaluation.comparison import compare
from cosmic.facts import Comparison, Facts, Previous, SavedModel, SplitFacts
from cosmic.facts.file import read_facts
from cosmic.models.predictions import Predictions
from cosmic.records import Kept, Snapshot

log = logging.getLogger(__name__)

_LABELS = ("class", "subclass")
_VALUES = (*BANDS, "redshift")


@dataclass(frozen=True, slots=True)
class Changes:
    """Objects of a snapshot beside an earlier one: keys that are new, and how many of the others changed in what."""

    new: pa.Array
    objects: int
    classes: int
    labels: int
    values: int


@dataclass(frozen=True, slots=True)
class Setup:
    """What must be equal for two runs' models to have had the same question, and the labels kept for each task."""

    filter: str
    split: SplitFacts
    seed: int
    system: str
    classes: Mapping[str, Collection[str]]

    @classmethod
    def of(cls, facts: Facts) -> Self:
        """Return the setup of a run by its facts."""
        return cls(facts.filter, facts.split, facts.seed, facts.snapshot.system, facts.class_counts)

    def differs(self, before: Setup) -> tuple[str, ...]:
        """Return in words what was otherwise before."""
        words = {
            "filter": (before.filter, self.filter),
            "split": (_split(before.split, before.seed), _split(self.split, self.seed)),
            "magnitudes": (before.system, self.system),
        }
        return tuple(f"{name}: {old} before, {new} now" for name, (old, new) in words.items() if old != new)

    def classes_beyond(self, other: Setup) -> dict[str, tuple[str, ...]]:
        """Return the labels kept here and not there, of tasks that have labels in both."""
        both = {task: theirs for task, theirs in other.classes.items() if theirs and self.classes.get(task)}
        beyond = {task: tuple(k for k in self.classes[task] if k not in theirs) for task, theirs in both.items()}
        return {task: labels for task, labels in beyond.items() if labels}


def last_report(reports: Path, *, catalogue: str) -> Facts | None:
    """Return the facts of the newest readable report of a folder that is of this catalogue; None where there is none."""
    for path in sorted(reports.glob("*/facts.json"), key=lambda path: path.parent.name, reverse=True):
        try:
            facts = read_facts(path)
        except ArtefactCorrupt as error:
            log.warning("the last report is passed over: %s", error)
            continue
        if facts.run.catalogue == catalogue:
            return facts
    return None


def changes(now: Snapshot, before: Path) -> Changes | None:
    """Return how a snapshot differs from an earlier one; None where the earlier file is gone."""
    columns = ["object_key", *_LABELS, *_VALUES]
    if not artefacts.intact(before):
        return None
    new, old = pq.read_table(now.path, columns=columns), pq.read_table(before, columns=columns)
    place = pc.index_in(new["object_key"].combine_chunks(), value_set=old["object_key"].combine_chunks())
    known = pc.is_valid(place)
    theirs, ours = old.take(place.drop_null()), new.filter(known)

    def differ(names: Sequence[str]) -> pa.ChunkedArray:
        each = [
            pc.or_(
                pc.xor(pc.is_null(ours[name]), pc.is_null(theirs[name])),
                pc.fill_null(pc.not_equal(ours[name], theirs[name]), False),
            )
            for name in names
        ]
        found = each[0]
        for other in each[1:]:
            found = pc.or_(found, other)
        return found

    def count(mask: pa.ChunkedArray) -> int:
        return int(pc.sum(mask).as_py() or 0)

    labels, values = differ(_LABELS), differ(_VALUES)
    return Changes(
        new=new["object_key"].combine_chunks().filter(pc.invert(known)),
        objects=count(pc.or_(labels, values)),
        classes=count(differ(("class",))),
        labels=count(labels),
        values=count(values),
    )


def previous(
    before: Facts, found: Changes | None, kept: Sequence[Kept], *, now: Setup, root: Path, resamples: int
) -> Previous:
    """Return what changed since the run whose facts are `before`.

    Models of a run with another filter, split or magnitude system are not compared: their test objects are not ours.

    Parameters
    ----------
    root : Path
        The home, which the paths in `before` are relative to.
    """
    theirs = {(model.task, model.arm): model for model in before.run.models}
    then = Setup.of(before)
    differs = now.differs(then)
    return Previous(
        id=before.run.id,
        date=before.run.date,
        started=before.run.started,
        snapshot=before.snapshot.id,
        differs=differs,
        classes_new=now.classes_beyond(then),
        classes_gone=then.classes_beyond(now),
        objects_new=None if found is None else len(found.new),
        objects_changed_class=None if found is None else found.classes,
        objects_changed=None if found is None else found.objects,
        labels_changed=None if found is None else found.labels,
        features_changed=None if found is None else found.values,
        quarantined_before=before.ingest.quarantined,
        comparisons=tuple(
            Comparison(task=one.task, arm=one.arm, n=0, not_run="; ".join(differs))
            if differs
            else _compared(one, theirs.get((one.task, one.arm)), root=root, resamples=resamples)
            for one in kept
        ),
    )


def _split(split: SplitFacts, seed: int) -> str:
    """A split in words; those of the same words put an object into the same part."""
    if split.name == "random":
        return f"random (seed {seed})"
    return f"{split.name} (salt {split.salt}, nside {split.nside})"


def _compared(now: Kept, before: SavedModel | None, *, root: Path, resamples: int) -> Comparison:
    if before is None or before.predictions is None:
        return Comparison(task=now.task, arm=now.arm, n=0, not_run="the run before had no such model")
    path = root / before.predictions
    if not artefacts.intact(path):
        return Comparison(task=now.task, arm=now.arm, n=0, not_run="the predictions of the run before are gone")
    found = compare(Predictions.load(path), Predictions.load(now.scored.fitted.predictions), resamples=resamples)
    return found.as_fact(task=now.task, arm=now.arm)
