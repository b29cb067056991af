"""The study's claims of its image models: what this run's own image models say of each. Scores nothing.

Only models that learned the study's labels answer; five clean classes are another question. Where the claim compares the study's
networks with each other, so does the answer.
"""

from __future__ import annotations

from typing import Final

from cosmic.facts import Facts, Result
from cosmic.facts.claims import PublishedClaim
from cosmic.reporting import words
from cosmic.reporting.best import best_result, figure_of, interval_of
from cosmic.reporting.claim_answers import NOT_RUN, Answer, Judge, Verdict, objects_of, unknown, verdict_of
from cosmic.reporting.shown import Number, Sentence, Style

_TASK: Final = "galaxy-image"
_ARM: Final = "images"
_NETWORKS: Final = ("ffnn", "cnn", "lstm", "resnet50")
_SCHEME: Final = "hubble14"
_MUCH: Final = 2.0
"""Times the cost of the next one that count as far more."""


def _of_images(one: Result) -> bool:
    return one.task == _TASK and one.arm == _ARM


def _of_the_study(one: Result) -> bool:
    return _of_images(one) and one.model in _NETWORKS


def _other_labels(facts: Facts) -> Answer | None:
    """Return why nothing can be told where the run's images have other labels than the study's."""
    schemes = {one.scheme for one in facts.images if one.fits}
    if not schemes or _SCHEME in schemes:
        return None
    return Answer(
        Verdict.CANNOT_TELL, (f"{NOT_RUN}: images have labels of {', '.join(sorted(schemes))}, not the study's",)
    )


def _index_of(facts: Facts, model: str) -> int | None:
    return best_result(facts.results, lambda one: _of_images(one) and one.model == model)


def _first_or_last(model: str, *, first: bool) -> Judge:
    """Whether a network is the best, or the weakest, on validation of those of the study that were run."""

    def judge(facts: Facts, claim: PublishedClaim) -> Answer:
        del claim
        if (other := _other_labels(facts)) is not None:
            return other
        ran = {
            str(one.model): one.validation.f1
            for one in facts.results
            if _of_the_study(one) and one.validation and one.validation.f1 is not None
        }
        index = _index_of(facts, model)
        if index is None or model not in ran or len(ran) < 2:
            return unknown(facts, _TASK, model)
        found = (max if first else min)(ran, key=lambda name: ran[name] or 0.0)
        told = "best" if first else "weakest"
        why = (f"{told} on validation of the networks of the study that were run: ", words.model(found))
        return Answer(
            verdict_of(found == model), why, figure_of(facts, index, "accuracy"), interval_of(facts, index, "accuracy"),
            objects_of(facts, index),
        )  # fmt: skip

    return judge


def _slowest(facts: Facts, claim: PublishedClaim) -> Answer:
    del claim
    times = {one.model: (i, one.fit_s) for i, one in enumerate(facts.results) if _of_the_study(one) and one.fit_s}
    if "resnet50" not in times or len(times) < 2:
        return unknown(facts, _TASK, "resnet50")
    index, seconds = times.pop("resnet50")
    other, next_one = max(times.values(), key=lambda each: each[1] or 0.0)
    ours = Number(f"results[{index}].fit_s", seconds or 0.0, Style.SECONDS)
    why = ("seconds; the slowest of the others ", Number(f"results[{other}].fit_s", next_one or 0.0, Style.SECONDS))
    return Answer(verdict_of((seconds or 0.0) > _MUCH * (next_one or 0.0)), why, ours)


def _unfit(facts: Facts, claim: PublishedClaim) -> Answer:
    del claim
    if (other := _other_labels(facts)) is not None:
        return other
    best = {model: _index_of(facts, model) for model in ("ffnn", "lstm")}
    others = best_result(facts.results, lambda one: _of_images(one) and one.model not in best)
    figures = {model: None if i is None else figure_of(facts, i, "accuracy") for model, i in best.items()}
    top = None if others is None else figure_of(facts, others, "accuracy")
    if top is None or figures["ffnn"] is None or figures["lstm"] is None:
        return unknown(facts, _TASK, "lstm")
    worse = max(figures["ffnn"].value, figures["lstm"].value) < top.value
    why: Sentence = ("the feed-forward network; the LSTM ", figures["lstm"], "; the best of the others ", top)
    return Answer(verdict_of(worse), why, figures["ffnn"])


def _goal(facts: Facts, claim: PublishedClaim) -> Answer:
    if (other := _other_labels(facts)) is not None:
        return other
    best = best_result(facts.results, _of_images)
    ours = None if best is None else figure_of(facts, best, "accuracy")
    if best is None or ours is None:
        return unknown(facts, _TASK)
    interval = interval_of(facts, best, "accuracy")
    missed = (interval[1].value if interval else ours.value) < (claim.figure or 0.0)
    return Answer(
        verdict_of(missed), ("the image model that is best on validation",), ours, interval, objects_of(facts, best)
    )


IMAGE_JUDGES: Final[dict[str, Judge]] = {
    "image_baseline": _first_or_last("ffnn", first=False),
    "image_cnn": _first_or_last("cnn", first=True),
    "image_resnet_slow": _slowest,
    "image_unfit": _unfit,
    "image_goal": _goal,
}
"""Who answers which claim of image models, in the order of the slides."""
