"""Plates, positions and dust look like SDSS's, and a small sky already fills enough cells for a fair split."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from astropy import units
from astropy_healpix import HEALPix

from cosmic.simulation import simulate
from cosmic.simulation.footprint import MEDIAN_DUST, SURVEYS, lay_plates, place


@pytest.mark.parametrize("seed", [0, 5])
def test_default_sky_fills_enough_cells_and_splits_within_three_points(seed: int) -> None:
    sky = simulate(rows=20_000, seed=seed)
    ra, dec = (sky[name].to_numpy() * units.deg for name in ("ra", "dec"))
    cells = HEALPix(nside=64, order="nested").lonlat_to_healpix(ra, dec)
    distinct, counts = np.unique(cells, return_counts=True)
    assert len(distinct) >= 1500
    assert 2 < counts.mean() < 14
    draws = [int(hashlib.sha256(f"salt:{cell}".encode()).hexdigest()[:12], 16) / 16**12 for cell in distinct]
    shares = np.histogram(draws, bins=(0, 0.6, 0.8, 1), weights=counts)[0] / 20_000
    assert shares == pytest.approx((0.6, 0.2, 0.2), abs=0.03)


def test_positions_lie_in_the_footprint_and_within_their_plate() -> None:
    sky = simulate(rows=20_000, seed=2)
    ra, dec, plate = (sky[name].to_numpy() for name in ("ra", "dec", "plate"))
    assert 0 <= ra.min() < ra.max() < 360
    assert -10 <= dec.min() < 0 < 60 < dec.max() <= 70
    some = dec[plate == plate[0]]
    assert len(some) > 10
    assert np.ptp(some) < 2 * 1.49


def test_dates_rise_with_plates_and_fibres_fit_the_spectrograph() -> None:
    sky = simulate(rows=20_000, seed=2)
    plate, mjd, fibre = (sky[name].to_numpy() for name in ("plate", "mjd", "fiberID"))
    assert len({*zip(plate, mjd, strict=True)}) == len(np.unique(plate))
    assert np.corrcoef(plate, mjd)[0, 1] > 0.9
    assert fibre.min() >= 1
    for survey in SURVEYS:
        own = (plate >= survey.plates[0]) & (plate <= survey.plates[1])
        assert fibre[own].max() <= survey.fibres
        assert survey.mjd[0] <= mjd[own].min() < mjd[own].max() <= survey.mjd[1]


def test_every_fibre_is_used_once_on_a_crowded_plate() -> None:
    plates = lay_plates(1, seed=0)
    crowd = place(np.zeros(640, dtype=np.int64), plates, seed=0, block=0)
    assert sorted(crowd.fibre) == list(range(1, 641))


def test_dust_dims_all_bands_in_proportion_and_gathers_near_the_galactic_plane() -> None:
    sky = simulate(rows=20_000, seed=4)
    excess = sky["extinction_r"].to_numpy() / 2.751
    assert sky["extinction_u"].to_numpy() == pytest.approx(excess * 5.155, abs=2e-5)
    assert np.median(excess) == pytest.approx(MEDIAN_DUST, rel=0.2)
    plates = lay_plates(200_000, seed=4)
    from astropy.coordinates import SkyCoord

    latitude = np.abs(SkyCoord(plates.ra * units.deg, plates.dec * units.deg).galactic.b.deg)
    assert np.median(plates.dust[latitude < 25]) > 1.8 * np.median(plates.dust[latitude > 60])
