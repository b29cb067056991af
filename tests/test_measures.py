"""Measures beyond brightness have their published formulas, and an arm takes those that enough rows have together."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from cosmic.features import NotRun, Recipe, Shape, build, choose
from cosmic.measures import EXTERNAL, MORPHOMETRY, Measure, together
from cosmic.records import Arm, MagnitudeSystem, Task
from tests.small_sky import measured_rows, replace, small_rows

MODEL = MagnitudeSystem.MODEL
PETRO = ("petro_r50_r", "petro_r90_r")


def found_of(rows: pa.Table, arm: Arm = Arm.MORPHOMETRIC) -> Recipe | NotRun:
    return choose(rows, task=Task.GALAXY, arm=arm, system=MODEL)


def recipe_of(rows: pa.Table, arm: Arm = Arm.MORPHOMETRIC) -> Recipe:
    found = found_of(rows, arm)
    assert isinstance(found, Recipe), found
    return found


def column(rows: pa.Table, recipe: Recipe, name: str) -> np.ndarray:
    matrix = build(rows, recipe)
    return matrix.values[:, matrix.names.index(name)]


def test_the_formulas_are_the_published_ones() -> None:
    one = {
        **dict.fromkeys("ugriz", 17.0), "petro_r": 16.5, "petro_r50_r": 2.0, "petro_r90_r": 5.0, "extinction_r": 0.25,
        "w1": 14.0, "w2": 13.5, "pm_ra": 3.0, "pm_dec": -4.0,
    }  # fmt: skip
    rows = pa.table({name: [value] for name, value in one.items()})
    plain = Recipe(Task.GALAXY, Arm.MORPHOMETRIC, MODEL, measures=tuple(Measure))
    assert column(rows, plain, "petroR50/petroR90")[0] == pytest.approx(0.4)
    assert column(rows, plain, "mu50")[0] == pytest.approx(16.5 + 2.5 * math.log10(2 * math.pi * 4))
    assert column(rows, plain, "r-W1")[0] == pytest.approx(3.0)
    assert column(rows, plain, "W1-W2")[0] == pytest.approx(0.5)
    assert column(rows, plain, "proper_motion")[0] == pytest.approx(5.0)
    corrected = Recipe(Task.GALAXY, Arm.MORPHOMETRIC, MODEL, corrected=True, measures=tuple(Measure))
    assert column(rows, corrected, "mu50_0")[0] == pytest.approx(16.25 + 2.5 * math.log10(2 * math.pi * 4))
    assert column(rows, corrected, "r-W1")[0] == pytest.approx(2.75)


@pytest.mark.parametrize("name", PETRO)
def test_a_radius_that_is_not_positive_is_no_measurement(name: str) -> None:
    rows = replace(measured_rows(3), name, [2.0, 0.0, -1.0])
    values = column(rows, Recipe(Task.GALAXY, Arm.MORPHOMETRIC, MODEL, measures=MORPHOMETRY), "petroR50/petroR90")
    assert np.isfinite(values).tolist() == [True, False, False]


def test_galaxies_get_what_the_columns_allow_and_shape_beside_it() -> None:
    recipe = recipe_of(rows := measured_rows(40))
    assert (recipe.shape, recipe.measures) == (Shape.PSF_CMODEL, MORPHOMETRY)
    matrix = build(rows, recipe)
    assert matrix.complete.all()
    assert matrix.names[17:] == ("petroR50/petroR90", "mu50_0", "dev_ab_r", "exp_ab_r", "frac_dev_r")
    assert recipe_of(measured_rows(40, without=PETRO)).measures == (Measure.AXIS_RATIOS, Measure.PROFILE)
    bare = recipe_of(measured_rows(40, without=("prob_psf", *(f"psf_{band}" for band in "ugriz"))))
    assert (bare.shape, bare.measures) == (None, MORPHOMETRY)


def test_other_surveys_add_what_they_measured() -> None:
    rows = measured_rows(40)
    recipe = recipe_of(rows, Arm.PHOTOMETRIC_EXTERNAL)
    assert recipe.measures == EXTERNAL
    matrix = build(rows, recipe)
    assert matrix.names[12:] == ("r-W1", "W1-W2", "parallax", "proper_motion")
    assert matrix.units[12:] == ("mag", "mag", "mas", "mas/yr")
    assert any("Vega" in note for note in matrix.notes)
    only = measured_rows(40, without=("w2", "pm_dec"))
    assert recipe_of(only, Arm.PHOTOMETRIC_EXTERNAL).measures == (Measure.PARALLAX,)


@pytest.mark.parametrize(
    ("arm", "words"), [(Arm.MORPHOMETRIC, "no morphometric columns"), (Arm.PHOTOMETRIC_EXTERNAL, "no external columns")]
)
def test_without_columns_an_arm_says_which_it_needs(arm: Arm, words: str) -> None:
    found = found_of(small_rows(20), arm)
    assert isinstance(found, NotRun)
    assert words in found.reason


def test_too_few_rows_with_a_value_are_a_reason_with_their_number() -> None:
    rows = measured_rows(300, without=("w1", "pm_ra"))
    rows = replace(rows, "parallax", [1.0, 2.0] + [None] * 298)
    found = found_of(rows, Arm.PHOTOMETRIC_EXTERNAL)
    assert isinstance(found, NotRun)
    assert found.reason == "only 2 of 300 objects have parallax, and 1 % must"


def test_a_measure_that_few_rows_have_is_left_out_and_a_few_rows_are() -> None:
    rows = measured_rows(100)
    rows = replace(rows, "parallax", [None] * 40 + [1.0] * 60)
    rows = replace(rows, "w1", [None] * 3 + rows["w1"].to_pylist()[3:])
    recipe = recipe_of(rows, Arm.PHOTOMETRIC_EXTERNAL)
    assert recipe.measures == (Measure.INFRARED, Measure.PROPER_MOTION)
    assert int(build(rows, recipe).complete.sum()) == 97


def test_what_is_taken_is_there_in_the_same_rows() -> None:
    half, other = np.arange(100) < 50, np.arange(100) >= 50
    assert together([("a", half), ("b", other), ("c", half)]) == ("a", "c")
    assert together([("a", half[:0]), ("b", half[:0])]) == ()
    assert together([]) == ()
