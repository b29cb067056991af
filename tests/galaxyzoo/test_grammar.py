"""Strings from votes and labels from strings, as the release defines them."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmic.galaxyzoo.grammar import LABELS, STRINGS, build_strings, study_label, study_labels
from cosmic.galaxyzoo.tree import COLUMN, STEMS, TASKS
from tests.galaxyzoo.made import FRACTIONS, Floats

PUBLISHED_RULE = re.compile(r"^(A$|E[ric]|Se[rbn]|SB?[abcd])")


def told_plainly(votes: list[float]) -> str:
    """Return one galaxy's string, by the release's words, one fork after the other."""
    v = {number: votes[column] for number, column in COLUMN.items()}

    def most(letters: dict[str, int]) -> str:
        return max(letters, key=lambda letter: v[letters[letter]])  # the first of equal ones

    first = most({"E": 1, "S": 2, "A": 3})
    if first == "A":
        return "A"
    if first == "E":
        text = "E" + most({"r": 16, "i": 17, "c": 18})
    elif v[4] >= v[5]:
        text = "Se" + most({"r": 25, "b": 26, "n": 27})
    else:
        text = "S" + ("B" if v[6] > v[7] else "") + most({"d": 10, "c": 11, "b": 12, "a": 13})
        if v[8] > v[9]:
            text += most({"1": 31, "2": 32, "3": 33, "4": 34, "+": 36, "?": 37}) + most({"t": 28, "m": 29, "l": 30})
    if v[14] >= v[15]:
        text += f"({most({'r': 19, 'l': 20, 'd': 21, 'i': 22, 'o': 23, 'm': 24, 'u': 38})})"
    return text


def votes_for(string: str) -> Floats:
    """Return votes of which all are for what a string says."""
    found = np.zeros((1, len(STEMS)))

    def give(*numbers: int) -> None:
        found[0, [COLUMN[number] for number in numbers]] = 1.0

    body, _, odd = string.partition("(")
    if body == "A":
        give(3)
        return found
    give(14, dict(zip("rldiomu", (19, 20, 21, 22, 23, 24, 38), strict=True))[odd[0]]) if odd else give(15)
    if body[0] == "E":
        give(1, {"r": 16, "i": 17, "c": 18}[body[1]])
    elif body[1] == "e":
        give(2, 4, {"r": 25, "b": 26, "n": 27}[body[2]])
    else:
        rest = body[1:].removeprefix("B")
        give(2, 5, 6 if body[1] == "B" else 7, {"d": 10, "c": 11, "b": 12, "a": 13}[rest[0]])
        arms = dict(zip("1234+?", (31, 32, 33, 34, 36, 37), strict=True))
        give(8, arms[rest[1]], {"t": 28, "m": 29, "l": 30}[rest[2]]) if rest[1:] else give(9)
    return found


def test_the_grammar_lists_its_1265_strings() -> None:
    assert len(STRINGS) == len(set(STRINGS)) == 1265
    begins = [sum(string.startswith(beginning) for string in STRINGS) for beginning in ("E", "Se", "S", "A")]
    assert begins == [24, 24, 24 + 1216, 1]


@given(FRACTIONS)
def test_votes_give_the_string_that_the_release_s_words_give(fractions: Floats) -> None:
    assert build_strings(fractions).to_pylist() == [told_plainly(list(votes)) for votes in fractions]


@given(FRACTIONS)
def test_whatever_the_votes_the_string_is_one_of_the_list(fractions: Floats) -> None:
    assert set(build_strings(fractions).to_pylist()) <= set(STRINGS)


def test_every_string_comes_from_some_votes() -> None:
    found = build_strings(np.concatenate([votes_for(string) for string in STRINGS]))
    assert found.to_pylist() == list(STRINGS)


@given(FRACTIONS, st.sampled_from(sorted(TASKS)), st.sampled_from([0.25, 0.5, 2.0]))
def test_only_the_order_of_the_answers_within_a_task_matters(fractions: Floats, task: int, factor: float) -> None:
    scaled = fractions.copy()
    scaled[:, TASKS[task].columns] *= factor
    assert build_strings(scaled).equals(build_strings(fractions))


@pytest.mark.parametrize(
    ("tied", "expected"),
    [
        ((1, 2), "Er"),
        ((2, 3), "Ser"),
        ((16, 17), "Er"),
        ((14, 15), "Er(r)"),
        ((4, 5), "Ser"),
        ((6, 7), "Sd"),
        ((8, 9), "Sd"),
    ],
)
def test_ties_go_to_the_first_answer_but_bars_and_arms_need_a_majority(tied: tuple[int, int], expected: str) -> None:
    votes = np.zeros((1, len(STEMS)))
    first = {1: 1, 16: 1, 14: 1}.get(tied[0], 2)
    votes[0, [COLUMN[first], COLUMN[15]]] = 0.5
    if tied[0] in (6, 8):
        votes[0, COLUMN[5]] = 0.5
    votes[0, [COLUMN[number] for number in tied]] = 0.5
    assert build_strings(votes).to_pylist() == [expected]


def test_a_missing_fraction_loses_to_every_other_and_no_votes_give_no_string() -> None:
    votes = votes_for("SBc2m(r)")
    votes[0, [COLUMN[1], COLUMN[12], COLUMN[15]]] = np.nan
    nothing = np.full((1, len(STEMS)), np.nan)
    assert build_strings(np.concatenate([votes, nothing])).to_pylist() == ["SBc2m(r)", None]


def test_votes_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(n, 37\)"):
        build_strings(np.zeros((4, 36)))


def test_each_string_has_the_label_that_the_published_rule_gives() -> None:
    for string in STRINGS:
        found = PUBLISHED_RULE.match(string)
        assert found is not None
        expected = {"A": None, "Ei": "Ee"}.get(found[0], found[0])
        assert study_label(string) == expected
    assert {study_label(string) for string in STRINGS} - {None} == set(LABELS)
    assert len(LABELS) == 14


@given(st.text(alphabet="AESBricenabd1234+?tml()ou_ \n", max_size=9))
def test_what_is_no_string_of_the_grammar_has_no_label(text: str) -> None:
    if text in STRINGS:
        study_label(text)
    else:
        with pytest.raises(ValueError, match="no gz2_class string"):
            study_label(text)


def test_labels_of_a_column_count_artefacts_and_strange_texts() -> None:
    found = study_labels(pa.chunked_array([["Ei(m)", "A", None], ["Sc_t", "SBc?t", "Sc_t", "E0"]]))
    assert found.values.to_pylist() == ["Ee", None, None, None, "SBc", None, None]
    assert found.artefacts == 1
    assert found.unknown == {"Sc_t": 2, "E0": 1}
