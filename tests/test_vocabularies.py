"""The table of stellar strings is complete and its two traps are known."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from cosmic.vocabularies import STAR_SUBCLASSES, class_of


def test_every_string_has_a_letter_in_the_known_numbers() -> None:
    counts = Counter(STAR_SUBCLASSES.values())
    assert counts == {
        "B": 32, "K": 23, "F": 22, "M": 24, "A": 21, "G": 18, "d": 10, "D": 6, "O": 5, "C": 2, "CV?": 1
    }  # fmt: skip


def test_a_cataclysmic_variable_is_no_carbon_star_and_giclas_numbers_are_no_g_stars() -> None:
    assert STAR_SUBCLASSES["CV"] == "CV?"
    assert STAR_SUBCLASSES["K5 (G_19-24)"] == "K"
    assert STAR_SUBCLASSES["CarbonWD"] == "D"


def test_only_stellar_strings_imply_a_star_and_a_given_class_stands() -> None:
    strings = pa.array(["F5", "CV", "AGN", "STARFORMING", "f5", None, "F5"])
    given = pa.array([None] * 6 + ["GALAXY"], pa.string())
    assert class_of(given, strings).to_pylist() == ["STAR", "STAR", None, None, None, None, "GALAXY"]
