"""The feed-forward network for tables. The one module that imports TensorFlow, late; without it, says so.

No global seed is set: weights are drawn from the given one.
"""

from __future__ import annotations

import logging
import os
from importlib.util import find_spec
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

LAYERS: Final = (512, 128)
BATCH: Final = 2_048
BATCHES_A_STEP: Final = 32
"""Batches that one call of the compiled step trains on: half the time of one by one, and the same arithmetic."""
NOT_INSTALLED: Final = "extra neural is not installed"


def missing() -> str | None:
    """Return why networks cannot be fitted here, or None where they can."""
    return None if find_spec("tensorflow") else NOT_INSTALLED


class KerasModel(Protocol):
    """What is used of a keras.Model, whose types are unknown where TensorFlow is not installed."""

    def fit(self, x: object, y: object = None, **settings: object) -> object:
        """Train."""

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Return the kernel and the bias of each layer, in order."""
        ...


def build(
    *,
    activation: str,
    learning_rate: float,
    features: int,
    classes: int,
    seed: int,
    batches_a_step: int,
    metrics: tuple[str, ...] = (),
) -> KerasModel:
    """Return the compiled, untrained network of `features` → 512 → 128 → `classes`."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # its greetings at import are no news
    from tensorflow import keras

    # it warns of many models in one process, which is the point
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    inputs = keras.Input((features,))
    inner = inputs
    for at, width in enumerate(LAYERS):
        normal = keras.initializers.RandomNormal(seed=seed + at)
        inner = keras.layers.Dense(width, activation=activation, kernel_initializer=normal)(inner)
    last = keras.initializers.RandomNormal(seed=seed + len(LAYERS))
    outputs = keras.layers.Dense(classes, activation="softmax", kernel_initializer=last)(inner)
    model: KerasModel = keras.Model(inputs, outputs)
    model.compile(  # type: ignore[attr-defined] # of every keras.Model
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=list(metrics),
        steps_per_execution=batches_a_step,
        jit_compile=False,  # slower on these small layers
    )
    return model
