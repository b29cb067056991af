"""Which model of a task and arm is shown, and its figures. Chooses by validation alone, never by test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from cosmic.evaluation.choice import best_on_validation
from cosmic.facts import Best, Facts, Result, Scores
from cosmic.records import Arm, Task
from cosmic.reporting.shown import Number, Style, Words

HONEST: Final = Arm.PHOTOMETRIC.value
"""The arm that a user with objects without a spectrum can run."""
IMAGES: Final = Arm.IMAGES.value
"""What a user with images alone can run."""
PUBLISHED: Final = Arm.PUBLISHED.value
NO_LEAK: Final = Arm.NO_LEAK.value
SHAPE: Final = Arm.PHOTOMETRIC_SHAPE.value
ADDED: Final = (SHAPE, Arm.MORPHOMETRIC.value, Arm.PHOTOMETRIC_EXTERNAL.value)
"""Arms that add to what the honest one sees, where a catalogue has more."""
MATCHED: Final = Arm.MAGNITUDE_MATCHED.value
"""The arm whose objects are drawn, so that it has fewer than others on purpose."""


def honest(task: str) -> str:
    """Return the arm that a user without a spectrum can run for a task."""
    return IMAGES if task == Task.GALAXY_IMAGE else HONEST


def best_per_arm(results: Sequence[Result]) -> tuple[Best, ...]:
    """Return, for each task and arm, the family and rebalancing with the highest weighted F1 on validation.

    Ties go to the first in `results`; tasks and arms keep the order of `results`. A task and arm where nothing ran,
    or nothing has a validation F1, is absent.
    """
    found = []
    tables = (
        result for result in results if result.task != Task.GALAXY_IMAGE
    )  # its best may have no validation part left
    for task, arm in dict.fromkeys((result.task, result.arm) for result in tables):
        i = best_result(results, partial(_is_of, task, arm))
        if i is not None:
            model, rebalancing = results[i].model or "", results[i].rebalancing or ""
            found.append(Best(task=task, arm=arm, result=i, model=model, rebalancing=rebalancing))
    return tuple(found)


def _is_of(task: str, arm: str, result: Result) -> bool:
    return (result.task, result.arm) == (task, arm)


def best_result(results: Sequence[Result], among: Callable[[Result], bool]) -> int | None:
    """Return the index of the result that is best on validation, of those that `among` holds for, or None."""
    return best_on_validation(
        [result.validation.f1 if result.validation and among(result) else None for result in results]
    )


def best_of(facts: Facts, task: str, arm: str) -> int | None:
    """Return the index in ``facts.results`` of the model shown for a task and arm, or None."""
    return next((entry.result for entry in facts.best if (entry.task, entry.arm) == (task, arm)), None)


def why_not(facts: Facts, task: str, arm: str | None = None) -> Words | str | None:
    """Return the first recorded reason why a task (and arm) was not run, or None where none is recorded.

    Every arm that a run was asked for has a result in each task: one without, beside others that ran, was not asked
    for.
    """
    ours = [result for result in facts.results if result.task == task]
    if arm is not None and arm not in {result.arm for result in ours} and any(result.test for result in ours):
        return "this run was not asked for it"
    for i, result in enumerate(facts.results):
        if result.task == task and (arm is None or result.arm == arm) and result.not_run:
            return Words(f"results[{i}].not_run", result.not_run)
    return None


def scored(facts: Facts, index: int) -> Scores:
    """Return the test figures of a result; an empty block where it was not run."""
    return facts.results[index].test or Scores()


def figure_of(facts: Facts, index: int, figure: str, style: Style = Style.SCORE) -> Number | None:
    """Return one test figure of a result, such as ``f1``, with its path; None where it does not exist."""
    value = getattr(scored(facts, index), figure)
    return None if value is None else Number(f"results[{index}].test.{figure}", value, style)


def interval_of(facts: Facts, index: int, figure: str) -> tuple[Number, Number] | None:
    """Return the interval of a test figure with its paths, or None where there is none."""
    interval = scored(facts, index).interval.get(figure)
    if interval is None:
        return None
    path = f"results[{index}].test.interval.{figure}"
    return Number(f"{path}[0]", interval[0], Style.SCORE), Number(f"{path}[1]", interval[1], Style.SCORE)
