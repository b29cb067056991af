"""A training that was stopped goes on to the very same weights; a stored network answers as it did, or is refused."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cosmic import artefacts
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.images.data import LabelledImages
from cosmic.images.networks import stored, training
from cosmic.images.networks.architectures import missing
from cosmic.images.networks.asking import ask, occlusion
from cosmic.images.networks.recipes import RECIPES
from cosmic.images.networks.running import Order, reseed
from cosmic.images.records import Preprocessing, Scheme
from cosmic.images.scoring import read_fit
from cosmic.records import Model

pytestmark = [
    pytest.mark.skipif(missing() is not None, reason="the extra neural is not installed"),
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation:DeprecationWarning"
    ),  # of Keras, where it stores weights
]


def blobs(n: int = 48, *, side: int = 96, classes: int = 2) -> LabelledImages:
    """Round and long blobs with noise: every fourth image is of validation, every fourth of the test part."""
    rng = np.random.default_rng(0)
    codes = np.arange(n) % classes
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    pixels = np.zeros((n, side, side, 3), np.uint8)
    for at in range(n):
        angle = rng.uniform(0, np.pi)
        across = x * np.sin(angle) - y * np.cos(angle)
        along = x * np.cos(angle) + y * np.sin(angle)
        light = 200 * np.exp(-(along**2 + (across * (1 + 3 * codes[at])) ** 2) / side**1.4)
        pixels[at] = np.clip(light[:, :, None] + rng.normal(0, 6, (side, side, 3)), 0, 255)
    return LabelledImages(
        pixels=pixels,
        rows=np.arange(n),
        codes=codes,
        part=np.array([0, 0, 1, 2], np.int8)[(np.arange(n) // classes) % 4],
        names=tuple("abcdefghij")[:classes],
        table=pa.table({"image": [str(at) for at in range(n)], "galaxy": [str(at) for at in range(n)]}),
    )


def order(model: Model = Model.COMPACT_CNN, **changed: Any) -> Order:
    recipe = replace(RECIPES[model], batch=8)
    return Order(model, "data", 0, recipe, **{"epochs": 2, **changed})


def digest(network: Any) -> str:
    return hashlib.sha256(b"".join(one.tobytes() for one in network.get_weights())).hexdigest()


class Stop(Exception):
    pass


def test_a_training_that_was_stopped_ends_with_the_same_weights(tmp_path: Path) -> None:
    images = blobs()
    asked = order(epochs=3, refit=True)  # a refit keeps the last epoch's weights: the best may be from before the stop
    network, progress = training.train(images, asked, folder=tmp_path / "whole")

    def stop(pace: training.Pace) -> None:
        if pace.epoch == 2:
            raise Stop

    with pytest.raises(Stop):
        training.train(images, asked, folder=tmp_path / "parts", report=stop)
    told: list[int] = []
    again, gone_on = training.train(
        images, asked, folder=tmp_path / "parts", report=lambda pace: told.append(pace.epoch)
    )
    assert told == [3]
    assert digest(again) == digest(network)
    assert [one["loss"] for one in gone_on.history] == [one["loss"] for one in progress.history]


def test_every_random_layer_draws_by_seed_and_epoch_alone() -> None:
    from tensorflow import keras

    def network() -> Any:
        inputs = keras.Input((8, 8, 3))
        turned = keras.layers.RandomRotation((-0.5, 0.5), seed=0)(inputs)
        return keras.Model(inputs, keras.layers.Dropout(0.5, seed=0)(turned))

    def drawn(one: Any, *, seed: int, epoch: int) -> list[Any]:
        reseed(one, seed=seed, epoch=epoch)
        image = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)
        return [layer(image, training=True).numpy() for layer in one.layers[1:]]

    used, fresh = network(), network()
    drawn(used, seed=1, epoch=0)  # moves the generators on
    wanted = drawn(fresh, seed=1, epoch=1)
    assert all(map(np.array_equal, drawn(used, seed=1, epoch=1), wanted))
    for seed, epoch in ((1, 2), (2, 1)):
        assert not any(map(np.array_equal, drawn(used, seed=seed, epoch=epoch), wanted))


def test_a_training_that_diverges_at_once_is_refused_in_words(tmp_path: Path) -> None:
    asked = order(epochs=1, refit=True)
    asked = replace(asked, recipe=replace(asked.recipe, learning_rate=float("inf")))
    with pytest.raises(ConfigError, match="no number in epoch 1: training diverged"):
        training.train(blobs(32), asked, folder=tmp_path)


def test_other_weights_in_a_file_of_the_same_name_are_another_order(tmp_path: Path) -> None:
    file = tmp_path / "weights.h5"
    ids = set()
    for content in (b"one", b"two"):
        file.write_bytes(content)
        ids.add(order(Model.RESNET50, imagenet=str(file)).id)
    assert len(ids) == 2


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[LabelledImages, stored.ImageFitted]:
    images = blobs()
    folder = tmp_path_factory.mktemp("fits")
    return images, stored.fit_network(images, order(), scheme=Scheme.GIVEN, folder=folder)


def test_a_stored_network_answers_as_it_did(kept: tuple[LabelledImages, stored.ImageFitted]) -> None:
    images, fitted = kept
    loaded = stored.load(fitted.folder)
    assert loaded.names == images.names
    said = np.load(fitted.probabilities)
    assert np.allclose(loaded.answer(images.pixels, images.rows), said, atol=1e-5)
    assert np.allclose(said.sum(axis=1), 1, atol=1e-5)
    fit = read_fit(fitted)
    assert (fit.epochs_planned, len(fit.history), fit.images) == (2, 2, int((images.part == 0).sum()))
    assert not list(fitted.folder.parent.glob("training/*"))  # what a stopped training needs is gone


def test_an_answer_does_not_depend_on_the_batch(kept: tuple[LabelledImages, stored.ImageFitted]) -> None:
    images, fitted = kept
    loaded = stored.load(fitted.folder)
    whole = loaded.answer(images.pixels, images.rows)
    assert np.allclose(loaded.answer(images.pixels, images.rows[5:6]), whole[5:6], atol=1e-5)


def test_eight_views_of_a_turned_image_answer_alike(kept: tuple[LabelledImages, stored.ImageFitted]) -> None:
    images, fitted = kept
    network, few = stored.load(fitted.folder).network, np.arange(4)

    def turned_off(views: int) -> float:
        turned = np.rot90(images.pixels[:4], axes=(1, 2)).copy()
        one, other = (
            ask(network, pixels, few, preprocessing=Preprocessing.PLAIN, views=views)
            for pixels in (images.pixels, turned)
        )
        return float(np.abs(one - other).max())

    assert turned_off(8) < 1e-6 < turned_off(1)


def test_a_network_that_was_changed_is_refused(kept: tuple[LabelledImages, stored.ImageFitted], tmp_path: Path) -> None:
    _, fitted = kept
    for file in fitted.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with np.load(tmp_path / stored.PROBE) as probe:
        arrays = dict(probe)
    arrays["p"] = arrays["p"][:, ::-1]

    def fill(part: Path) -> None:
        with part.open("wb") as file:
            np.savez(file, **arrays)

    artefacts.write(tmp_path / stored.PROBE, fill)
    with pytest.raises(ArtefactCorrupt, match="answers otherwise than when it was stored"):
        stored.load(tmp_path)
    (tmp_path / stored.NETWORK).write_bytes(b"broken")
    with pytest.raises(ArtefactCorrupt, match="differs from its digest"):
        stored.load(tmp_path)


def test_a_refit_learns_validation_images_too_and_is_not_stopped_by_them(tmp_path: Path) -> None:
    images = blobs()
    fitted = stored.fit_network(images, order(epochs=1, refit=True), scheme=Scheme.GIVEN, folder=tmp_path)
    fit = read_fit(fitted)
    assert fit.refit
    assert fit.images == int((images.part < 2).sum())
    assert fit.history[0].validation_loss is None


def test_another_networks_weights_are_a_beginning(
    kept: tuple[LabelledImages, stored.ImageFitted], tmp_path: Path
) -> None:
    _, fitted = kept
    more = blobs(classes=3)
    asked = replace(order(epochs=1, initial=fitted.file), data="others")
    found = stored.fit_network(more, asked, scheme=Scheme.GIVEN, folder=tmp_path)
    assert read_fit(found).weights == f"those of {fitted.folder.name}"
    scratch = stored.fit_network(more, replace(asked, initial=None), scheme=Scheme.GIVEN, folder=tmp_path)
    assert found.id != scratch.id


def test_what_an_answer_hangs_on_lies_where_the_galaxy_is(kept: tuple[LabelledImages, stored.ImageFitted]) -> None:
    images, fitted = kept
    loaded = stored.load(fitted.folder)
    maps = occlusion(
        loaded.network, images.pixels, np.array([0, 1]), np.array([0, 1]), preprocessing=Preprocessing.PLAIN, grid=4
    )
    assert maps.shape == (2, 4, 4)
    edge = np.abs(maps[:, [0, 0, -1, -1], [0, -1, 0, -1]]).max()
    assert np.abs(maps[:, 1:3, 1:3]).max() > edge


@pytest.mark.slow
@pytest.mark.parametrize("model", [Model.FFNN, Model.CNN, Model.LSTM, Model.RESNET50])
def test_an_epoch_of_each_network_of_the_study_runs(model: Model, tmp_path: Path) -> None:
    images = blobs(40, side=224, classes=10)
    fitted = stored.fit_network(images, order(model, epochs=1), scheme=Scheme.GIVEN, folder=tmp_path)
    fit = read_fit(fitted)
    assert np.isfinite(fit.history[0].loss)
    assert fit.images == 20
    assert np.load(fitted.probabilities).shape == (40, 10)


@pytest.mark.slow
def test_the_studys_turned_images_are_the_same_after_a_stop(tmp_path: Path) -> None:
    images, asked = blobs(32, side=224), order(Model.CNN, epochs=2, refit=True)
    network, _ = training.train(images, asked, folder=tmp_path / "whole")

    def stop(_: training.Pace) -> None:
        raise Stop

    with pytest.raises(Stop):
        training.train(images, asked, folder=tmp_path / "parts", report=stop)
    again, _ = training.train(images, asked, folder=tmp_path / "parts")
    assert digest(again) == digest(network)


_DRILL = """
import hashlib, json, sys
from pathlib import Path
from cosmic.images.networks import training
from tests.images.test_training import blobs, digest, order

network, progress = training.train(
    blobs(240), order(epochs=6, refit=True), folder=Path(sys.argv[1]),
    report=lambda pace: print(json.dumps({"epoch": pace.epoch}), flush=True),
)
print(json.dumps({"digest": digest(network), "epochs": progress.done}), flush=True)
"""


@pytest.mark.slow
def test_a_killed_training_goes_on_at_the_last_epoch_to_the_same_weights(tmp_path: Path) -> None:
    def run(folder: str, *, kill_after: int | None = None) -> list[dict[str, Any]]:
        command = [sys.executable, "-c", _DRILL, str(tmp_path / folder)]
        lines = []
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(json.loads(line))
                if kill_after is not None and lines[-1].get("epoch") == kill_after:
                    time.sleep(0.2)  # into the next epoch
                    process.send_signal(signal.SIGKILL)
                    break
        return lines

    undisturbed = run("whole")
    killed = run("parts", kill_after=2)
    assert "digest" not in killed[-1]
    resumed = run("parts")
    assert resumed[0]["epoch"] >= 3
    assert resumed[-1] == undisturbed[-1]
