"""The networks, layer by layer: the study's four and a compact one. Builds them untrained; reads no image.

The study printed parameter counts, which decide what its slides leave open: every count here is the printed one. Weights are
drawn from the given seed alone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cosmic import artefacts
from cosmic.errors import ConfigError
from cosmic.facts.images import Layer
from cosmic.models.network import keras_library, missing
from cosmic.records import Model

STUDY_SIDE: Final = 224
"""Side of the images that the study's networks see, px."""
COMPACT_SIDE: Final = 64
"""Side of the images that the compact network sees, px."""
AT_RANDOM: Final = "at random"
DOWNLOAD: Final = "download"
NONE: Final = "none"

__all__ = ["COMPACT_SIDE", "STUDY_SIDE", "build", "keras_library", "layers_of", "missing"]


def build(model: Model, *, classes: int, seed: int, imagenet: str = NONE) -> tuple[Any, str]:
    """Return an untrained network that gives logits, shape (n, classes), for floats of shape (n, side, side, 3), and where
    its weights are from.

    Parameters
    ----------
    imagenet : str
        Where ResNet50 begins: ``none`` (at random), ``download`` (ImageNet's weights, by Keras), or the path of a Keras
        weights file without its top.

    Raises
    ------
    ConfigError
        If the file of weights is not there, is of another network, or cannot be downloaded.
    """
    keras = keras_library()
    network = _BUILDERS[model](keras, classes)
    seed_weights(keras, network, seed)
    told = AT_RANDOM
    if model is Model.RESNET50 and imagenet != NONE:
        told = _imagenet(keras, network, imagenet)
    return network, told


def seed_weights(keras: Any, network: Any, seed: int) -> None:
    """Draw every kernel again, each from a seed of its own: Keras' own draws follow a seed of the process.

    Glorot's uniform distribution for kernels and an orthogonal matrix for recurrent ones, as Keras has them.
    """
    kernels = [one for one in network.trainable_variables if "kernel" in one.name]
    for at, one in enumerate(kernels):
        own = 1_000 * seed + at
        recurrent = one.name == "recurrent_kernel"
        kind = keras.initializers.Orthogonal(seed=own) if recurrent else keras.initializers.GlorotUniform(seed=own)
        one.assign(kind(one.shape))


def at_side(network: Any, side: int) -> Any:
    """Return the same layers, with the same weights, for images of another side: of a chain that ends in a global average."""
    keras = keras_library()
    inputs = keras.Input((side, side, 3))
    inner = inputs
    for layer in network.layers[1:]:
        inner = layer(inner)
    return keras.Model(inputs, inner)


def layers_of(network: Any) -> tuple[Layer, ...]:
    """Return each layer with its output, without the batch, and its parameters."""
    found = []
    for one in network.layers:
        shape = tuple(int(side) for side in one.output.shape[1:])
        found.append(Layer(name=one.name, kind=type(one).__name__, shape=shape, parameters=one.count_params()))
    return tuple(found)


def _answer(keras: Any, classes: int, **named: str) -> Any:
    """Return the last layer, whose logits are float32 also where the layers before it multiply half numbers."""
    return keras.layers.Dense(classes, dtype="float32", **named)


def _ffnn(keras: Any, classes: int) -> Any:
    inputs = keras.Input((STUDY_SIDE, STUDY_SIDE, 3))
    inner = keras.layers.Flatten()(inputs)
    for width in (256, 512, 256, 128):
        inner = keras.layers.Dense(width, activation="relu")(inner)
        inner = keras.layers.BatchNormalization()(inner)
    return keras.Model(inputs, _answer(keras, classes)(inner), name="ffnn")


def _study_stack(keras: Any, wrap: Callable[[Any], Any]) -> list[Any]:
    """Return the study's three convolutions, from 224 × 224 × 3 to 14 × 14 × 128: 3 × 3 at stride 2, then 5 × 5 twice."""
    stack = []
    for filters, side, stride in ((32, 3, 2), (64, 5, 1), (128, 5, 1)):
        stack += [
            wrap(keras.layers.Conv2D(filters, side, strides=stride, padding="same", activation="relu")),
            wrap(keras.layers.BatchNormalization()),
            wrap(keras.layers.MaxPooling2D(2)),
        ]
    return stack


def _cnn(keras: Any, classes: int) -> Any:
    inputs = keras.Input((STUDY_SIDE, STUDY_SIDE, 3))
    inner = keras.layers.RandomRotation((-0.5, 0.5), seed=0)(inputs)
    for layer in _study_stack(keras, lambda one: one):
        inner = layer(inner)
    inner = keras.layers.Flatten()(inner)
    for width in (2048, 1024):
        inner = keras.layers.Dense(width, activation="relu")(inner)
        inner = keras.layers.BatchNormalization()(inner)
    return keras.Model(inputs, _answer(keras, classes)(inner), name="cnn")


def _lstm(keras: Any, classes: int) -> Any:
    inputs = keras.Input((STUDY_SIDE, STUDY_SIDE, 3))
    inner = keras.layers.Reshape((1, STUDY_SIDE, STUDY_SIDE, 3))(inputs)  # a sequence of one image
    for layer in _study_stack(keras, keras.layers.TimeDistributed):
        inner = layer(inner)
    inner = keras.layers.TimeDistributed(keras.layers.Flatten())(inner)
    inner = keras.layers.LSTM(256)(inner)
    inner = keras.layers.Dense(128, activation="relu")(inner)
    inner = keras.layers.BatchNormalization()(inner)
    return keras.Model(inputs, _answer(keras, classes)(inner), name="lstm")


def _resnet50(keras: Any, classes: int) -> Any:
    body = keras.applications.ResNet50(
        include_top=False, weights=None, input_shape=(STUDY_SIDE, STUDY_SIDE, 3), pooling="avg"
    )
    inner = keras.layers.Dense(1024, activation="relu", name="dense_1024")(body.output)
    return keras.Model(body.input, _answer(keras, classes, name="classes")(inner), name="resnet50")


def _compact(keras: Any, classes: int) -> Any:
    def convolved(inner: Any, filters: int, side: int = 3, stride: int = 1) -> Any:
        inner = keras.layers.Conv2D(filters, side, strides=stride, padding="same", use_bias=False)(inner)
        inner = keras.layers.BatchNormalization(momentum=0.9)(inner)
        return keras.layers.Activation("relu")(inner)

    inputs = keras.Input((COMPACT_SIDE, COMPACT_SIDE, 3))
    inner = convolved(inputs, 32, 5, 2)
    inner = keras.layers.MaxPooling2D()(convolved(inner, 48))
    inner = keras.layers.MaxPooling2D()(convolved(inner, 96))
    inner = convolved(convolved(inner, 128), 128)
    inner = keras.layers.GlobalAveragePooling2D()(inner)
    inner = keras.layers.Dropout(0.2, seed=0)(inner)
    return keras.Model(inputs, _answer(keras, classes)(inner), name="compact_cnn")


_BUILDERS: Final[dict[Model, Callable[[Any, int], Any]]] = {
    Model.FFNN: _ffnn,
    Model.CNN: _cnn,
    Model.LSTM: _lstm,
    Model.RESNET50: _resnet50,
    Model.COMPACT_CNN: _compact,
}
NETWORKS: Final = tuple(_BUILDERS)
"""Families that are networks."""


def _imagenet(keras: Any, network: Any, wanted: str) -> str:
    """Give ResNet50's body the weights of ImageNet; return where they are from."""
    path = Path(wanted)
    if wanted != DOWNLOAD and not path.is_file():
        raise ConfigError(
            f"COSMIC_IMAGENET names {wanted}, which is no file. Give a Keras weights file of ResNet50, download, or none."
        )
    try:
        body = keras.applications.ResNet50(
            include_top=False, weights="imagenet" if wanted == DOWNLOAD else wanted,
            input_shape=(STUDY_SIDE, STUDY_SIDE, 3), pooling="avg",
        )  # fmt: skip
    except Exception as exc:  # whatever a network, a proxy, a certificate or a file may raise
        if wanted == DOWNLOAD:
            raise ConfigError(
                f"ImageNet's weights of ResNet50 cannot be downloaded ({exc}). Give the path of a Keras weights file without "
                "its top with COSMIC_IMAGENET, or none to begin at random."
            ) from exc
        raise ConfigError(f"{wanted} holds no weights of ResNet50 without its top: {exc}") from exc
    by_name = {layer.name: layer for layer in body.layers}
    for layer in network.layers:
        if layer.name in by_name:
            layer.set_weights(by_name[layer.name].get_weights())
    if wanted == DOWNLOAD:
        return "ImageNet, downloaded by Keras"
    return f"ImageNet, {path.name}, sha256 {artefacts.sha256_of(path)[:16]}"
