"""The model families and their settings, in one table. Builds unfitted estimators; never sees a label.

scikit-learn is imported when an estimator is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING, Final

from cosmic.facts.results import Setting
from cosmic.records import Model

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

Settings = Mapping[str, Setting]

ROWS_PER_TREE: Final = 10_000
"""A forest's trees draw at least this many rows each (or all, of smaller data)."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What settings may depend on: training rows before and after rebalancing, and features."""

    natural: int
    rebalanced: int
    features: int


@dataclass(frozen=True, slots=True)
class Family:
    """How to choose the settings of a family and how to build an estimator from them and a seed."""

    settings: Callable[[Sizes], dict[str, Setting]]
    build: Callable[[Settings, int], ClassifierMixin]


def _logistic_settings(sizes: Sizes) -> dict[str, Setting]:
    del sizes
    return {"C": 10.0, "solver": "lbfgs", "max_iter": 1000}


def _build_logistic(settings: Settings, seed: int) -> ClassifierMixin:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(**settings, random_state=seed)


def _tree_settings(sizes: Sizes) -> dict[str, Setting]:
    del sizes
    return {"criterion": "gini", "max_depth": 12, "min_samples_leaf": 10}


def _build_tree(settings: Settings, seed: int) -> ClassifierMixin:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(**settings, random_state=seed)


def _forest_settings(sizes: Sizes) -> dict[str, Setting]:
    """Each tree sees a quarter of the natural training rows: as good as all of them here, at a quarter of the cost.

    The number does not grow with rows that rebalancing made.
    """
    return {
        "n_estimators": 50,
        "criterion": "gini",
        "min_samples_leaf": 2,
        "max_features": min(sizes.features, max(3, isqrt(sizes.features))),
        "max_samples": min(sizes.rebalanced, max(ROWS_PER_TREE, sizes.natural // 4)),
    }


def _build_forest(settings: Settings, seed: int) -> ClassifierMixin:
    from sklearn.ensemble import RandomForestClassifier

    # two fits run at once in the pipeline, so a fit takes one core
    return RandomForestClassifier(**settings, random_state=seed, n_jobs=1)


FAMILIES: Final[dict[Model, Family]] = {
    Model.LOGISTIC: Family(_logistic_settings, _build_logistic),
    Model.DECISION_TREE: Family(_tree_settings, _build_tree),
    Model.RANDOM_FOREST: Family(_forest_settings, _build_forest),
}
"""Every family that can be fitted."""
