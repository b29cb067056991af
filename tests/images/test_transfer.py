"""Learning other labels first is compared fold by fold; shared galaxies and test images take no part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import ttest_1samp

from cosmic.images.alike import shown_once
from cosmic.images.networks import stored
from cosmic.images.networks.architectures import missing
from cosmic.images.records import Scheme
from cosmic.images.transfer import Plan, compare, corrected_t_test
from tests.images.test_training import blobs, order


def test_the_corrected_test_is_wider_than_one_of_independent_differences() -> None:
    differences = np.random.default_rng(0).normal(0.02, 0.01, 15).tolist()
    mean, interval, p = corrected_t_test(differences, folds=5)
    assert mean == pytest.approx(np.mean(differences))
    assert interval[0] < mean < interval[1]
    assert p > ttest_1samp(differences, 0).pvalue
    narrow = (interval[1] - interval[0]) / np.sqrt(1 + 15 / 4)
    plain = ttest_1samp(differences, 0).confidence_interval()
    assert narrow == pytest.approx(plain.high - plain.low)


def test_no_difference_is_none() -> None:
    assert corrected_t_test([0.0] * 15, folds=5) == (0.0, (0.0, 0.0), 1.0)


def test_galaxies_that_the_first_images_show_are_known_by_name_or_by_looks() -> None:
    images = blobs(6).pixels[:, ::2, ::2]
    noisy = np.clip(images[1].astype(int) + 1, 0, 255).astype(np.uint8)[None]
    fresh = shown_once(images, noisy, ["a", "b", "c", "d", "e", "f"], ["f"])
    assert not fresh[1]
    assert not fresh[5]
    assert fresh[0]


@pytest.mark.slow
@pytest.mark.skipif(missing() is not None, reason="the extra neural is not installed")
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_both_ways_have_the_same_folds_and_seeds_and_the_test_part_is_left_alone(tmp_path: Path) -> None:
    images = blobs(60)
    images = replace(
        images,
        table=images.table.append_column("sha256", pa.array([f"{at:064d}" for at in range(60)])).append_column(
            "block", images.table["galaxy"]
        ),
    )
    first = stored.fit_network(blobs(60, classes=3), order(epochs=1), scheme=Scheme.GIVEN, folder=tmp_path)
    asked: list[tuple[int, int]] = []

    def run() -> object:
        return compare(
            images, pretrained=first.file, pretrained_on="blobs", scheme=Scheme.GIVEN,
            plan=Plan(folds=2, seeds=2, epochs=1), folder=tmp_path / "trials", report=lambda *at: asked.append(at),
        )  # fmt: skip

    found = run()
    assert [(one.fold, one.seed) for one in found.scratch] == [(one.fold, one.seed) for one in found.pretrained]  # type: ignore[attr-defined]
    assert found.images == int((images.part < 2).sum())  # type: ignore[attr-defined]
    assert asked[-1] == (8, 8)
    assert run() == found  # every fit is kept
