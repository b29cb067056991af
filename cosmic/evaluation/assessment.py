"""The whole score of one fitted model: every part, with intervals of the test figures. Trains nothing, picks nothing."""

from __future__ import annotations

import logging
import time

from cosmic.evaluation.intervals import RESAMPLES, block_intervals, confusion_by_block, confusion_figures
from cosmic.evaluation.metrics import score, score_counts
from cosmic.evaluation.reliability import reliability
from cosmic.facts.results import Part, Result, Scores
from cosmic.models.fit import FitFacts
from cosmic.models.predictions import Predictions
from cosmic.records import Fitted

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
        notes=facts.notes,
        searched=facts.searched,
        train=score_counts(facts.train, majority=facts.majority),
        validation=_part(predictions, "validation", facts.majority),
        test=_tested(predictions, facts.majority, resamples=resamples, seed=seed),
    )
    _log.info(
        "%s, %s: %s, %s assessed on %d test rows in %.1f s",
        facts.task, facts.arm, facts.model, facts.rebalancing, facts.n_test, time.perf_counter() - started,
    )  # fmt: skip
    return result


def _tested(predictions: Predictions, majority: int, *, resamples: int, seed: int) -> Scores:
    of = predictions.within("test")
    scores = with_intervals(_part(predictions, "test", majority), of, resamples=resamples, seed=seed)
    return scores.model_copy(update={"reliability": reliability(of.y, of.p, seed=seed)})


def with_intervals(scores: Scores, predictions: Predictions, *, resamples: int, seed: int) -> Scores:
    """Return the scores with intervals from the blocks of the predictions that they are of."""
    sums = confusion_by_block(predictions.blocks, predictions.y, predictions.answer, len(predictions.labels))
    interval = block_intervals(sums, confusion_figures, resamples=resamples, seed=seed)
    return scores.model_copy(update={"interval": interval})


def _part(predictions: Predictions, part: Part, majority: int) -> Scores:
    of = predictions.within(part)
    return score(of.y, of.p, of.labels, majority=majority)
