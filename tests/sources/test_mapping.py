"""Which file column serves which canonical column: by alias, by magnitude system, by override; mistakes are explained."""

from __future__ import annotations

import pytest

from cosmic.columns import BANDS, OBJECT_COLUMNS
from cosmic.errors import ConfigError
from cosmic.records import MagnitudeSystem, MagnitudeUnit
from cosmic.sources.mapping import ColumnMap, accepted_names, map_columns, missing_labels

MODEL = [f"modelMag_{band}" for band in BANDS]
PSF = [f"psfMag_{band}" for band in BANDS]
CMODEL = [f"cModelMag_{band}" for band in BANDS]
PLAIN = list(BANDS)


def mapped(names: list[str], *overrides: tuple[str, str]) -> ColumnMap:
    return map_columns(names, overrides, file="rows.csv")


def serving(names: list[str], *overrides: tuple[str, str]) -> dict[str, str]:
    return {use.canonical: use.column for use in mapped(names, *overrides).uses}


@pytest.mark.parametrize("names", [["ALPHA", "Delta"], ["ra", "dec"], ["RAJ2000", "DEJ2000"]])
def test_aliases_are_found_in_any_letter_case(names: list[str]) -> None:
    found = serving([*PLAIN, "SUBCLASS", "MJD", "redShift", *names])
    assert (found["ra"], found["dec"]) == tuple(names)
    assert (found["subclass"], found["mjd"], found["redshift"]) == ("SUBCLASS", "MJD", "redShift")


def test_every_canonical_name_is_an_alias_of_itself() -> None:
    names = [column.name for column in OBJECT_COLUMNS]
    assert serving(names) == {name: name for name in names}


@pytest.mark.parametrize(
    ("names", "system", "unit"),
    [
        (PLAIN, MagnitudeSystem.MODEL, None),
        (MODEL, MagnitudeSystem.MODEL, MagnitudeUnit.MAGNITUDE),
        (["umag", "gmag", "rmag", "imag", "zmag"], MagnitudeSystem.MODEL, MagnitudeUnit.MAGNITUDE),
        (PSF, MagnitudeSystem.PSF, MagnitudeUnit.MAGNITUDE),
        (CMODEL, MagnitudeSystem.CMODEL, MagnitudeUnit.MAGNITUDE),
        ([f"petroMag_{band}" for band in BANDS], MagnitudeSystem.PETRO, MagnitudeUnit.MAGNITUDE),
        ([f"dered_{band}" for band in BANDS], MagnitudeSystem.DEREDDENED, MagnitudeUnit.MAGNITUDE),
        ([f"MODELFLUX_{band}" for band in BANDS], MagnitudeSystem.MODEL, MagnitudeUnit.NANOMAGGIES),
        ([f"psfFlux_{band}" for band in BANDS], MagnitudeSystem.PSF, MagnitudeUnit.NANOMAGGIES),
        ([*PSF, *MODEL], MagnitudeSystem.MODEL, MagnitudeUnit.MAGNITUDE),
        ([*PSF, *CMODEL, *MODEL[:4]], MagnitudeSystem.CMODEL, MagnitudeUnit.MAGNITUDE),
    ],
)
def test_names_tell_system_and_unit(names: list[str], system: MagnitudeSystem, unit: MagnitudeUnit | None) -> None:
    found = mapped(names)
    assert (found.system, found.unit) == (system, unit)
    assert all(found.of(band) is not None for band in BANDS)


def test_other_systems_feed_their_own_columns() -> None:
    found = serving([*MODEL, *PSF, *CMODEL, "petroMag_r", "petroMag_u"])
    assert (found["u"], found["psf_u"], found["cmodel_z"]) == ("modelMag_u", "psfMag_u", "cModelMag_z")
    assert found["petro_r"] == "petroMag_r"
    assert "petroMag_u" in mapped([*MODEL, "petroMag_u"]).unused


def test_the_primary_system_also_serves_its_own_columns() -> None:
    found = serving(PSF)
    assert (found["u"], found["psf_u"]) == ("psfMag_u", "psfMag_u")


def test_auxiliary_fluxes_are_known_by_name() -> None:
    found = mapped([*(f"modelFlux_{band}" for band in BANDS), *(f"psfFlux_{band}" for band in BANDS)])
    assert found.fluxes == {f"psf_{band}" for band in BANDS}


def test_z_is_the_redshift_where_magnitudes_have_other_names() -> None:
    assert serving([*MODEL, "z"])["redshift"] == "z"
    assert serving(["Z", *MODEL, "u"])["redshift"] == "Z"


@pytest.mark.parametrize("names", [PLAIN, [*MODEL, *PLAIN], [*PSF, *PLAIN, "class"]])
def test_z_is_a_magnitude_beside_plain_u_g_r_i(names: list[str]) -> None:
    assert "redshift" not in serving(names)


def test_a_named_redshift_wins_over_z() -> None:
    assert serving([*MODEL, "z", "redshift"])["redshift"] == "redshift"


def test_overrides_outrank_aliases_and_are_told() -> None:
    found = mapped([*PLAIN, "redshift", "zsp"], ("redshift", "ZSP"))
    assert [(use.column, use.how) for use in found.uses if use.canonical == "redshift"] == [("zsp", "override")]
    assert "redshift" in found.unused


def test_an_override_of_magnitudes_takes_the_system_of_the_name() -> None:
    found = mapped([*PLAIN, *PSF], ("u", "psfMag_u"))
    assert found.system is MagnitudeSystem.PSF
    assert [found.of(band) for band in BANDS] == PSF


def test_overrides_with_names_that_say_nothing_are_model_magnitudes_until_told() -> None:
    names = ["a", "b", "c", "d", "e", "z"]
    pairs = tuple(zip(BANDS, names[:5], strict=True))
    found = mapped(names, *pairs)
    assert (found.system, found.unit, found.of("redshift")) == (MagnitudeSystem.MODEL, None, "z")
    told = mapped(names, *pairs, ("system", "PSF"), ("unit", "nanomaggies"))
    assert (told.system, told.unit, told.unit_given) == (MagnitudeSystem.PSF, MagnitudeUnit.NANOMAGGIES, True)


def test_the_system_can_be_chosen_or_said() -> None:
    assert mapped([*MODEL, *PSF], ("system", "psf")).of("u") == "psfMag_u"
    said = mapped(PLAIN, ("system", "psf"))
    assert (said.system, said.of("u")) == (MagnitudeSystem.PSF, "u")


def test_z_beside_an_overridden_z_magnitude_is_the_redshift() -> None:
    found = serving(["u", "g", "r", "i", "z", "zmagnitude"], ("z", "zmagnitude"))
    assert (found["z"], found["redshift"]) == ("zmagnitude", "z")


def test_a_column_can_be_left_out() -> None:
    found = mapped([*PLAIN, "objID", "redshift", "z_spec"], ("obj_id", "-"), ("redshift", "-"))
    assert found.of("obj_id") is None
    assert found.of("redshift") is None
    assert set(found.unused) == {"objID", "redshift", "z_spec"}


@pytest.mark.parametrize(
    ("names", "overrides", "says"),
    [
        (PLAIN, [("redshfit", "z")], r"no canonical column 'redshfit' \(did you mean redshift.*Canonical columns: spec_obj_id"),
        ([*PLAIN, "redshift_sp"], [("redshift", "redshift_ps")], r"no column 'redshift_ps' \(did you mean redshift_sp.*It has: u, g"),
        ([*PLAIN, *PSF], [("u", "psfMag_u"), ("g", "g"), ("r", "modelMag_r")], "no column 'modelMag_r'"),
        ([*MODEL, *PSF], [("u", "psfMag_u"), ("g", "modelMag_g")], "mixes magnitude systems.*u=psfMag_u.*g=modelMag_g"),
        ([*MODEL, *PSF[:4]], [("u", "psfMag_u")], "lacks the required column z.*of the system that --column names"),
        ([*MODEL, *PSF], [("u", "psfMag_g")], "says band g"),
        ([*MODEL, *PSF], [("u", "psfMag_u"), ("system", "model")], "contradicts the name psfMag_u"),
        (PLAIN, [("system", "modle")], r"system=modle \(did you mean model.*one of model, psf"),
        (PLAIN, [("unit", "Jansky")], "unit is one of magnitude, nanomaggies"),
        ([*PLAIN, "a"], [("ra", "a"), ("dec", "a")], "the file column a to both ra and dec"),
        ([*PLAIN, "a", "b"], [("ra", "a"), ("ra", "b")], "ra twice: a and b"),
        (PLAIN, [("u", "-")], "u is required and cannot be left out"),
        (PLAIN, [("redshift", "z")], "lacks the required column z"),
    ],
)  # fmt: skip
def test_mistakes_in_overrides_are_explained(names: list[str], overrides: list[tuple[str, str]], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        mapped(names, *overrides)


def test_a_missing_magnitude_names_file_column_and_accepted_names() -> None:
    with pytest.raises(
        ConfigError, match=r"rows\.csv lacks the required column i .*Accepted names for i: modelmag_i, i"
    ):
        mapped(["u", "g", "r", "z", "class"])
    with pytest.raises(ConfigError, match=r"did you mean modelMgg_i"):
        mapped([*MODEL[:3], "modelMgg_i", "modelMag_z"])
    with pytest.raises(ConfigError, match="lacks the required columns u, g, r, i, z"):
        mapped(["ra", "dec"])


def test_two_columns_that_differ_in_letter_case_are_refused_only_where_they_matter() -> None:
    with pytest.raises(ConfigError, match=r"2 columns that could be mjd: 'mjd', 'MJD'"):
        mapped([*PLAIN, "mjd", "MJD"])
    assert mapped([*PLAIN, "note", "NOTE"]).unused == ("note", "NOTE")
    assert serving([*PLAIN, "mjd", "MJD"], ("mjd", "MJD"))["mjd"] == "MJD"
    with pytest.raises(ConfigError, match="2 columns that could be ra"):
        mapped([*PLAIN, "ra", "ra"], ("ra", "ra"))


def test_a_file_without_labels_is_told_what_it_is_good_for() -> None:
    error = missing_labels(mapped([*PLAIN, "klass"]), file="rows.csv")
    assert error is not None
    for words in (
        "rows.csv has no label",
        "class, spec_class",
        "did you mean klass",
        "inspected (`cosmic inspect`), and nothing else",
        "--column",
    ):
        assert words in str(error)
    assert missing_labels(mapped([*PLAIN, "subClass"]), file="rows.csv") is None


def test_accepted_names_of_every_column_map_back_to_it() -> None:
    for column in OBJECT_COLUMNS:
        if column.name in BANDS:
            continue
        for name in accepted_names(column.name):
            if "where" not in name:
                assert serving([*MODEL, name])[column.name] == name
