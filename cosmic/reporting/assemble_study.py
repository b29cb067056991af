"""From the records of the redone study to its facts. Reads files of ours, fits nothing, fills nothing in.

Every row of the published table has a result: figures, or the reason why there are none. What the study printed stands
beside a real sky alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cosmic import artefacts
from cosmic.facts.claims import PublishedClaim
from cosmic.facts.exploration import Exploration
from cosmic.facts.grid import GridResult, GridTest, PrintedGridRow, PrintedScores
from cosmic.records import Sky, Task
from cosmic.reporting.claims import published_claims
from cosmic.reporting.published import other_classes, published_for
from cosmic.study.chosen import study_tasks
from cosmic.study.kept import read_results
from cosmic.study.published import Family, FeatureSet, PublishedScores, published_tuning, study_grid
from cosmic.study.records import FamilyTested, Studied, UnitDone
from cosmic.study.results import not_run

NOT_ASKED: Final = "not asked for: --task names other tasks"


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """The blocks of the facts that the redone study fills; all empty in a run without it."""

    exploration: tuple[Exploration, ...] = ()
    grid: tuple[GridResult, ...] = ()
    grid_test: tuple[GridTest, ...] = ()
    published_grid: tuple[PrintedGridRow, ...] = ()
    published_claims: tuple[PublishedClaim, ...] = ()


def study_facts(studied: Studied | None, *, sky: Sky) -> StudyFacts:
    """Return the facts of the redone study.

    Raises
    ------
    ArtefactCorrupt
        If a file of it is missing or changed.
    """
    if studied is None:
        return StudyFacts()
    grid = grid_results(_read(studied.done), _read(studied.other_sets))
    real = sky is Sky.REAL
    return StudyFacts(
        exploration=_explorations(studied, sky=sky),
        grid=grid,
        grid_test=tuple(_tests(studied.tested, grid, published=real)),
        published_grid=printed_rows() if real else (),
        published_claims=published_claims() if real else (),
    )


def _read(done: Iterable[UnitDone]) -> list[GridResult]:
    return [result for one in done for result in read_results(one.path)]


def grid_results(done: Sequence[GridResult], other_sets: Sequence[GridResult]) -> tuple[GridResult, ...]:
    """Return a result for each row of the table in its order, then the converged SVMs, then the other feature sets.

    A row without a result was not asked for.
    """
    found = {one.key: one for one in (*done, *other_sets)}
    rows = [found.get(row.key) or not_run(row, NOT_ASKED) for row in study_grid()]
    variants = [one for one in done if one.variant]
    return (*rows, *sorted(variants, key=_place), *sorted(other_sets, key=_place))


_TASKS: Final = {task.value: at for at, task in enumerate(study_tasks())}
_SETS: Final = {features.value: at for at, features in enumerate(FeatureSet)}
_FAMILIES: Final = {family.value: at for at, family in enumerate(Family)}


def _place(result: GridResult) -> tuple[int, int, int, str]:
    return _TASKS[result.task], _SETS[result.features], _FAMILIES[result.family], result.key


def _tests(tested: Sequence[FamilyTested], grid: Sequence[GridResult], *, published: bool) -> Iterable[GridTest]:
    """One line for each task and family of the study."""
    paths = {(one.task.value, one.family.value): one.path for one in tested}
    for task in study_tasks():
        for family in Family:
            path = paths.get((task.value, family.value))
            if path is None:
                yield GridTest(task=task, family=family, not_run=_reason(grid, task, family))
                continue
            test = GridTest.model_validate_json(artefacts.check(path).read_bytes())
            labels = test.test.per_class if test.test else {}
            # with other classes the question is another one, and the study's figure no equal
            beside = published_for(task, family) if published and not other_classes(task, labels) else None
            yield test.model_copy(update={"published": beside})


def _reason(grid: Sequence[GridResult], task: Task, family: Family) -> str:
    """Why no row of a family has figures: the reasons of its rows, each once."""
    reasons = [one.not_run for one in grid if (one.task, one.family) == (task, family) and one.not_run]
    return "; ".join(dict.fromkeys(reasons)) or "no row of it was run"


def _explorations(studied: Studied, *, sky: Sky) -> tuple[Exploration, ...]:
    paths = {one.task: one.path for one in studied.explored}
    return tuple(
        Exploration.model_validate_json(artefacts.check(paths[task]).read_bytes())
        if task in paths
        else Exploration(task=task, simulated=sky is Sky.SIMULATED, not_run=NOT_ASKED)
        for task in study_tasks()
    )


def printed_rows() -> tuple[PrintedGridRow, ...]:
    """Return what the study printed in its tuning table, row by row, misprints and all."""
    return tuple(
        PrintedGridRow(
            key=row.key,
            task=row.row.task,
            min_class_size=row.min_class_size,
            run_time_s=row.run_time_s,
            train=_printed(row.train),
            validation=_printed(row.validation),
            doubts=row.doubts,
        )
        for row in published_tuning()
    )


def _printed(scores: PublishedScores) -> PrintedScores:
    return PrintedScores(
        accuracy=scores.accuracy, precision=scores.precision, recall=scores.recall, f1=scores.f1
    )  # fmt: skip
