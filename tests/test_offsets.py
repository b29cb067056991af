"""Two magnitude systems are told apart by the objects that both files have, whatever columns are called."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from cosmic.columns import BANDS
from cosmic.offsets import ENOUGH, EXTINCTION, in_words, systematic_offset


def table(values: np.ndarray) -> pa.Table:
    return pa.table({band: values[:, at] for at, band in enumerate(BANDS)})


@pytest.fixture
def magnitudes() -> np.ndarray:
    return np.random.default_rng(0).uniform(15, 22, (200, 5))


def reddening(n: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(0.01, 0.08, (n, 1)) * np.array(EXTINCTION)


def test_a_dereddened_record_is_named_by_the_proportions_of_extinction(magnitudes: np.ndarray) -> None:
    found = systematic_offset(table(magnitudes), table(magnitudes - reddening(200)))
    assert found is not None
    assert found.like_extinction
    assert found.objects == 200
    assert found.medians == pytest.approx(np.median(reddening(200), axis=0))
    assert "--column system=dereddened" in in_words(found)
    turned = systematic_offset(table(magnitudes - reddening(200)), table(magnitudes))
    assert turned == found, "whichever of the two stands for the object"


def test_an_equal_shift_of_all_bands_is_another_system_but_no_extinction(magnitudes: np.ndarray) -> None:
    found = systematic_offset(table(magnitudes), table(magnitudes + 0.1))
    assert found is not None
    assert not found.like_extinction
    assert "different magnitude systems" in in_words(found)


def test_equal_noisy_and_few_records_are_no_shift(magnitudes: np.ndarray) -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, magnitudes.shape)
    assert systematic_offset(table(magnitudes), table(magnitudes)) is None
    assert systematic_offset(table(magnitudes), table(magnitudes + noise)) is None
    few = magnitudes[: ENOUGH - 1]
    assert systematic_offset(table(few), table(few - reddening(len(few)))) is None


def test_records_of_one_measurement_do_not_hide_a_shift(magnitudes: np.ndarray) -> None:
    other = np.vstack([magnitudes[:100], magnitudes[100:] - reddening(100)])
    found = systematic_offset(table(magnitudes), table(other))
    assert found is not None
    assert found.objects == 100
