"""The facts accept what a run finds and refuse what cannot be true."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from pydantic import ValidationError

from cosmic.facts import Facts, Result, Scores
from cosmic.reporting.published import published_for
from tests.reporting.sample_facts import sample_facts


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_figure_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        Scores(f1=value)


def test_a_name_that_schema_1_does_not_know_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Scores.model_validate({"f1_micro": 0.5})


def test_facts_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Scores(f1=0.5).f1 = 0.6


def test_infinity_among_the_settings_is_written_in_words() -> None:
    result = Result(task="star", arm="published", hyperparameters={"C": math.inf, "n": 5, "on": True}, not_run="why")
    assert result.hyperparameters == {"C": "inf", "n": 5, "on": True}


@pytest.mark.parametrize("given", [{}, {"test": Scores(), "not_run": "a reason"}])
def test_a_result_has_either_figures_or_a_reason(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="either test figures or a reason"):
        Result.model_validate({"task": "star", "arm": "published", **given})


def test_an_index_beyond_the_results_is_refused(tmp_path: Path) -> None:
    facts = sample_facts(tmp_path)
    with pytest.raises(ValidationError, match="points beyond"):
        Facts.model_validate({**dict(facts), "results": facts.results[:3]})


def test_a_published_figure_beside_a_simulated_sky_is_refused(tmp_path: Path) -> None:
    facts = sample_facts(tmp_path, simulated=True)
    spoiled = facts.results[0].model_copy(update={"published": published_for("superclass", "logistic")})
    with pytest.raises(ValidationError, match="published figure"):
        Facts.model_validate({**dict(facts), "results": (spoiled, *facts.results[1:])})


def test_source_and_snapshot_agree_about_the_sky(tmp_path: Path) -> None:
    facts = sample_facts(tmp_path)
    source = facts.source.model_copy(update={"simulated": True})
    with pytest.raises(ValidationError, match="disagree"):
        Facts.model_validate({**dict(facts), "source": source, "published_study": ()})
