"""Each claim of the study is answered from facts alone, and what was not run says so instead of guessing."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic.facts import Facts
from cosmic.facts.exploration import Components, Exploration, Line
from cosmic.reporting.check import numbers_not_in_facts
from cosmic.reporting.claim_answers import Verdict
from cosmic.reporting.claim_judges import JUDGES
from cosmic.reporting.claims import Judged, judged, published_claims
from cosmic.reporting.shown import marked, plain
from tests.reporting.sample_facts import sample_facts


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return with_claims(sample_facts(tmp_path_factory.mktemp("facts")))


def with_claims(facts: Facts, **changes: object) -> Facts:
    return Facts.model_validate({**dict(facts), "published_claims": published_claims(), **changes})


def of(facts: Facts, name: str) -> Judged:
    return next(row for row in judged(facts) if row.id == name)


def explored(share: float, r2: float) -> Exploration:
    line = Line.model_validate(
        {"direction": "slide", "mean": {}, "scale": {}, "slope": 1, "intercept": 0, "n": {"test": 900},
         "n_undefined": {"test": 0}, "r2": {"test": r2}, "interval": {"test": (r2 - 0.001, r2 + 0.001)},
         "true_by_construction": False}
    )  # fmt: skip
    found = Components(explained=(share, 1 - share), target=0.85, n_for_target=2, first_two=share,
                       interval=(share - 0.01, share + 0.01), loadings=((1.0, 0.0), (0.0, 1.0)))  # fmt: skip
    return Exploration(task="star", simulated=False, features=("elodie_bv", "u-r_p"), n={"train": 5000},
                       components=found, lines=(line,))  # fmt: skip


def test_every_claim_has_one_judge_and_every_judge_a_claim() -> None:
    assert [claim.id for claim in published_claims()] == list(JUDGES)


def test_a_simulated_sky_has_no_ledger(tmp_path: Path) -> None:
    simulated = sample_facts(tmp_path, simulated=True)
    assert judged(simulated) == ()
    with pytest.raises(ValueError, match="published figure"):
        with_claims(simulated)


def test_every_number_of_the_ledger_stands_in_the_facts(facts: Facts) -> None:
    full = with_claims(facts, exploration=(explored(0.84, 0.97),))
    html = ""
    for row in judged(full):
        answer = row.answer
        parts = [
            row.claim,
            row.slide,
            row.published,
            row.other,
            row.note,
            answer.ours,
            answer.n,
            *(answer.interval or ()),
        ]
        html += "".join(f"<p>{marked((part,))}</p>" for part in parts if part is not None)
        html += f"<p>{marked(answer.why)}</p>"
    assert numbers_not_in_facts(html, full) == []


@pytest.mark.parametrize(
    "name",
    ["two_components", "temperature_colour", "network_superclass", "ten_trees", "weights_eight", "image_cnn",
     "image_goal", "cluster_star", "galaxy_poor", "network_galaxy_accuracy"],
)  # fmt: skip
def test_what_was_not_run_cannot_be_told(facts: Facts, name: str) -> None:
    answer = of(facts, name).answer
    assert answer.verdict is Verdict.CANNOT_TELL
    assert plain(answer.why).startswith("not run")
    assert answer.ours is None


@pytest.mark.parametrize(
    ("share", "r2", "verdict"),
    [(0.84, 0.97, Verdict.REPRODUCED), (0.76, 0.80, Verdict.NOT_REPRODUCED), (0.95, 0.999, Verdict.NOT_REPRODUCED)],
)
def test_components_and_regression_are_judged_by_their_intervals(
    facts: Facts, share: float, r2: float, verdict: Verdict
) -> None:
    full = with_claims(facts, exploration=(explored(share, r2),))
    assert of(full, "two_components").answer.verdict is verdict
    assert of(full, "temperature_colour").answer.verdict is verdict


def test_components_of_other_features_decide_nothing(facts: Facts) -> None:
    other = explored(0.84, 0.97).model_copy(update={"features": ("sum_p", "u-r_p")})
    answer = of(with_claims(facts, exploration=(other,)), "two_components").answer
    assert answer.verdict is Verdict.CANNOT_TELL
    assert answer.ours is not None


def test_redshift_explains_where_the_arm_without_it_is_worse(facts: Facts) -> None:
    answer = of(facts, "redshift").answer
    assert answer.verdict is Verdict.REPRODUCED
    assert "leak" in plain(answer.why)
