"""Two arms of a task beside each other, on the same test objects or not at all. Reads facts; scores nothing.

Rows that lack a value leave the arm that needs it, so the figures of two arms may be of different objects. A sentence
that compares them takes its figures from here.
"""

from __future__ import annotations

from dataclasses import dataclass

from cosmic.facts import Facts
from cosmic.reporting.best import best_of, figure_of, interval_of, scored
from cosmic.reporting.shown import Number, Style, Words


@dataclass(frozen=True, slots=True)
class Paired:
    """Weighted F1 of an arm and of another one on the same `n` objects.

    `above` and `below` say that the arm is better, or worse, than the other one by more than chance.
    """

    f1: Number
    other: Number
    n: Number
    above: bool
    below: bool


def paired(facts: Facts, task: str, arm: str, other: str) -> Paired | None:
    """Return how the models shown for two arms of a task compare; None where they have no objects to compare on.

    Where the facts hold no comparison on common objects, two arms are compared if their test parts have the same
    number of objects of each class.
    """
    for i, pair in enumerate(facts.arms):
        turned = (pair.arm, pair.other) == (other, arm)
        if pair.task != task or not (turned or (pair.arm, pair.other) == (arm, other)):
            continue
        if pair.f1 is None or pair.f1_other is None:
            return None
        ours, theirs = (pair.f1_other, pair.f1) if turned else (pair.f1, pair.f1_other)
        names = ("f1_other", "f1") if turned else ("f1", "f1_other")
        low, high = pair.interval or (0.0, 0.0)
        return Paired(
            Number(f"arms[{i}].{names[0]}", ours, Style.SCORE),
            Number(f"arms[{i}].{names[1]}", theirs, Style.SCORE),
            Number(f"arms[{i}].n", pair.n, Style.COUNT),
            above=high < 0 if turned else low > 0,
            below=low > 0 if turned else high < 0,
        )
    return _side_by_side(facts, task, arm, other)


def why_unpaired(facts: Facts, task: str, arm: str, other: str) -> Words | str:
    """Return why two arms cannot be compared."""
    for i, pair in enumerate(facts.arms):
        if pair.task == task and {pair.arm, pair.other} == {arm, other} and pair.not_run:
            return Words(f"arms[{i}].not_run", pair.not_run)
    return "the two arms were tested on different objects"


def _side_by_side(facts: Facts, task: str, arm: str, other: str) -> Paired | None:
    one, two = best_of(facts, task, arm), best_of(facts, task, other)
    if one is None or two is None or not _same_objects(facts, one, two):
        return None
    f1, other_f1, n = figure_of(facts, one, "f1"), figure_of(facts, two, "f1"), facts.results[one].n_test
    if f1 is None or other_f1 is None or n is None:
        return None
    (low, high), (other_low, other_high) = _ends(facts, one, f1), _ends(facts, two, other_f1)
    at = Number(f"results[{one}].n_test", n, Style.COUNT)
    return Paired(f1, other_f1, at, above=low > other_high, below=high < other_low)


def _same_objects(facts: Facts, one: int, two: int) -> bool:
    sizes = [{label: score.n for label, score in scored(facts, i).per_class.items()} for i in (one, two)]
    return facts.results[one].n_test == facts.results[two].n_test and sizes[0] == sizes[1]


def _ends(facts: Facts, index: int, f1: Number) -> tuple[float, float]:
    ends = interval_of(facts, index, "f1")
    return (ends[0].value, ends[1].value) if ends else (f1.value, f1.value)
