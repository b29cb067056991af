"""What networks see: the study's preprocessing to the bit, turns that the seed decides, and how epochs are planned."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic.images.networks import feeding
from cosmic.images.networks.architectures import missing
from cosmic.images.networks.feeding import Turns, brightened, study_draw
from cosmic.images.networks.recipes import RECIPES, class_weights, learning_rate, planned_epochs, stopped_early
from cosmic.images.records import Loss
from cosmic.records import Model

neural = pytest.mark.skipif(missing() is not None, reason="the extra neural is not installed")


@neural
def test_brightness_is_raised_as_tensorflow_does_with_whole_numbers() -> None:
    import tensorflow as tf

    values = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    raised = tf.image.adjust_brightness(tf.constant(values), 0.3).numpy().reshape(-1)
    assert np.array_equal(brightened(), raised.astype(np.float32) / np.float32(255))
    assert brightened()[0] == np.float32(76 / 255)
    assert brightened()[-1] == 1.0  # what exceeds the range is cut off


@neural
def test_the_changed_copy_is_brighter_with_twice_the_contrast_and_mirrored_by_chance() -> None:
    import tensorflow as tf

    images = np.random.default_rng(0).integers(0, 256, (64, 224, 224, 3), dtype=np.uint8)[:, :8, :8]
    plain = feeding.study_view(tf.constant(images)).numpy()
    changed = feeding.study_batch(tf.constant(images), tf.ones(64, bool), tf.constant(0), 7).numpy()
    wanted = tf.image.adjust_contrast(tf.image.adjust_brightness(plain, 0.1), 2.0).numpy()
    same = np.isclose(changed, wanted, atol=1e-5).all(axis=(1, 2, 3))
    mirrored = np.isclose(changed, wanted[:, :, ::-1], atol=1e-5).all(axis=(1, 2, 3))
    assert (same | mirrored).all()
    assert 15 < same.sum() < 49
    untouched = feeding.study_batch(tf.constant(images), tf.zeros(64, bool), tf.constant(0), 7).numpy()
    assert np.array_equal(untouched, plain)


@neural
def test_turns_follow_from_seed_and_step_alone() -> None:
    import tensorflow as tf

    images = tf.constant(np.random.default_rng(1).integers(0, 256, (4, 96, 96, 3), dtype=np.uint8))
    one, same = (feeding.turned_batch(images, Turns(), tf.constant(5), 3).numpy() for _ in range(2))
    assert np.array_equal(one, same)
    assert one.shape == (4, 64, 64, 3)
    for step, seed in ((6, 3), (5, 4)):
        assert not np.array_equal(one, feeding.turned_batch(images, Turns(), tf.constant(step), seed).numpy())


@neural
def test_fewer_pixels_show_the_same_field_turned_alike() -> None:
    import tensorflow as tf

    ramp = np.broadcast_to(np.arange(96, dtype=np.uint8)[None, None, :, None], (5, 96, 96, 3))
    many, few = (feeding.turned_batch(ramp, Turns(), tf.constant(2), 1, side=side).numpy() for side in (64, 48))
    assert few.shape == (5, 48, 48, 3)
    ends = np.s_[:, ::47, ::47], np.s_[:, ::63, ::63]
    assert few[ends[0]] == pytest.approx(many[ends[1]], abs=0.4 / 255)


@neural
def test_eight_views_are_the_middle_turned_and_mirrored_pixel_by_pixel() -> None:
    import tensorflow as tf

    image = np.random.default_rng(2).integers(0, 256, (1, 96, 96, 3), dtype=np.uint8)
    middle = image[0, 16:80, 16:80]
    views = {
        feeding.plain_view(tf.constant(image), quarter=quarter, mirrored=mirrored).numpy()[0].tobytes()
        for quarter in range(4)
        for mirrored in (False, True)
    }
    wanted = {
        (np.rot90(side, quarter) / np.float32(255)).astype(np.float32).tobytes()
        for quarter in range(4)
        for side in (middle, middle[:, ::-1])
    }
    assert views == wanted
    assert len(wanted) == 8


def test_the_study_draws_equal_classes_and_all_of_a_smaller_one() -> None:
    codes = np.repeat([0, 1, 2], [50, 8, 30])
    drawn = study_draw(codes, a_class=20, seed=1)
    assert np.bincount(codes[drawn]).tolist() == [20, 8, 20]
    assert np.array_equal(drawn, study_draw(codes, a_class=20, seed=1))
    assert not np.array_equal(drawn, study_draw(codes, a_class=20, seed=2))
    assert len(set(drawn.tolist())) == len(drawn)


def test_epochs_are_planned_so_that_training_ends_in_time() -> None:
    assert planned_epochs(wanted=40, budget=None, step_s=1, steps=10, between_s=5) == 40
    assert planned_epochs(wanted=40, budget=150, step_s=1, steps=10, between_s=5) == 10
    assert planned_epochs(wanted=4, budget=150, step_s=1, steps=10, between_s=5) == 4
    assert planned_epochs(wanted=40, budget=3, step_s=1, steps=10, between_s=5) == 1  # one at least


def test_the_learning_rate_rises_over_an_epoch_and_falls_along_a_cosine() -> None:
    recipe = RECIPES[Model.COMPACT_CNN]
    rates = [learning_rate(recipe, step, steps=10, epochs=5) for step in range(50)]
    assert rates[:10] == sorted(rates[:10])
    assert max(rates) == rates[9] == recipe.learning_rate
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < recipe.learning_rate / 100
    assert {learning_rate(RECIPES[Model.CNN], step, steps=10, epochs=5) for step in range(50)} == {1e-3}


def test_rare_classes_weigh_more_where_the_loss_says_so() -> None:
    from dataclasses import replace

    codes = np.repeat([0, 1], [90, 10])
    recipe = RECIPES[Model.COMPACT_CNN]
    assert class_weights(recipe, codes, 2).tolist() == [1.0, 1.0]
    weights = class_weights(replace(recipe, loss=Loss.BALANCED), codes, 2)
    assert weights[1] / weights[0] == pytest.approx(3.0)
    assert weights[codes].mean() == pytest.approx(1.0)


def test_training_ends_when_validation_gets_no_better() -> None:
    assert not stopped_early([], 2)
    assert not stopped_early([1.0, 0.5, 0.6], 2)
    assert stopped_early([1.0, 0.5, 0.6, 0.7], 2)
    assert not stopped_early([1.0, 0.5, 0.6, 0.4], 2)


def test_the_first_half_of_the_epochs_has_fewer_pixels_where_a_recipe_says_so() -> None:
    compact, study = RECIPES[Model.COMPACT_CNN], RECIPES[Model.CNN]
    assert [compact.small(epoch, epochs=5) for epoch in range(5)] == [True, True, True, False, False]
    assert not any(study.small(epoch, epochs=5) for epoch in range(5))
