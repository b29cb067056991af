"""A kept model on the rows of a file from elsewhere: which rows count, and their scores. Trains nothing, stores nothing.

The rows are cut as the training data were, objects that the model was trained on are left out, and every row of the
file is counted under one heading.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cosmic import labels
from cosmic.columns import BANDS
from cosmic.errors import ConfigError, NotServable
from cosmic.evaluation.intervals import RESAMPLES, block_intervals, confusion_by_block, confusion_figures
from cosmic.evaluation.metrics import score
from cosmic.facts import Holdout
from cosmic.features import Recipe, build
from cosmic.identity import COLUMNS, belong_to, link
from cosmic.matching import matched
from cosmic.models.persistence import TrainedModel
from cosmic.records import Arm, JudgedPage

_SHOWN = 5


def demand_one_system(judged: Sequence[JudgedPage], held: Sequence[JudgedPage]) -> None:
    """Refuse hold-out files of another magnitude system than the files that models will be trained on.

    Raises
    ------
    NotServable
        If there are any: no model of this run could answer their rows.
    """
    ours = {one.system: one for one in judged}
    strange = [one for one in held if one.system not in ours]
    if not strange or not ours:
        return
    names = ", ".join(f"{_name(one)} ({one.system} magnitudes)" for one in strange[:_SHOWN])
    more = f" and {len(strange) - _SHOWN} more" if len(strange) > _SHOWN else ""
    first = next(iter(ours.values()))
    raise NotServable(
        f"the hold-out files {names}{more} cannot be answered by models of {first.system} magnitudes, which are what "
        f"{_name(first)} has; nothing was trained. Hold out a file of {first.system} magnitudes, or say with --column "
        "which columns of the file are u g r i z."
    )


def score_holdout(
    model: TrainedModel,
    rows: pa.Table,
    judged: JudgedPage,
    *,
    trained_on: pa.Table,
    filter: str,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Holdout:
    """Return the scores of a stored model on the labelled rows of a judged file, with intervals by sky cell.

    Parameters
    ----------
    rows : pyarrow.Table
        The valid rows of `judged`, in canonical columns with ``object_key``.
    trained_on : pyarrow.Table
        The objects that the model was trained on, with the columns of `cosmic.identity.COLUMNS`.
    filter : str
        The cut of the training data, one of `cosmic.labels.FILTERS`.

    Raises
    ------
    NotServable
        If the rows are in another magnitude system than the model.
    """
    card = model.card
    answers = model.predict_proba(rows, system=judged.system)
    truth = labels.label(rows, card.recipe.task).values
    position = pc.fill_null(pc.index_in(truth, value_set=pa.array(card.labels)), -1).to_numpy(zero_copy_only=False)
    reasons = {"no label": ~pc.is_valid(truth).to_numpy(zero_copy_only=False)}
    not_run = None
    try:
        reasons[f"filter {filter}"] = ~labels.cut(rows, filter, system=judged.system).passes
    except ConfigError as error:
        not_run = f"the run's filter cannot be applied to this file: {error}"
        reasons[f"filter {filter} cannot be applied"] = np.ones(rows.num_rows, bool)
    reasons |= {"a class that the model does not know": position < 0, "lacks a value": ~answers.answered}
    left, excluded = np.ones(rows.num_rows, bool), {}
    for reason, mask in reasons.items():  # a row counts under the first that holds
        if n := int((left & mask).sum()):
            excluded[reason] = n
        left &= ~mask
    seen = left & belong_to(rows, trained_on)
    left &= ~seen
    if card.recipe.arm is Arm.MAGNITUDE_MATCHED and left.any():
        drawn = _equally_bright(card.recipe, rows, left, position, seed=seed)
        if n := int((left & ~drawn).sum()):
            excluded["not drawn: its class has more objects of that brightness than another"] = n
        left = drawn
    if not left.any() and not_run is None:
        not_run = "no row has a label that the model knows and every value that it needs"
        if seen.any():
            not_run = "every row that could be scored is an object that the model was trained on"
    y, p = position[left].astype(np.int64), answers.values[left]
    scores = score(y, p, card.labels, majority=card.labels.index(card.majority))
    sums = confusion_by_block(_blocks(rows.filter(pa.array(left))), y, np.argmax(p, axis=1), len(card.labels))
    interval = block_intervals(sums, confusion_figures, resamples=resamples, seed=seed)
    return Holdout(
        **dict(scores.model_copy(update={"interval": interval})),
        path=_name(judged),
        sha256=judged.page.id,
        n=len(y),
        n_rows=judged.rows,
        n_quarantined=judged.n_quarantined,
        n_excluded=sum(excluded.values()),
        excluded=excluded,
        n_trained_on=int(seen.sum()),
        not_run=not_run,
    )


def _equally_bright(
    recipe: Recipe, rows: pa.Table, left: NDArray[np.bool_], codes: NDArray[np.int64], *, seed: int
) -> NDArray[np.bool_]:
    """Return the rows that are drawn as the model's own test objects were, so that the scores answer the same question."""
    r = build(rows, recipe).values[:, BANDS.index("r")]
    one_part = np.zeros(rows.num_rows, np.int8)
    return matched(left, r, codes, one_part, rows["object_key"].combine_chunks(), seed=seed)


def _blocks(rows: pa.Table) -> pa.Array:
    """The unit of resampling of each row, as in the catalogue: its sky cell where it has a position."""
    placed = rows.select([name for name in COLUMNS if name in rows.column_names])
    return link(placed.append_column("block", pa.nulls(rows.num_rows, pa.string()))).block


def _name(judged: JudgedPage) -> str:
    return Path(judged.page.origin).name
