"""The networks have the layers and the parameters that the study printed, and weights that the seed alone decides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cosmic.errors import ConfigError
from cosmic.images.networks.architectures import build, layers_of, missing
from cosmic.records import Model

pytestmark = [
    pytest.mark.skipif(missing() is not None, reason="the extra neural is not installed"),
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation:DeprecationWarning"
    ),  # of Keras, where it stores weights
]

STACK = {
    "Conv2D": [(112, 112, 32), (56, 56, 64), (28, 28, 128)],
    "MaxPooling2D": [(56, 56, 32), (28, 28, 64), (14, 14, 128)],
}
"""Outputs of the study's convolutions and poolings, from 224 × 224 × 3."""


@pytest.fixture(scope="module")
def network() -> Callable[[Model], Any]:
    made: dict[Model, Any] = {}

    def get(model: Model) -> Any:
        if model not in made:
            made[model] = build(model, classes=10, seed=0)[0]
        return made[model]

    return get


def trained(network: Any) -> int:
    return sum(int(np.prod(one.shape)) for one in network.trainable_variables)


@pytest.mark.parametrize(
    ("model", "parameters", "fixed"),
    [
        (Model.FFNN, 38_837_130, 2_304),
        (Model.CNN, 53_760_970, 6_592),
        (Model.LSTM, 26_245_962, 704),
        (Model.RESNET50, 25_696_138, 53_120),
    ],
)
def test_parameters_are_those_that_the_study_printed(
    model: Model, parameters: int, fixed: int, network: Callable[[Model], Any]
) -> None:
    found = network(model)
    assert found.count_params() == parameters
    assert parameters - trained(found) == fixed


@pytest.mark.parametrize("model", [Model.CNN, Model.LSTM])
def test_convolutions_have_the_outputs_of_the_study(model: Model, network: Callable[[Model], Any]) -> None:
    layers = layers_of(network(model))
    shapes = [layer.shape if model is Model.CNN else layer.shape[1:] for layer in layers if len(layer.shape) > 2]
    wanted = [shape for pair in zip(*STACK.values(), strict=True) for shape in pair]
    assert [shape for shape in dict.fromkeys(shapes) if shape in wanted] == wanted
    assert (25_088,) in [layer.shape[-1:] for layer in layers]


def test_dense_layers_are_those_of_the_study(network: Callable[[Model], Any]) -> None:
    def dense(model: Model) -> list[tuple[tuple[int, ...], int]]:
        return [
            (layer.shape, layer.parameters) for layer in layers_of(network(model)) if layer.kind in ("Dense", "LSTM")
        ]

    assert dense(Model.FFNN) == [
        ((256,), 38_535_424),
        ((512,), 131_584),
        ((256,), 131_328),
        ((128,), 32_896),
        ((10,), 1_290),
    ]
    assert dense(Model.CNN) == [((2048,), 51_382_272), ((1024,), 2_098_176), ((10,), 10_250)]
    assert dense(Model.LSTM) == [((256,), 25_953_280), ((128,), 32_896), ((10,), 1_290)]
    assert dense(Model.RESNET50) == [((1024,), 2_098_176), ((10,), 10_250)]


def test_the_compact_network_is_compact(network: Callable[[Model], Any]) -> None:
    assert network(Model.COMPACT_CNN).count_params() < 500_000


def test_the_seed_alone_decides_the_weights() -> None:
    one, same, other = (build(Model.COMPACT_CNN, classes=5, seed=seed)[0] for seed in (3, 3, 4))
    pairs = list(zip(one.get_weights(), same.get_weights(), strict=True))
    assert all(np.array_equal(a, b) for a, b in pairs)
    kernels = [v.numpy() for v in one.trainable_variables if "kernel" in v.name]
    others = [v.numpy() for v in other.trainable_variables if "kernel" in v.name]
    assert not any(np.array_equal(a, b) for a, b in zip(kernels, others, strict=True))


def test_weights_of_imagenet_come_from_the_file_that_is_named(tmp_path: Path, network: Callable[[Model], Any]) -> None:
    from tensorflow import keras

    body = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(224, 224, 3), pooling="avg")
    file = tmp_path / "resnet50.weights.h5"
    body.save_weights(file)
    found, told = build(Model.RESNET50, classes=10, seed=0, imagenet=str(file))
    assert "resnet50.weights.h5, sha256 " in told
    theirs = body.get_layer("conv3_block2_2_conv").get_weights()[0]
    assert np.array_equal(found.get_layer("conv3_block2_2_conv").get_weights()[0], theirs)
    assert not np.array_equal(network(Model.RESNET50).get_layer("conv3_block2_2_conv").get_weights()[0], theirs)


@pytest.mark.parametrize(("content", "says"), [(None, "which is no file"), (b"not weights", "holds no weights")])
def test_a_wrong_file_of_weights_is_refused_in_words(tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "weights.h5"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=says):
        build(Model.RESNET50, classes=10, seed=0, imagenet=str(file))
