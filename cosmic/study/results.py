"""What one row of the grid gave: its scores and its cost, or why it was not run. Fits nothing and fills nothing in."""

from __future__ import annotations

import math
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from cosmic.facts.results import Block, Confusion, Setting
from cosmic.study.expressed import expression
from cosmic.study.published import GridRow, values_of


class GridScores(Block):
    """Scores of n answers.

    `precision`, `recall` and `f1` are weighted by class size, as in the published study, with 0 for the precision of a
    class that was never answered. Macro averages leave out labels that are neither true nor answered; balanced accuracy
    is the mean recall of the true ones.
    """

    n: int
    accuracy: float
    precision: float
    recall: float
    f1: float
    precision_macro: float
    recall_macro: float
    f1_macro: float
    balanced_accuracy: float
    confusion: Confusion


class Cost(Block):
    """Seconds of wall clock, and of all cores together, that one step of a unit took."""

    wall_s: float
    cpu_s: float

    def __add__(self, other: Cost) -> Cost:
        """Return both together."""
        return Cost(wall_s=self.wall_s + other.wall_s, cpu_s=self.cpu_s + other.cpu_s)


class GridResult(Block):
    """One row of the grid.

    The costs are of the whole unit that answered `shared` rows together, never divided among them. `train` is of the
    `n_fitted` rows after rebalancing, as in the published table; `validation` of rows in their natural proportions.
    `engine` says which library did the work; `variant` is empty for a setting as published. `today` is the setting in
    words of today's scikit-learn.
    """

    key: str
    task: str
    features: str
    balance: str
    family: str
    setting: dict[str, Setting]
    today: str
    variant: str = ""
    engine: str = "scikit-learn"
    matrix: str | None = None
    seed: int | None = None
    n_train: int | None = None
    n_fitted: int | None = None
    n_validation: int | None = None
    train: GridScores | None = None
    validation: GridScores | None = None
    shared: int = 1
    fit: Cost | None = None
    read_validation: Cost | None = None
    read_train: Cost | None = None
    notes: tuple[str, ...] = ()
    not_run: str | None = None

    @model_validator(mode="after")
    def _ran_or_says_why(self) -> Self:
        if (self.validation is None) == (self.not_run is None):
            raise ValueError(f"{self.key}: a result has either validation figures or a reason in not_run")
        return self


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
