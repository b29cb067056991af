"""Averages of several models' probabilities, with a lean chosen on validation alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cosmic.errors import ConfigError
from cosmic.facts.images import ImageFit
from cosmic.images.averaging import ensemble, lean_of, leaning, read_weighing
from cosmic.images.records import ImageFitted
from cosmic.images.shape_trees import save_probabilities
from tests.images.labelled import drawn, with_other_test_labels

DATA = drawn()


def answers(*, right: float, seed: int) -> np.ndarray:
    """Return probabilities that lean to the true label so much, on the mean."""
    p = np.random.default_rng(seed).dirichlet(np.ones(3), len(DATA.rows))
    p = p + right * np.eye(3)[DATA.codes]
    return np.asarray(p / p.sum(axis=1, keepdims=True), np.float32)


def stored(name: str, p: np.ndarray, folder: Path) -> ImageFitted:
    """Return a fit with these answers on disk."""
    from cosmic import artefacts

    home = folder / name
    facts = ImageFit(
        id=name, scheme="given", model=name, preprocessing="none", size=48, crop=1.0, images=30, seed=0, cpu_s=2.0,
        answered_images_a_cpu_s=100.0,
    )  # fmt: skip
    return ImageFitted(
        id=name, model=name, file=home / "model.json", probabilities=save_probabilities(p, home),
        facts=artefacts.write(home / "facts.json", lambda part: part.write_text(facts.model_dump_json(), "utf-8")),
    )  # fmt: skip


def test_the_average_is_stored_with_its_lean_and_costs_and_no_test_label_decides(tmp_path: Path) -> None:
    one, two = answers(right=0.6, seed=1), answers(right=0.5, seed=2)
    fits = [stored("compact_cnn", one, tmp_path), stored("morphology", two, tmp_path)]
    made = ensemble(DATA, fits, seed=0, folder=tmp_path, clock=lambda: 1.0)
    assert ensemble(with_other_test_labels(DATA), fits, seed=0, folder=tmp_path, clock=lambda: 1.0) == made
    lean = read_weighing(made).lean
    shares = np.bincount(DATA.codes[DATA.part == 0]) / (DATA.part == 0).sum()
    expected = leaning((one + two) / 2, shares, lean)
    assert np.load(made.probabilities) == pytest.approx(expected, abs=1e-6)
    facts = ImageFit.model_validate_json(made.facts.read_bytes())
    assert facts.parts == ("compact_cnn", "morphology")
    assert (facts.model, facts.cpu_s, facts.answered_images_a_cpu_s) == ("ensemble", 4.0, 50.0)
    assert facts.parameters is None


def test_answers_lean_to_a_rare_label_only_where_it_is_said_too_seldom() -> None:
    rng = np.random.default_rng(5)
    shares = np.array([0.6, 0.36, 0.04])
    y = rng.choice(3, 4000, p=shares)
    seen = np.eye(3)[y] + 0.6 * rng.standard_normal((len(y), 3))
    likely = np.exp(seen / 0.36)
    fair, timid = (likely * shares**power for power in (1.0, 1.4))  # the second thinks rare labels rarer than they are
    fair, timid = (p / p.sum(axis=1, keepdims=True) for p in (fair, timid))
    assert lean_of(y, timid, shares) > lean_of(y, fair, shares)
    assert leaning(timid, shares, 0.4) == pytest.approx(fair, abs=1e-6)
    assert leaning(timid, shares, 0.4).sum(axis=1) == pytest.approx(np.ones(len(y)), abs=1e-6)


def test_one_model_and_answers_of_other_images_are_refused_in_words(tmp_path: Path) -> None:
    one = stored("compact_cnn", answers(right=1, seed=1), tmp_path)
    with pytest.raises(ConfigError, match="two models"):
        ensemble(DATA, [one], seed=0, folder=tmp_path)
    with pytest.raises(ConfigError, match="morphology answered"):
        ensemble(DATA, [one, stored("morphology", np.ones((4, 3), np.float32), tmp_path)], seed=0, folder=tmp_path)
