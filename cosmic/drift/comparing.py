"""Compares new rows with those behind a model: every feature, share and vote, by class, magnitude and region.

A pure function of its inputs: it draws nothing, reads no file and keeps one feature in memory at a time. What the
effects mean is decided in `cosmic.drift.verdicts`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cosmic import labels
from cosmic.arrays import floats
from cosmic.columns import CLASSES
from cosmic.drift.measuring import (
    EVERYWHERE,
    LEAST,
    Outcome,
    Subject,
    compare_shares,
    compare_values,
    together,
    unjudged,
)
from cosmic.drift.strata import Coverage, Mask, Pool, coverage, pooled
from cosmic.drift.verdicts import ALPHA, decide
from cosmic.drift.watched import COVERAGE, MISSING, SHARE, VOTES, WATCHED, Watched
from cosmic.facts.drift import DriftFacts, DriftKind, DriftRecord
from cosmic.records import Task

LABEL_TASKS: Final = (Task.SUPERCLASS, Task.STAR, Task.GALAXY)

_log = logging.getLogger(__name__)
Floats = NDArray[np.float64]


def compare(
    new: pa.Table,
    reference: pa.Table,
    *,
    votes: pa.Table | None = None,
    answers: Iterable[Outcome] = (),
    alpha: float = ALPHA,
    least: int = LEAST,
) -> DriftFacts:
    """Return how new rows differ from those that a model was trained on, and what is to be done.

    Parameters
    ----------
    new, reference : pyarrow.Table
        Rows of snapshots. Columns that either lacks are not judged, and that is said.
    votes : pyarrow.Table, optional
        How sure volunteers were, as `Catalogue.soft_labels` gives it.
    answers : iterable of Outcome
        What a model says of both, as `cosmic.drift.answers` compares it.
    alpha : float
        Bound of the false discovery rate over everything that is tested.
    least : int
        Rows on each side below which nothing is judged.
    """
    started = time.perf_counter()
    pool = pooled(reference, new, groups=CLASSES)
    covered = coverage(pool)
    parts = [_covered(pool, covered)]
    known = pool.of(covered.known)
    both = _Both(reference, new, covered.known)
    for code, name in enumerate(CLASSES):
        own = known.group == code
        parts += [_feature(watched, name, own, known, both, least=least) for watched in WATCHED]
    parts += [_labels(task, known, both, least=least) for task in LABEL_TASKS]
    if votes is not None:
        parts.append(_votes(votes, known, both, least=least))
    parts += answers
    found = together(parts)
    facts = decide(
        found.records, found.unjudged, alpha=alpha, least=least, n_new=new.num_rows, n_reference=reference.num_rows,
        n_known=int((covered.known & pool.new).sum()), n_new_sky=int(covered.new_sky.sum()),
        n_new_magnitudes=int(covered.new_magnitudes.sum()), n_unplaced=int(covered.unplaced.sum()),
    )  # fmt: skip
    _log.info(
        "drift: %d new rows against %d: %s, %d records, %d not judged, in %.1f s", new.num_rows, reference.num_rows,
        facts.verdict, len(facts.records), len(facts.unjudged), time.perf_counter() - started,
    )  # fmt: skip
    return facts


@dataclass(frozen=True, slots=True, eq=False)
class _Both:
    """Columns of old and new rows together, of the known ones alone, read when they are asked for."""

    reference: pa.Table
    new: pa.Table
    known: Mask

    def lacks(self, names: Sequence[str]) -> str:
        """Return which side has no value at all in one of these columns, in words; "" where both have some."""
        for rows, side in ((self.reference, "the rows behind the model have"), (self.new, "the new rows have")):
            for name in names:
                if name not in rows.column_names or rows[name].null_count == rows.num_rows:
                    return f"{side} no {name}"
        return ""

    def values(self, watched: Watched) -> Floats:
        """Return a feature, shape (known,), NaN where it is missing."""
        columns = {
            name: np.concatenate([floats(self.reference, name), floats(self.new, name)])[self.known]
            for name in watched.feature.inputs
        }
        return watched.feature.formula(columns)

    def texts(self, task: Task) -> pa.Array:
        """Return the labels of a task, null where there is none."""
        parts = [labels.label(rows, task).values for rows in (self.reference, self.new)]
        flat = [chunk for one in parts for chunk in (one.chunks if isinstance(one, pa.ChunkedArray) else [one])]
        return pa.concat_arrays(flat).filter(pa.array(self.known))

    def keys(self) -> pa.Array:
        """Return the keys."""
        chunks = [chunk for rows in (self.reference, self.new) for chunk in rows["object_key"].chunks]
        return pa.concat_arrays([one.cast(pa.string()) for one in chunks]).filter(pa.array(self.known))


def _covered(pool: Pool, covered: Coverage) -> Outcome:
    n, old = int(pool.new.sum()), int((~pool.new).sum())
    counted = (("new sky", covered.new_sky), ("new magnitudes", covered.new_magnitudes))
    return Outcome(
        tuple(
            DriftRecord(
                kind=DriftKind.COVERAGE, name=name, group="all classes", where=EVERYWHERE, unit="", n_new=n,
                n_reference=old, effect=float(mask.sum() / n), limits=COVERAGE.whole,
            )
            for name, mask in counted
            if n
        )
    )  # fmt: skip


def _feature(watched: Watched, name: str, own: Mask, known: Pool, both: _Both, *, least: int) -> Outcome:
    """Compare a feature of one class, and how often it is missing."""
    feature = watched.feature
    subject = Subject(DriftKind.FEATURE, feature.name, name, feature.unit, watched.bounds)
    if lack := both.lacks(feature.inputs):
        return Outcome(unjudged=(unjudged(subject, EVERYWHERE, lack),))
    values = both.values(watched)[own]
    pool = known.of(own)
    here = np.isfinite(values)
    absent = Subject(DriftKind.MISSING, feature.name, name, "", MISSING)
    missing = compare_shares(absent, (~here).astype(np.float64), pool, least=least, local=False)
    found = compare_values(subject, values[here], pool.of(here), least=least, by_magnitude=watched.by_magnitude)
    return together((missing, found))


def _labels(task: Task, known: Pool, both: _Both, *, least: int) -> Outcome:
    """Compare the share of every label of a task among the rows that have one."""
    values = both.texts(task)
    labelled = pc.is_valid(values).to_numpy(zero_copy_only=False)
    group = {Task.SUPERCLASS: "all classes", Task.STAR: "STAR", Task.GALAXY: "GALAXY"}[task]
    if not labelled.any():
        subject = Subject(DriftKind.LABELS, f"labels of {task}", group, "", SHARE)
        return Outcome(unjudged=(unjudged(subject, EVERYWHERE, "no row has one"),))
    pool, values = known.of(labelled), values.filter(pa.array(labelled))
    outcomes = []
    for name in labels.ORDER[task]:
        scores = pc.equal(values, name).to_numpy(zero_copy_only=False).astype(np.float64)
        if scores.any():
            subject = Subject(DriftKind.LABELS, f"share of {name}", group, "", SHARE)
            outcomes.append(compare_shares(subject, scores, pool, least=least, local=task is Task.SUPERCLASS))
    return together(outcomes)


def _votes(votes: pa.Table, known: Pool, both: _Both, *, least: int) -> Outcome:
    """Compare how sure volunteers were, and the mean probability of each label, among galaxies that they saw."""
    first = votes.group_by("object_key", use_threads=False).aggregate(
        [(name, "first") for name in votes.column_names if name == "agreement" or name.startswith("p_")]
    )
    place = pc.index_in(both.keys(), value_set=first["object_key"].combine_chunks())
    seen = pc.is_valid(place).to_numpy(zero_copy_only=False)
    agreement = Subject(DriftKind.VOTES, "agreement of volunteers", "GALAXY", "", VOTES)
    if not (seen & known.new).any() or not (seen & ~known.new).any():
        side = "the new rows" if (seen & ~known.new).any() else "the rows behind the model"
        return Outcome(unjudged=(unjudged(agreement, EVERYWHERE, f"{side} have no votes"),))
    own = first.take(place.filter(pa.array(seen)))
    pool = known.of(seen)
    outcomes = []
    for name in own.column_names:
        if name == "object_key":
            continue
        values = floats(own, name)
        here = np.isfinite(values)
        if name == "agreement_first":
            outcomes.append(compare_values(agreement, values[here], pool.of(here), least=least))
        else:
            label = name.removeprefix("p_").removesuffix("_first")
            subject = Subject(DriftKind.VOTES, f"mean probability of {label}", "GALAXY", "", VOTES)
            outcomes.append(compare_shares(subject, values[here], pool.of(here), least=least, local=False))
    return together(outcomes)
