"""The simulated sky has the colours, sizes and errors that were measured on the real one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from cosmic.columns import BANDS
from cosmic.simulation import measured, photometry, simulate
from cosmic.simulation.morphology import FARTHEST, hubble_labels
from cosmic.simulation.population import GALAXY, populate


class Sky:
    """The measured columns of a sky as arrays, without what was not measured."""

    def __init__(self, table: pa.Table) -> None:
        magnitudes = np.column_stack([table[f"modelMag_{band}"].to_numpy() for band in BANDS])
        good = (magnitudes > 0).all(axis=1)
        self.table = table.filter(pa.array(good))
        self.colours, self.r = -np.diff(magnitudes[good], axis=1), magnitudes[good, 2]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.table[name].to_numpy(zero_copy_only=False)


@pytest.fixture(scope="module")
def sky() -> Sky:
    return Sky(simulate(rows=150_000, seed=8))


def robust_scatter(values: np.ndarray) -> np.ndarray:
    low, high = np.percentile(values, (16, 84), axis=0)
    return (high - low) / 2


@pytest.mark.parametrize("name", ["A0", "F5", "F9", "G2", "K1", "K5", "M2", "WD"])
def test_star_types_have_their_measured_locus(sky: Sky, name: str) -> None:
    names, loci = measured.star_types()
    at, own = names.index(name), sky["subClass"] == name
    assert own.sum() > 800
    assert (np.abs(np.median(sky.colours[own], axis=0) - loci.colours[at]) < 0.15 * loci.scatter[at]).all()
    assert robust_scatter(sky.colours[own]) == pytest.approx(loci.scatter[at], rel=0.35)
    assert np.median(sky.r[own]) == pytest.approx(loci.r[at], abs=0.2)


@pytest.mark.parametrize(("name", "bins"), [("GALAXY", range(1, 17)), ("QSO", range(2, 15))])
def test_colours_follow_the_measured_track_with_redshift(sky: Sky, name: str, bins: range) -> None:
    track = measured.track(name)
    for at in bins:
        own = (sky["class"] == name) & (sky["z"] >= track.edges[at]) & (sky["z"] < track.edges[at + 1])
        off = np.abs(np.median(sky.colours[own], axis=0) - track.loci.colours[at])
        assert (off < 0.3 * track.loci.scatter[at] + 0.01).all(), (name, track.edges[at])
        assert robust_scatter(sky.colours[own]) == pytest.approx(track.loci.scatter[at], rel=0.4)
        assert np.median(sky.r[own]) == pytest.approx(track.loci.r[at], abs=0.25)


def test_colours_of_near_galaxies_scatter_together_and_those_of_far_ones_hardly(sky: Sky) -> None:
    galaxy, redshift = sky["class"] == "GALAXY", sky["z"]

    def correlation(low: float, high: float) -> float:
        own = galaxy & (redshift > low) & (redshift < high)
        return float(np.corrcoef(sky.colours[own, 0], sky.colours[own, 1])[0, 1])

    assert correlation(0.05, 0.08) > 0.7
    assert abs(correlation(0.5, 0.55)) < 0.35


def test_bright_stars_of_a_type_scatter_less_than_faint_ones(sky: Sky) -> None:
    own = sky["subClass"] == "K5"
    middle = np.median(sky.r[own])
    bright, faint = sky.colours[own & (sky.r < middle)], sky.colours[own & (sky.r > middle)]
    assert (robust_scatter(bright)[[0, 3]] < 0.85 * robust_scatter(faint)[[0, 3]]).all()


def test_points_have_equal_psf_and_model_magnitudes_and_galaxies_shine_beyond(sky: Sky) -> None:
    beyond = sky["psfMag_r"] - sky["cModelMag_r"]
    star, galaxy = sky["class"] == "STAR", sky["class"] == "GALAXY"
    assert abs(np.median(beyond[star])) < 0.01
    assert 0.9 < np.median(beyond[galaxy & (sky.r < 18)]) < 1.8
    assert 0.3 < np.median(beyond[galaxy & (sky.r > 20) & (sky.r < 21)]) < 0.9
    assert ((sky["probPSF"] == 1) == (sky["type"] == 6)).all()
    assert sky["probPSF"][star].mean() > 0.97
    assert sky["probPSF"][galaxy & (sky["z"] < 0.2)].mean() < 0.03
    quasar = sky["class"] == "QSO"
    assert 0.2 < sky["probPSF"][quasar & (sky["z"] < 0.3)].mean() < 0.7
    assert sky["probPSF"][quasar & (sky["z"] > 1)].mean() > 0.97


def test_radii_are_the_seeing_for_stars_and_arcseconds_for_bright_galaxies(sky: Sky) -> None:
    star, bright = sky["class"] == "STAR", (sky["class"] == "GALAXY") & (sky.r < 18)
    assert (sky["petroR90_r"] >= sky["petroR50_r"]).all()
    assert np.median(sky["petroR50_r"][star]) == pytest.approx(0.7, abs=0.1)
    assert 4.5 < np.median(sky["petroR90_r"][bright]) < 8


def test_asinh_magnitudes_and_fluxes_are_inverse_and_reach_zero_flux() -> None:
    magnitudes = np.array([[14.0, 18.0, 22.0, 25.0, 28.0]])
    assert photometry.asinh_magnitudes(photometry.flux(magnitudes)) == pytest.approx(magnitudes)
    zero = photometry.asinh_magnitudes(np.zeros((1, 5)))
    assert zero == pytest.approx(np.array([[24.63, 25.11, 24.80, 24.36, 22.83]]), abs=0.01)


def test_errors_grow_to_a_fifth_of_a_magnitude_at_the_depth() -> None:
    point = np.zeros(3)
    deep = np.tile(photometry.DEPTH, (3, 1)) + np.array([[-4.0], [-2.0], [0.0]])
    errors = photometry.magnitude_errors(deep, point)
    assert (np.diff(errors, axis=0) > 0).all()
    assert errors[-1] == pytest.approx(np.full(5, 0.21), abs=0.04)
    assert errors[0].max() < 0.02
    assert (photometry.magnitude_errors(deep, point + 3) > 1.4 * errors).all()


def test_hubble_labels_are_for_near_galaxies_alone_and_redder_for_ellipticals() -> None:
    people = populate(30_000, seed=1, block=0)
    labels = hubble_labels(people, seed=1, block=0)
    near = (people.kind == GALAXY) & (people.redshift < FARTHEST)
    assert ((labels != "") == near).all()
    assert (labels == hubble_labels(people, seed=1, block=0)).all()
    names, counts = np.unique(labels[near], return_counts=True)
    assert set(names) <= set(measured.galaxy_labels().names)
    assert len(names) >= 11
    assert counts.max() / near.sum() < 0.4
    redness = people.magnitudes[:, 1] - people.magnitudes[:, 2]
    assert np.median(redness[labels == "Er"]) > np.median(redness[labels == "Sc"]) + 0.1
