"""A page is refused for each thing that can be wrong with it as a whole, with the limit to raise, and not short of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cosmic.contracts import Between, Limits, PageProfile, Shape
from cosmic.contracts.pages import distance_to_mixtures, examine

SHAPE = Shape(
    medians=(Between("u", 8, 27, unit="mag"), Between("g", 8, 27, unit="mag")),
    differences=(("u", "g"),),
    loci=((0.0,), (2.0,)),
)
PAGE = PageProfile(
    rows=1000,
    nulls={"u": 0.0, "redshift": 0.1},
    shares={"class": {"GALAXY": 0.6, "STAR": 0.4}},
    medians={"u": 19.0, "g": 18.0, "u - g": 1.0},
)


def problems(
    page: PageProfile, baseline: PageProfile | None = None, faulty: int = 0, limits: Limits | None = None
) -> list[str]:
    findings = examine(page, faulty=faulty, shape=SHAPE, baseline=baseline, limits=limits or Limits())
    return [finding.problem for finding in findings if finding.problem]


def test_a_page_like_the_last_one_has_no_problem() -> None:
    assert problems(PAGE, PAGE) == []


def test_a_first_page_is_looked_at_by_itself() -> None:
    assert problems(PAGE, None) == []


@pytest.mark.parametrize(
    ("page", "faulty", "limit", "said"),
    [
        (replace(PAGE, rows=499), 0, "max_row_loss", "499 rows, where the last page of this origin had 1000"),
        (PAGE, 301, "max_quarantined", "301 of 1000 rows (30%)"),
        (replace(PAGE, nulls={"u": 0.0, "redshift": 0.31}), 0, "max_null_rise", "redshift is missing in 31% of rows"),
        (replace(PAGE, nulls={"u": 0.0}), 0, "max_null_rise", "(the column is gone)"),
        (
            replace(PAGE, shares={"class": {"GALAXY": 0.85, "STAR": 0.15}}),
            0,
            "max_class_shift",
            "GALAXY is 85% of class, where it was 60%",
        ),
        (
            replace(PAGE, shares={"class": {"GALAXY": 0.6, "STAR": 0.15, "QSO": 0.25}}),
            0,
            "max_class_shift",
            "QSO is 25% of class, where it was 0%",
        ),
        (replace(PAGE, medians={**PAGE.medians, "g": 18.51}), 0, "max_median_shift", "g moved from 18.00 to 18.51"),
        (
            replace(PAGE, medians={**PAGE.medians, "u - g": 1.31}),
            0,
            "max_colour_shift",
            "u - g moved from 1.00 to 1.31",
        ),
        (
            replace(PAGE, medians={**PAGE.medians, "u - g": -0.21}),
            0,
            "max_colour_distance",
            "0.21 mag from those of any",
        ),
    ],
)
def test_crossing_a_limit_is_a_problem_that_names_it(page: PageProfile, faulty: int, limit: str, said: str) -> None:
    found = [problem for problem in problems(page, PAGE, faulty) if f"set COSMIC_{limit.upper()} higher " in problem]
    assert len(found) >= 1
    assert any(said in problem for problem in found)
    assert f"raise {limit} " not in " ".join(problems(page, PAGE, faulty, replace(Limits(), **{limit: 2000})))


@pytest.mark.parametrize(
    ("page", "faulty"),
    [
        (replace(PAGE, rows=501), 0),
        (replace(PAGE, rows=100_000), 0),
        (PAGE, 300),
        (replace(PAGE, nulls={"u": 0.0, "redshift": 0.29, "ra": 1.0}), 0),
        (replace(PAGE, shares={"class": {"GALAXY": 0.79, "STAR": 0.21}}), 0),
        (replace(PAGE, medians={"u": 19.4, "g": 18.2, "u - g": 1.2}), 0),
    ],
)
def test_short_of_the_limits_there_is_no_problem(page: PageProfile, faulty: int) -> None:
    assert problems(page, PAGE, faulty) == []


def test_a_flux_in_place_of_a_magnitude_needs_no_baseline() -> None:
    found = problems(replace(PAGE, medians={**PAGE.medians, "g": 120.0}))
    assert found == ["the median of g: outside 8 to 27 mag (120). Check which column this is, and its unit."]


def test_shares_and_medians_of_few_rows_say_nothing() -> None:
    few = replace(PAGE, rows=49, medians={"u": 500.0, "g": 18.0, "u - g": 482.0})
    assert problems(few, faulty=49) == []
    assert problems(replace(few, rows=50)) != []
    assert problems(PAGE, replace(few, rows=49)) == []


def test_a_profile_survives_json() -> None:
    assert PageProfile.from_json(PAGE.to_json()) == PAGE


@pytest.mark.parametrize(
    ("point", "distance"),
    [((0.5, 0.5), 0.0), ((0.0, 0.0), 0.0), ((1.0, 1.0), 0.5), ((-0.3, 0.2), 0.3), ((0.5, -2.0), 2.0)],
)
def test_distance_is_to_the_nearest_mixture(point: tuple[float, float], distance: float) -> None:
    assert distance_to_mixtures(point, ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))) == pytest.approx(distance, abs=1e-9)
