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

STACK = [
    ("Conv2D", (112, 112, 32), 896), ("BatchNormalization", (112, 112, 32), 128), ("MaxPooling2D", (56, 56, 32), 0),
    ("Conv2D", (56, 56, 64), 51_264), ("BatchNormalization", (56, 56, 64), 256), ("MaxPooling2D", (28, 28, 64), 0),
    ("Conv2D", (28, 28, 128), 204_928), ("BatchNormalization", (28, 28, 128), 512), ("MaxPooling2D", (14, 14, 128), 0),
    ("Flatten", (25_088,), 0),
]  # fmt: skip
"""The study's convolutions, from 224 × 224 × 3: kind, output and parameters of each layer."""
SIDE = (224, 224, 3)
LAYERS = {
    Model.FFNN: [
        ("InputLayer", SIDE, 0), ("Flatten", (150_528,), 0),
        ("Dense", (256,), 38_535_424), ("BatchNormalization", (256,), 1_024),
        ("Dense", (512,), 131_584), ("BatchNormalization", (512,), 2_048),
        ("Dense", (256,), 131_328), ("BatchNormalization", (256,), 1_024),
        ("Dense", (128,), 32_896), ("BatchNormalization", (128,), 512), ("Dense", (10,), 1_290),
    ],
    Model.CNN: [
        ("InputLayer", SIDE, 0), ("RandomRotation", SIDE, 0), *STACK,
        ("Dense", (2_048,), 51_382_272), ("BatchNormalization", (2_048,), 8_192),
        ("Dense", (1_024,), 2_098_176), ("BatchNormalization", (1_024,), 4_096), ("Dense", (10,), 10_250),
    ],
    Model.LSTM: [
        ("InputLayer", SIDE, 0), ("Reshape", (1, *SIDE), 0),
        *(("TimeDistributed", (1, *shape), parameters) for _, shape, parameters in STACK),
        ("LSTM", (256,), 25_953_280), ("Dense", (128,), 32_896), ("BatchNormalization", (128,), 512),
        ("Dense", (10,), 1_290),
    ],
}  # fmt: skip
STAGES = {
    "conv1_relu": (112, 112, 64), "pool1_pool": (56, 56, 64), "conv2_block3_out": (56, 56, 256),
    "conv3_block4_out": (28, 28, 512), "conv4_block6_out": (14, 14, 1_024), "conv5_block3_out": (7, 7, 2_048),
    "avg_pool": (2_048,), "dense_1024": (1_024,), "classes": (10,),
}  # fmt: skip
"""Ends of ResNet50's stages (He et al. 2016, table 1, from 224 px), and the study's two layers on top."""


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


@pytest.mark.parametrize("model", [*LAYERS])
def test_every_layer_has_the_output_and_the_parameters_of_the_study(
    model: Model, network: Callable[[Model], Any]
) -> None:
    assert [(one.kind, one.shape, one.parameters) for one in layers_of(network(model))] == LAYERS[model]


def test_resnet50_has_its_stages_and_the_two_layers_of_the_study(network: Callable[[Model], Any]) -> None:
    layers = {one.name: one for one in layers_of(network(Model.RESNET50))}
    assert {name: layers[name].shape for name in STAGES} == STAGES
    top = {name: layers[name].parameters for name in ("dense_1024", "classes")}
    assert top == {"dense_1024": 2_098_176, "classes": 10_250}
    assert sum(one.parameters for one in layers.values()) - sum(top.values()) == 23_587_712


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
