"""How each published setting is said in scikit-learn 1.9: as an estimator, and in words. Fits nothing.

The study was written for an older scikit-learn: `multi_class` is gone, `penalty` is deprecated. scikit-learn is imported
when an estimator is built; the network is `cosmic.study.network`'s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from cosmic.study.published import (
    Balance,
    Family,
    ForestSetting,
    GridRow,
    KnnSetting,
    LogisticSetting,
    NetworkSetting,
    Setting,
    SvmSetting,
    TreeSetting,
    in_words,
)

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

FOREST_DEPTH: Final = 10
"""Depth of the study's forests; their criterion is entropy."""
EXACT_ROWS: Final = 10_000
"""Training rows that a converged SVM is fitted on: its cost grows with their square.

On well separated classes an exact one on few rows was better than an approximate kernel (Nyström) on all, and far
cheaper.
"""

ClassWeight = Literal["balanced"] | None


@dataclass(frozen=True, slots=True)
class Expression:
    """A setting in words.

    Parameters
    ----------
    published : str
        As the study's code had it.
    today : str
        As it is said here.
    same : str
        Whether that is the same model, and what to know about it.
    """

    published: str
    today: str
    same: str


def expression(setting: Setting) -> Expression:
    """Return how a published setting is said today, in words."""
    match setting:
        case KnnSetting(n_neighbors=k):
            return Expression(
                f"KNeighborsClassifier(n_neighbors={k})",
                f"KNeighborsClassifier(n_neighbors={k})",
                "the same: every neighbour has one vote, and the first class wins a tie",
            )
        case LogisticSetting():
            return _logistic_words(setting)
        case SvmSetting(C=C, max_iter=limit):
            return Expression(
                f"SVC(C={C:g}, kernel='rbf', max_iter={limit})",
                f"SVC(C={C:g}, max_iter={limit})",
                f"the same: a solver that is stopped after {limit} iterations a pair of classes, long before it "
                "converges; what it answers is an accident of the order of rows, so a converged one stands beside it",
            )
        case TreeSetting(criterion=criterion, min_samples_split=split, max_depth=depth):
            text = (
                f"DecisionTreeClassifier(criterion='{criterion}', min_samples_split={split}, max_depth={depth}{{seed}})"
            )
            return Expression(
                text.format(seed=""), text.format(seed=", random_state=seed"), "the same, seeded for ties of two splits"
            )
        case ForestSetting(bootstrap=bootstrap, n_estimators=n):
            text = (
                f"RandomForestClassifier(criterion='entropy', max_depth={FOREST_DEPTH}, "
                f"bootstrap={bootstrap}, n_estimators={n}{{seed}})"
            )
            return Expression(text.format(seed=""), text.format(seed=", random_state=seed"), "the same, seeded")
        case NetworkSetting(activation=activation, learning_rate=rate):
            return Expression(
                f"Keras: Dense(512, '{activation}'), Dense(128, '{activation}'), softmax; random_normal weights, "
                f"Adam({rate:g}), batches of 2,048, 5 epochs, tf.data of single rows",
                f"Keras: Dense(512, '{activation}'), Dense(128, '{activation}'), softmax; random_normal weights, "
                f"Adam({rate:g}), batches of 2,048, 5 epochs, arrays, 32 batches a step",
                "the same network, seeded; only how rows reach it differs",
            )


def _logistic_words(setting: LogisticSetting) -> Expression:
    penalty = None if setting.penalty == "none" else setting.penalty
    ratio = "" if setting.l1_ratio is None else f", l1_ratio={setting.l1_ratio:g}"
    published = (
        f"LogisticRegression(solver='{setting.solver}', penalty={penalty!r}, C={setting.C:g}{ratio}, "
        f"max_iter={setting.max_iter}, multi_class='ovr', class_weight='balanced')"
    )
    strength = "np.inf" if setting.penalty == "none" else f"{setting.C:g}"
    solver = "" if setting.solver == "lbfgs" else f", solver='{setting.solver}'"
    today = (
        f"OneVsRestClassifier(LogisticRegression(C={strength}{ratio}{solver}, max_iter={setting.max_iter}, "
        "class_weight='balanced'))"
    )
    how = {
        "none": "no penalty is an infinite C",
        "l2": "l2 is the default",
        "elasticnet": "the mixture of l1 and l2 is l1_ratio alone",
    }
    same = f"the same: multi_class='ovr' is one classifier for each class against the rest; {how[setting.penalty]}"
    if setting.solver == "saga":
        same += "; seeded, since saga draws rows at random"
    return Expression(published, today, same)


def cannot(row: GridRow) -> str | None:
    """Return why a row cannot be fitted whatever the data, or None where it can."""
    if row.family is Family.KNN and row.balance is Balance.CLASS_WEIGHT:
        return "nearest neighbours know no class weights"
    return None


def estimator(row: GridRow, *, seed: int, threads: int = 1) -> ClassifierMixin:
    """Return the unfitted estimator of a row, as plain scikit-learn has it.

    Parameters
    ----------
    threads : int
        For neighbours and forests; the others take one.

    Raises
    ------
    ValueError
        If the row has none: a network, or a setting that `cannot` speaks of.
    """
    if reason := cannot(row):
        raise ValueError(f"{row.key} has no estimator: {reason}.")
    weight: ClassWeight = "balanced" if row.balance is Balance.CLASS_WEIGHT else None
    match row.setting:
        case KnnSetting(n_neighbors=k):
            from sklearn.neighbors import KNeighborsClassifier

            return KNeighborsClassifier(n_neighbors=k, n_jobs=threads)
        case LogisticSetting():
            from sklearn.multiclass import OneVsRestClassifier

            return OneVsRestClassifier(binary_logistic(row.setting, seed=seed))
        case SvmSetting(C=C, max_iter=limit):
            from sklearn.svm import SVC

            return SVC(C=C, max_iter=limit, class_weight=weight)
        case TreeSetting(criterion=criterion, min_samples_split=split, max_depth=depth):
            from sklearn.tree import DecisionTreeClassifier

            return DecisionTreeClassifier(
                criterion=criterion,
                min_samples_split=split,
                max_depth=depth,
                class_weight=weight,
                random_state=seed,
            )
        case ForestSetting(bootstrap=bootstrap, n_estimators=n):
            from sklearn.ensemble import RandomForestClassifier

            return RandomForestClassifier(
                criterion="entropy",
                max_depth=FOREST_DEPTH,
                bootstrap=bootstrap,
                n_estimators=n,
                class_weight=weight,
                random_state=seed,
                n_jobs=threads,
            )
        case NetworkSetting():
            raise ValueError(f"{row.key} is a network; cosmic.study.network builds it.")


def binary_logistic(setting: LogisticSetting, *, seed: int) -> ClassifierMixin:
    """Return the classifier of one class against the rest, with weights that make both sides count alike."""
    from sklearn.linear_model import LogisticRegression

    C = math.inf if setting.penalty == "none" else setting.C
    if setting.solver == "lbfgs":
        return LogisticRegression(C=C, max_iter=setting.max_iter, class_weight="balanced")
    return LogisticRegression(
        C=C,
        l1_ratio=setting.l1_ratio,
        solver="saga",
        max_iter=setting.max_iter,
        class_weight="balanced",
        random_state=seed,
    )


def converged_svm(row: GridRow) -> ClassifierMixin:
    """Return what the stopped SVM of a row would be if it were let finish, for at most `EXACT_ROWS` rows.

    Raises
    ------
    ValueError
        If the row is no SVM.
    """
    from sklearn.svm import SVC

    if not isinstance(row.setting, SvmSetting):
        raise ValueError(f"{row.key} is no SVM: {in_words(row.setting)}.")
    return SVC(C=row.setting.C, class_weight="balanced" if row.balance is Balance.CLASS_WEIGHT else None)
