"""Claims that the redone grid answers: from its rows and its test scores to a figure of ours, a verdict and why. Scores nothing.

A family stands for its setting that is best on validation; the best family is chosen by validation too, never by test.
"""

from __future__ import annotations

from typing import Final

from cosmic.evaluation.choice import best_on_validation
from cosmic.facts import Facts
from cosmic.facts.claims import PublishedClaim
from cosmic.facts.grid import GridResult, GridTest
from cosmic.reporting import words
from cosmic.reporting.claim_answers import NOT_RUN, Answer, Judge, Verdict, agrees, ends_at, verdict_of
from cosmic.reporting.ledger import NEAR
from cosmic.reporting.published import CLASSES, other_classes
from cosmic.reporting.shown import Number, Style, Words

ROUGHLY: Final = 0.015
"""The same for figures that the slides give as about so much, in whole percents."""
ENOUGH: Final = 0.001
"""Difference of weighted F1 on validation below which two settings are called equal."""
SLOWER: Final = (5.0, 20.0)
"""Ratios of run times that count as about ten."""
UNSEEN: Final = 0.5
"""Balanced accuracy below which features are said not to show the labels."""


def excellent(task: str) -> Judge:
    """Return the judge of the score of a task's best family."""

    def judge(facts: Facts, claim: PublishedClaim) -> Answer:
        at = best_family(facts, task)
        if at is None:
            return untested(facts, task)
        ours, interval, n = _tested(facts, at, "f1")
        if theirs := _others(facts, at):
            why = f"other classes: the study had {words.labels(task, len(theirs))}"
            return Answer(Verdict.CANNOT_TELL, (why,), ours, interval, n)
        same = agrees(claim.figure, ours, interval, NEAR) or ours.value > (claim.figure or 1.0)
        family = words.model(facts.grid_test[at].family)
        why = f"{family}, best on validation, with inputs that share their origin with the label; as high or higher counts"
        return Answer(verdict_of(same), (why,), ours, interval, n)

    return judge


def poor(facts: Facts, claim: PublishedClaim) -> Answer:
    """Judge whether the study's features show the labels of galaxies."""
    del claim
    at = best_family(facts, "galaxy")
    if at is None:
        return untested(facts, "galaxy")
    ours, interval, n = _tested(facts, at, "accuracy")
    balanced, ends, _ = _tested(facts, at, "balanced_accuracy")
    majority, _, _ = _tested(facts, at, "majority")
    below = (ends[1].value if ends else balanced.value) < UNSEEN
    why = ("always the largest class has ", majority, "; balanced accuracy, by which this is judged, ", balanced)
    return Answer(verdict_of(below), why, ours, interval, n)


def best_is(task: str, family: str) -> Judge:
    """Return the judge of whether a family is the best of its task."""

    def judge(facts: Facts, claim: PublishedClaim) -> Answer:
        del claim
        at, best = family_at(facts, task, family), best_family(facts, task)
        if at is None or best is None:
            return untested(facts, task, family)
        ours, interval, n = _tested(facts, at, "f1")
        if sum(one.task == task and one.test is not None for one in facts.grid_test) < 2:
            return Answer(Verdict.CANNOT_TELL, ("no other family was run to compare with",), ours, interval, n)
        why = f"best on validation: {words.model(facts.grid_test[best].family)}"
        if best == at:
            return Answer(Verdict.REPRODUCED, (why,), ours, interval, n)
        other, _, _ = _tested(facts, best, "f1")
        return Answer(Verdict.NOT_REPRODUCED, (why, ", on test rows ", other), ours, interval, n)

    return judge


def validated(task: str) -> Judge:
    """Return the judge of the network's score on validation rows."""

    def judge(facts: Facts, claim: PublishedClaim) -> Answer:
        at = family_at(facts, task, "ffnn")
        scores = None if at is None else facts.grid_test[at].validation
        if at is None or scores is None or scores.f1 is None:
            return untested(facts, task, "ffnn")
        ours, rows = Number(f"grid_test[{at}].validation.f1", scores.f1, Style.SCORE), facts.grid_test[at].n_validation
        n = None if rows is None else Number(f"grid_test[{at}].n_validation", rows, Style.COUNT)
        if theirs := _others(facts, at):
            why = f"other classes: the study had {words.labels(task, len(theirs))}"
            return Answer(Verdict.CANNOT_TELL, (why,), ours, n=n)
        same = agrees(claim.figure, ours, None, ROUGHLY)
        return Answer(verdict_of(same), ("same inputs, validation rows",), ours, n=n)

    return judge


def network_accuracy(facts: Facts, claim: PublishedClaim) -> Answer:
    """Judge the network's accuracy on galaxies, which the study took from training rows."""
    at = family_at(facts, "galaxy", "ffnn")
    if at is None:
        return untested(facts, "galaxy", "ffnn")
    ours, interval, n = _tested(facts, at, "accuracy")
    same = agrees(claim.figure, ours, interval, ROUGHLY)
    return Answer(verdict_of(same), ("test rows, in natural proportions",), ours, interval, n)


def weights(task: str) -> Judge:
    """Return the judge of how large the network is."""

    def judge(facts: Facts, claim: PublishedClaim) -> Answer:
        for i, one in enumerate(facts.grid):
            if one.task == task and one.weights is not None and one.features == "X0" and one.validation:
                ours = Number(f"grid[{i}].weights", one.weights, Style.COUNT)
                if one.weights == claim.figure:
                    return Answer(Verdict.REPRODUCED, ("counted by Keras in the same layers",), ours)
                labels = len(one.validation.confusion.labels)
                why = f"the same layers; here for {words.labels(task, labels)}, and the inputs that the rows have"
                same = labels == len(CLASSES[task])
                return Answer(Verdict.NOT_REPRODUCED if same and task != "star" else Verdict.CANNOT_TELL, (why,), ours)
        return untested(facts, task, "ffnn")

    return judge


def oversampling(facts: Facts, claim: PublishedClaim) -> Answer:
    """Judge whether SMOTE is better than cutting to the rarest class, and how much longer its fits take."""
    smote, rarest = (_best_row(facts, "superclass", balance) for balance in ("smote", "rarest"))
    if smote is None or rarest is None:
        return untested(facts, "superclass")
    if claim.id == "oversampling_slower":
        return _slower(facts)
    ours, other = _validation(facts, smote), _validation(facts, rarest)
    why, n = ("best setting on validation rows; cut to the rarest class ", other), _rows(facts, smote)
    if abs(ours.value - other.value) <= ENOUGH:
        return Answer(Verdict.CANNOT_TELL, (*why, ": too close to call"), ours, n=n, of="weighted F1")
    return Answer(verdict_of(ours.value > other.value), why, ours, n=n, of="weighted F1")


def _slower(facts: Facts) -> Answer:
    """By the trees' fits: one library makes all of them, on few rows and on many."""
    found: dict[str, Number] = {}
    for i, one in enumerate(facts.grid):
        if (
            _counts(one, "superclass")
            and one.family == "decision_tree"
            and one.setting["criterion"] == "entropy"
            and one.fit
        ):
            found.setdefault(one.balance, Number(f"grid[{i}].fit.cpu_s", one.fit.cpu_s, Style.SECONDS))
    if not {"smote", "rarest"} <= set(found) or not found["rarest"].value:
        return untested(facts, "superclass", "decision_tree")
    low, high = SLOWER
    same = low <= found["smote"].value / found["rarest"].value <= high
    why = (
        "to fit a deep tree; cut to the rarest class ",
        found["rarest"],
        ", and a ratio from five to twenty is about ten",
    )
    return Answer(verdict_of(same), why, found["smote"], of="CPU seconds")


def ten_trees(facts: Facts, claim: PublishedClaim) -> Answer:
    """Judge whether forests of fifty trees gain on those of ten; shown is the pair that gains most."""
    del claim
    by_trees: dict[tuple[str, bool], dict[int, int]] = {}
    for i, one in enumerate(facts.grid):
        if _counts(one, "superclass") and one.family == "random_forest":
            pair = by_trees.setdefault((one.balance, bool(one.setting["bootstrap"])), {})
            pair[int(str(one.setting["n_estimators"]))] = i
    pairs = [(found[10], found[50]) for found in by_trees.values() if {10, 50} <= set(found)]
    if not pairs:
        return untested(facts, "superclass", "random_forest")
    gains = [(_validation(facts, ten), _validation(facts, fifty), facts.grid[ten]) for ten, fifty in pairs]
    ten, fifty, one = max(gains, key=lambda gain: gain[1].value - gain[0].value)
    drawn = "on bootstrap samples" if one.setting["bootstrap"] else "on all rows"
    why = (
        "with fifty trees ",
        fifty,
        f", the largest gain there is on validation rows: {words.rebalancing(one.balance)}, {drawn}",
    )
    n = _rows(facts, facts.grid.index(one))
    return Answer(verdict_of(fifty.value - ten.value <= ENOUGH), why, ten, n=n, of="weighted F1 of ten")


def family_at(facts: Facts, task: str, family: str) -> int | None:
    """Return the index of a family's test scores in ``facts.grid_test``, or None where it has none."""
    return next(
        (i for i, one in enumerate(facts.grid_test) if (one.task, one.family) == (task, family) and one.test), None
    )


def best_family(facts: Facts, task: str) -> int | None:
    """Return the index of the family that is best on validation by weighted F1, or None where none was tested."""
    return best_on_validation(
        [one.validation.f1 if one.task == task and one.validation and one.test else None for one in facts.grid_test]
    )


def untested(facts: Facts, task: str, family: str = "") -> Answer:
    """Return that a family, or every family of a task, has no figure, with the reason that the facts give."""
    for i, one in enumerate(facts.grid_test):
        if one.task == task and family in ("", one.family) and one.not_run:
            return Answer(Verdict.CANNOT_TELL, (f"{NOT_RUN}: ", Words(f"grid_test[{i}].not_run", one.not_run)))
    return Answer(Verdict.CANNOT_TELL, (f"{NOT_RUN}: {words.model(family) if family else words.task(task)}",))


def _tested(facts: Facts, at: int, figure: str) -> tuple[Number, tuple[Number, Number] | None, Number | None]:
    """One test figure of a family, its interval and the number of test objects."""
    one: GridTest = facts.grid_test[at]
    value = getattr(one.test, figure)
    if one.test is None or value is None:
        raise ValueError(f"grid_test[{at}] has no {figure}.")
    ends = one.test.interval.get(figure)
    interval = None if ends is None else ends_at(f"grid_test[{at}].test.interval.{figure}", ends)
    n = None if one.n_test is None else Number(f"grid_test[{at}].n_test", one.n_test, Style.COUNT)
    return Number(f"grid_test[{at}].test.{figure}", value, Style.SCORE), interval, n


def _others(facts: Facts, at: int) -> tuple[str, ...]:
    one = facts.grid_test[at]
    return other_classes(one.task, one.test.per_class if one.test else {})


def _counts(one: GridResult, task: str) -> bool:
    """Whether a row is one of the published table that ran."""
    return one.task == task and one.features == "X0" and not one.variant and one.validation is not None


def _best_row(facts: Facts, task: str, balance: str) -> int | None:
    return best_on_validation(
        [one.validation.f1 if _counts(one, task) and one.balance == balance and one.validation else None
         for one in facts.grid]
    )  # fmt: skip


def _validation(facts: Facts, at: int) -> Number:
    scores = facts.grid[at].validation
    if scores is None:
        raise ValueError(f"grid[{at}] was not run.")
    return Number(f"grid[{at}].validation.f1", scores.f1, Style.FOUR)


def _rows(facts: Facts, at: int) -> Number | None:
    """The number of validation rows of a row of the grid."""
    n = facts.grid[at].n_validation
    return None if n is None else Number(f"grid[{at}].n_validation", n, Style.COUNT)
