"""One trained model as it stands in facts.json: its scores, what it looks at, or why it was not run. Computes nothing.

Those who score models need these blocks and none of the rest of the facts. A figure that does not exist is null, never
NaN. Averages over classes are weighted by class size unless the name says macro.
"""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Interval = tuple[float, float]
"""Lower and upper end of a 95 % interval from resampled sky cells."""
Setting = bool | int | float | str | tuple[int | float | str, ...] | None
"""One value of a hyper-parameter or an option."""
Part = Literal["train", "validation", "test"]


class Block(BaseModel):
    """Base of every block: frozen, no unknown names, no NaN and no infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ClassScore(Block):
    """Scores of one class; null where undefined (never predicted, or no such object)."""

    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    n: int


class Confusion(Block):
    """Counts of objects: row i is the true class ``labels[i]``, column j the predicted one."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class ReliabilityBin(Block):
    """Answers whose confidence lies in [lo, hi): their number, mean confidence and share of right ones."""

    lo: float
    hi: float
    n: int
    confidence: float
    right: float


class Reliability(Block):
    """Whether a model is right as often as it says.

    `error` is the expected calibration error, the mean distance of confidence and share of right answers over the bins;
    a perfectly calibrated model would have `expected` on the mean with as many answers, and less than `expected_upper` in
    95 of 100 cases.
    """

    error: float
    expected: float
    expected_upper: float
    n: int
    bins: tuple[ReliabilityBin, ...]


class Scores(Block):
    """One score block: the same figures for train, validation, test and hold-out.

    Parameters
    ----------
    accuracy, precision, recall, f1 : float or None
        Weighted by class size, as in the published study (so recall equals accuracy).
    f1_macro, balanced_accuracy : float or None
        Every class counts the same.
    majority : float or None
        Accuracy of always answering the class that is most frequent in the training part.
    majority_f1, majority_f1_macro : float or None
        Weighted and macro F1 of the same answer, the baseline of `f1` and `f1_macro`.
    balanced : float or None
        Balanced accuracy that knows nothing: one over the number of true classes, whatever is answered, be it always the
        same class or any class by lot.
    log_loss, brier : float or None
        How good the probabilities are; smaller is better, 0 is perfect. Mean of -ln P(true class), and mean squared
        distance between probabilities and truth, summed over classes (0 to 2). Null for the training part.
    reliability : Reliability or None
        Confidence beside the share of right answers, on the test part of every model.
    interval : dict
        95 % interval by the name of the figure, such as ``{"f1": (0.91, 0.92)}``. Figures without one are absent.
    """

    accuracy: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    f1_macro: float | None = None
    balanced_accuracy: float | None = None
    majority: float | None = None
    majority_f1: float | None = None
    majority_f1_macro: float | None = None
    balanced: float | None = None
    log_loss: float | None = None
    brier: float | None = None
    reliability: Reliability | None = None
    per_class: dict[str, ClassScore] = Field(default_factory=dict)
    interval: dict[str, Interval] = Field(default_factory=dict)
    confusion: Confusion | None = None


class Holdout(Scores):
    """Scores on a file that is never stored and never trained on.

    Every one of its `n_rows` rows counts once: `n_quarantined` broke the contract; `n_excluded` have no label that the
    model knows, did not pass the filter of the run, or lack a value that the model needs (`excluded` counts them by
    reason); `n_trained_on` are objects that the model was trained on, since the catalogue has them from elsewhere; the
    other n are scored.
    """

    path: str
    sha256: str
    n: int
    n_rows: int | None = None
    n_quarantined: int = 0
    n_excluded: int = 0
    excluded: dict[str, int] = Field(default_factory=dict)
    n_trained_on: int = 0
    not_run: str | None = None


class Published(Block):
    """What the published study printed for the same task and model. Never beside a simulated sky."""

    accuracy: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    run_time_s: float | None = None
    note: str | None = None


class Importance(Block):
    """How much one feature matters; `spread` is the standard deviation over repeats or trees."""

    feature: str
    value: float
    spread: float | None = None


class TreeNode(Block):
    """A node of a decision tree: objects with ``feature <= threshold`` go to the first child.

    `threshold` is in the feature's own unit, before any scaling. A leaf, or a node where the drawing ends, has no
    feature and no children.
    """

    label: str
    n: int
    share: float
    feature: str | None = None
    threshold: float | None = None
    children: tuple[TreeNode, ...] = ()


class Result(Block):
    """One trained model, or the reason why there is none (then the figures are null).

    `dropped_classes` are classes of the task, with their objects, that this arm does not know: no training object of
    them has every value that the arm needs. With any, its scores are of another question than those of other arms.
    `notes` are of its fit, such as a solver that stopped early. `searched` settings are those that a search found.
    """

    task: str
    arm: str
    model: str | None = None
    features: tuple[str, ...] = ()
    dropped_classes: dict[str, int] = Field(default_factory=dict)
    rebalancing: str | None = None
    split: str | None = None
    hyperparameters: dict[str, Setting] = Field(default_factory=dict)
    seed: int | None = None
    n_train: int | None = None
    n_validation: int | None = None
    n_test: int | None = None
    fit_s: float | None = None
    predict_s: float | None = None
    peak_mb: float | None = None
    train: Scores | None = None
    validation: Scores | None = None
    test: Scores | None = None
    published: Published | None = None
    holdout: tuple[Holdout, ...] = ()
    importance_kind: Literal["permutation", "impurity", "coefficient"] | None = None
    importance: tuple[Importance, ...] = ()
    tree: TreeNode | None = None
    searched: bool = False
    notes: tuple[str, ...] = ()
    not_run: str | None = None

    @field_validator("hyperparameters", mode="before")
    @classmethod
    def _infinity_in_words(cls, given: dict[str, object]) -> dict[str, object]:
        # logistic regression without a penalty has C = inf, which JSON has no number for
        return {k: str(v) if isinstance(v, float) and not math.isfinite(v) else v for k, v in given.items()}

    @model_validator(mode="after")
    def _ran_or_says_why(self) -> Self:
        if (self.test is None) == (self.not_run is None):
            raise ValueError(f"{self.task}, {self.arm}: a result has either test figures or a reason in not_run")
        return self


class Best(Block):
    """The model of one task and arm that is best on validation by weighted F1. `result` is its index in results."""

    task: str
    arm: str
    result: int
    model: str
    rebalancing: str
