"""The published tuning table as typed rows: what the study tried and what it printed. Fits nothing, corrects nothing.

A figure stays as it was printed, a misprint too; `PublishedRow.doubts` says what cannot be right about it.
"""

from __future__ import annotations

import csv
import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from importlib.resources import files
from typing import Final, Literal

from cosmic.records import Task


class Family(StrEnum):
    """The study's families of models on tables."""

    KNN = "knn"
    LOGISTIC = "logistic"
    SVM = "svm"
    DECISION_TREE = "decision_tree"
    RANDOM_FOREST = "random_forest"
    FFNN = "ffnn"


class Balance(StrEnum):
    """What is done about classes of unequal size; the study tried the first two."""

    SMOTE = "smote"
    RAREST = "rarest"
    NONE = "none"
    CLASS_WEIGHT = "class_weight"


class FeatureSet(StrEnum):
    """The study's feature sets that hold several rows of its notebooks together. Its table is of X0 alone."""

    X0 = "X0"
    X1 = "X1"
    X2 = "X2"
    X3 = "X3"
    X7 = "X7"


@dataclass(frozen=True, slots=True)
class KnnSetting:
    """Nearest neighbours that vote alike."""

    n_neighbors: int

    @property
    def family(self) -> Family:
        """The family that the setting is of."""
        return Family.KNN


@dataclass(frozen=True, slots=True)
class LogisticSetting:
    """One class against the rest; C is the inverse strength of the penalty."""

    solver: Literal["lbfgs", "saga"]
    penalty: Literal["none", "l2", "elasticnet"]
    C: float
    l1_ratio: float | None
    max_iter: int

    @property
    def family(self) -> Family:
        """The family that the setting is of."""
        return Family.LOGISTIC


@dataclass(frozen=True, slots=True)
class SvmSetting:
    """Support vectors with a radial kernel, stopped after so many iterations."""

    C: float
    max_iter: int

    @property
    def family(self) -> Family:
        """The family that the setting is of."""
        return Family.SVM


@dataclass(frozen=True, slots=True)
class TreeSetting:
    """One tree: a node of fewer than `min_samples_split` rows, or `max_depth` below the root, is a leaf."""

    criterion: Literal["gini", "entropy"]
    min_samples_split: int
    max_depth: int

    @property
    def family(self) -> Family:
        """The family that the setting is of."""
        return Family.DECISION_TREE


@dataclass(frozen=True, slots=True)
class ForestSetting:
    """Trees of depth 10 by entropy, each on all rows or on a bootstrap sample."""

    bootstrap: bool
    n_estimators: int

    @property
    def family(self) -> Family:
        """The family that the setting is of."""
        return Family.RANDOM_FOREST


@dataclass(frozen=True, slots=True)
class NetworkSetting:
    """Two hidden layers of 512 and 128 neurons."""

    activation: Literal["relu", "tanh"]
    learning_rate: float

    @property
    def family(self) -> Family:
        """The family that the setting is of."""
        return Family.FFNN


Setting = KnnSetting | LogisticSetting | SvmSetting | TreeSetting | ForestSetting | NetworkSetting


def in_words(setting: Setting) -> str:
    """Return a setting as one text, such as ``bootstrap=True,n_estimators=10``; equal settings give equal texts."""
    return ",".join(f"{name}={_plain(value)}" for name, value in values_of(setting).items())


def values_of(setting: Setting) -> dict[str, bool | int | float | str | None]:
    """Return the values of a setting by name, in the order of its class."""
    return {field.name: getattr(setting, field.name) for field in fields(setting)}


@dataclass(frozen=True, slots=True)
class PublishedScores:
    """Four figures as printed, averages weighted by class size."""

    accuracy: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class GridRow:
    """One model that is to be fitted: a task, what is done about class sizes, and a setting."""

    task: Task
    balance: Balance
    setting: Setting
    features: FeatureSet = FeatureSet.X0

    @property
    def family(self) -> Family:
        """The family of the setting."""
        return self.setting.family

    @property
    def key(self) -> str:
        """A text that names the row and no other, the same for ever."""
        return f"{self.task}/{self.features}/{self.balance}/{self.family}/{in_words(self.setting)}"


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One row of the published table.

    Parameters
    ----------
    row : GridRow
        What was tried.
    min_class_size : int
        Classes with fewer objects were dropped.
    run_time_s : float
        Seconds on the authors' computers, which differed from row to row: context, not a comparison.
    train, validation : PublishedScores
        `train` is of the training rows after rebalancing, `validation` of rows as they are.
    doubts : tuple of str
        Why a printed figure cannot be right, where it cannot.
    """

    row: GridRow
    min_class_size: int
    run_time_s: float
    train: PublishedScores
    validation: PublishedScores
    doubts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key of what was tried."""
        return self.row.key


TASKS: Final = (Task.SUPERCLASS, Task.STAR, Task.GALAXY)
"""The nodes that the study has."""
_COPIED: Final = {
    "superclass/X0/smote/svm/C=1,max_iter=10": "the validation figures are those of the row with C 0.1 and 100 iterations, "
    "and the training figures those of C 0.1 and 10 iterations: at least one was copied",
}
"""Doubts that no identity finds."""


@functools.cache
def published_tuning() -> tuple[PublishedRow, ...]:
    """Return the 246 rows of the published tuning table, in its order."""
    text = files("cosmic").joinpath("data", "published_tuning.csv").read_text(encoding="utf-8")
    return tuple(_read(line) for line in csv.DictReader(text.splitlines()))


def study_grid() -> tuple[GridRow, ...]:
    """Return what the study tried: the 246 rows of its tuning table, in its order."""
    return tuple(published.row for published in published_tuning())


def published_by_key() -> dict[str, PublishedRow]:
    """Return the rows of the published table by key."""
    return {row.key: row for row in published_tuning()}


def _read(line: Mapping[str, str]) -> PublishedRow:
    row = GridRow(
        Task(line["task"]),
        Balance(line["rebalancing"]),
        _SETTINGS[line["model"]](json.loads(line["hyperparameters"])),
        FeatureSet(line["features"]),
    )
    train, validation = _scores(line, "train"), _scores(line, "validation")
    doubts = [*_unequal("training", train), *_unequal("validation", validation)]
    if copied := _COPIED.get(row.key):
        doubts.append(copied)
    return PublishedRow(
        row, int(line["min_class_size"]), float(line["run_time_s"]), train, validation, tuple(doubts)
    )  # fmt: skip


def _scores(line: Mapping[str, str], part: str) -> PublishedScores:
    return PublishedScores(*(float(line[f"{part}_{name}"]) for name in ("accuracy", "precision", "recall", "f1")))


def _unequal(part: str, scores: PublishedScores) -> tuple[str, ...]:
    """Recall weighted by class size is accuracy, whatever the answers: a row that prints two figures misprints one."""
    if scores.accuracy == scores.recall:
        return ()
    return (
        f"{part} accuracy {scores.accuracy} and weighted recall {scores.recall} are one quantity: one is a misprint",
    )


def _knn(given: Mapping[str, str]) -> KnnSetting:
    return KnnSetting(int(given["n_neighbors"]))


def _logistic(given: Mapping[str, str]) -> LogisticSetting:
    solver: Literal["lbfgs", "saga"] = "saga" if given["solver"] == "saga" else "lbfgs"
    penalties: dict[str, Literal["none", "l2", "elasticnet"]] = {
        "None": "none",
        "l2": "l2",
        "elasticnet": "elasticnet",
    }
    ratio = None if given["l1_ratio"] == "None" else float(given["l1_ratio"])
    return LogisticSetting(
        solver, penalties[given["penalty"]], float(given["c"]), ratio, int(given["max_iterations"])
    )  # fmt: skip


def _svm(given: Mapping[str, str]) -> SvmSetting:
    return SvmSetting(float(given["c"]), int(given["max_iterations"]))


def _tree(given: Mapping[str, str]) -> TreeSetting:
    criterion: Literal["gini", "entropy"] = "entropy" if given["criterion"] == "entropy" else "gini"
    return TreeSetting(criterion, int(given["min__split"]), int(given["max_depth"]))


def _forest(given: Mapping[str, str]) -> ForestSetting:
    return ForestSetting(given["bootstrap"] == "1", int(given["n__estimators"]))


def _network(given: Mapping[str, str]) -> NetworkSetting:
    activation: Literal["relu", "tanh"] = "tanh" if given["activations"] == "tanh" else "relu"
    return NetworkSetting(activation, float(given["learning_rate"]))


_SETTINGS: Final[dict[str, Callable[[Mapping[str, str]], Setting]]] = {
    "knn": _knn,
    "logistic": _logistic,
    "svm": _svm,
    "dt": _tree,
    "rf": _forest,
    "ffnn": _network,
}


def _plain(value: bool | int | float | str | None) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
