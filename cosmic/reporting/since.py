"""What changed since the run before: objects, labels, values, and the models on the same test objects.

Reads the report and the files of the run before; where they are gone it says so and goes on. Decides nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cosmic import artefacts
from cosmic.columns import BANDS
from cosmic.errors import ArtefactCorrupt
from cosmic.evaluation.comparison import compare
from cosmic.facts import Comparison, Facts, Previous, SavedModel
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


def last_report(reports: Path) -> Facts | None:
    """Return the facts of the newest readable report of a folder; None where there is none."""
    for path in sorted(reports.glob("*/facts.json"), key=lambda path: path.parent.name, reverse=True):
        try:
            return read_facts(path)
        except ArtefactCorrupt as error:
            log.warning("the last report is passed over: %s", error)
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


def previous(before: Facts, found: Changes | None, kept: Sequence[Kept], *, root: Path, resamples: int) -> Previous:
    """Return what changed since the run whose facts are `before`.

    Parameters
    ----------
    root : Path
        The home, which the paths in `before` are relative to.
    """
    theirs = {(model.task, model.arm): model for model in before.run.models}
    return Previous(
        id=before.run.id,
        date=before.run.date,
        snapshot=before.snapshot.id,
        objects_new=None if found is None else len(found.new),
        objects_changed_class=None if found is None else found.classes,
        objects_changed=None if found is None else found.objects,
        labels_changed=None if found is None else found.labels,
        features_changed=None if found is None else found.values,
        quarantined_before=before.ingest.quarantined,
        comparisons=tuple(
            _compared(one, theirs.get((one.task, one.arm)), root=root, resamples=resamples) for one in kept
        ),
    )


def _compared(now: Kept, before: SavedModel | None, *, root: Path, resamples: int) -> Comparison:
    if before is None or before.predictions is None:
        return Comparison(task=now.task, arm=now.arm, n=0, not_run="the run before had no such model")
    path = root / before.predictions
    if not artefacts.intact(path):
        return Comparison(task=now.task, arm=now.arm, n=0, not_run="the predictions of the run before are gone")
    found = compare(Predictions.load(path), Predictions.load(now.scored.fitted.predictions), resamples=resamples)
    return found.as_fact(task=now.task, arm=now.arm)
