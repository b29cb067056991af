"""The study's claims of image models are answered by models that learned its labels, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic import facts as f
from cosmic.reporting.check import numbers_not_in_facts
from cosmic.reporting.claim_answers import Answer, Verdict
from cosmic.reporting.claims import judged, published_claims
from cosmic.reporting.shown import marked, plain
from tests.reporting.test_image_page import sample, scores

ACCURACIES = {"ffnn": 0.2, "cnn": 0.5, "lstm": 0.4, "resnet50": 0.45}
COSTS = {"ffnn": 60.0, "cnn": 400.0, "lstm": 100.0, "resnet50": 900.0}


def ran(folder: Path, accuracies: dict[str, float], *, scheme: str = "hubble14") -> f.Facts:
    facts = sample(folder, simulated=False)
    results = tuple(
        f.Result(
            task="galaxy-image", arm="images", model=model, n_test=150, n_train=300, seed=0, split="sky", fit_s=COSTS.get(model),
            validation=scores(accuracy), test=scores(accuracy),
        )
        for model, accuracy in accuracies.items()
    )  # fmt: skip
    tables = tuple(one for one in facts.results if one.task != "galaxy-image")
    studies = tuple(one.model_copy(update={"scheme": scheme}) for one in facts.images)
    return f.Facts.model_validate(
        {
            **dict(facts),
            "results": (*tables, *results),
            "images": studies,
            "best": (),
            "published_claims": published_claims(),
        }
    )


def answer(facts: f.Facts, claim: str) -> Answer:
    return next(row.answer for row in judged(facts) if row.id == claim)


def test_the_networks_of_the_study_are_compared_with_each_other(tmp_path: Path) -> None:
    facts = ran(tmp_path, {**ACCURACIES, "compact_cnn": 0.7})
    verdicts = {claim: answer(facts, claim).verdict for claim in ("image_baseline", "image_cnn", "image_resnet_slow")}
    assert set(verdicts.values()) == {Verdict.REPRODUCED}
    assert answer(facts, "image_unfit").verdict is Verdict.REPRODUCED
    html = "".join(f"<p>{marked(row.answer.why)}</p>" for row in judged(facts) if row.id.startswith("image_"))
    assert numbers_not_in_facts(html, facts) == []


@pytest.mark.parametrize(
    ("claim", "changed"),
    [("image_baseline", {"ffnn": 0.48}), ("image_cnn", {"resnet50": 0.55}), ("image_unfit", {"ffnn": 0.75})],
)
def test_other_scores_refute_a_claim(tmp_path: Path, claim: str, changed: dict[str, float]) -> None:
    assert answer(ran(tmp_path, ACCURACIES | changed), claim).verdict is Verdict.NOT_REPRODUCED


@pytest.mark.parametrize(
    ("best", "verdict"), [(0.7, Verdict.REPRODUCED), (0.79, Verdict.NOT_REPRODUCED), (0.9, Verdict.NOT_REPRODUCED)]
)
def test_the_aim_is_missed_only_where_the_whole_interval_lies_below_it(
    tmp_path: Path, best: float, verdict: Verdict
) -> None:
    assert answer(ran(tmp_path, {**ACCURACIES, "compact_cnn": best}), "image_goal").verdict is verdict


@pytest.mark.parametrize("claim", ["image_baseline", "image_cnn", "image_unfit", "image_goal"])
def test_other_labels_than_the_study_s_tell_nothing(tmp_path: Path, claim: str) -> None:
    found = answer(ran(tmp_path, {**ACCURACIES, "compact_cnn": 0.93}, scheme="clean5"), claim)
    assert found.verdict is Verdict.CANNOT_TELL
    assert "clean5" in plain(found.why)
    assert found.ours is None
