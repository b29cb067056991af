"""The contract of survey objects: each of its rules sets aside the rows that break it, for the reason that people read."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pytest

from cosmic.columns import BANDS, CLASSES, EXTRAGALACTIC_SUBCLASSES, OBJECT_COLUMNS
from cosmic.contracts import Among, Between, Judgement, NotAmong, Present, judge
from cosmic.contracts.rowtext import UNCASTABLE
from cosmic.vocabularies import STAR_SUBCLASSES
from expectations.objects import OBJECTS

Objects = Callable[[int, int], pd.DataFrame]
AsPage = Callable[[pd.DataFrame], pa.Table]
NO_CELLS = pa.Table.from_pylist([], schema=UNCASTABLE)


@pytest.fixture(scope="module")
def judged(good_objects: Objects, as_page: AsPage) -> Callable[[dict[tuple[int, str], object]], Judgement]:
    """The judgement of a good page with some cells changed."""

    def make(changes: dict[tuple[int, str], object]) -> Judgement:
        frame = good_objects(40, 3)
        for (position, column), value in changes.items():
            frame.loc[position, column] = value
        return judge(as_page(frame), uncastable=NO_CELLS, suite=OBJECTS)

    return make


def reasons(judgement: Judgement) -> dict[int, list[str]]:
    return {row["row_number"] - 1: row["reasons"] for row in judgement.quarantined.to_pylist()}


def test_a_good_page_passes_whole(judged: Callable[[dict[tuple[int, str], object]], Judgement]) -> None:
    judgement = judged({})
    assert (judgement.valid.num_rows, judgement.reasons, judgement.problems) == (40, {}, ())


def test_each_cell_rule_has_its_reason(judged: Callable[[dict[tuple[int, str], object]], Judgement]) -> None:
    planted: dict[tuple[int, str], tuple[object, str]] = {
        (0, "u"): (None, "u: missing"),
        (1, "g"): (-9999.0, "g: -9999 is a sentinel, not a measurement"),
        (2, "r"): (9999.0, "r: 9999 is a sentinel, not a measurement"),
        (3, "i"): (-1000.0, "i: -1000 is a sentinel, not a measurement"),
        (4, "z"): (0.99, "z: outside 1 to 40 mag"),
        (5, "z"): (float("inf"), "z: outside 1 to 40 mag"),
        (6, "ra"): (360.1, "ra: outside 0 to 360 deg"),
        (7, "dec"): (-90.5, "dec: outside -90 to 90 deg"),
        (8, "extinction_r"): (-0.1, "extinction_r: outside 0 to 60 mag"),
        (9, "prob_psf"): (1.5, "prob_psf: outside 0 to 1"),
        (10, "mjd"): (49999, "mjd: outside 50000 to 80000 d"),
        (11, "redshift_err"): (float("-inf"), "redshift_err: not a finite number"),
        (12, "class"): ("star", "class: 'star' is not one of GALAXY, QSO, STAR"),
        (13, "z_warning"): (4, "z_warning: not 0 or 16, so class and redshift are not trusted"),
        (14, "z_warning"): (-1, "z_warning: not 0 or 16, so class and redshift are not trusted"),
    }
    found = reasons(judged({place: value for place, (value, _) in planted.items()}))
    assert found == {position: [reason] for (position, _), (_, reason) in planted.items()}


RELATED: list[tuple[str | None, str | None, float | None, str | None]] = [
    ("STAR", "K1", 0.005, None),
    ("STAR", "K1", -0.005, None),
    ("STAR", "K1", None, None),
    ("STAR", None, 0.0051, "redshift: does not fit STAR (within 0.005 of 0)"),
    ("STAR", "AGN", 0.0, "subclass: 'AGN' is not known for STAR"),
    ("STAR", "K5 (G_19-24)", 0.0, None),
    ("STAR", "X99", 0.0, "subclass: 'X99' is not known for STAR"),
    ("QSO", "BROADLINE", 0.0333, None),
    ("QSO", None, 0.0332, "redshift: does not fit QSO (at least 0.0333)"),
    ("QSO", None, 8.0, None),
    ("QSO", None, 8.1, "redshift: outside -0.011 to 8"),
    ("QSO", "K1", 1.0, "subclass: 'K1' is not known for QSO"),
    ("GALAXY", "STARFORMING BROADLINE", -0.011, None),
    ("GALAXY", None, 2.0, None),
    ("GALAXY", None, 2.01, "redshift: does not fit GALAXY (-0.011 to 2)"),
    ("GALAXY", "starforming", 0.1, "subclass: 'starforming' is not known for GALAXY"),
    (None, "WD", 0.001, None),
    (None, "WD", 0.1, "redshift: does not fit STAR (within 0.005 of 0)"),
    (None, None, 0.1, "class: missing, and subclass implies none"),
    (None, "AGN", 0.1, "class: missing, and subclass implies none"),
]
"""Class, subclass, redshift, and the reason that they have together."""


def test_class_subclass_and_redshift_bound_each_other(
    judged: Callable[[dict[tuple[int, str], object]], Judgement],
) -> None:
    cells: dict[tuple[int, str], object] = {}
    for place, (kind, subclass, redshift, _) in enumerate(RELATED):
        cells |= {(place, "class"): kind, (place, "subclass"): subclass, (place, "redshift"): redshift}
    found = reasons(judged(cells))
    for place, (*case, reason) in enumerate(RELATED):
        assert found.get(place, []) == ([] if reason is None else [reason]), case


def test_objects_that_repeat_are_told_by_their_key(good_objects: Objects, as_page: AsPage) -> None:
    frame = good_objects(40, 3)
    frame.loc[1, "spec_obj_id"] = "0" + frame.loc[0, "spec_obj_id"]  # the same id, padded
    frame = pd.concat([frame, frame.iloc[[30, 31]]], ignore_index=True)
    frame.loc[41, "u"] += 1  # the same plate, mjd and fibre
    frame["row_number"] = range(1, 43)
    conflict, repeat = "the same object with different values of ", "repeats row of the same object with equal values"
    judgement = judge(as_page(frame), uncastable=NO_CELLS, suite=OBJECTS)
    found = reasons(judgement)
    assert found[0] == found[1]
    assert found[0][0].startswith(conflict)
    assert found == {0: found[0], 1: found[0], 31: [f"{conflict}u"], 40: [repeat], 41: [f"{conflict}u"]}


def test_every_column_with_a_rule_in_its_definition_has_its_check() -> None:
    for column in OBJECT_COLUMNS:
        own = [check for check in OBJECTS.rows if check.column == column.name and check.where is None]
        assert (Present(column.name) in own) == column.required
        assert any(isinstance(check, NotAmong) for check in own) == bool(column.required and column.sentinels)
        if column.vocabulary:
            assert Among(column.name, column.vocabulary) in own
        if column.lo is not None and column.hi is not None:
            assert Between(column.name, column.lo, column.hi, unit=column.unit) in own
    assert dict(OBJECTS.types).keys() == {column.name for column in OBJECT_COLUMNS}
    assert set(OBJECTS.required) == {*BANDS, "class"}


def test_every_class_has_its_relations_and_every_word_its_place() -> None:
    relations = [check for check in OBJECTS.rows if check.where is not None]
    for name in CLASSES:
        assert {check.column for check in relations if check.where and check.where.values == (name,)} == {
            "subclass",
            "redshift",
        }
    stars = next(check for check in relations if check.where and check.where.values == ("STAR",))
    assert isinstance(stars, Among)
    assert set(stars.values) == set(STAR_SUBCLASSES)
    assert not set(stars.values) & set(EXTRAGALACTIC_SUBCLASSES)
