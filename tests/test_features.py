"""Feature sets have the published formulas, correct extinction once, and refuse what a model must not see."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmic.arms import ONLY_FOR
from cosmic.columns import BANDS, OBJECT_COLUMNS, Column, Group
from cosmic.errors import ConfigError
from cosmic.features import NotRun, Recipe, Shape, build, check_allowed, choose, features_of, is_corrected
from cosmic.measures import Measure
from cosmic.records import Arm, MagnitudeSystem, Task
from tests.small_sky import measured_rows, replace, small_rows

MODEL = MagnitudeSystem.MODEL
TABLE_ARMS = [arm for arm in Arm if ONLY_FOR.get(arm) != (Task.GALAXY_IMAGE,)]
PSF = tuple(f"psf_{band}" for band in BANDS)
CMODEL = tuple(f"cmodel_{band}" for band in BANDS)
EXTINCTION = tuple(f"extinction_{band}" for band in BANDS)


def chosen(rows: pa.Table, arm: Arm, *, task: Task = Task.SUPERCLASS, system: MagnitudeSystem = MODEL) -> Recipe:
    recipe = choose(rows, task=task, arm=arm, system=system)
    assert isinstance(recipe, Recipe)
    return recipe


def test_the_published_five_have_the_studys_formulas() -> None:
    rows = pa.table({"u": [19.5], "g": [18.25], "r": [17.5], "i": [17.25], "z": [17.0], "redshift": [0.0321245]})
    found = build(rows, Recipe(Task.SUPERCLASS, Arm.PUBLISHED, MODEL))
    assert found.names == ("redshift_log", "sum_p", "u-r_p", "g-i_p", "r-z_p")
    assert found.units == ("", "mag", "mag", "mag", "mag")
    expected = [math.log(0.0321245 + 0.0202211), 89.5, 2.0, 1.0, 0.5]
    np.testing.assert_allclose(found.values, [expected], rtol=1e-14)


def test_the_published_eight_for_stars_add_the_elodie_values() -> None:
    rows = small_rows(50)
    stars = rows.filter(pa.array([label == "STAR" for label in rows["class"].to_pylist()]))
    found = build(stars, chosen(stars, Arm.PUBLISHED, task=Task.STAR))
    assert found.names[5:] == ("elodie_bv", "elodie_teff", "elodie_feh")
    assert found.units[5:] == ("mag", "K", "dex")
    assert found.complete.all()


def test_no_leak_is_published_without_redshift_and_elodie() -> None:
    for task in (Task.SUPERCLASS, Task.STAR):
        names = [feature.name for feature in features_of(Recipe(task, Arm.NO_LEAK, MODEL))]
        assert names == ["sum_p", "u-r_p", "g-i_p", "r-z_p"]


def test_published_magnitudes_stay_uncorrected() -> None:
    rows = small_rows(10)
    with_extinction = build(rows, chosen(rows, Arm.PUBLISHED)).values
    without = build(rows.drop_columns(list(EXTINCTION)), Recipe(Task.SUPERCLASS, Arm.PUBLISHED, MODEL)).values
    np.testing.assert_array_equal(with_extinction, without)


def test_photometric_is_corrected_where_extinction_is_known_and_says_so() -> None:
    rows = small_rows(10)
    recipe = chosen(rows, Arm.PHOTOMETRIC)
    found = build(rows, recipe)
    assert recipe.corrected
    assert any("corrected for Galactic extinction" in note for note in found.notes)
    np.testing.assert_allclose(found.values[:, 2], np.array(rows["r"]) - np.array(rows["extinction_r"]))


def test_photometric_is_uncorrected_where_part_of_the_data_has_no_extinction_and_says_so() -> None:
    rows = small_rows(10)
    rows = replace(rows, "extinction_u", [None, *rows["extinction_u"].to_pylist()[1:]])
    recipe = chosen(rows, Arm.PHOTOMETRIC)
    found = build(rows, recipe)
    assert not recipe.corrected
    assert found.complete.all()
    assert any("not corrected" in warning and "only 90.0 %" in warning for warning in found.warnings)
    np.testing.assert_array_equal(found.values[:, 2], np.array(rows["r"]))


def test_without_any_extinction_values_photometric_says_that_there_are_none() -> None:
    rows = small_rows(10, without=EXTINCTION)
    found = build(rows, chosen(rows, Arm.PHOTOMETRIC))
    assert [note for note in found.notes if "extinction" in note] == [
        "magnitudes are not corrected for extinction: there are no extinction values in all five bands"
    ]
    assert found.warnings == ()


@pytest.mark.parametrize("arm", [Arm.PUBLISHED, Arm.NO_LEAK])
def test_arms_that_are_never_corrected_do_not_warn_of_extinction(arm: Arm) -> None:
    rows = small_rows(10)
    rows = replace(rows, "extinction_u", [None, *rows["extinction_u"].to_pylist()[1:]])
    assert build(rows, chosen(rows, arm)).warnings == ()


def test_the_names_of_features_tell_whether_they_are_corrected() -> None:
    for corrected in (True, False):
        recipe = Recipe(Task.SUPERCLASS, Arm.PHOTOMETRIC, MODEL, corrected)
        assert is_corrected([feature.name for feature in features_of(recipe)]) is corrected


def test_dereddened_magnitudes_are_never_corrected_twice() -> None:
    rows = small_rows(10)
    recipe = chosen(rows, Arm.PHOTOMETRIC, system=MagnitudeSystem.DEREDDENED)
    found = build(rows, recipe)
    assert not recipe.corrected
    np.testing.assert_array_equal(found.values[:, :5], np.column_stack([rows[band] for band in BANDS]))
    assert any("not corrected again" in note for note in found.notes)


def test_a_corrected_recipe_leaves_a_row_without_extinction_incomplete() -> None:
    rows = replace(small_rows(3), "extinction_z", [0.1, None, 0.1])
    found = build(rows, Recipe(Task.SUPERCLASS, Arm.PHOTOMETRIC, MODEL, corrected=True))
    assert found.complete.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("missing", "shape"),
    [((), Shape.PSF_CMODEL), (CMODEL, Shape.PSF_MODEL), ((*CMODEL, *PSF), Shape.PROB_PSF), (PSF, Shape.PROB_PSF)],
)
def test_shape_uses_the_richest_measure_that_is_there(missing: tuple[str, ...], shape: Shape) -> None:
    rows = small_rows(20, without=missing)
    recipe = chosen(rows, Arm.PHOTOMETRIC_SHAPE)
    assert recipe.shape is shape
    found = build(rows, recipe)
    assert found.complete.all()
    extra = found.values[:, 12:]
    if shape is Shape.PROB_PSF:
        np.testing.assert_array_equal(extra[:, 0], np.array(rows["prob_psf"]))
    else:
        other = "cmodel_r" if shape is Shape.PSF_CMODEL else "r"
        np.testing.assert_allclose(extra[:, 2], np.array(rows["psf_r"]) - np.array(rows[other]))


def test_shape_prefers_a_poorer_measure_that_far_more_rows_have() -> None:
    rows = small_rows(20)
    rows = replace(rows, "psf_g", [None] * 10 + rows["psf_g"].to_pylist()[10:])
    assert chosen(rows, Arm.PHOTOMETRIC_SHAPE).shape is Shape.PROB_PSF


def test_magnitudes_of_another_system_make_no_psf_minus_model() -> None:
    rows = small_rows(20, without=(*CMODEL, "prob_psf"))
    assert chosen(rows, Arm.PHOTOMETRIC_SHAPE).shape is Shape.PSF_MODEL
    assert isinstance(
        choose(rows, task=Task.STAR, arm=Arm.PHOTOMETRIC_SHAPE, system=MagnitudeSystem.DEREDDENED), NotRun
    )


def test_psf_magnitudes_are_compared_with_cmodel_ones() -> None:
    rows = small_rows(20, without=(*PSF, "prob_psf"))
    found = build(rows, chosen(rows, Arm.PHOTOMETRIC_SHAPE, system=MagnitudeSystem.PSF))
    np.testing.assert_allclose(found.values[:, 14], np.array(rows["r"]) - np.array(rows["cmodel_r"]))


@pytest.mark.parametrize(
    ("task", "arm", "missing", "reason"),
    [
        (Task.SUPERCLASS, Arm.PUBLISHED, ("redshift",), "no redshift column"),
        (Task.STAR, Arm.PUBLISHED, ("elodie_teff",), "elodie_teff"),
        (Task.STAR, Arm.PHOTOMETRIC_SHAPE, (*PSF, "prob_psf"), "no shape columns"),
    ],
)
def test_an_arm_without_its_columns_says_why(task: Task, arm: Arm, missing: tuple[str, ...], reason: str) -> None:
    found = choose(small_rows(20, without=missing), task=task, arm=arm, system=MODEL)
    assert isinstance(found, NotRun)
    assert reason in found.reason


@pytest.mark.parametrize("arm", TABLE_ARMS)
@pytest.mark.parametrize("task", [Task.SUPERCLASS, Task.STAR])
@pytest.mark.parametrize("system", list(MagnitudeSystem))
@pytest.mark.parametrize("corrected", [True, False])
def test_no_feature_of_any_set_touches_a_forbidden_column(
    arm: Arm, task: Task, system: MagnitudeSystem, corrected: bool
) -> None:
    forbidden = {Group.IDENTITY, Group.POSITION, Group.INSTRUMENT, Group.LABEL, Group.QUALITY}
    if arm is not Arm.PUBLISHED:
        forbidden |= {Group.SPECTRUM, Group.ELODIE}
    names = {column.name for column in OBJECT_COLUMNS if column.group in forbidden}
    for shape in Shape if arm in (Arm.PHOTOMETRIC_SHAPE, Arm.MORPHOMETRIC) else (None,):
        recipe = Recipe(task, arm, system, corrected, shape, tuple(Measure))
        used = {name for feature in features_of(recipe) for name in feature.inputs}
        assert not used & names


@pytest.mark.parametrize(
    "column",
    [
        c
        for c in OBJECT_COLUMNS
        if c.group in {Group.IDENTITY, Group.POSITION, Group.INSTRUMENT, Group.LABEL, Group.QUALITY}
    ],
    ids=lambda c: c.name,
)
@pytest.mark.parametrize("arm", TABLE_ARMS)
def test_a_forbidden_column_is_refused_by_name(column: Column, arm: Arm) -> None:
    with pytest.raises(ConfigError, match=rf"{column.name} \("):
        check_allowed(["u", column.name], arm)


@pytest.mark.parametrize("name", ["object_key", "block", "colour_of_the_sky"])
def test_keys_blocks_and_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        check_allowed([name], Arm.PHOTOMETRIC)


@pytest.mark.parametrize("name", ["redshift", "redshift_err", "elodie_bv"])
def test_what_comes_from_the_spectrum_is_for_the_published_arm_alone(name: str) -> None:
    check_allowed([name], Arm.PUBLISHED)
    for arm in (Arm.NO_LEAK, Arm.PHOTOMETRIC, Arm.PHOTOMETRIC_SHAPE):
        with pytest.raises(ConfigError, match=name):
            check_allowed([name], arm)


def test_a_refusal_lists_at_most_five_columns() -> None:
    with pytest.raises(ConfigError, match="and 2 more"):
        check_allowed(["ra", "dec", "plate", "mjd", "fiberid", "clean", "mode"], Arm.PUBLISHED)


@given(st.permutations(range(30)), st.sampled_from(TABLE_ARMS))
def test_features_of_a_row_do_not_depend_on_other_rows(order: list[int], arm: Arm) -> None:
    rows = measured_rows(30, seed=3)
    recipe = chosen(rows, arm, task=ONLY_FOR.get(arm, (Task.SUPERCLASS,))[0])
    np.testing.assert_array_equal(build(rows.take(order), recipe).values, build(rows, recipe).values[order])


def test_a_missing_value_or_a_redshift_out_of_range_makes_the_row_incomplete_without_a_warning() -> None:
    rows = replace(small_rows(3), "redshift", [None, -0.5, 0.1])
    found = build(rows, Recipe(Task.SUPERCLASS, Arm.PUBLISHED, MODEL))
    assert found.complete.tolist() == [False, False, True]
    assert np.isnan(found.values[:2, 0]).all()
