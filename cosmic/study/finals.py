"""The best validated row of each family, fitted once more and scored on the test part. Chooses nothing.

The fit is the plain one of scikit-learn or Keras on the very rows of the grid: the grid's shared fits and the
accelerator's neighbours give answers without probabilities.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cosmic.datasets import Dataset
from cosmic.errors import ConfigError
from cosmic.evaluation.intervals import block_intervals, confusion_by_block, confusion_figures
from cosmic.evaluation.metrics import score, score_answers
from cosmic.facts.grid import GridTest
from cosmic.facts.results import Part, Scores
from cosmic.models.fit import one_thread
from cosmic.models.quiet import unconverged_is_no_warning
from cosmic.records import Prepared
from cosmic.study.expressed import estimator
from cosmic.study.grid import ONE_AT_A_TIME, what_is_special
from cosmic.study.kept import write_facts
from cosmic.study.matrices import Matrix, PreparedMatrix
from cosmic.study.nested import CHUNK
from cosmic.study.network import Network
from cosmic.study.published import Balance, GridRow, NetworkSetting, values_of
from cosmic.study.records import FamilyTested

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

NO_PROBABILITIES: Final = "it gives no probabilities, so it has neither log loss nor Brier score"
_log = logging.getLogger(__name__)


def score_family(
    row: GridRow,
    prepared: Prepared,
    matrix: PreparedMatrix,
    *,
    seed: int,
    resamples: int,
    folder: Path,
    clock: Callable[[], float] = time.perf_counter,
) -> FamilyTested:
    """Return the test scores of a row of the grid, written to `folder`, with intervals by sky cell.

    Parameters
    ----------
    prepared : Prepared
        The data set that `matrix` was made of; it alone has the test rows.
    matrix : PreparedMatrix
        Of the row's task and balance.
    clock : callable
        Seconds, for the cost of the fit.

    Raises
    ------
    ConfigError
        If there is no data set.
    ArtefactCorrupt
        If a file is missing or changed.
    """
    if prepared.path is None:
        raise ConfigError(f"{row.key} cannot be tested: {prepared.not_run}.")
    data, rows = Dataset.load(prepared.path), Matrix.load(matrix)
    if rows.card.prepared != prepared.id:
        raise ValueError(f"the matrix of {row.key} was made of another data set than the one that was given.")
    with one_thread(), ONE_AT_A_TIME if isinstance(row.setting, NetworkSetting) else nullcontext():
        started = clock()
        model = _fitted(row, rows, seed=seed)
        fit_s = clock() - started
        scored = {part: _scores(model, data, rows, part, resamples=resamples, seed=seed) for part in _PARTS}
    facts = GridTest(
        task=row.task,
        family=row.family,
        key=row.key,
        balance=row.balance,
        setting=values_of(row.setting),
        features=rows.card.features,
        split=rows.card.split,
        seed=seed,
        n_train=rows.card.n_train,
        n_fitted=rows.card.n_fitted,
        n_validation=rows.card.n_validation,
        n_test=len(data.within("test")),
        fit_s=fit_s,
        validation=scored["validation"],
        test=scored["test"],
        notes=(
            *rows.card.notes,
            *what_is_special(rows.card),
            *(() if _probable(model) else (NO_PROBABILITIES,)),
        ),
    )
    _log.info("%s scored on %d test rows in %.1f s", row.key, facts.n_test, clock() - started)
    return FamilyTested(row.task, row.family, write_facts(facts, folder, "test"))


_PARTS: Final[tuple[Part, ...]] = ("validation", "test")


def _fitted(row: GridRow, rows: Matrix, *, seed: int) -> ClassifierMixin | Network:
    if isinstance(row.setting, NetworkSetting):
        network = Network(row.setting, seed=seed, balanced=row.balance is Balance.CLASS_WEIGHT)
        return network.fit(rows.X, rows.y, classes=len(rows.card.labels))
    model = estimator(row, seed=seed)
    with unconverged_is_no_warning():
        return model.fit(rows.X, rows.y)


def _scores(
    model: ClassifierMixin | Network, data: Dataset, rows: Matrix, part: Part, *, resamples: int, seed: int
) -> Scores:
    of, card = data.within(part), rows.card
    X = (data.X[of] - np.array(card.mean)) / np.array(card.scale)
    y, labels = data.y[of], card.labels
    majority = int(np.bincount(data.y[data.within("train")]).argmax())
    if _probable(model):
        p = np.concatenate([model.predict_proba(chunk) for chunk in _chunks(X)])
        answer = np.asarray(np.argmax(p, axis=1), np.int64)
        scores = score(y, p, labels, majority=majority)
    else:
        answer = np.concatenate([model.predict(chunk) for chunk in _chunks(X)])
        scores = score_answers(y, answer, labels, majority=majority)
    if part != "test":
        return scores
    return scores.model_copy(update={"interval": _intervals(data.blocks.take(pa.array(of)), y, answer, len(labels),
                                                            resamples=resamples, seed=seed)})  # fmt: skip


def _intervals(
    blocks: pa.Array, y: NDArray[np.int64], answer: NDArray[np.int64], k: int, *, resamples: int, seed: int
) -> dict[str, tuple[float, float]]:
    sums = confusion_by_block(blocks, y, answer, k)
    return block_intervals(sums, confusion_figures, resamples=resamples, seed=seed)


def _probable(model: object) -> bool:
    """Whether a model gives probabilities; an SVM does not."""
    return hasattr(model, "predict_proba")


def _chunks(X: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    return (X[at : at + CHUNK] for at in range(0, len(X), CHUNK))
