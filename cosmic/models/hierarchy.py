"""Local classifiers per parent node: a superclass model and the models below it as one. Fits nodes, stores nothing.

Probabilities multiply along the path, so P(star, K) never exceeds P(star), and the answer for one row does not depend
on the rows beside it. A row that a node cannot answer ends at that node's parent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from cosmic.errors import NotServable
from cosmic.models.persistence import Probabilities, TrainedModel
from cosmic.records import MagnitudeSystem

NodePath = tuple[str, ...]
SEPARATOR: Final = "/"


@dataclass(frozen=True, slots=True)
class PathProbabilities:
    """P(path) of n rows.

    Parameters
    ----------
    paths : tuple of tuple of str
        Every node: ``("star",)`` before ``("star", "K")``.
    values : numpy.ndarray
        Shape (n, paths); NaN where the row lacks what the node needs.
    """

    paths: tuple[NodePath, ...]
    values: NDArray[np.float64]

    def answers(self) -> tuple[NodePath, ...]:
        """Return the path of each row, found from the top: the likeliest node, then the likeliest below it.

        A row that has no superclass has the empty path; a row whose node below cannot answer ends above it.
        """
        found: list[NodePath] = [()] * len(self.values)
        for parent in dict.fromkeys(path[:-1] for path in self.paths):
            children = [at for at, path in enumerate(self.paths) if path[:-1] == parent]
            values = self.values[:, children]
            here = np.flatnonzero(np.isfinite(values).all(axis=1) & np.array([path == parent for path in found], bool))
            for row, best in zip(here, np.argmax(values[here], axis=1), strict=True):
                found[row] = self.paths[children[best]]
        return tuple(found)


def compose(root: Probabilities, below: Mapping[str, Probabilities]) -> PathProbabilities:
    """Return P(path) = P(superclass) * P(subclass | superclass) of the same n rows.

    Parameters
    ----------
    root : Probabilities
        Of the superclasses.
    below : mapping
        For a superclass, the probabilities of its subclasses as if every row belonged to it. A superclass without
        an entry is where its rows end.
    """
    paths: list[NodePath] = []
    columns: list[NDArray[np.float64]] = []
    for at, name in enumerate(root.labels):
        paths.append((name,))
        columns.append(root.values[:, at])
        if name in below:
            paths += [(name, label) for label in below[name].labels]
            columns += [root.values[:, at] * column for column in below[name].values.T]
    return PathProbabilities(tuple(paths), np.column_stack(columns))


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Stored models composed: one for the superclass, and one for each superclass that has one.

    Raises
    ------
    NotServable
        If the models were trained on different magnitude systems, or a node is no superclass of the root.
    """

    root: TrainedModel
    nodes: Mapping[str, TrainedModel]

    def __post_init__(self) -> None:
        systems = sorted({str(model.card.recipe.system) for model in (self.root, *self.nodes.values())})
        if len(systems) > 1:
            raise NotServable(f"models of different magnitude systems cannot be composed: {', '.join(systems)}.")
        unknown = [name for name in self.nodes if name not in self.root.card.labels]
        if unknown:
            known = ", ".join(self.root.card.labels)
            raise NotServable(f"there is no superclass {unknown[0]!r} to put a model below; the root knows {known}.")

    def predict_proba(self, rows: pa.Table, *, system: MagnitudeSystem) -> PathProbabilities:
        """Return P(path) of each row in canonical columns.

        Raises
        ------
        NotServable
            If the rows are in another magnitude system than the models.
        """
        below = {name: model.predict_proba(rows, system=system) for name, model in self.nodes.items()}
        return compose(self.root.predict_proba(rows, system=system), below)


class HierarchicalClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """One classifier per parent node of a two-level hierarchy, on scikit-learn's contract.

    Parameters
    ----------
    estimator : estimator
        Cloned for the root and for each parent with two children or more.

    Attributes
    ----------
    classes_ : numpy.ndarray
        The labels as given, sorted. Text labels are paths: ``"star/K"`` lies below ``star``.
    root_ : estimator
        Tells the first steps of the paths apart.
    nodes_ : dict
        For each first step that has more than one label, the estimator that tells them apart.
    """

    def __init__(self, estimator: BaseEstimator | None = None) -> None:
        self.estimator = estimator

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit every node on the rows below it.

        Raises
        ------
        ValueError
            If one label lies above another, such as ``"star"`` and ``"star/K"``: leave out rows whose subclass is
            not known.
        """
        rows, given = validate_data(self, X, y)
        check_classification_targets(given)
        self.classes_, codes = np.unique(given, return_inverse=True)
        first = [_first(label) for label in self.classes_.tolist()]
        self._check_leaves(first)
        self.parents_, parent = np.unique(np.array(first), return_inverse=True)
        self.root_ = (self._node() if len(self.parents_) > 1 else DummyClassifier()).fit(rows, parent[codes])
        self.nodes_ = {}
        for at in range(len(self.parents_)):
            if (parent == at).sum() > 1:
                below = parent[codes] == at
                self.nodes_[at] = self._node().fit(rows[below], codes[below])
        self._parent_of_class = parent
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return P(label), shape (n, classes): the product along the path. Each row sums to 1."""
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False)
        above = self.root_.predict_proba(rows)
        p = above[:, self._parent_of_class]
        for node in self.nodes_.values():
            p[:, node.classes_] *= node.predict_proba(rows)
        return np.asarray(p)

    def predict(self, X: ArrayLike) -> NDArray[np.generic]:
        """Return the label found from the top: the likeliest first step, then the likeliest label below it."""
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False)
        top = np.argmax(self.root_.predict_proba(rows), axis=1)
        alone = {at: int(np.flatnonzero(self._parent_of_class == at)[0]) for at in range(len(self.parents_))}
        found = np.array([alone[at] for at in top.tolist()], dtype=np.intp)
        for at, node in self.nodes_.items():
            if (top == at).any():
                found[top == at] = node.predict(rows[top == at])
        return np.asarray(self.classes_[found])

    def _node(self) -> BaseEstimator:
        return DummyClassifier() if self.estimator is None else clone(self.estimator)

    def _check_leaves(self, first: Sequence[object]) -> None:
        for label, step in zip(self.classes_.tolist(), first, strict=True):
            if label == step and list(first).count(step) > 1:
                raise ValueError(
                    f"the label {label!r} lies above others such as {label}{SEPARATOR}…; leave out rows whose "
                    "subclass is not known."
                )


def _first(label: object) -> object:
    return label.split(SEPARATOR)[0] if isinstance(label, str) else label
