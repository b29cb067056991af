"""The study's figures stay small with the largest facts, show every class and every point, and are the same each time."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from cosmic.facts.exploration import Clusters, ClusterScores, Components, Exploration, Histogram, Line, Sample, Trial
from cosmic.reporting import schematics, study_figures, style
from cosmic.reporting.dots import LARGEST
from tests.reporting.sample_facts import sample_facts

LABELS = ("O", "B", "A", "F", "G", "K", "M", "C", "D", "d")
FEATURES = ("redshift_log", "sum_p", "u-r_p", "g-i_p", "r-z_p", "elodie_bv", "elodie_teff", "elodie_feh")
SCORES = ClusterScores(n=10, ari=0.1, nmi=0.2, matched=0.4, raw=0.1, majority=0.5)


def sample(names: tuple[str, ...], n: int) -> Sample:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(n, len(names))) * 3 + 20
    return Sample(names=names, values=tuple(map(tuple, values.tolist())), classes=tuple(at % 10 for at in range(n)))


def line(direction: str) -> Line:
    mean, scale = {"elodie_bv": 20.0, "elodie_teff": 20.0}, {"elodie_bv": 3.0, "elodie_teff": 3.0}
    return Line.model_validate(
        {"direction": direction, "mean": mean, "scale": scale, "slope": -1.2, "intercept": 0.5, "n": {"test": 1234},
         "n_undefined": {"test": 1}, "r2": {"test": 0.9}, "true_by_construction": True}
    )  # fmt: skip


@pytest.fixture(scope="module")
def explored() -> Exploration:
    rng = np.random.default_rng(1)
    edges = tuple(np.linspace(-1.2345, 2.3456, 26).tolist())
    counts = {label: tuple(map(int, rng.integers(0, 900, 25))) for label in LABELS}
    means = Clusters(
        method="k-means", criterion="inertia", k=10, seed=0, n_train=100, n_fitted=100, matching=LABELS,
        trials=tuple(Trial(k=k, value=1000 / k, converged=True) for k in range(1, 13)), scores={"validation": SCORES},
        raw_lowest=0.0, raw_highest=0.4, raw_mean=0.1,
    )  # fmt: skip
    return Exploration(
        task="star", simulated=True, features=FEATURES, units=("", *("mag",) * 5, "K", "dex"), labels=LABELS,
        histograms=tuple(Histogram(feature=name, unit="mag", edges=edges, counts=counts, outside=dict.fromkeys(LABELS, 3))
                         for name in FEATURES),
        correlation=tuple(map(tuple, np.corrcoef(rng.normal(size=(8, 30))).tolist())), sample=sample(FEATURES, 160),
        components=Components(explained=(0.4, 0.2, 0.1, 0.1, 0.08, 0.06, 0.04, 0.02), target=0.85, n_for_target=6, first_two=0.6,
                              interval=(0.58, 0.62), loadings=tuple(map(tuple, np.eye(8).tolist())),
                              sample=sample(("first component", "second component"), 450)),
        clusters=(means,), lines=(line("code"), line("slide")),
    )  # fmt: skip


def pictures(explored: Exploration) -> dict[str, style.Picture | None]:
    figures = study_figures
    drawn = {
        each.__name__: each(explored)
        for each in (figures.feature_histograms, figures.correlation, figures.pair_plot, figures.components_elbow,
                     figures.components_loadings, figures.components_scatter)
    }  # fmt: skip
    drawn["elbow"] = figures.clusters_elbow(explored, explored.clusters[0])
    return drawn | {each.direction: figures.regression(explored, each) for each in explored.lines}


def test_every_picture_of_ten_classes_and_eight_features_is_small_and_has_words(explored: Exploration) -> None:
    for name, picture in pictures(explored).items():
        assert picture is not None, name
        assert len(picture.svg.encode()) < LARGEST, name
        assert picture.alt.endswith("."), name
        assert "rotate(-0" not in picture.svg


def test_the_same_facts_give_the_same_bytes(explored: Exploration) -> None:
    assert study_figures.components_scatter(explored) == study_figures.components_scatter(explored)


def test_every_point_of_the_sample_is_drawn_once(explored: Exploration) -> None:
    scatter, pairs = study_figures.components_scatter(explored), study_figures.pair_plot(explored)
    assert scatter is not None
    assert pairs is not None
    assert len(re.findall(r"M\S+ \S+?h0", scatter.svg)) == 450
    assert len(re.findall(r"M\S+ \S+?h0", pairs.svg)) == 10 * 160


def test_what_the_facts_lack_is_not_drawn() -> None:
    nothing = Exploration(task="galaxy", simulated=False, not_run="no labels")
    assert study_figures.feature_histograms(nothing) is None
    assert study_figures.components_elbow(nothing) is None
    assert study_figures.pair_plot(nothing) is None
    assert study_figures.correlation(nothing) is None


def test_a_regression_on_a_simulated_sky_says_so(explored: Exploration) -> None:
    picture = study_figures.regression(explored, explored.lines[0])
    assert picture is not None
    assert "True by construction" in picture.alt
    assert "R² 0.900 on the 1,234 test rows" in picture.alt


def test_classes_dropped_and_counts_stand_in_pictures_of_the_run(tmp_path: Path) -> None:
    facts = sample_facts(tmp_path)
    counts, tree, steps = (
        study_figures.class_counts(facts, "star"), schematics.hierarchy(facts), schematics.preprocessing(facts)
    )  # fmt: skip
    for picture in (counts, tree, steps):
        assert picture is not None
        assert len(picture.svg.encode()) < LARGEST
    assert counts is not None
    assert "L 61" in counts.alt
    assert tree is not None
    assert "52,344" in tree.svg
    assert steps is not None
    for shown in (facts.ingest.rows, facts.ingest.quarantined, facts.snapshot.rows):
        assert f"{shown:,}" in steps.svg
    assert study_figures.class_counts(facts, "galaxy") is None
