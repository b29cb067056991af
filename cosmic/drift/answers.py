"""What a model says of new rows beside what it said of rows it was not trained on. Needs no label of a new row."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cosmic.datasets import part_codes
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
from cosmic.drift.strata import coverage, pooled
from cosmic.drift.watched import CONFIDENCE, MISSING, SHARE
from cosmic.facts.drift import DriftKind
from cosmic.models.persistence import TrainedModel
from cosmic.records import MagnitudeSystem
from cosmic.splits import PARTS

UNLABELLED: Final = "rows without a class"
EVERY_ROW: Final = "all new rows, their classes unseen"
_CHUNK: Final = 100_000


def answers(
    model: TrainedModel, new: pa.Table, reference: pa.Table, *, system: MagnitudeSystem, least: int = LEAST
) -> Outcome:
    """Return how the shares of predicted labels, and the model's confidence, differ on new rows.

    New rows are those without a class, where there are enough of them, else all. They stand beside the rows of
    `reference` that are not in the model's training part.

    Parameters
    ----------
    new, reference : pyarrow.Table
        Rows of snapshots; `reference` is the whole snapshot that the model was trained on.

    Raises
    ------
    NotServable
        If the rows are in another magnitude system than the model's.
    """
    card = model.card
    unlabelled = new.filter(pc.is_null(new["class"]))
    group = UNLABELLED if unlabelled.num_rows >= least else EVERY_ROW
    asked = unlabelled if group == UNLABELLED else new
    subject = Subject(DriftKind.PREDICTIONS, f"predictions of {card.recipe.task}", group, "", SHARE)
    if not asked.num_rows:
        return Outcome(unjudged=(unjudged(subject, EVERYWHERE, "there are no new rows"),))
    sides = part_codes(reference, split=card.split, salt=card.salt, seed=card.seed)
    held = reference.filter(pa.array(sides != PARTS.index("train")))
    values = np.concatenate([_predicted(model, rows, system=system) for rows in (held, asked)])
    pool = pooled(held, asked, groups=())
    known = coverage(pool).known
    pool, values = pool.of(known), values[known]
    answered = np.isfinite(values).all(axis=1)
    lacking = Subject(DriftKind.MISSING, f"an answer of the {card.recipe.task} model", group, "", MISSING)
    outcomes = [compare_shares(lacking, (~answered).astype(np.float64), pool, least=least, local=False)]
    pool, values = pool.of(answered), values[answered]
    likeliest = values.argmax(axis=1)
    for code, label in enumerate(card.labels):
        share = Subject(DriftKind.PREDICTIONS, f"share predicted {label}", group, "", SHARE)
        outcomes.append(compare_shares(share, (likeliest == code).astype(np.float64), pool, least=least))
    sure = Subject(DriftKind.CONFIDENCE, "largest probability", group, "", CONFIDENCE)
    outcomes.append(compare_values(sure, values.max(axis=1), pool, least=least))
    return together(outcomes)


def _predicted(model: TrainedModel, rows: pa.Table, *, system: MagnitudeSystem) -> NDArray[np.float64]:
    """Return probabilities, shape (n, k), part by part: a million rows at once would take the memory of many matrices."""
    parts = [
        model.predict_proba(rows.slice(start, _CHUNK), system=system).values
        for start in range(0, rows.num_rows, _CHUNK)
    ]
    return np.concatenate(parts) if parts else np.empty((0, len(model.card.labels)))
