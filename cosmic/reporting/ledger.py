"""The findings ledger: each claim of the published study, its figure, ours, and what became of it. Real sky only; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cosmic.facts import Facts
from cosmic.records import Rebalancing
from cosmic.reporting import words
from cosmic.reporting.arms import paired, why_unpaired
from cosmic.reporting.best import (
    HONEST,
    NO_LEAK,
    PUBLISHED,
    best_of,
    best_result,
    figure_of,
    interval_of,
    scored,
    why_not,
)
from cosmic.reporting.cards import study_number, study_row
from cosmic.reporting.published import other_classes
from cosmic.reporting.shown import Number, Sentence, Style, Words

NEAR: Final = 0.005
"""Difference of weighted F1 within which a published figure counts as reproduced where the interval misses it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of the ledger. `verdict` is one of: reproduced, lower here, higher here, other classes,
    holds, holds as a leak, does not hold, new here, not tested.
    """

    claim: str
    published: Number | None
    ours: Number | None
    interval: tuple[Number, Number] | None
    n: Number | None
    verdict: str
    why: Sentence


@dataclass(frozen=True, slots=True)
class Beside:
    """A published row beside ours of the same task and model, by index: same inputs, and without a spectrum."""

    study: int
    same: int | None
    honest: int | None


def findings(facts: Facts) -> tuple[Finding, ...]:
    """Return the ledger of the claims about tables; empty on a simulated sky, where nothing can be claimed."""
    if not facts.published_study:
        return ()
    return (
        *_score(facts, "superclass"),
        *_leak(facts, "superclass", "Redshift is largely explanatory of the superclass", "redshift"),
        *_honest(facts, "superclass"),
        *_oversampling(facts),
        *_score(facts, "star"),
        *_leak(
            facts,
            "star",
            "ELODIE's colour, temperature and metallicity tell the star letter",
            "ELODIE's values and redshift",
        ),
        *_honest(facts, "star"),
        *_score(facts, "galaxy"),
        *_honest(facts, "galaxy"),
    )


def beside(facts: Facts) -> tuple[Beside, ...]:
    """Return the published rows on tables of the tasks that were run, each with our model of the same family."""
    ran = {entry.task for entry in facts.best}
    return tuple(
        Beside(i, _of_model(facts, row.task, PUBLISHED, row.model), _of_model(facts, row.task, HONEST, row.model))
        for i, row in enumerate(facts.published_study)
        if row.data == "tabular" and row.task in ran
    )


def _score(facts: Facts, task: str) -> Iterator[Finding]:
    study = study_row(facts, task)
    shown = study_number(facts, study) if study is not None else None
    if study is None or shown is None:
        return
    name = words.model(facts.published_study[study].model)
    claim = f"{words.task(task).capitalize()} from the study's features, weighted F1 (its best: {name})"
    same = best_of(facts, task, PUBLISHED)
    ours = figure_of(facts, same, "f1") if same is not None else None
    if same is None or ours is None:
        yield _not_tested(facts, claim, shown[0], task, PUBLISHED)
        return
    interval = interval_of(facts, same, "f1")
    low, high = (interval[0].value, interval[1].value) if interval else (ours.value, ours.value)
    if low - NEAR <= shown[0].value <= high + NEAR:
        verdict = "reproduced"
    else:
        verdict = "lower here" if ours.value < shown[0].value else "higher here"
    by = "split at random" if facts.split.name == "random" else "split by sky cell"
    why: Sentence = (f"same inputs, {by}; ours is the ", words.model(_model(facts, same)))
    labels = scored(facts, same).per_class
    if theirs := other_classes(task, labels):
        verdict = "other classes"
        why += (f"; the study had {words.labels(task, len(theirs))} ({', '.join(theirs)}), here they are "
                f"{words.labels(task, len(labels))}",)  # fmt: skip
    yield Finding(claim, shown[0], ours, interval, _n(facts, same), verdict, why)


def _leak(facts: Facts, task: str, claim: str, what: str) -> Iterator[Finding]:
    same, without = best_of(facts, task, PUBLISHED), best_of(facts, task, NO_LEAK)
    if same is None or without is None:
        yield _not_tested(facts, claim, None, task, PUBLISHED if same is None else NO_LEAK)
        return
    pair = paired(facts, task, PUBLISHED, NO_LEAK)
    if pair is None:
        why: Sentence = (f"with and without {what}: ", why_unpaired(facts, task, PUBLISHED, NO_LEAK))
        yield Finding(claim, None, None, None, None, "not tested", why)
        return
    why = (f"without {what} the same inputs give this; with it ", pair.f1, " on the same objects")
    why += (", and it shares its origin with the label: a leak",) if pair.above else (", no clear difference",)
    yield Finding(claim, None, pair.other, None, pair.n, "holds, as a leak" if pair.above else "does not hold", why)


def _honest(facts: Facts, task: str) -> Iterator[Finding]:
    """Not a claim of the study, but the figure that its claim should be read with."""
    index = best_of(facts, task, HONEST)
    ours = figure_of(facts, index, "f1") if index is not None else None
    if index is None or ours is None:
        return
    claim = f"The same for objects without a spectrum ({words.task(task)})"
    why = ("not asked by the study; ours is the ", words.model(_model(facts, index)))
    yield Finding(claim, None, ours, interval_of(facts, index, "f1"), _n(facts, index), "new here", why)


def _oversampling(facts: Facts) -> Iterator[Finding]:
    claim = "Oversampling gives better results than cutting to the rarest class, at much longer run time"
    model = "random_forest"
    smote, rarest = (
        _of_model(facts, "superclass", PUBLISHED, model, rebalancing)
        for rebalancing in (Rebalancing.SMOTE.value, Rebalancing.RAREST.value)
    )
    ours = figure_of(facts, smote, "f1") if smote is not None else None
    other = figure_of(facts, rarest, "f1") if rarest is not None else None
    if smote is None or rarest is None or ours is None or other is None:
        yield _not_tested(facts, claim, None, "superclass", PUBLISHED)
        return
    interval, theirs = interval_of(facts, smote, "f1"), interval_of(facts, rarest, "f1")
    if interval and theirs and interval[0].value <= theirs[1].value and theirs[0].value <= interval[1].value:
        verdict = "not distinguishable"
    else:
        verdict = "holds" if ours.value > other.value else "does not hold"
    why: list[str | Number | Words] = [f"{words.model(model)}, superclass: SMOTE against ", other, " cut to the rarest"]
    times = [facts.results[i].fit_s for i in (smote, rarest)]
    if times[0] is not None and times[1] is not None:
        why += ["; fitted in ", Number(f"results[{smote}].fit_s", times[0], Style.TENTHS), " s against ",
                Number(f"results[{rarest}].fit_s", times[1], Style.TENTHS), " s"]  # fmt: skip
    none = _of_model(facts, "superclass", PUBLISHED, model, Rebalancing.NONE.value)
    natural = figure_of(facts, none, "f1") if none is not None else None
    if natural is not None:
        why += ["; without any rebalancing ", natural]
    yield Finding(claim, None, ours, interval, _n(facts, smote), verdict, tuple(why))


def _not_tested(facts: Facts, claim: str, published: Number | None, task: str, arm: str) -> Finding:
    reason = why_not(facts, task, arm) or why_not(facts, task) or "it was not part of this run"
    return Finding(claim, published, None, None, None, "not tested", (reason,))


def _of_model(facts: Facts, task: str, arm: str, model: str, rebalancing: str | None = None) -> int | None:
    """The index of a family's result that is best on validation, of those that know every class; searched ones apart."""
    return best_result(
        facts.results,
        lambda result: (
            (result.task, result.arm, result.model) == (task, arm, model)
            and not result.dropped_classes
            and not result.searched
            and (rebalancing is None or result.rebalancing == rebalancing)
        ),
    )


def _model(facts: Facts, index: int) -> str:
    return facts.results[index].model or ""


def _n(facts: Facts, index: int) -> Number | None:
    n = facts.results[index].n_test
    return None if n is None else Number(f"results[{index}].n_test", n, Style.COUNT)
