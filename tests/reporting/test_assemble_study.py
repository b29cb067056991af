"""Every row of the published table stands in the facts, with figures or a reason; printed figures beside a real sky alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic.facts.exploration import Exploration
from cosmic.facts.grid import GridTest
from cosmic.facts.results import ClassScore, Scores
from cosmic.records import Sky, Task
from cosmic.reporting.assemble_study import NOT_ASKED, StudyFacts, grid_results, study_facts
from cosmic.reporting.published import CLASSES
from cosmic.study.kept import UnitResults, write_facts
from cosmic.study.matrices import Order
from cosmic.study.published import Family, FeatureSet, study_grid
from cosmic.study.records import Explored, FamilyTested, Studied, UnitDone
from cosmic.study.results import not_run
from cosmic.study.units import CONVERGED

STARS = [row for row in study_grid() if row.task is Task.STAR]


def studied(folder: Path, *, classes: tuple[str, ...] = CLASSES["star"]) -> Studied:
    """Return a study of stars alone, whose rows all lack an extra but for one test score."""
    rows = tuple(not_run(row, "extra missing") for row in STARS)
    test = GridTest(
        task="star", family="knn", test=Scores(f1=0.9, per_class={name: ClassScore(n=1) for name in classes})
    )
    seen = Exploration(task="star", simulated=False, not_run="nothing")
    return Studied(
        (Task.STAR,),
        Order.SCALE_FIRST,
        (UnitDone(write_facts(UnitResults(results=rows), folder, "unit"), (None,) * len(rows)),),
        (),
        (FamilyTested(Task.STAR, Family.KNN, write_facts(test, folder, "test")),),
        (Explored(Task.STAR, write_facts(seen, folder, "exploration")),),
    )


def test_all_246_rows_are_listed_in_the_order_of_the_table(tmp_path: Path) -> None:
    grid = study_facts(studied(tmp_path), sky=Sky.REAL).grid
    assert [one.key for one in grid] == [row.key for row in study_grid()]
    assert {one.not_run for one in grid if one.task == "star"} == {"extra missing"}
    assert {one.not_run for one in grid if one.task != "star"} == {NOT_ASKED}


def test_variants_and_other_feature_sets_follow_the_table() -> None:
    svm = next(row for row in STARS if row.family is Family.SVM)
    variant = not_run(svm, "why", variant=CONVERGED)
    other = not_run(svm, "why").model_copy(update={"key": "other", "features": FeatureSet.X1.value})
    grid = grid_results([variant], [other])
    assert grid[246:] == (variant, other)


def test_every_task_and_family_has_a_line_of_test_scores_or_a_reason(tmp_path: Path) -> None:
    tests = study_facts(studied(tmp_path), sky=Sky.REAL).grid_test
    assert len({(one.task, one.family) for one in tests}) == len(tests) == 18
    reasons = {(one.task, one.family): one.not_run for one in tests}
    assert reasons["star", "knn"] is None
    assert reasons["star", "ffnn"] == "extra missing"
    assert reasons["galaxy", "ffnn"] == NOT_ASKED


@pytest.mark.parametrize(
    ("sky", "classes", "beside"),
    [(Sky.REAL, CLASSES["star"], True), (Sky.REAL, ("A", "F"), False), (Sky.SIMULATED, CLASSES["star"], False)],
    ids=["the study's classes", "other classes", "simulated"],
)
def test_a_printed_test_figure_stands_beside_the_same_question_alone(
    tmp_path: Path, sky: Sky, classes: tuple[str, ...], beside: bool
) -> None:
    tests = study_facts(studied(tmp_path, classes=classes), sky=sky).grid_test
    found = next(one for one in tests if one.test is not None)
    assert (found.published is not None) is beside


def test_what_the_study_printed_and_claims_is_of_a_real_sky_alone(tmp_path: Path) -> None:
    real, simulated = (study_facts(studied(tmp_path), sky=sky) for sky in (Sky.REAL, Sky.SIMULATED))
    assert len(real.published_grid) == 246
    assert real.published_claims
    assert not simulated.published_grid
    assert not simulated.published_claims
    assert [one.not_run for one in real.exploration].count(NOT_ASKED) == 2


def test_a_run_without_the_study_has_none_of_it() -> None:
    assert study_facts(None, sky=Sky.REAL) == StudyFacts()
