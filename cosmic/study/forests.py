"""One forest for every number of trees, exact or fast. Scores nothing that the grid reports.

A fast forest is the accelerator's, where a probe on the rows themselves finds it as good; for galaxies, and on small data,
where there is nothing to gain, it stays the study's. Features in bins were tried in its place: they gained a factor of two
and moved the macro F1 of rare classes by 0.016, more than another seed does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import numpy as np
from numpy.typing import NDArray

from cosmic.study import accelerated
from cosmic.study.accelerated import STOCK, ran
from cosmic.study.expressed import FOREST_DEPTH, estimator
from cosmic.study.nested import CHUNK, PROBE_ROWS, Codes, Floats
from cosmic.study.published import Balance, ForestSetting, GridRow

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

PROBE_TREES: Final = 10
"""Trees of the probe. Forests of fewer stay the study's: so few do not average out what another forest loses."""
TOLERANCE: Final = 0.002
"""Weighted and macro F1 that the accelerator may lose in the probe, or as much as another seed of the study's forest does."""


class ForestNest:
    """A forest of n trees is the first n trees of a larger one: each tree has a seed of its own, drawn in order.

    Parameters
    ----------
    rows : tuple of GridRow
        Forests that differ in their number of trees alone.
    threads : int
        Cores; the trees do not depend on it.
    fast_rows : int or None
        Rows from which it may be another forest of the same quality; None for never.
    """

    def __init__(self, rows: tuple[GridRow, ...], *, seed: int, threads: int, fast_rows: int | None = None) -> None:
        settings = [cast(ForestSetting, row.setting) for row in rows]
        self.counts = tuple(setting.n_estimators for setting in settings)
        if len({setting.bootstrap for setting in settings}) != 1:
            raise ValueError("forests with and without bootstrap have no trees in common.")
        self.largest = rows[int(np.argmax(self.counts))]
        self.seed, self.threads, self.fast_rows = seed, threads, fast_rows

    def fit(self, X: Floats, y: Codes, *, classes: int) -> None:
        """Grow the largest forest. See `Nest`."""
        del classes
        self.said_: tuple[str, ...] = ()
        self.few_: ClassifierMixin | None = None
        self.forest_: ClassifierMixin = estimator(self.largest, seed=self.seed, threads=self.threads)
        many = self.fast_rows is not None and len(y) >= self.fast_rows
        may = self.largest.task in accelerated.FOREST_TASKS and accelerated.missing() is None
        if many and may and self._as_good(X, y):
            self.few_ = self._few(X, y)
            self.forest_ = self._accelerated(max(self.counts))
        self.forest_.fit(X.astype(np.float32), y)

    def _as_good(self, X: Floats, y: Codes) -> bool:
        """Whether the accelerator's forest, fitted on a few of the rows, is as good on as many others of them.

        Two forests of the study that differ in their seed alone differ too, in the macro F1 of rare classes by more than
        the tolerance; the accelerator's may be as far below the lower of them, and no further.
        """
        from sklearn.metrics import f1_score

        drawn = np.random.default_rng(self.seed).permutation(len(y))[: 2 * PROBE_ROWS]
        fitted, asked = np.array_split(drawn, 2)
        forests = [
            *(estimator(self.largest, seed=self.seed + at, threads=self.threads).set_params(n_estimators=PROBE_TREES)
              for at in range(2)),
            self._accelerated(PROBE_TREES),
        ]  # fmt: skip
        scores: dict[str, list[float]] = {"weighted": [], "macro": []}
        for forest in forests:
            forest.fit(X[fitted].astype(np.float32), y[fitted])
            # asked as `read` asks: the accelerator's own sum of its trees is another
            (answer,) = _answers(X[asked].astype(np.float32), list(forest.estimators_), (PROBE_TREES,))
            for average, found in scores.items():
                found.append(float(f1_score(y[asked], answer, average=average, zero_division=0.0)))
        taken = all(ours >= min(one, other) - max(TOLERANCE, abs(one - other)) for one, other, ours in scores.values())
        told = [f"{ours:.4f} (the study's, two seeds: {one:.4f}, {other:.4f})" for one, other, ours in scores.values()]
        self.said_ = (
            f"{accelerated.NAME} {'took' if taken else 'did not take'} the place of entropy by gini in histograms: on "
            f"{len(asked):,} of the rows to fit, {PROBE_TREES} trees on {len(fitted):,} others score F1 {told[0]} and "
            f"macro F1 {told[1]}",
        )
        return taken

    def _few(self, X: Floats, y: Codes) -> ClassifierMixin | None:
        """The study's forest, as large as those that the probe says nothing of."""
        small = max((count for count in self.counts if count < PROBE_TREES), default=0)
        if not small:
            return None
        forest = estimator(self.largest, seed=self.seed, threads=self.threads).set_params(n_estimators=small)
        return forest.fit(X.astype(np.float32), y)

    def _accelerated(self, trees: int) -> ClassifierMixin:
        setting = cast(ForestSetting, self.largest.setting)
        return accelerated.forest(
            trees=trees,
            depth=FOREST_DEPTH,
            bootstrap=setting.bootstrap,
            balanced=self.largest.balance is Balance.CLASS_WEIGHT,
            seed=self.seed,
        )

    def read(self, X: Floats) -> tuple[Codes, ...]:
        """Add the trees' probabilities in order, and answer at each number of trees. See `Nest`."""
        found = dict(zip(self.counts, self._ask(self.forest_, X.astype(np.float32), self.counts), strict=True))
        if self.few_ is not None:
            small = tuple(count for count in self.counts if count < PROBE_TREES)
            found |= zip(small, self._ask(self.few_, X.astype(np.float32), small), strict=True)
        return tuple(found[count] for count in self.counts)

    def _ask(self, forest: ClassifierMixin, rows: NDArray[np.float32], counts: tuple[int, ...]) -> tuple[Codes, ...]:
        from sklearn.utils.parallel import Parallel, delayed

        trees = list(forest.estimators_)[: max(counts)]
        chunks = [rows[at : at + CHUNK] for at in range(0, len(rows), CHUNK)]
        read = Parallel(n_jobs=self.threads, prefer="threads")(
            delayed(_answers)(chunk, trees, counts) for chunk in chunks
        )
        return tuple(np.concatenate(parts) for parts in zip(*read, strict=True))

    def notes(self) -> tuple[tuple[str, ...], ...]:
        """Say which forest it is, where it is not the study's."""
        return tuple(() if self._is_studys(count) else self.said_ for count in self.counts)

    def engines(self) -> tuple[str, ...]:
        """Whoever grew it. See `Nest`."""
        return tuple(STOCK if self._is_studys(count) else ran(self.forest_) for count in self.counts)

    def _is_studys(self, count: int) -> bool:
        return self.few_ is not None and count < PROBE_TREES


def _answers(rows: NDArray[np.float32], trees: list[ClassifierMixin], counts: tuple[int, ...]) -> tuple[Codes, ...]:
    """What the first trees together answer, for each of several numbers of trees."""
    total, found = np.float64(0.0), {}
    for at, tree in enumerate(trees, 1):
        total = total + tree.predict_proba(rows, check_input=False)
        if at in counts:
            found[at] = np.argmax(total / at, axis=1)
    return tuple(found[count] for count in counts)
