"""What one trial costs and reaches: fits on a ninth, a third and all of the training rows, judged on validation.

Takes the training and the validation rows out of a data set once; no test row is ever touched.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosmic.datasets import Dataset
from cosmic.evaluation.metrics import score
from cosmic.facts.results import Setting
from cosmic.models.fit import one_thread, train_pipeline
from cosmic.records import Model, Rebalancing

SHARES: Final = (1 / 9, 1 / 3, 1.0)
"""Of the training rows, rung by rung; a trial that is worse than most before it stops early."""
FEWEST: Final = 20
"""Rows of a class that every rung has, or all that there are."""
BEFORE_PRUNING: Final = 1
"""Trials that are completed before any is stopped early: the first start, which the others have to keep up with."""


class Ladder:
    """The rows of each rung, the smaller within the larger, and how settings do there.

    Parameters
    ----------
    data : Dataset
        Of which only training and validation rows are read.
    seed : int
        Of the choice of rows and of every estimator, as an ordinary fit has it: the last rung is that fit.
    """

    def __init__(self, data: Dataset, *, seed: int) -> None:
        train, validation = data.within("train"), data.within("validation")
        self.labels = data.card.labels
        self.seed = seed
        self._X, self._y = data.X[train], data.y[train]
        self._X_validation, self._y_validation = data.X[validation], data.y[validation]
        self._rungs = tuple(_rows(self._y, share, seed=seed) for share in SHARES)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Training rows of each rung."""
        return tuple(len(rows) for rows in self._rungs)

    @property
    def n_validation(self) -> int:
        """Rows that every rung is judged on."""
        return len(self._y_validation)

    def figure(self, rung: int, *, model: Model, rebalancing: Rebalancing, settings: dict[str, Setting]) -> float:
        """Return the weighted F1 on validation of a model with these settings, fitted on the rows of a rung."""
        rows = self._rungs[rung]
        with one_thread():
            estimator, *_ = train_pipeline(
                self._X[rows],
                self._y[rows],
                n_labels=len(self.labels),
                model=model,
                rebalancing=rebalancing,
                seed=self.seed,
                settings=settings,
            )
            p = estimator.predict_proba(self._X_validation)
        figure = score(self._y_validation, p, self.labels).f1
        return 0.0 if figure is None else figure


def _rows(y: NDArray[np.int64], share: float, *, seed: int) -> NDArray[np.intp]:
    """Positions, ascending, of a share of each class: the first ones of an order that the seed alone decides."""
    order = np.random.default_rng(seed).permutation(len(y))
    chosen = []
    for code in np.unique(y):
        mine = order[y[order] == code]
        chosen.append(mine[: max(int(np.ceil(share * len(mine))), FEWEST)])
    return np.sort(np.concatenate(chosen))
