"""The grid as the study ran it: a fit of its own for each row, by plain scikit-learn and Keras. Shares nothing.

The baseline of `benchmarks.study`, on the same matrices and with the same seeds. Whatever a published setting does not
name is left as the library has it: neighbours and forests take one core (`n_jobs`), neighbours choose their own tree,
rows are float64. The network takes its rows one by one through tf.data, as in the study.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosmic.facts.grid import Cost, GridScores
from cosmic.study import network
from cosmic.study.expressed import estimator
from cosmic.study.matrices import Matrix
from cosmic.study.published import GridRow, NetworkSetting
from cosmic.study.results import grid_scores
from cosmic.study.units import Clocks


@dataclass(frozen=True)
class Plain:
    """What a plain fit of a row gave: validation scores, and the cost of fit and prediction together."""

    scores: GridScores
    cost: Cost


def plain_row(row: GridRow, matrix: Matrix, *, seed: int) -> Plain:
    """Return the validation scores of a row and what it cost to fit it and predict the validation rows."""
    clocks = Clocks()
    data = matrix.reading(row.features)
    if isinstance(row.setting, NetworkSetting):
        import tensorflow  # noqa: F401  # what it takes to import is nobody's fit

    wall, cpu = clocks.wall(), clocks.cpu()
    if isinstance(row.setting, NetworkSetting):
        answer = _keras(row.setting, data, seed=seed)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = estimator(row, seed=seed).fit(data.X, data.y).predict(data.X_validation)
    cost = Cost(wall_s=clocks.wall() - wall, cpu_s=clocks.cpu() - cpu)
    return Plain(grid_scores(data.y_validation, answer, data.card.labels), cost)


def _keras(setting: NetworkSetting, data: Matrix, *, seed: int) -> NDArray[np.int64]:
    """Rows reach the network one by one through tf.data, as in the study."""
    model = network.build(setting, features=data.X.shape[1], classes=len(data.card.labels), seed=seed, batches_a_step=1)
    import tensorflow as tf

    tf.keras.utils.set_random_seed(seed)
    rows = tf.data.Dataset.from_tensor_slices((data.X.astype(np.float32), data.y.astype(np.int32)))
    model.fit(rows.shuffle(len(data.y), seed=seed).batch(network.BATCH), epochs=network.EPOCHS, verbose=0)
    asked = tf.data.Dataset.from_tensor_slices(data.X_validation.astype(np.float32)).batch(network.BATCH)
    return np.asarray(np.argmax(model.predict(asked, verbose=0), axis=1), np.int64)
