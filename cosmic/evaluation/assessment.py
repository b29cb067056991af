"""The whole score of one fitted model, and of a stored model on rows from elsewhere. Trains nothing, picks nothing."""

from __future__ import annotations

import logging
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cosmic import labels
from cosmic.evaluation.intervals import RESAMPLES, block_intervals, confusion_by_block, confusion_figures
from cosmic.evaluation.metrics import score, score_counts
from cosmic.facts.results import Part, Result, Scores
from cosmic.models.fit import FitFacts
from cosmic.models.persistence import TrainedModel
from cosmic.models.predictions import Predictions
from cosmic.records import Fitted, MagnitudeSystem

_log = logging.getLogger(__name__)


def assess(fitted: Fitted, *, resamples: int = RESAMPLES, seed: int = 0) -> Result:
    """Return the scores of a fit on train, validation and test, with intervals of the test figures.

    Raises
    ------
    ArtefactCorrupt
        If a file of the fit is missing or changed.
    """
    started = time.perf_counter()
    facts = FitFacts.load(fitted.facts)
    predictions = Predictions.load(fitted.predictions)
    result = Result(
        task=facts.task,
        arm=facts.arm,
        model=facts.model,
        features=facts.features,
        rebalancing=facts.rebalancing,
        split=facts.split,
        hyperparameters=facts.hyperparameters,
        seed=facts.seed,
        n_train=facts.n_train,
        n_validation=facts.n_validation,
        n_test=facts.n_test,
        fit_s=facts.fit_s,
        predict_s=facts.predict_s,
        peak_mb=facts.peak_mb,
        train=score_counts(facts.train, majority=facts.majority),
        validation=_part(predictions, "validation", facts.majority),
        test=with_intervals(
            _part(predictions, "test", facts.majority), predictions.within("test"), resamples=resamples, seed=seed
        ),
    )
    _log.info(
        "%s, %s: %s, %s assessed on %d test rows in %.1f s",
        facts.task, facts.arm, facts.model, facts.rebalancing, facts.n_test, time.perf_counter() - started,
    )  # fmt: skip
    return result


def score_rows(
    model: TrainedModel, rows: pa.Table, *, system: MagnitudeSystem, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[int, Scores]:
    """Return how many labelled rows a stored model answered, and its scores on them, with intervals.

    Rows without a label that the model knows, and rows that lack a value it needs, are left out.

    Parameters
    ----------
    rows : pyarrow.Table
        Canonical columns and ``object_key``; ``block`` where the rows have blocks, else each row is its own.

    Raises
    ------
    NotServable
        If the rows are in another magnitude system than the model.
    """
    card = model.card
    truth = labels.label(rows, card.recipe.task).values
    position = pc.index_in(truth, value_set=pa.array(card.labels))
    rows = rows.filter(pc.is_valid(position))
    answers = model.predict_proba(rows, system=system)
    y = position.drop_null().to_numpy().astype(np.int64)[answers.answered]
    p = answers.values[answers.answered]
    scores = score(y, p, card.labels, majority=card.labels.index(card.majority))
    column = "block" if "block" in rows.column_names else "object_key"
    blocks = rows[column].combine_chunks().filter(pa.array(answers.answered))
    sums = confusion_by_block(blocks, y, np.argmax(p, axis=1), len(card.labels))
    interval = block_intervals(sums, confusion_figures, resamples=resamples, seed=seed)
    return len(y), scores.model_copy(update={"interval": interval})


def with_intervals(scores: Scores, predictions: Predictions, *, resamples: int, seed: int) -> Scores:
    """Return the scores with intervals from the blocks of the predictions that they are of."""
    sums = confusion_by_block(predictions.blocks, predictions.y, predictions.answer, len(predictions.labels))
    interval = block_intervals(sums, confusion_figures, resamples=resamples, seed=seed)
    return scores.model_copy(update={"interval": interval})


def _part(predictions: Predictions, part: Part, majority: int) -> Scores:
    of = predictions.within(part)
    return score(of.y, of.p, of.labels, majority=majority)
