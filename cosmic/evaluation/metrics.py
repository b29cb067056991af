"""Scores of one set of answers: scikit-learn's figures, null where a figure does not exist. Resamples nothing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cosmic.facts.results import ClassScore, Confusion, Scores


def score(
    y: NDArray[np.int64], p: NDArray[np.float64], labels: tuple[str, ...], *, majority: int | None = None
) -> Scores:
    """Return the scores of n answers.

    Averages are weighted by class size, with 0 for the precision of a class that was never answered, as in the
    published study; macro averages leave out labels that are neither true nor answered anywhere here.

    Parameters
    ----------
    y : numpy.ndarray
        Index of the true label, shape (n,).
    p : numpy.ndarray
        Probabilities, shape (n, k); the answer is the largest.
    labels : tuple of str
        The k labels.
    majority : int, optional
        Index of the label that is most frequent in the training part: the baseline always answers it.

    Raises
    ------
    ArithmeticError
        If weighted recall differs from accuracy, which is an identity: the figures would be wrong.
    """
    log_loss, brier = _probability_scores(y, p)
    scores = score_answers(y, np.argmax(p, axis=1), labels, majority=majority)
    return scores.model_copy(update={"log_loss": log_loss, "brier": brier})


def score_answers(
    y: NDArray[np.int64], answer: NDArray[np.int64], labels: tuple[str, ...], *, majority: int | None = None
) -> Scores:
    """Return the scores of n answers given as indices of labels, shape (n,): `score` without log_loss and brier."""
    from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

    if not len(y):
        return Scores(per_class={label: ClassScore(n=0) for label in labels})
    codes = np.arange(len(labels))
    precision, recall, f1, n = precision_recall_fscore_support(y, answer, labels=codes, zero_division=np.nan)
    weighted = precision_recall_fscore_support(y, answer, labels=codes, average="weighted", zero_division=0.0)
    accuracy = float(accuracy_score(y, answer))
    if not math.isclose(accuracy, weighted[1], abs_tol=1e-12):
        raise ArithmeticError(f"weighted recall {weighted[1]} differs from accuracy {accuracy}")
    base = (None, None, None) if majority is None else _baseline(y, majority, len(labels))
    counts = confusion_matrix(y, answer, labels=codes)
    return Scores(
        accuracy=accuracy,
        precision=float(weighted[0]),
        recall=float(weighted[1]),
        f1=float(weighted[2]),
        f1_macro=_mean(f1),
        balanced_accuracy=_mean(recall),
        balanced=1.0 / int((n > 0).sum()),
        majority=base[0],
        majority_f1=base[1],
        majority_f1_macro=base[2],
        per_class={
            label: ClassScore(
                precision=_number(precision[i]), recall=_number(recall[i]), f1=_number(f1[i]), n=int(n[i])
            )
            for i, label in enumerate(labels)
        },
        confusion=Confusion(labels=labels, counts=tuple(tuple(int(count) for count in row) for row in counts)),
    )


def score_counts(confusion: Confusion, *, majority: int | None = None) -> Scores:
    """Return the scores of answers that are known by their counts alone. See `score`."""
    counts = np.array(confusion.counts, np.int64)
    y, answer = (np.repeat(index.ravel(), counts.ravel()) for index in np.indices(counts.shape))
    return score_answers(y, answer, confusion.labels, majority=majority)


def _probability_scores(y: NDArray[np.int64], p: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Logarithmic loss and Brier score, summed over labels."""
    from sklearn.metrics import brier_score_loss, log_loss

    if not len(y):
        return None, None
    codes = np.arange(p.shape[1])
    brier = brier_score_loss(y, p, labels=codes, scale_by_half=False)
    return float(log_loss(y, p, labels=codes)), float(brier)


def _baseline(y: NDArray[np.int64], majority: int, k: int) -> tuple[float | None, float | None, float | None]:
    """Accuracy, weighted F1 and macro F1 of always answering one label."""
    from sklearn.metrics import precision_recall_fscore_support

    answer = np.full_like(y, majority)
    codes = np.arange(k)
    each = precision_recall_fscore_support(y, answer, labels=codes, zero_division=np.nan)[2]
    weighted = precision_recall_fscore_support(y, answer, labels=codes, average="weighted", zero_division=0.0)[2]
    return float((y == majority).mean()), float(weighted), _mean(each)


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _mean(values: NDArray[np.float64]) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None
