"""The published study's grid, redone, as it stands in facts.json: what each row gave, and what the study printed. Fits nothing.

Every row of the grid is there, with figures or with the reason why it has none.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from cosmic.facts.results import Block, Confusion, Published, Scores, Setting


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


class Epoch(Block):
    """Loss and accuracy of a network in one pass over the rows it is fitted on, and on validation rows after it.

    A loss that is no number any more is null.
    """

    loss: float | None
    accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None


class GridResult(Block):
    """One row of the grid.

    The costs are of the whole unit that answered `shared` rows together, never divided among them. `train` is of the
    `n_fitted` rows after rebalancing, as in the published table; `validation` of rows in their natural proportions.
    `engine` says which library did the work; `variant` is empty for a setting as published. `today` is the setting in
    words of today's scikit-learn. `weights`, as Keras counts them, and `epochs` are of networks alone.
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
    weights: int | None = None
    epochs: tuple[Epoch, ...] = ()
    notes: tuple[str, ...] = ()
    not_run: str | None = None

    @model_validator(mode="after")
    def _ran_or_says_why(self) -> Self:
        if (self.validation is None) == (self.not_run is None):
            raise ValueError(f"{self.key}: a result has either validation figures or a reason in not_run")
        return self


class GridTest(Block):
    """One family of one task on the test part: its row of the grid with the best weighted F1 on validation, or why there is none.

    `key` is of that row, among settings as published. The model is fitted once more on the same rows; nothing is chosen
    by the test part. `published` is what the study printed for the family, null beside a simulated sky.
    """

    task: str
    family: str
    key: str | None = None
    balance: str | None = None
    setting: dict[str, Setting] = Field(default_factory=dict)
    features: tuple[str, ...] = ()
    split: str | None = None
    seed: int | None = None
    n_train: int | None = None
    n_fitted: int | None = None
    n_validation: int | None = None
    n_test: int | None = None
    fit_s: float | None = None
    validation: Scores | None = None
    test: Scores | None = None
    published: Published | None = None
    notes: tuple[str, ...] = ()
    not_run: str | None = None

    @model_validator(mode="after")
    def _ran_or_says_why(self) -> Self:
        if (self.test is None) == (self.not_run is None):
            raise ValueError(f"{self.task}, {self.family}: there are either test figures or a reason in not_run")
        return self


class PrintedScores(Block):
    """Four figures as the study printed them, averages weighted by class size."""

    accuracy: float
    precision: float
    recall: float
    f1: float


class PrintedGridRow(Block):
    """One row of the study's tuning table. `doubts` say what cannot be right about a printed figure."""

    key: str
    task: str
    min_class_size: int
    run_time_s: float
    train: PrintedScores
    validation: PrintedScores
    doubts: tuple[str, ...] = ()
