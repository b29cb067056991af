"""Fluxes become SDSS asinh magnitudes exactly, and are told from magnitudes by their values on every kind of sample."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cosmic.columns import ASINH_SOFTENING, BANDS
from cosmic.records import MagnitudeUnit
from cosmic.sources.photometry import Floats, guess_unit, magnitudes

SDSS = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "sdss"
TABLES = ("spectra", "spectra_with_subclass", "stars", "galaxies_gz2", "specphoto_999rows_122columns")
needs_tables = pytest.mark.skipif(not SDSS.exists(), reason="the shared real tables are not beside this checkout")

# where asinh and Pogson magnitudes begin to differ by 1 %, and asinh magnitudes of no flux (SDSS DR10, magnitudes)
ONE_PERCENT = {"u": 22.12, "g": 22.60, "r": 22.29, "i": 21.85, "z": 20.32}
NO_FLUX = {"u": 24.63, "g": 25.11, "r": 24.80, "i": 24.36, "z": 22.83}


def fluxes(values: Floats, band: str) -> Floats:
    """The fluxes in nanomaggies of asinh magnitudes; sentinels stay."""
    softening = ASINH_SOFTENING[band]
    marks = np.abs(values) > 100
    safe = np.where(marks, 20.0, values)
    return np.where(marks, values, 2e9 * softening * np.sinh(-safe * np.log(10) / 2.5 - np.log(softening)))


@pytest.mark.parametrize("band", BANDS)
def test_asinh_magnitudes_are_those_of_sdss(band: str) -> None:
    assert magnitudes(np.array([0.0]), band)[0] == pytest.approx(NO_FLUX[band], abs=0.006)
    pogson = np.array([12.0, 17.0, ONE_PERCENT[band]])
    asinh = magnitudes(10 ** ((22.5 - pogson) / 2.5), band)
    flux_ratio = 10 ** (-0.4 * (asinh - pogson))
    assert np.all(np.abs(flux_ratio - 1) < 0.0105)
    fainter = magnitudes(10 ** ((22.5 - np.array([ONE_PERCENT[band] + 0.5])) / 2.5), band)
    assert abs(10 ** (-0.4 * (fainter[0] - ONE_PERCENT[band] - 0.5)) - 1) > 0.0105


def test_negative_fluxes_have_magnitudes_and_missing_ones_stay_missing() -> None:
    found = magnitudes(np.array([-0.5, 0.0, 0.5, np.nan]), "r")
    assert found[0] > found[1] > found[2]
    assert np.isnan(found[3])


@cache
def _table(name: str) -> pd.DataFrame:
    whole = pd.read_csv(SDSS / f"{name}.csv.gz", low_memory=False)
    if "modelMag_u" in whole:
        whole = whole.drop(columns="z").rename(columns={f"modelMag_{band}": band for band in BANDS})
    return whole


def _subsets(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    yield "all", table
    classes = table["class"] if "class" in table else pd.Series("STAR", index=table.index)
    yield from ((str(name), group) for name, group in table.groupby(classes))
    for low in np.arange(13.0, 22.5, 0.5):
        yield f"r of {low}", table[table["r"].between(low, low + 0.5)]
    yield "faint", table[table["r"] > 21.5]
    yield "bright", table[table["r"].between(0, 15)]
    if "subClass" in table:
        yield "white dwarfs", table[table["subClass"] == "WD"]
        yield "M stars", table[table["subClass"].astype(str).str.startswith("M")]


@needs_tables
@pytest.mark.parametrize("name", TABLES)
def test_units_of_real_samples_are_told_apart(name: str) -> None:
    for what, sample in _subsets(_table(name)):
        if len(sample) < 10:
            continue
        as_magnitudes = {band: sample[band].to_numpy(np.float64) for band in BANDS}
        as_fluxes = {band: fluxes(as_magnitudes[band], band) for band in BANDS}
        assert guess_unit(as_magnitudes).unit is MagnitudeUnit.MAGNITUDE, (name, what, guess_unit(as_magnitudes))
        assert guess_unit(as_fluxes).unit is MagnitudeUnit.NANOMAGGIES, (name, what, guess_unit(as_fluxes))


def _normal(medians: tuple[float, ...], sigma: float) -> dict[str, Floats]:
    rng = np.random.default_rng(0)
    return {band: rng.normal(median, sigma, 200) for band, median in zip(BANDS, medians, strict=True)}


@pytest.mark.parametrize(
    ("bands", "why"),
    [
        (_normal((0, 0, 0, 0, 0), 1.0), "standardised values"),
        (_normal((40, 38.5, 38, 37.7, 37.5), 1.0), "magnitudes with a wrong zero point"),
        ({band: np.full(50, 1e12) for band in BANDS}, "counts"),
        (_normal((19, 18, 17.5, 17.2, 0.1), 0.05), "a redshift in place of z"),
    ],
)
def test_what_is_neither_is_left_undecided(bands: dict[str, Floats], why: str) -> None:
    assert guess_unit(bands).unit is None, why


@pytest.mark.parametrize("band", BANDS)
def test_magnitudes_with_one_band_in_another_unit_or_place_are_taken_for_neither(band: str) -> None:
    good = _normal((20.07, 18.8, 18.21, 17.84, 17.59), 1.0)
    assert guess_unit(good).unit is MagnitudeUnit.MAGNITUDE
    assert guess_unit(good | {band: fluxes(good[band], band)}).unit is None
    assert guess_unit(good | {"u": good["z"], "z": good["u"]}).unit is None


def test_a_redshift_in_place_of_z_is_called_one() -> None:
    assert "z looks like a redshift" in guess_unit(_normal((19, 18, 17.5, 17.2, 0.1), 0.05)).reason


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_sentinels_and_gaps_do_not_decide(share: float) -> None:
    good = _normal((19.5, 18.5, 18.0, 17.8, 17.6), 1.0)
    broken = {band: np.where(np.arange(200) < 200 * share, -9999.0, good[band]) for band in BANDS}
    broken["u"][-20:] = np.nan
    assert guess_unit(broken).unit is MagnitudeUnit.MAGNITUDE


def test_an_empty_table_is_no_reason_against_magnitudes() -> None:
    assert guess_unit({band: np.array([]) for band in BANDS}).unit is MagnitudeUnit.MAGNITUDE
    assert guess_unit({band: np.array([np.nan, -9999.0]) for band in BANDS}).unit is MagnitudeUnit.MAGNITUDE
