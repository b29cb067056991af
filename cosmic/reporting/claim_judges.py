"""Who answers which claim of the published study: from facts to a figure of ours, its interval, a verdict and why. Scores nothing.

A judge never fills a figure in: what this run did not do is "cannot tell: not run", with the reason that the facts give.
"""

from __future__ import annotations

from typing import Final

from cosmic.facts import Facts
from cosmic.facts.claims import PublishedClaim
from cosmic.reporting import grid_judges as grid
from cosmic.reporting import words
from cosmic.reporting.arms import paired, why_unpaired
from cosmic.reporting.best import NO_LEAK, PUBLISHED, best_of
from cosmic.reporting.claim_answers import (
    NOT_RUN,
    Answer,
    Judge,
    Verdict,
    agrees,
    ends_at,
    explored,
    unexplored,
    unknown,
    verdict_of,
)
from cosmic.reporting.image_judges import IMAGE_JUDGES
from cosmic.reporting.shown import Number, Sentence, Style, Words

ROUGHLY: Final = 0.015
"""The same for figures that the slides give as about so much, in whole percents."""
COARSELY: Final = 0.025
"""The same for the share of two components, which the slides round to five percent."""


def _objects(facts: Facts, claim: PublishedClaim) -> Answer:
    del claim
    return Answer(
        Verdict.CANNOT_TELL,
        ("this catalogue holds what it was given, which need not be the study's rows",),
        Number("snapshot.rows", facts.snapshot.rows, Style.COUNT),
    )


def _labels(task: str, wanted: int) -> Judge:
    def judge(facts: Facts, claim: PublishedClaim) -> Answer:
        del claim
        found = len(facts.class_counts.get(task, {})) + len(facts.dropped_classes.get(task, {}))
        if not found:
            return unknown(facts, task)
        verdict = Verdict.REPRODUCED if found == wanted else Verdict.CANNOT_TELL
        kept = len(facts.class_counts.get(task, {}))
        why = f"{words.labels(task, found)} occur here, {words.labels(task, kept)} often enough to be kept"
        return Answer(verdict, (why,))

    return judge


def _cut(facts: Facts, claim: PublishedClaim) -> Answer:
    del claim
    return Answer(Verdict.CANNOT_TELL, ("how the study cut its rows cannot be tested; the filter of this run: ",
                                        Words("filter", facts.filter)))  # fmt: skip


def _redshift(facts: Facts, claim: PublishedClaim) -> Answer:
    del claim
    if best_of(facts, "superclass", PUBLISHED) is None or best_of(facts, "superclass", NO_LEAK) is None:
        return unknown(facts, "superclass")
    pair = paired(facts, "superclass", PUBLISHED, NO_LEAK)
    if pair is None:
        return Answer(Verdict.CANNOT_TELL, (why_unpaired(facts, "superclass", PUBLISHED, NO_LEAK),))
    verdict = Verdict.REPRODUCED if pair.above else Verdict.NOT_REPRODUCED
    why: Sentence = ("weighted F1 with redshift; without it ", pair.other, " on the same objects")
    why += ("; redshift shares its origin with the class, so this is a leak",) if pair.above else ()
    return Answer(verdict, why, pair.f1, None, pair.n)


def _components(facts: Facts, claim: PublishedClaim) -> Answer:
    at, found = explored(facts, "star")
    if found is None or found.components is None or found.components.first_two is None:
        return unexplored(at, found)
    path = f"exploration[{at}].components"
    ours = Number(f"{path}.first_two", found.components.first_two, Style.SCORE)
    ends = found.components.interval
    interval = None if ends is None else ends_at(f"{path}.interval", ends)
    n = Number(f"exploration[{at}].n.train", found.n["train"], Style.COUNT) if "train" in found.n else None
    if "elodie_bv" not in found.features:
        why = "without ELODIE's values, which the study had: other features, another share"
        return Answer(Verdict.CANNOT_TELL, (why,), ours, interval, n)
    same = agrees(claim.figure, ours, interval, COARSELY)
    return Answer(verdict_of(same), ("standardised training stars, the study's eight features",), ours, interval, n)


def _regression(facts: Facts, claim: PublishedClaim) -> Answer:
    at, found = explored(facts, "star")
    if found is None:
        return unexplored(at, found)
    for i, line in enumerate(found.lines):
        if line.direction == "slide" and "test" in line.r2:
            path = f"exploration[{at}].lines[{i}]"
            ours = Number(f"{path}.r2.test", line.r2["test"], Style.SCORE)
            ends = line.interval.get("test")
            interval = None if ends is None else ends_at(f"{path}.interval.test", ends)
            same = agrees(claim.figure, ours, interval, ROUGHLY)
            why = "logarithm of the colour from temperature; both are of the same template star, not of the measurement"
            return Answer(
                verdict_of(same), (why,), ours, interval, Number(f"{path}.n.test", line.n["test"], Style.COUNT)
            )
    if found.no_lines:
        return Answer(Verdict.CANNOT_TELL, (f"{NOT_RUN}: ", Words(f"exploration[{at}].no_lines", found.no_lines)))
    return unexplored(at, found)


def _clusters(task: str) -> Judge:
    def judge(facts: Facts, claim: PublishedClaim) -> Answer:
        del claim
        at, found = explored(facts, task)
        for i, one in enumerate(found.clusters if found else ()):
            scores = one.scores.get("validation")
            if one.method == "k-means" and scores is not None:
                path = f"exploration[{at}].clusters[{i}]"
                inner = f"{path}.scores.validation"
                why: Sentence = (
                    "numbering the same clusters otherwise gives anything from ",
                    Number(f"{path}.raw_lowest", one.raw_lowest, Style.SCORE), " to ",
                    Number(f"{path}.raw_highest", one.raw_highest, Style.SCORE), "; matched to classes accuracy ",
                    Number(f"{inner}.matched", scores.matched, Style.SCORE), ", adjusted Rand index ",
                    Number(f"{inner}.ari", scores.ari, Style.SCORE),
                )  # fmt: skip
                ends = scores.interval.get("raw")
                interval = None if ends is None else ends_at(f"{inner}.interval.raw", ends)
                ours, n = Number(f"{inner}.raw", scores.raw, Style.SCORE), Number(f"{inner}.n", scores.n, Style.COUNT)
                return Answer(Verdict.CANNOT_TELL, why, ours, interval, n)
        return unexplored(at, found)

    return judge


JUDGES: Final[dict[str, Judge]] = {
    "objects": _objects,
    "star_labels": _labels("star", 10),
    "galaxy_labels": _labels("galaxy", 14),
    "brightness_cut": _cut,
    "size_cut": _cut,
    "redshift": _redshift,
    "two_components": _components,
    "temperature_colour": _regression,
    "superclass_excellent": grid.excellent("superclass"),
    "star_excellent": grid.excellent("star"),
    "galaxy_poor": grid.poor,
    "network_superclass": grid.best_is("superclass", "ffnn"),
    "network_validation_superclass": grid.validated("superclass"),
    "network_validation_star": grid.validated("star"),
    "network_validation_galaxy": grid.validated("galaxy"),
    "network_galaxy": grid.best_is("galaxy", "ffnn"),
    "network_galaxy_accuracy": grid.network_accuracy,
    "weights_five": grid.weights("superclass"),
    "weights_eight": grid.weights("star"),
    "oversampling_better": grid.oversampling,
    "oversampling_slower": grid.oversampling,
    "ten_trees": grid.ten_trees,
    "cluster_star": _clusters("star"),
    "cluster_galaxy": _clusters("galaxy"),
    **IMAGE_JUDGES,
}
"""Who answers which claim; a test compares it with the package data."""
