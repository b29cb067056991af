"""What the report says of a model beyond its scores, on disk: scores, the kept model, the composed hierarchy, hold-out.

Each function turns records into one JSON file and a record of it. Trains nothing and chooses nothing by test scores.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from cosmic import artefacts
from cosmic.datasets import Dataset
from cosmic.evaluation.arms import arm_pairs
from cosmic.evaluation.assessment import assess
from cosmic.evaluation.hierarchical import assess_hierarchy
from cosmic.evaluation.holdout import score_holdout
from cosmic.evaluation.importance import permutation, tree_top
from cosmic.evaluation.selection import selections
from cosmic.facts import ArmPair, Coverage, HierarchyNode, Importance, Selection
from cosmic.facts import Hierarchy as HierarchyFacts
from cosmic.identity import COLUMNS
from cosmic.models.persistence import load, read_card
from cosmic.models.predictions import Predictions
from cosmic.records import (
    Arm,
    Composed,
    Fitted,
    HeldOut,
    JudgedPage,
    Kept,
    Model,
    Paired,
    Prepared,
    Rebalancing,
    Scored,
    Snapshot,
    SplitName,
    Task,
)

log = logging.getLogger(__name__)

BESIDE: Final = {
    Task.GALAXY_SPECTRAL: "scored by itself: a second question about galaxies, beside their shape; an object's path has "
    "one node below galaxy, and shape and spectral class are no alternatives of each other"
}
"""Nodes that are not composed, and why: with both below galaxy their probabilities would sum to two."""
_EDGES = (0.5, 99.5)
"""Percentiles of r between which a task counts as tested."""


class Details(BaseModel):
    """What one kept model looks at, where it was tested, and what selecting by it gives.

    `selections` point at result 0: whoever assembles the facts knows the true index.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    importance: tuple[Importance, ...]
    selections: tuple[Selection, ...]
    coverage: Coverage


class Pairs(BaseModel):
    """The arms of one task beside each other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pairs: tuple[ArmPair, ...]


def score_fit(fitted: Fitted, *, resamples: int, seed: int, folder: Path) -> Scored:
    """Return the scores of a fit, written to `folder`; a decision tree also shows its first levels."""
    result = assess(fitted, resamples=resamples, seed=seed)
    if result.model == Model.DECISION_TREE:
        result = result.model_copy(update={"tree": tree_top(load(fitted.model))})
    path = _write(result, folder, "result")
    return Scored(
        fitted=fitted,
        result=path,
        task=Task(result.task),
        arm=Arm(result.arm),
        model=Model(str(result.model)),
        rebalancing=Rebalancing(str(result.rebalancing)),
        validation_f1=result.validation.f1 if result.validation else None,
        searched=result.searched,
    )


def keep(scored: Scored, prepared: Prepared, *, snapshot: Snapshot, resamples: int, seed: int, folder: Path) -> Kept:
    """Return the model of a fit, copied to `folder` under its digest, with what it looks at and selects.

    Raises
    ------
    ArtefactCorrupt
        If a file of the fit is missing or changed, or the copy does not answer its probe rows alike.
    """
    source = scored.fitted.model
    card = read_card(source.with_name("model.json"))
    home = (
        folder / f"{card.digest[:24]}-{scored.fitted.id[:24]}"
    )  # equal models of different data sets have cards of their own
    for name in ("model.skops", "model.json"):
        original = artefacts.check(source.with_name(name))
        if not artefacts.intact(home / name):
            artefacts.write(home / name, partial(shutil.copyfile, original))
    model = load(home / "model.skops")
    if prepared.path is None:
        raise ValueError(f"{scored.task}, {scored.arm} was fitted on data that say: {prepared.not_run}")
    predictions = Predictions.load(scored.fitted.predictions)
    details = Details(
        importance=permutation(model, Dataset.load(prepared.path), seed=seed),
        selections=selections(predictions, task=scored.task, arm=scored.arm, result=0, resamples=resamples, seed=seed),
        coverage=_coverage(scored.task, predictions, snapshot),
    )
    log.info("%s, %s: kept %s, %s", scored.task, scored.arm, scored.model, scored.rebalancing)
    return Kept(
        task=scored.task,
        arm=scored.arm,
        scored=scored,
        prepared=prepared,
        model=home / "model.skops",
        card=home / "model.json",
        sha256=card.digest,
        details=_write(details, home, "details"),
    )


def compose(
    arm: Arm,
    kept: Sequence[Kept],
    prepared: Sequence[Prepared],
    *,
    snapshot: Snapshot,
    split: SplitName,
    salt: str,
    seed: int,
    filter: str,
    resamples: int,
    folder: Path,
) -> Composed:
    """Return the hierarchy of one arm on the test objects: the superclass model and the subclass models below it.

    Without a superclass model there is none; a node without a model says why: `prepared` has the reasons. A node that
    asks a second question of a superclass (`BESIDE`) is not composed, since paths have one node below each superclass.
    """
    from cosmic.models.hierarchy import Hierarchy  # brings scikit-learn in

    models = {one.task: one for one in kept if one.arm == arm}
    missing = {one.task: one.not_run for one in prepared if one.arm == arm and one.task not in models}
    missing |= {task: why for task, why in BESIDE.items() if models.pop(task, None)}
    nodes = (
        *(HierarchyNode(task=task) for task in models),
        *(HierarchyNode(task=task, not_run=why) for task, why in missing.items()),
    )
    facts = HierarchyFacts(arm=arm, nodes=nodes, not_run=f"no superclass model in the arm {arm}")
    if Task.SUPERCLASS in models:
        below = {task.value: load(one.model) for task, one in models.items() if task is not Task.SUPERCLASS}
        found = assess_hierarchy(
            snapshot,
            Hierarchy(load(models[Task.SUPERCLASS].model), below),
            split=split,
            salt=salt,
            seed=seed,
            filter=filter,
            resamples=resamples,
        )
        facts = HierarchyFacts(
            arm=arm,
            nodes=nodes,
            precision=found.precision,
            recall=found.recall,
            f=found.f,
            n=found.n,
            interval=found.interval,
        )
    return Composed(arm, _write(facts, folder, "hierarchy"))


def pair(
    task: Task, kept: Sequence[Kept], prepared: Sequence[Prepared], *, resamples: int, seed: int, folder: Path
) -> Paired:
    """Return the kept models of a task, arm beside arm, on the test objects that both answered."""
    pairs = arm_pairs(task, kept, prepared, resamples=resamples, seed=seed)
    return Paired(task, _write(Pairs(pairs=pairs), folder, "arms"))


def hold_out(kept: Kept, judged: JudgedPage, *, snapshot: Snapshot, resamples: int, seed: int, folder: Path) -> HeldOut:
    """Return the scores of a kept model on the valid rows of a page that is never stored and never trained on.

    Raises
    ------
    NotServable
        If the page is in another magnitude system than the model.
    """
    if kept.prepared.path is None:
        raise ValueError(f"{kept.task}, {kept.arm} was fitted on data that say: {kept.prepared.not_run}")
    data = Dataset.load(kept.prepared.path)
    keys = data.keys.take(pa.array(data.within("train")))
    known = pq.read_table(snapshot.path, columns=list(COLUMNS))
    facts = score_holdout(
        load(kept.model),
        pq.read_table(artefacts.check(judged.valid)),
        judged,
        trained_on=known.filter(pc.is_in(known["object_key"], value_set=keys)),
        filter=data.card.filter,
        resamples=resamples,
        seed=seed,
    )
    return HeldOut(kept.task, kept.arm, _write(facts, folder, "holdout"))


def _coverage(task: Task, predictions: Predictions, snapshot: Snapshot) -> Coverage:
    """The range of r in which a task was tested, and the objects of the catalogue outside it."""
    tested = predictions.within("test").r
    lo, hi = (float(edge) for edge in np.percentile(tested, _EDGES))
    known = pq.read_table(snapshot.path, columns=["r"])["r"].to_numpy()
    return Coverage(
        task=task,
        column="r",
        unit="mag",
        lo=lo,
        hi=hi,
        n_test=len(tested),
        n_catalogue=len(known),
        n_below=int((known < lo).sum()),
        n_above=int((known > hi).sum()),
    )


def _write(facts: BaseModel, folder: Path, kind: str) -> Path:
    """Write a file under the digest of its content: what another run remembers is never replaced."""
    text = facts.model_dump_json(indent=1)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return artefacts.write(folder / f"{kind}-{digest[:32]}.json", lambda part: part.write_text(text, "utf-8"))
