"""Labels follow the study's rules, and the cuts keep what they say."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmic.errors import ConfigError
from cosmic.labels import FILTERS, STAR_LETTERS, cut, label, star_letter, superclass
from cosmic.records import MagnitudeSystem, Task
from cosmic.vocabularies import STAR_SUBCLASSES
from tests.small_sky import small_rows

MODEL = MagnitudeSystem.MODEL


def table(**columns: list[object]) -> pa.Table:
    return pa.table(columns)


def test_the_three_classes_get_the_names_of_the_study() -> None:
    found = superclass(table(**{"class": ["GALAXY", "QSO", "STAR", None]}))
    assert found.values.to_pylist() == ["galaxy", "quasar", "star", None]
    assert found.rule == "class"
    assert not found.excluded


def test_a_stellar_string_without_a_class_is_a_star() -> None:
    rows = table(**{"class": [None, None], "subclass": ["K5 (G_19-24)", "STARFORMING"]})
    assert superclass(rows).values.to_pylist() == ["star", None]
    assert star_letter(rows).values.to_pylist() == ["K", None]


CLEAN = [
    # class, source_type, class_noqso, photo_type, clean -> label
    ("GALAXY", "GALAXY", "GALAXY", 3, 1, "galaxy"),
    ("GALAXY", "GALAXY", "STAR", 3, 1, None),
    ("GALAXY", "LRG", "GALAXY", 3, 1, None),
    ("GALAXY", "GALAXY", "GALAXY", 6, 1, None),
    ("GALAXY", "GALAXY", "GALAXY", 3, 0, None),
    ("QSO", "QSO", "GALAXY", 6, 1, "quasar"),
    ("QSO", "QSO", "STAR", 6, 1, None),
    ("QSO", "GALAXY", "QSO", 6, 1, None),
    ("STAR", "GALAXY", "STAR", 6, 1, "star"),
    ("STAR", "QSO", "STAR", 6, 1, None),
    ("STAR", "STAR", None, 6, 0, None),
    ("GALAXY", "GALAXY", None, 3, 1, "galaxy"),
    ("STAR", None, "STAR", 6, 1, "star"),
]


@pytest.mark.parametrize("case", CLEAN, ids=lambda case: "-".join(map(str, case)))
def test_the_clean_class_rule_keeps_and_drops_as_the_study_did(case: tuple[object, ...]) -> None:
    names = ("class", "source_type", "class_noqso", "photo_type", "clean")
    # the second row makes every column present in the table
    rows = table(
        **{
            name: [value, other]
            for name, value, other in zip(names, case[:5], ("QSO", "QSO", "QSO", 6, 1), strict=True)
        }
    )
    found = superclass(rows)
    assert found.values.to_pylist() == [case[5], "quasar"]
    assert found.excluded == {"clean-class rule": int(case[5] is None)}


def test_a_row_from_a_file_without_the_rules_columns_keeps_its_class() -> None:
    rows = table(
        **{"class": ["GALAXY", "GALAXY"], "source_type": ["LRG", None], "class_noqso": ["GALAXY", None],
           "photo_type": [3, None], "clean": [1, 1]}
    )  # fmt: skip
    found = superclass(rows)
    assert found.values.to_pylist() == [None, "galaxy"]
    assert "for 1 rows" in found.rule


def test_without_one_of_its_columns_the_rule_does_not_apply() -> None:
    rows = table(**{"class": ["GALAXY"], "source_type": ["LRG"], "photo_type": [3], "clean": [0]})
    assert superclass(rows).values.to_pylist() == ["galaxy"]


@pytest.mark.parametrize(("text", "letter"), sorted(STAR_SUBCLASSES.items()))
def test_every_string_of_the_map_has_its_letter(text: str, letter: str) -> None:
    found = star_letter(table(**{"class": ["STAR"], "subclass": [text]})).values.to_pylist()
    assert found == [None if letter == "CV?" else letter]
    assert letter == "CV?" or letter in STAR_LETTERS


def test_cataclysmic_variables_are_left_out_and_counted() -> None:
    rows = table(**{"class": ["STAR", "STAR", "STAR", "GALAXY"], "subclass": ["CV", None, "Q7", "AGN"]})
    found = star_letter(rows)
    assert found.values.null_count == 4
    assert found.excluded == {"CV": 1, "no subclass": 1, "unknown subclass": 1}


@given(
    st.lists(
        st.tuples(st.sampled_from(["GALAXY", "QSO", "STAR", None]), st.sampled_from([*STAR_SUBCLASSES, "AGN", None]))
    )
)
def test_a_star_letter_implies_the_superclass_star(rows: list[tuple[str | None, str | None]]) -> None:
    given_rows = pa.table(
        {
            "class": pa.array([row[0] for row in rows], pa.string()),
            "subclass": pa.array([row[1] for row in rows], pa.string()),
        }
    )
    above, below = superclass(given_rows).values.to_pylist(), star_letter(given_rows).values.to_pylist()
    assert all(top == "star" for top, letter in zip(above, below, strict=True) if letter is not None)


def test_a_galaxy_has_the_label_that_its_string_begins_with() -> None:
    strings = ["SBc2m(r)", "Ei(m)", "Ee", "A", "E3", None, "Sb"]
    found = label(table(**{"class": ["GALAXY"] * 6 + ["QSO"], "gz2_class": strings}), Task.GALAXY)
    assert found.values.to_pylist() == ["SBc", "Ee", "Ee", None, None, None, None]
    assert found.excluded == {"artefact": 1, "unknown gz2_class": 1, "spectrum of another class": 1}


def test_rows_without_strings_have_no_galaxy_label_and_nothing_is_left_out() -> None:
    found = label(table(**{"class": ["GALAXY", "STAR"]}), Task.GALAXY)
    assert (found.values.null_count, found.excluded) == (2, {})


def test_no_cut_keeps_every_row() -> None:
    assert cut(small_rows(20), "none", system=MODEL).passes.all()


def test_the_brightness_cut_is_on_petrosian_r_less_extinction() -> None:
    rows = table(petro_r=[17.05, 17.05, None, 16.0], extinction_r=[0.1, 0.0, 0.1, 0.0], r=[20.0, 10.0, 10.0, 20.0])
    found = cut(rows, "brightness", system=MODEL)
    assert found.passes.tolist() == [True, False, False, True]
    assert found.note is None


def test_without_petrosian_r_the_brightness_cut_says_what_it_uses() -> None:
    rows = table(r=[17.05, 17.05], extinction_r=[0.1, 0.0])
    found = cut(rows, "brightness", system=MODEL)
    assert found.passes.tolist() == [True, False]
    assert found.note is not None
    assert "r - extinction_r" in found.note
    assert cut(rows, "brightness", system=MagnitudeSystem.DEREDDENED).passes.tolist() == [False, False]


def test_the_gz2_cut_keeps_rows_without_redshift() -> None:
    rows = table(
        petro_r=[16.0] * 5,
        extinction_r=[0.0] * 5,
        petro_r90_r=[4.0, 4.0, 4.0, 3.0, 4.0],
        redshift=[0.1, None, 0.25, 0.1, 0.0005],
    )
    assert cut(rows, "gz2", system=MODEL).passes.tolist() == [True, True, False, False, False]


def test_a_cut_without_its_columns_names_them() -> None:
    with pytest.raises(ConfigError, match="petro_r90_r"):
        cut(small_rows(4), "petro_r90", system=MODEL)


def test_an_unknown_cut_gets_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'brightness'"):
        cut(small_rows(4), "brightnes", system=MODEL)


@given(st.sampled_from(sorted(FILTERS)), st.integers(0, 5))
def test_a_cut_judges_each_row_alone(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = pa.table(
        {"petro_r": rng.uniform(16, 18, 30), "extinction_r": rng.uniform(0, 0.2, 30), "petro_r90_r": rng.uniform(2, 4, 30),
         "redshift": rng.uniform(0, 0.4, 30)}
    )  # fmt: skip
    whole = cut(rows, name, system=MODEL).passes
    single = [bool(cut(rows.slice(at, 1), name, system=MODEL).passes[0]) for at in range(30)]
    assert whole.tolist() == single
