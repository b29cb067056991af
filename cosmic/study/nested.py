"""Fits that answer several rows of the grid at once: neighbours, trees, forests, logistic regression. Scores nothing.

Each nest is fitted once and read for every row; what it saves is proven against plain scikit-learn in the tests. What
has no such saving is `PlainNest`. The parts that the accelerator can do come as parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from cosmic.models.quiet import unconverged_is_no_warning
from cosmic.study.accelerated import STOCK, ran
from cosmic.study.expressed import binary_logistic, estimator
from cosmic.study.network import Network
from cosmic.study.published import (
    Balance,
    GridRow,
    KnnSetting,
    LogisticSetting,
    NetworkSetting,
    TreeSetting,
)

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin
    from sklearn.neighbors import NearestNeighbors

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

CHUNK: Final = 16_384
"""Rows that are read at once: what they need in between stays below 50 MB."""
FAST_ROWS: Final = 50_000
"""Rows from which a fit is worth making faster by another way than the study's."""
PROBE_ROWS: Final = 20_000
"""Rows on which it is found out whether another way is as good."""
SOON: Final = 0.4
"""Share of a limit of iterations within which lbfgs converges for sure on more rows, if it does on a few."""


class Nest(Protocol):
    """Models that are fitted together."""

    def fit(self, X: Floats, y: Codes, *, classes: int) -> None:
        """Fit on rows X, shape (n, d), and codes y, shape (n,), of 0 … classes - 1."""

    def read(self, X: Floats) -> tuple[Codes, ...]:
        """Return the answers of each row of the grid, each of shape (n,)."""
        ...

    def notes(self) -> tuple[tuple[str, ...], ...]:
        """Return what happened in the fit, for each row of the grid."""
        ...

    def engines(self) -> tuple[str, ...]:
        """Return what did the work, once fitted, for each row of the grid."""
        ...


class NeighboursNest:
    """One query for the most neighbours answers every smaller number: they come in order of distance.

    Every neighbour has one vote and the first class wins a tie, as in KNeighborsClassifier. Neighbours at the very same
    distance may be others where they are the last ones.
    """

    def __init__(self, rows: tuple[GridRow, ...], *, index: Callable[[int], NearestNeighbors]) -> None:
        self.counts = tuple(cast(KnnSetting, row.setting).n_neighbors for row in rows)
        self.index = index

    def fit(self, X: Floats, y: Codes, *, classes: int) -> None:
        """Build the tree of the rows. See `Nest`."""
        self.y_, self.classes_ = y.astype(np.int16), classes
        self.index_ = self.index(max(self.counts)).fit(X)

    def read(self, X: Floats) -> tuple[Codes, ...]:
        """Ask once and count votes. See `Nest`."""
        answers = [np.empty(len(X), np.int64) for _ in self.counts]
        for rows in _chunks(len(X)):
            near = self.y_[self.index_.kneighbors(X[rows], return_distance=False)]
            votes = np.zeros((near.shape[0], self.classes_), np.int16)
            done = 0
            for count, answer in sorted(zip(self.counts, answers, strict=True), key=lambda pair: pair[0]):
                for code in range(self.classes_):
                    votes[:, code] += (near[:, done:count] == code).sum(axis=1, dtype=np.int16)
                done = count
                answer[rows] = votes.argmax(axis=1)
        return tuple(answers)

    def notes(self) -> tuple[tuple[str, ...], ...]:
        """Nothing happens."""
        return ((),) * len(self.counts)

    def engines(self) -> tuple[str, ...]:
        """Whoever searched. See `Nest`."""
        return (ran(self.index_),) * len(self.counts)


class TreeNest:
    """One deep tree, read as if it had stopped at each depth and at each size of a node that may be split.

    A tree that stops earlier makes the same splits above, but for splits that are exactly as good as each other: which
    of them is taken is drawn, and the draws come in another order.
    """

    def __init__(self, rows: tuple[GridRow, ...], *, seed: int) -> None:
        self.settings = tuple(cast(TreeSetting, row.setting) for row in rows)
        if len({setting.criterion for setting in self.settings}) != 1:
            raise ValueError("trees of different criteria have no splits in common.")
        deepest = max(setting.max_depth for setting in self.settings)
        finest = min(setting.min_samples_split for setting in self.settings)
        self.deep = estimator(rows[0], seed=seed).set_params(max_depth=deepest, min_samples_split=finest)

    def fit(self, X: Floats, y: Codes, *, classes: int) -> None:
        """Grow the deepest tree. See `Nest`."""
        del classes
        self.deep.fit(X, y)
        tree = self.deep.tree_
        depth = np.zeros(tree.node_count, np.int64)
        for node in range(tree.node_count):  # a parent comes before its children
            if tree.children_left[node] >= 0:
                depth[[tree.children_left[node], tree.children_right[node]]] = depth[node] + 1
        self.answers_ = tuple(self._leaves(setting, depth) for setting in self.settings)

    def _leaves(self, setting: TreeSetting, depth: NDArray[np.int64]) -> Codes:
        """What each node of the deep tree answers: what its ancestor does at which the shallower tree stops."""
        tree = self.deep.tree_
        answer: Codes = np.argmax(tree.value[:, 0, :], axis=1).astype(np.int64)
        stopped = (depth >= setting.max_depth) | (tree.n_node_samples < setting.min_samples_split)
        for node in range(tree.node_count):
            if tree.children_left[node] < 0:
                continue
            for child in (tree.children_left[node], tree.children_right[node]):
                if stopped[node]:
                    stopped[child], answer[child] = True, answer[node]
        return answer

    def read(self, X: Floats) -> tuple[Codes, ...]:
        """Find each row's leaf once. See `Nest`."""
        leaf: Codes = self.deep.apply(X)
        return tuple(np.asarray(answer[leaf]) for answer in self.answers_)

    def notes(self) -> tuple[tuple[str, ...], ...]:
        """Nothing happens."""
        return ((),) * len(self.settings)

    def engines(self) -> tuple[str, ...]:
        """Scikit-learn. See `Nest`."""
        return (STOCK,) * len(self.settings)


class LogisticNest:
    """One penalty with several limits of iterations: a solver that converges below the lowest answers them all.

    Each class against the rest is a fit of its own; only those that ran into a limit are fitted again with the next.
    On `fast_rows` rows or more, Newton's method helps. It minimises the function of lbfgs in a few steps where lbfgs
    takes dozens: the same optimum, so the same answers but for rows at the very border of two classes. It is taken for
    the classes whose lbfgs, on a few of the rows, stays well below the lowest limit; where lbfgs may be stopped, lbfgs
    it remains. For saga, whose penalty it does not know, it finds the start of the fits that are made again: with so
    many rows its optimum is close by, and saga goes on from there until it converges.
    """

    def __init__(self, rows: tuple[GridRow, ...], *, seed: int, threads: int = 1, fast_rows: int | None = None) -> None:
        self.settings = tuple(cast(LogisticSetting, row.setting) for row in rows)
        if len({(s.solver, s.penalty, s.C, s.l1_ratio) for s in self.settings}) != 1:
            raise ValueError("logistic regressions with different penalties have no fit in common.")
        self.seed, self.threads, self.fast_rows = seed, threads, fast_rows

    def fit(self, X: Floats, y: Codes, *, classes: int) -> None:
        """Fit each class against the rest, with the lowest limit first. See `Nest`."""
        from sklearn.utils.parallel import Parallel, delayed

        order = sorted(range(len(self.settings)), key=lambda at: self.settings[at].max_iter)
        # with two classes one fit decides, as in OneVsRestClassifier
        codes = range(classes) if classes > 2 else range(1, 2)
        with unconverged_is_no_warning():
            found = Parallel(n_jobs=self.threads, prefer="threads")(
                delayed(self._fits)(X, y == code, [self.settings[at] for at in order]) for code in codes
            )
        self.models_ = {at: [models[place] for models, _ in found] for place, at in enumerate(order)}
        self.newton_ = sum(by_newton for _, by_newton in found)

    def _fits(
        self, X: Floats, side: NDArray[np.bool_], settings: list[LogisticSetting]
    ) -> tuple[list[ClassifierMixin], bool]:
        """The models of one class for rising limits, and whether Newton's method had a part in them."""
        fast = self.fast_rows is not None and len(side) >= self.fast_rows
        saga = settings[0].solver == "saga"
        model = binary_logistic(settings[0], seed=self.seed)
        by_newton = fast and not saga and self._soon(X, side, settings[0])
        if by_newton:
            model.set_params(solver="newton-cholesky")
        models = [model.fit(X, side)]
        for setting in settings[1:]:
            if _stopped(models[-1]):
                model = binary_logistic(setting, seed=self.seed)
                if fast and saga:
                    by_newton = True
                    _start(model, binary_logistic(setting, seed=self.seed), X, side)
                models.append(model.fit(X, side))
            else:
                models.append(models[-1])
        return models, by_newton

    def _soon(self, X: Floats, side: NDArray[np.bool_], lowest: LogisticSetting) -> bool:
        """Whether lbfgs converges well below a limit, by a few of the rows."""
        drawn = np.random.default_rng(self.seed).permutation(len(side))[:PROBE_ROWS]
        if len(np.unique(side[drawn])) < 2:
            return False
        model = binary_logistic(lowest, seed=self.seed).fit(X[drawn], side[drawn])
        return int(np.max(model.n_iter_)) <= SOON * lowest.max_iter

    def read(self, X: Floats) -> tuple[Codes, ...]:
        """Answer the class that is surest against the rest. See `Nest`."""
        margins: dict[int, NDArray[np.float64]] = {}
        answers = []
        for at in range(len(self.settings)):
            models = self.models_[at]
            for model in models:
                if id(model) not in margins:
                    margins[id(model)] = model.decision_function(X)
            each = [margins[id(model)] for model in models]
            answers.append(np.argmax(each, axis=0) if len(each) > 1 else (each[0] > 0).astype(np.int64))
        return tuple(answers)

    def notes(self) -> tuple[tuple[str, ...], ...]:
        """Say which limits were reached, and where another solver than the study's had a part."""
        return tuple(
            (*self._said(at), *_unconverged(sum(map(_stopped, self.models_[at])), len(self.models_[at]), s.max_iter))
            for at, s in enumerate(self.settings)
        )

    def _said(self, at: int) -> tuple[str, ...]:
        if not self.newton_:
            return ()
        share = f"{self.newton_} of {len(self.models_[at])} fits"
        if self.settings[at].solver == "lbfgs":
            return (f"{share} by newton-cholesky, which finds the same optimum as lbfgs",)
        if self.settings[at].max_iter == min(s.max_iter for s in self.settings):
            return ()
        return (f"{share} start at the optimum that newton-cholesky finds with l2, and end where saga converges",)

    def engines(self) -> tuple[str, ...]:
        """Scikit-learn. See `Nest`."""
        return (STOCK,) * len(self.settings)


class PlainNest:
    """A model of its own for one row: nothing is saved."""

    def __init__(self, model: ClassifierMixin) -> None:
        self.model = model

    def fit(self, X: Floats, y: Codes, *, classes: int) -> None:
        """Fit it. See `Nest`."""
        del classes
        with unconverged_is_no_warning():
            self.model.fit(X, y)

    def read(self, X: Floats) -> tuple[Codes, ...]:
        """Ask it, in chunks. See `Nest`."""
        return (np.concatenate([self.model.predict(X[rows]) for rows in _chunks(len(X))]),)

    def notes(self) -> tuple[tuple[str, ...], ...]:
        """Say whether it stopped early."""
        return (_stops(self.model),)

    def engines(self) -> tuple[str, ...]:
        """Scikit-learn. See `Nest`."""
        return (STOCK,)


class NetworkNest:
    """The study's network as a nest of one row."""

    def __init__(self, row: GridRow, *, seed: int) -> None:
        if not isinstance(row.setting, NetworkSetting):
            raise ValueError(f"{row.key} is no network.")
        self.network = Network(row.setting, seed=seed, balanced=row.balance is Balance.CLASS_WEIGHT)

    def fit(self, X: Floats, y: Codes, *, classes: int) -> None:
        """Train it. See `Nest`."""
        self.network.fit(X, y, classes=classes)

    def read(self, X: Floats) -> tuple[Codes, ...]:
        """Ask it. See `Nest`."""
        return (self.network.predict(X),)

    def notes(self) -> tuple[tuple[str, ...], ...]:
        """Nothing to say. See `Nest`."""
        return ((),)

    def engines(self) -> tuple[str, ...]:
        """Keras. See `Nest`."""
        return ("Keras",)


def _chunks(n: int) -> Iterator[slice]:
    return (slice(at, at + CHUNK) for at in range(0, n, CHUNK))


def _stopped(model: ClassifierMixin | None) -> bool:
    # a solver that reaches its limit in the very step that converges says that it did not converge
    return model is not None and int(np.max(model.n_iter_)) >= model.max_iter


def _start(model: ClassifierMixin, same: ClassifierMixin, X: Floats, side: NDArray[np.bool_]) -> None:
    """Let a fit begin at the optimum under l2."""
    near = same.set_params(solver="newton-cholesky", l1_ratio=0.0, max_iter=100).fit(X, side)
    model.set_params(warm_start=True)
    model.coef_, model.intercept_ = near.coef_.copy(), near.intercept_.copy()


def _unconverged(stopped: int, of: int, limit: int) -> tuple[str, ...]:
    return (f"not converged after {limit:,} iterations ({stopped} of {of} fits)",) if stopped else ()


def _stops(model: ClassifierMixin) -> tuple[str, ...]:
    """What scikit-learn's ConvergenceWarning says, from the attributes of a fitted model."""
    if hasattr(model, "estimators_") and hasattr(model.estimators_[0], "n_iter_"):
        return _unconverged(sum(map(_stopped, model.estimators_)), len(model.estimators_), model.estimator.max_iter)
    if getattr(model, "fit_status_", 0):
        reached = np.atleast_1d(model.n_iter_) >= model.max_iter
        return _unconverged(int(reached.sum()), len(reached), model.max_iter)
    return ()
