"""The same galaxy is found again in another set of images, scaled or compressed anew."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic.images import alike
from cosmic.images.alike import LEAST, most_alike
from cosmic.images.decode import Decoded, decode
from tests.images.made import encoded, jpeg, picture


def whole(content: bytes) -> np.ndarray:
    found = decode(content, size=32, crop=1.0)
    assert isinstance(found, Decoded)
    return found.pixels


def test_a_picture_that_was_scaled_is_found_and_another_is_not() -> None:
    others = np.stack([whole(jpeg(seed, side=200)) for seed in range(12)])
    small = encoded(picture(7, side=200).resize((106, 106)), quality=70)
    place, correlation = most_alike(np.stack([whole(small), whole(jpeg(50, side=200))]), others)
    assert place[0] == 7
    assert correlation[0] > LEAST > correlation[1]


def test_the_answer_does_not_depend_on_how_many_are_compared_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    one, other = (rng.integers(0, 255, (n, 4, 4, 3), dtype=np.uint8) for n in (7, 11))
    place, correlation = most_alike(one, other)
    for row in range(7):
        grey = [np.corrcoef(one[row].mean(axis=2).ravel(), image.mean(axis=2).ravel())[0, 1] for image in other]
        assert place[row] == int(np.argmax(grey))
        assert correlation[row] == pytest.approx(max(grey), abs=1e-5)
    monkeypatch.setattr(alike, "_TOGETHER", 3)
    assert (most_alike(one, other)[0] == place).all()
    assert np.allclose(most_alike(one, other)[1], correlation, atol=1e-6)


def test_an_image_of_one_grey_is_like_none() -> None:
    grey = np.full((1, 4, 4, 3), 9, np.uint8)
    assert most_alike(grey, grey)[1].tolist() == [0.0]
