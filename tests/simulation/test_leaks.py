"""The three leaks of the published study are there, in their true direction, and so is honest difficulty.

Small forests on one small sky: the bounds are wide on purpose, since they state directions, not records.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
from sklearn.tree import DecisionTreeClassifier

from cosmic.columns import BANDS
from cosmic.simulation import simulate
from cosmic.vocabularies import STAR_SUBCLASSES


@dataclass(frozen=True)
class Rows:
    """Inputs and labels of the rows whose magnitudes were measured."""

    photometry: np.ndarray
    shape: np.ndarray
    redshift: np.ndarray
    elodie: np.ndarray
    label: np.ndarray
    letter: np.ndarray


@pytest.fixture(scope="module")
def rows() -> Rows:
    sky = simulate(rows=16_000, seed=21)
    model, psf = (
        np.column_stack([sky[f"{system}_{b}"].to_numpy() for b in BANDS]) for system in ("modelMag", "psfMag")
    )
    good = (model > 0).all(axis=1)
    elodie = np.column_stack([sky[name].to_numpy() for name in ("elodieBV", "elodieTEff", "elodieFeH")])
    letters = np.array([STAR_SUBCLASSES.get(name, "") for name in sky["subClass"].to_pylist()])
    return Rows(
        photometry=np.column_stack([model, -np.diff(model, axis=1), model[:, 0] - model[:, 2]])[good],
        shape=(psf - model)[good],
        redshift=sky["z"].to_numpy()[good],
        elodie=elodie[good],
        label=np.array(sky["class"].to_pylist())[good],
        letter=letters[good],
    )


def held_out(inputs: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Truth and prediction of a forest on the last third."""
    cut = len(labels) * 2 // 3
    forest = RandomForestClassifier(40, min_samples_leaf=2, random_state=0).fit(inputs[:cut], labels[:cut])
    return labels[cut:], forest.predict(inputs[cut:])


def weighted_f1(inputs: np.ndarray, labels: np.ndarray) -> float:
    return float(f1_score(*held_out(inputs, labels), average="weighted"))


def test_redshift_decides_the_class_and_photometry_alone_does_not(rows: Rows) -> None:
    honest = weighted_f1(rows.photometry, rows.label)
    leaky = weighted_f1(np.column_stack([rows.photometry, rows.redshift]), rows.label)
    shaped = weighted_f1(np.column_stack([rows.photometry, rows.shape]), rows.label)
    assert 0.86 < honest < 0.96
    assert 0.975 < leaky <= 1
    assert honest + 0.01 < shaped < leaky


def test_elodie_values_decide_the_letter_and_photometry_alone_does_not(rows: Rows) -> None:
    fitted = (rows.elodie[:, 1] > 0) & np.isin(rows.letter, list("AFGKM"))
    letters = rows.letter[fitted]
    truth, seen = held_out(rows.photometry[fitted], letters)
    honest = (truth == seen).mean()
    truth, seen = held_out(rows.elodie[fitted], letters)
    leaky = (truth == seen).mean()
    assert 0.7 < honest < 0.92
    assert leaky > honest + 0.05
    assert leaky > 0.93


def test_the_elodie_letter_is_read_off_its_own_values() -> None:
    sky = simulate(rows=6000, seed=5)
    types = np.array([name[:1] for name in sky["elodieSpType"].to_pylist()])
    fitted = types != ""
    values = np.column_stack([sky[name].to_numpy()[fitted] for name in ("elodieBV", "elodieTEff")])
    tree = DecisionTreeClassifier(random_state=0).fit(values, types[fitted])
    assert tree.score(values, types[fitted]) == 1
    own = np.array([STAR_SUBCLASSES.get(name, "") for name in sky["subClass"].to_pylist()])[fitted]
    assert 0.85 < (own == types[fitted]).mean() < 0.97


def test_brightness_differs_by_class(rows: Rows) -> None:
    r = rows.photometry[:, 2]
    median = {name: np.median(r[rows.label == name]) for name in ("GALAXY", "QSO", "STAR")}
    assert median["GALAXY"] + 0.2 < median["STAR"] + 0.5 < median["QSO"]
    majority = max(np.mean(rows.label == name) for name in median)
    half = len(r) // 2
    tree = DecisionTreeClassifier(max_depth=4, random_state=0).fit(r[:half, None], rows.label[:half])
    assert tree.score(r[half:, None], rows.label[half:]) > majority + 0.03
