"""The model families and their settings, in one table. Builds unfitted estimators; never sees a label.

scikit-learn and TensorFlow are imported when an estimator is built. Settings were chosen on validation parts, never on
test parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from math import isqrt
from typing import TYPE_CHECKING, Final

from cosmic.facts.results import Setting
from cosmic.models import network
from cosmic.records import Model, Rebalancing

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

Settings = Mapping[str, Setting]

ROWS_PER_TREE: Final = 10_000
"""A forest's trees draw at least this many rows each (or all, of smaller data)."""
EXACT_ROWS: Final = 10_000
"""Rows that an SVM is fitted on at most: exact on few was better than an approximate kernel on all, and far cheaper."""
FOLDS: Final = 3
"""Folds of the training rows from which an SVM learns its temperature."""
NETWORKS: Final = ("network", "other_network")
"""The networks in an ensemble."""
HIDDEN: Final = (128, 64, 32)
"""Their layers: small, so that scikit-learn's own network is quick enough."""
NEVER: Final = 1_000_000
"""Rounds without a gain after which they would stop: they take all their rounds."""
MANY_ROWS: Final = 20_000
"""Training rows from which an ensemble's boosting takes more and smaller steps."""
SLOWER: Final[dict[str, Setting]] = {"learning_rate": 0.05, "max_iter": 250}


@dataclass(frozen=True, slots=True)
class Sizes:
    """What settings may depend on: training rows before and after rebalancing, and features."""

    natural: int
    rebalanced: int
    features: int


@dataclass(frozen=True, slots=True)
class Family:
    """How to choose the settings of a family and how to build an estimator from them and a seed.

    Parameters
    ----------
    weights : bool
        Whether a fit takes weights of rows.
    resampled : bool
        Whether it is worth fitting on resampled rows.
    most_rows : int or None
        Rows that it is fitted on at most, where its cost would grow with their square.
    fewest : int
        Rows that it needs of each class; fewer are repeated.
    missing : callable
        Why the family cannot be fitted on this machine, or None.
    """

    settings: Callable[[Sizes], dict[str, Setting]]
    build: Callable[[Settings, int], ClassifierMixin]
    weights: bool = True
    resampled: bool = True
    most_rows: int | None = None
    fewest: int = 1
    missing: Callable[[], str | None] = lambda: None


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


def _extra_settings(sizes: Sizes) -> dict[str, Setting]:
    return {
        "n_estimators": 100,
        "criterion": "gini",
        "min_samples_leaf": 2,
        "max_features": min(sizes.features, max(3, sizes.features // 2)),
    }


def _build_extra(settings: Settings, seed: int) -> ClassifierMixin:
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(**settings, random_state=seed, n_jobs=1)


def _boosting_settings(sizes: Sizes) -> dict[str, Setting]:
    """Leaves of 40 rows did best on 61,000 real ones; small data have smaller leaves."""
    return {
        "learning_rate": 0.1,
        "max_iter": 100,
        "max_leaf_nodes": 31,
        "min_samples_leaf": min(40, max(5, sizes.natural // 1000)),
        "l2_regularization": 1.0,
    }


def _build_boosting(settings: Settings, seed: int) -> ClassifierMixin:
    from sklearn.ensemble import HistGradientBoostingClassifier

    # rows are never set aside to stop early: those of a rare class are too few to be halved
    return HistGradientBoostingClassifier(**settings, early_stopping=False, random_state=seed)


def _knn_settings(sizes: Sizes) -> dict[str, Setting]:
    return {"n_neighbors": min(20, sizes.rebalanced), "weights": "distance", "algorithm": "kd_tree"}


def _build_knn(settings: Settings, seed: int) -> ClassifierMixin:
    del seed
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(**settings, n_jobs=1)


def _svm_settings(sizes: Sizes) -> dict[str, Setting]:
    del sizes
    return {"C": 10.0, "kernel": "rbf", "gamma": "scale"}


def _build_svm(settings: Settings, seed: int) -> ClassifierMixin:
    """One machine on all rows; its scores become probabilities by a temperature, learnt from its folds on the same rows."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.svm import SVC

    return CalibratedClassifierCV(
        SVC(**settings, cache_size=500, random_state=seed), method="temperature", cv=FOLDS, ensemble=False, n_jobs=1
    )


def _ffnn_settings(sizes: Sizes) -> dict[str, Setting]:
    del sizes
    return {"learning_rate": 0.001, "batch_size": 512, "epochs": 20}


def _build_ffnn(settings: Settings, seed: int) -> ClassifierMixin:
    from cosmic.models.network_classifier import NetworkClassifier

    return NetworkClassifier(**settings, random_state=seed)  # type: ignore[arg-type] # named as they are there


def _ensemble_settings(sizes: Sizes) -> dict[str, Setting]:
    """The settings of each part, by ``part__name``; those of a part that has steps by ``part__step__name``.

    Of small data the networks see smaller batches, so that they take enough steps.
    """
    parts: dict[str, dict[str, Setting]] = {
        "trees": {"n_estimators": 100, "min_samples_leaf": 2, "max_features": None},
        "boosting": {**_boosting_settings(sizes), **(SLOWER if sizes.natural >= MANY_ROWS else {})},
    }
    for part in NETWORKS:
        parts[f"{part}__spread"] = {"n_quantiles": min(1000, sizes.rebalanced), "output_distribution": "normal"}
        parts[f"{part}__layers"] = {
            "alpha": 0.01,
            "batch_size": min(sizes.rebalanced, 512, max(64, sizes.rebalanced // 100)),
            "max_iter": 30,
        }
    return {f"{part}__{name}": value for part, settings in parts.items() for name, value in settings.items()}


def _build_ensemble(settings: Settings, seed: int) -> ClassifierMixin:
    """The mean of extremely random trees, boosting and two networks, which differ in their first weights alone.

    A network sees each feature spread to a normal distribution, since colours have far outliers; that makes it a pipeline,
    which takes no weights. Equal shares of the four were, of eight choices, the best or within 0.003 of it
    in weighted F1 on validation of eight real data sets.
    """
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, VotingClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import QuantileTransformer

    def layers(at: int) -> MLPClassifier:
        return MLPClassifier(HIDDEN, n_iter_no_change=NEVER, random_state=seed + at)

    parts = [
        ("trees", ExtraTreesClassifier(random_state=seed, n_jobs=1)),
        ("boosting", HistGradientBoostingClassifier(early_stopping=False, random_state=seed)),
        *(
            (part, Pipeline([("spread", QuantileTransformer(subsample=None)), ("layers", layers(at))]))
            for at, part in enumerate(NETWORKS)
        ),
    ]
    return VotingClassifier(parts, voting="soft", n_jobs=1).set_params(**settings)


FAMILIES: Final[dict[Model, Family]] = {
    Model.LOGISTIC: Family(_logistic_settings, _build_logistic),
    Model.DECISION_TREE: Family(_tree_settings, _build_tree),
    Model.RANDOM_FOREST: Family(_forest_settings, _build_forest),
    Model.EXTRA_TREES: Family(_extra_settings, _build_extra),
    Model.BOOSTING: Family(_boosting_settings, _build_boosting),
    Model.KNN: Family(_knn_settings, _build_knn, weights=False),
    Model.SVM: Family(_svm_settings, _build_svm, most_rows=EXACT_ROWS, fewest=FOLDS),
    Model.FFNN: Family(_ffnn_settings, _build_ffnn, missing=network.missing),
    Model.ENSEMBLE: Family(_ensemble_settings, _build_ensemble, weights=False, resampled=False),
}
"""Every family that can be fitted to a table."""

USUAL: Final[tuple[tuple[Model, Rebalancing], ...]] = (
    *product(
        (Model.LOGISTIC, Model.DECISION_TREE, Model.RANDOM_FOREST),
        (Rebalancing.NONE, Rebalancing.SMOTE, Rebalancing.RAREST),
    ),
    (Model.RANDOM_FOREST, Rebalancing.CLASS_WEIGHT),
    (Model.BOOSTING, Rebalancing.NONE),
)
"""What is fitted where no family is named: quick ones, and what does best most often."""


def kinds(named: Iterable[Model]) -> tuple[tuple[Model, Rebalancing], ...]:
    """Return what to fit for each task and arm: every rebalancing of the named families, `USUAL` where none is named.

    Those that look at images alone are not among them. A combination that a family or this machine does not allow is left out; `left_out` says why.
    """
    models = tuple(dict.fromkeys(named))
    asked = tuple(product((one for one in models if one in FAMILIES), Rebalancing)) if models else USUAL
    return tuple(kind for kind in asked if why_not(*kind) is None)


def left_out(named: Iterable[Model]) -> tuple[str, ...]:
    """Return what of the named families `kinds` leaves out, and why, in words."""
    asked = product((one for one in dict.fromkeys(named) if one in FAMILIES), Rebalancing)
    found = ((model, how, why_not(model, how)) for model, how in asked)
    return tuple(f"{model}, {how}: not run, {why}" for model, how, why in found if why is not None)


def why_not(model: Model, rebalancing: Rebalancing) -> str | None:
    """Return why a family cannot be fitted so, or None where it can."""
    family = FAMILIES[model]
    if (why := family.missing()) is not None:
        return why
    if rebalancing is Rebalancing.CLASS_WEIGHT and not family.weights:
        return "the family knows no weights"
    if rebalancing in (Rebalancing.SMOTE, Rebalancing.RAREST) and not family.resampled:
        return "the family is fitted on natural rows alone"
    return None
