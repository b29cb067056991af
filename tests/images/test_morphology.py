"""Numbers of shape against profiles whose numbers are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cosmic.errors import ConfigError
from cosmic.images.central import Flaw, central
from cosmic.images.light import gini_m20
from cosmic.images.morphology import Shapes, kept, kept_part, measure, read, starts
from tests.images.drawn import arms, picture, sersic


def numbers(images: np.ndarray) -> dict[str, np.ndarray]:
    """Return the numbers of images by name."""
    shapes = measure(images)
    return dict(zip(shapes.names, shapes.values.T, strict=True))


def test_an_exponential_disc_has_the_concentration_of_its_formula_and_a_de_vaucouleurs_profile_a_higher_one() -> None:
    found = numbers(np.concatenate([picture(sersic()), picture(sersic(index=4, half_light=7))]))
    assert found["concentration"][0] == pytest.approx(2.7, abs=0.15)
    assert found["concentration_elliptical"][0] == pytest.approx(2.7, abs=0.15)
    assert found["concentration"][1] > found["concentration"][0] + 0.4
    assert found["r50"][0] == pytest.approx(9.0, rel=0.1)


def test_gini_is_0_of_equal_pixels_and_1_of_all_light_in_one_and_m20_falls_as_light_gathers_in_the_middle() -> None:
    light = np.zeros((3, 33, 33), np.float32)
    own = np.zeros((3, 33, 33), bool)
    own[:, 8:25, 8:25] = True
    light[0][own[0]] = 7.0
    light[1, 16, 16] = 9.0
    light[2] = sersic(side=33, half_light=3)
    found = gini_m20(light, own)
    assert found["gini"][:2] == pytest.approx([0.0, 1.0], abs=1e-6)
    assert 0 < found["gini"][2] < 1
    assert found["m20"][0] == pytest.approx(0.0)  # all are as bright as the faintest of the brightest fifth
    assert found["m20"][2] < found["m50"][2] < found["m80"][2] < 0


@pytest.mark.parametrize("ratio", [1.0, 0.7, 0.4, 0.2])
def test_the_axis_ratio_is_that_of_the_disc_whatever_its_angle(ratio: float) -> None:
    turned = [picture(sersic(ratio=ratio, half_light=12, angle=angle)) for angle in (0.0, 0.5, 1.2)]
    found = numbers(np.concatenate(turned))
    assert found["axis_ratio"] == pytest.approx(np.full(3, ratio), abs=0.06)
    assert found["ratio_50"] == pytest.approx(np.full(3, ratio), abs=0.12)


def test_a_turned_or_mirrored_image_has_the_same_numbers() -> None:
    seen = picture(arms(2), sersic(half_light=4, ratio=0.5, top=50.0), noise=1.0)
    views = np.concatenate([seen, np.rot90(seen, axes=(1, 2)), seen[:, ::-1], seen[:, :, ::-1]])
    shapes = measure(views)
    spread = shapes.values.std(axis=0)
    known = np.abs(shapes.values).mean(axis=0)
    worst = np.argmax(spread - 0.02 * known)
    assert (spread <= 0.02 * known + 0.02).all(), (shapes.names[worst], shapes.values[:, worst])


def test_a_symmetric_galaxy_has_no_asymmetry_and_a_lopsided_one_has() -> None:
    whole = sersic(half_light=10)
    lopsided = sersic(half_light=10) + sersic(half_light=4, top=60, shift=(9, 0))
    found = numbers(np.concatenate([picture(whole, noise=2), picture(lopsided, noise=2)]))
    assert abs(found["asymmetry_180"][0]) < 0.06
    assert found["asymmetry_180"][1] > 0.08
    assert found["asymmetry_90"][1] > found["asymmetry_90"][0]


def test_two_arms_are_the_second_mode_and_three_the_third_and_neither_hand_matters() -> None:
    found = numbers(np.concatenate([picture(arms(2)), picture(arms(3)), picture(arms(2, hand=-1)), picture(sersic())]))
    assert found["m2_mean"][0] > 2 * found["m3_mean"][0]
    assert found["m3_mean"][1] > 2 * found["m2_mean"][1]
    assert found["m2_mean"][0] == pytest.approx(found["m2_mean"][2], abs=0.02)
    assert found["turn_2"][0] == pytest.approx(found["turn_2"][2], abs=0.05)
    assert found["m2_mean"][3] < 0.05


def test_a_clumpy_galaxy_is_less_smooth() -> None:
    smooth = sersic(half_light=14)
    spots = sum(sersic(half_light=1.2, top=110, shift=at) for at in ((10, 4), (-8, 9), (3, -12), (-11, -6)))
    found = numbers(np.concatenate([picture(smooth), picture(smooth, spots)]))
    assert found["smoothness"][1] > found["smoothness"][0] + 0.01
    assert found["peaks"][1] > found["peaks"][0] == 1


def test_a_neighbour_is_taken_away_and_the_galaxy_keeps_its_numbers() -> None:
    alone = sersic(half_light=6, ratio=0.6)
    neighbour = sersic(half_light=3, top=180, shift=(24, 17))
    found = numbers(np.concatenate([picture(alone, noise=1.5), picture(alone, neighbour, noise=1.5)]))
    for name in ("axis_ratio", "concentration", "r50", "gini"):
        assert found[name][1] == pytest.approx(found[name][0], rel=0.12), name


def test_colours_are_told_by_ring() -> None:
    inner, outer = sersic(half_light=4, top=120), sersic(half_light=14, top=60)
    image = picture(inner, outer)
    image[..., 0] = picture(2 * inner, outer)[..., 0]  # a redder middle; the first channel shows i
    found = numbers(np.concatenate([picture(inner, outer), image]))
    assert found["r_i_0"][0] == pytest.approx(0, abs=1e-6)
    assert found["r_i_0"][1] < found["r_i_4"][1] < 0.01


def test_what_cannot_be_measured_is_flagged_and_never_nan() -> None:
    empty = np.full((1, 64, 64, 3), 20, np.uint8)
    noise = np.random.default_rng(1).integers(0, 255, (1, 64, 64, 3), dtype=np.uint8)
    full = np.full((1, 64, 64, 3), 255, np.uint8)
    huge = picture(sersic(side=64, half_light=40, ratio=0.15))
    shapes = measure(np.concatenate([empty, noise, full, huge, np.zeros((1, 64, 64, 3), np.uint8)]))
    assert np.isfinite(shapes.values).all()
    assert shapes.flaws[0] & Flaw.NO_SOURCE
    assert shapes.flaws[3] & Flaw.TOUCHES_EDGE
    assert measure(picture(sersic(half_light=6))).flaws[0] == 0


def test_an_image_has_the_same_numbers_in_any_batch_and_the_number_told_is_of_images_done() -> None:
    images = np.concatenate([picture(sersic(side=48, half_light=3 + at / 40), noise=2, seed=at) for at in range(70)])
    done: list[int] = []
    together = measure(images, report=done.append)
    assert done[-2:] == [64, 70]
    assert np.array_equal(together.values[65], measure(images[65:66]).values[0])


def test_the_middle_is_moved_to_the_middle_pixel() -> None:
    found = central(picture(sersic(half_light=5, shift=(6, -4))))
    assert np.unravel_index(found.light[0].argmax(), found.light[0].shape) == (48, 48)
    assert found.offset[0] == pytest.approx(np.hypot(6, 4), abs=0.5)


def test_numbers_of_the_same_pixels_are_read_and_not_measured_again(tmp_path: Path) -> None:
    images = picture(sersic(side=48, half_light=5))
    paths = kept(images, pixels_id="one", folder=tmp_path)
    assert kept(np.zeros((1, 0, 0, 3), np.uint8), pixels_id="one", folder=tmp_path) == paths, "they would be refused"
    assert kept(images, pixels_id="two", folder=tmp_path) != paths
    found: Shapes = read(paths)
    assert np.array_equal(found.values, measure(images).values)
    assert found.names == measure(images).names
    assert found.cpu_s > 0


def test_parts_that_others_measured_are_joined_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cosmic.images.morphology.PART", 2)
    images = np.concatenate([picture(sersic(side=48, half_light=3 + at)) for at in range(5)])
    assert list(starts(5)) == [0, 2, 4]
    last = kept_part(images, 4, pixels_id="one", folder=tmp_path)
    moment = last.stat().st_mtime_ns
    paths = kept(images, pixels_id="one", folder=tmp_path)
    assert (paths[2], last.stat().st_mtime_ns) == (last, moment)
    assert np.array_equal(read(paths).values, measure(images).values)


@pytest.mark.parametrize("shape", [(1, 16, 16, 3), (1, 64, 48, 3), (1, 64, 64)])
def test_images_that_cannot_be_measured_are_refused_in_words(shape: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match="images"):
        measure(np.zeros(shape, np.uint8))
