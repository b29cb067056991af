"""Hierarchical precision, recall and F of composed models (Silla and Freitas 2011). Trains and picks no model.

Every prediction and every truth stands for the set of its nodes without the root: a star called G where it is K has
one node right of two. All test objects count, whichever node they end at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cosmic import labels
from cosmic.datasets import label_rows
from cosmic.evaluation.intervals import RESAMPLES, block_intervals, ratio, sums_by_block
from cosmic.facts.results import Interval
from cosmic.records import Snapshot, SplitName, Task
from cosmic.splits import PARTS

if TYPE_CHECKING:
    from cosmic.models.hierarchy import Hierarchy, NodePath  # brings scikit-learn in, which takes a second

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HierarchicalScores:
    """hP, hR and hF of n objects with their intervals; `unanswered` lacked what the superclass model needs."""

    n: int
    precision: float | None
    recall: float | None
    f: float | None
    interval: dict[str, Interval]
    unanswered: int = 0


def assess_hierarchy(
    snapshot: Snapshot,
    hierarchy: Hierarchy,
    *,
    split: SplitName,
    salt: str,
    seed: int,
    filter: str,
    resamples: int = RESAMPLES,
) -> HierarchicalScores:
    """Return the scores of composed models on the test objects of a snapshot that have a superclass.

    `split`, `salt`, `seed` and `filter` are those of the data sets that the models were trained on.
    """
    labelled = label_rows(
        snapshot, task=Task.SUPERCLASS, split=split, salt=salt, seed=seed, min_class_size=1, filter=filter
    )
    keep = labelled.part == PARTS.index("test")
    keep &= np.isin(
        labelled.codes, [labelled.names.index(n) for n in hierarchy.root.card.labels if n in labelled.names]
    )
    rows = labelled.rows.filter(pa.array(keep))
    truth = true_paths(rows, [labelled.names[code] for code in labelled.codes[keep]], hierarchy)
    answers = hierarchy.predict_proba(rows, system=snapshot.system).answers()
    return hierarchical_scores(truth, answers, rows["block"].combine_chunks(), resamples=resamples, seed=seed)


def true_paths(rows: pa.Table, superclasses: Sequence[str], hierarchy: Hierarchy) -> tuple[NodePath, ...]:
    """Return the path of each row: superclass, and subclass where the model below knows that label."""
    below = {node: labels.label(rows, Task(node)).values.to_pylist() for node in hierarchy.nodes}
    known = {node: model.card.labels for node, model in hierarchy.nodes.items()}
    return tuple(
        (above, below[above][at]) if above in below and below[above][at] in known[above] else (above,)
        for at, above in enumerate(superclasses)
    )


def hierarchical_scores(
    truth: Sequence[NodePath],
    answers: Sequence[NodePath],
    blocks: pa.Array,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> HierarchicalScores:
    """Return the scores of n answers.

    A prediction is cut where it goes on below a truth that it shares, since nothing is known there: a star without a
    subclass string, called ``("star", "K")``, is right and nothing more. Objects with an empty answer are left out and
    counted.

    Parameters
    ----------
    truth, answers : sequence of tuple of str
        n paths each.
    blocks : pyarrow.Array
        Text, shape (n,): the unit of resampling.
    """
    answered = np.array([bool(answer) for answer in answers], bool)
    counts = np.array([_shared(true, answer) for true, answer in zip(truth, answers, strict=True)], float)
    counts = counts.reshape(-1, 3)[answered]
    unanswered = int((~answered).sum())
    if not len(counts):
        return HierarchicalScores(0, None, None, None, {}, unanswered)
    figures = {name: float(value) for name, value in _figures(counts.sum(axis=0)).items()}
    sums = sums_by_block(blocks.filter(pa.array(answered)), counts)
    return HierarchicalScores(
        n=len(counts),
        precision=figures["precision"],
        recall=figures["recall"],
        f=figures["f"],
        interval=block_intervals(sums, _figures, resamples=resamples, seed=seed),
        unanswered=unanswered,
    )


def _shared(truth: NodePath, answer: NodePath) -> tuple[int, int, int]:
    """Number of nodes shared, answered and true."""
    if answer[: len(truth)] == truth:
        answer = truth
    shared = 0
    while shared < min(len(truth), len(answer)) and truth[shared] == answer[shared]:
        shared += 1
    return shared, len(answer), len(truth)


def _figures(sums: Floats) -> dict[str, Floats]:
    shared, answered, true = (sums[..., at] for at in range(3))
    precision, recall = ratio(shared, answered), ratio(shared, true)
    return {"precision": precision, "recall": recall, "f": ratio(2 * shared, answered + true)}
