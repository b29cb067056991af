"""From answers to the facts of one row of the grid: its scores, or why it was not run. Fits nothing, fills nothing in."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cosmic.facts.grid import GridResult, GridScores
from cosmic.facts.results import Confusion
from cosmic.study.expressed import expression
from cosmic.study.published import GridRow, values_of


def not_run(row: GridRow, reason: str, *, variant: str = "") -> GridResult:
    """Return the result of a row that could not be run."""
    return GridResult(**named(row, variant=variant), not_run=reason)


def named(row: GridRow, *, variant: str = "") -> dict[str, object]:
    """Return what names a row in its result."""
    return {
        "key": f"{row.key}/{variant}" if variant else row.key,
        "task": row.task.value,
        "features": row.features.value,
        "balance": row.balance.value,
        "family": row.family.value,
        "setting": values_of(row.setting),
        "today": expression(row.setting).today,
        "variant": variant,
    }


def grid_scores(y: NDArray[np.int64], answer: NDArray[np.int64], labels: tuple[str, ...]) -> GridScores:
    """Return the scores of answers, both given as indices of labels, shape (n,), n at least 1.

    The answers are counted once; scikit-learn then scores the counts, which is the same and does not grow with n.

    Raises
    ------
    ArithmeticError
        If weighted recall differs from accuracy, which is an identity: the figures would be wrong.
    """
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support, recall_score

    k = len(labels)
    counts = np.bincount(y * k + answer, minlength=k * k)
    true, said = np.divmod(np.flatnonzero(counts), k)
    weight = counts[counts > 0]

    def averaged(how: str) -> tuple[float, float, float]:
        found = precision_recall_fscore_support(true, said, sample_weight=weight, average=how, zero_division=0.0)
        return float(found[0]), float(found[1]), float(found[2])

    weighted, macro = averaged("weighted"), averaged("macro")
    accuracy = float(accuracy_score(true, said, sample_weight=weight))
    if not math.isclose(accuracy, weighted[1], abs_tol=1e-12):
        raise ArithmeticError(f"weighted recall {weighted[1]} differs from accuracy {accuracy}")
    return GridScores(
        n=len(y),
        accuracy=accuracy,
        precision=weighted[0],
        recall=weighted[1],
        f1=weighted[2],
        precision_macro=macro[0],
        recall_macro=macro[1],
        f1_macro=macro[2],
        balanced_accuracy=float(
            recall_score(true, said, sample_weight=weight, labels=np.unique(true), average="macro", zero_division=0.0)
        ),
        confusion=Confusion(
            labels=labels, counts=tuple(tuple(int(count) for count in row) for row in counts.reshape(k, k))
        ),
    )
