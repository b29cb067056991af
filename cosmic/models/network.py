"""The feed-forward network for tables. The one module that imports TensorFlow, late; without it, says so.

No global seed is set: weights are drawn from the given one.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

LAYERS: Final = (512, 128)
BATCH: Final = 2_048
BATCHES_A_STEP: Final = 32
"""Batches that one call of the compiled step trains on: half the time of one by one, and the same arithmetic."""
NOT_INSTALLED: Final = "extra neural is not installed"

_GREETINGS: Final = (b"absl::InitializeLog()", b"oneDNN custom operations are on")


def missing() -> str | None:
    """Return why networks cannot be fitted here, or None where they can."""
    return None if find_spec("tensorflow") else NOT_INSTALLED


def keras_library() -> Any:
    """Return Keras, imported now: it takes seconds, and a run without networks does without."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with _greetings_held_back():
        from tensorflow import keras

    # it warns of many models in one process, which is the point
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    return keras


@contextmanager
def _greetings_held_back() -> Iterator[None]:
    """Hold back what TensorFlow's first import writes to stderr, past Python and whatever its log level; the rest is written after."""
    if "tensorflow" in sys.modules:
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            os.write(2, b"".join(line for line in held if not any(greeting in line for greeting in _GREETINGS)))


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
    keras = keras_library()
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
