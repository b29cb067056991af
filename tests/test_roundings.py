"""Photometry with fewer digits is recognised where that is certain, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cosmic.columns import BANDS
from cosmic.roundings import same_photometry, too_rough

SDSS = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "sdss"
Floats = NDArray[np.float64]
Rounding = Callable[[Floats], Floats]
STAR = (19.41063, 18.23754, 17.58132, 17.20153, 16.90159)


def single(magnitudes: Floats) -> Floats:
    return magnitudes.astype(np.float32).astype(np.float64)


ROUNDINGS: dict[str, Rounding] = {
    "4 decimals": lambda values: np.round(values, 4),
    "3 decimals": lambda values: np.round(values, 3),
    "32-bit floats": single,
    "4 decimals in 32-bit floats": lambda values: single(np.round(values, 4)),
}


def codes(magnitudes: Floats) -> NDArray[np.int64]:
    whole = np.rint(magnitudes * 1e5).astype(np.int64)
    return np.unique(whole, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def matched(rows: list[Any], placed: tuple[int, ...] = ()) -> list[int]:
    magnitudes = np.array(rows, dtype=np.float64)
    bare = ~np.isin(np.arange(len(rows)), placed)
    return same_photometry(magnitudes, codes(magnitudes), bare).tolist()


@pytest.mark.parametrize("rounding", ROUNDINGS.values(), ids=ROUNDINGS)
def test_rounded_photometry_takes_the_code_of_what_was_rounded(rounding: Rounding) -> None:
    full = np.array([STAR]) + 3.3e-6
    for placed in ((), (0,), (1,)):
        assert len(set(matched([full[0], rounding(full)[0]], placed))) == 1


def test_what_is_not_a_rounding_keeps_its_code() -> None:
    beside = (*np.round(STAR[:4], 4), 16.9018)
    assert len(set(matched([STAR, beside]))) == 2
    assert len(set(matched([STAR, np.round(STAR, 4)], placed=(0, 1)))) == 2  # their positions speak
    assert len(set(matched([STAR, np.round(STAR, 2)]))) == 2


def test_where_two_could_have_been_rounded_neither_is_chosen() -> None:
    near = (*STAR[:4], 16.90161)
    assert len(set(matched([STAR, near, np.round(STAR, 4)]))) == 3


def test_roundings_of_roundings_are_one() -> None:
    assert len(set(matched([STAR, np.round(STAR, 4), np.round(STAR, 3)]))) == 1


def test_rows_that_take_no_part_are_left_alone() -> None:
    magnitudes = np.array([STAR, np.round(STAR, 4), [np.nan] * 5])
    found = same_photometry(magnitudes, np.array([-1, 3, 4]), np.ones(3, bool))
    assert found.tolist() == [-1, 3, 4]


def test_too_rough_are_two_decimals_in_every_band() -> None:
    rows = np.array([np.round(STAR, 2), (*np.round(STAR[:4], 2), STAR[4]), np.round(STAR, 3), [np.nan] * 5])
    assert too_rough(rows).tolist() == [True, False, False, False]


@pytest.mark.skipif(not SDSS.exists(), reason="the shared real tables are not beside this checkout")
def test_no_real_object_is_taken_for_another_and_nearly_each_is_recognised() -> None:
    import pandas as pd

    names = ("spectra", "spectra_with_subclass", "stars")
    tables = [pd.read_csv(SDSS / f"{name}.csv.gz", usecols=list(BANDS))[list(BANDS)] for name in names]
    every = pd.concat(tables).to_numpy(np.float64)
    real = np.unique(np.round(every[(every > 1).all(axis=1)], 5), axis=0)
    known = np.arange(len(real)) % 2 == 0
    for name in ("3 decimals", "4 decimals in 32-bit floats"):
        rounding = ROUNDINGS[name]
        both = np.concatenate([real[known], rounding(real)])
        bare = np.arange(len(both)) >= known.sum()
        found = same_photometry(both, codes(both), bare)
        full, rounded = found[~bare], found[bare]
        assert (rounded[known] == full).mean() > 0.9999
        assert not np.isin(rounded[~known], full).any()
        assert len(np.unique(full)) == len(full)
