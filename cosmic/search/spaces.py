"""What a search may try: the settings of each family and their limits, as data. Tries nothing, fits nothing.

A change here is another space: stored trials of the old one are set aside, since a study is known by its space too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cosmic.facts.results import Setting
from cosmic.models.families import FAMILIES
from cosmic.records import Model, Rebalancing

Values = Mapping[str, Setting]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A setting between two limits, both included; `log` spreads trials evenly over its logarithm."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """A setting of a few values."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Space:
    """The space of one family.

    Parameters
    ----------
    searched : mapping
        What is tried, by the estimator's own name of the setting.
    start : mapping
        Where a search begins: near the settings that ordinary fits have.
    fixed : mapping
        Settings that every trial has.
    """

    searched: Mapping[str, Numbers | OneOf]
    start: Values
    fixed: Values = field(default_factory=dict)


# Shares of rows and of features, not numbers: what is found on a ninth of the rows then means the same on all.
# More trees are never worse, only slower, so their number is not searched.
SPACES: Final[dict[Model, Space]] = {
    Model.BOOSTING: Space(
        {
            "learning_rate": Numbers(0.02, 0.3, log=True),
            "max_leaf_nodes": Numbers(7, 63, log=True, whole=True),
            "min_samples_leaf": Numbers(5, 200, log=True, whole=True),
            "l2_regularization": Numbers(1e-3, 30.0, log=True),
            "max_iter": Numbers(50, 400, log=True, whole=True),
        },
        start={
            "learning_rate": 0.1,
            "max_leaf_nodes": 15,
            "min_samples_leaf": 20,
            "l2_regularization": 1.0,
            "max_iter": 100,
        },
    ),
    Model.EXTRA_TREES: Space(
        {
            "criterion": OneOf(("gini", "entropy")),
            "min_samples_leaf": Numbers(1, 20, log=True, whole=True),
            "max_features": Numbers(0.15, 1.0),
        },
        start={"criterion": "gini", "min_samples_leaf": 2, "max_features": 0.5},
        fixed={"n_estimators": 100},
    ),
    Model.RANDOM_FOREST: Space(
        {
            "criterion": OneOf(("gini", "entropy")),
            "min_samples_leaf": Numbers(1, 20, log=True, whole=True),
            "max_features": Numbers(0.15, 1.0),
            "max_samples": Numbers(0.2, 1.0),
        },
        start={"criterion": "gini", "min_samples_leaf": 2, "max_features": 0.35, "max_samples": 0.5},
        fixed={"n_estimators": 100},
    ),
    Model.DECISION_TREE: Space(
        {
            "criterion": OneOf(("gini", "entropy")),
            "max_depth": Numbers(4, 30, whole=True),
            "min_samples_leaf": Numbers(1, 100, log=True, whole=True),
        },
        start={"criterion": "gini", "max_depth": 12, "min_samples_leaf": 10},
    ),
    Model.LOGISTIC: Space(
        {"C": Numbers(1e-3, 1e4, log=True)}, start={"C": 10.0}, fixed={"solver": "lbfgs", "max_iter": 1000}
    ),
}
"""The families that are searched, in the order in which their starts are tried."""

REBALANCINGS: Final = (Rebalancing.NONE, Rebalancing.CLASS_WEIGHT)
"""What trials do to class sizes. Resampled rows cost most and lose weighted F1, which the search is after."""


def settings_of(model: Model, values: Values) -> dict[str, Setting]:
    """Return the whole settings of an estimator, by name, from the values of its searched ones."""
    return dict(sorted({**SPACES[model].fixed, **values}.items()))


def searchable(named: Sequence[Model]) -> tuple[Model, ...]:
    """Return the families that are searched where these are named; all that can be where none is."""
    return tuple(model for model in SPACES if not named or model in named)


def not_searched() -> tuple[Model, ...]:
    """Return the families that are fitted but have no space."""
    return tuple(model for model in FAMILIES if model not in SPACES)
