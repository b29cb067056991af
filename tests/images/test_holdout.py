"""Images set aside are read as all others are; what a model was trained on is counted and left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cosmic.errors import ConfigError
from cosmic.images.data import LabelledImages
from cosmic.images.holdout import NO_LABEL, OTHER_LABEL, SAME_FILE, SAME_GALAXY, held_out, holdout_list
from cosmic.images.labelling import label, load
from cosmic.images.listing import from_folder
from cosmic.images.pixels import make_pixels
from cosmic.images.records import Pixels, Scheme
from cosmic.records import SplitName
from cosmic.splits import PARTS
from tests.images.made import image_folder, jpeg, table


def folder(home: Path, labels: dict[int, str], *, content: dict[int, int] | None = None) -> Path:
    image_folder(home / "images", {f"{name}.jpg": jpeg((content or {}).get(name, name), side=64) for name in labels})
    table(home / "labels.csv", "galaxy_id,label", [f"{name},{text}" for name, text in labels.items()])
    return home


def pixels_of(home: Path) -> Pixels:
    return make_pixels(holdout_list(home, folder=home), size=8, crop=1.0, folder=home, workers=1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> LabelledImages:
    home = folder(tmp_path_factory.mktemp("trained"), {name: "ab"[name % 2] for name in range(40)})
    listing = from_folder(home / "images", None, folder=home)
    pixels = make_pixels(listing, size=8, crop=1.0, folder=home, workers=1)
    return load(
        label(pixels, scheme=Scheme.GIVEN, min_class_size=2, split=SplitName.SKY, salt="s", seed=0, folder=home)
    )


def of_part(trained: LabelledImages, *parts: str) -> int:
    at = np.flatnonzero(np.isin(trained.part, [PARTS.index(part) for part in parts]))[0]
    return int(trained.table["galaxy"][int(at)].as_py())


def test_what_was_trained_on_is_left_out_by_file_and_by_galaxy(trained: LabelledImages, tmp_path: Path) -> None:
    seen, tested = of_part(trained, "train", "validation"), of_part(trained, "test")
    labels = {seen: "a", 101: "a", 102: "b", 103: "b", tested: "b"}
    found = held_out(
        pixels_of(folder(tmp_path, labels, content={seen: 500, 101: seen})), trained=trained, scheme=Scheme.GIVEN
    )
    assert found.left_out == {SAME_FILE: 1, SAME_GALAXY: 1}
    assert found.images is not None
    assert sorted(found.images.table["galaxy"].to_pylist()) == sorted(["102", "103", str(tested)])
    assert found.images.names == trained.names
    assert set(found.images.part.tolist()) == {PARTS.index("test")}
    assert [found.images.names[code] for code in found.images.codes] == ["b", "b", "b"]
    assert found.images.pixels[found.images.rows].shape == (3, 8, 8, 3)


def test_labels_that_no_model_learned_are_left_out(trained: LabelledImages, tmp_path: Path) -> None:
    found = held_out(pixels_of(folder(tmp_path, {101: "a", 102: "c"})), trained=trained, scheme=Scheme.GIVEN)
    assert found.left_out == {OTHER_LABEL: 1}
    assert found.images is not None
    assert found.images.codes.tolist() == [0]
    assert NO_LABEL not in found.left_out


@pytest.mark.parametrize(
    ("labels", "scheme", "said"),
    [({101: "c"}, Scheme.GIVEN, "that models learned"), ({101: "a"}, Scheme.HUBBLE14, "has a label of hubble14")],
)
def test_images_that_cannot_be_scored_say_why(
    trained: LabelledImages, tmp_path: Path, labels: dict[int, str], scheme: Scheme, said: str
) -> None:
    found = held_out(pixels_of(folder(tmp_path, labels)), trained=trained, scheme=scheme)
    assert found.images is None
    assert said in str(found.not_run)


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--holdout a folder that has both"):
        holdout_list(tmp_path, folder=tmp_path)
