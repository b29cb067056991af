"""Clusters are judged by scores that renumbering cannot change, and the published figure is shown for what it is."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from cosmic.datasets import Dataset
from cosmic.evaluation.intervals import confusion_by_block
from cosmic.exploration.clusters import clusters, match, renumbered, score, table_figures
from cosmic.exploration.standard import standardised
from cosmic.facts.exploration import Clusters

K = 3
rows = st.lists(st.tuples(st.integers(0, K - 1), st.integers(0, K - 1)), min_size=2, max_size=40)


def found(data: Dataset, **given: object) -> Clusters:
    settings = {"method": "k-means", "numbers": (1, 2), "limit": 10_000, "seed": 0, "resamples": 20} | given
    return clusters(data, standardised(data), **settings)  # type: ignore[arg-type]


@given(rows)
def test_figures_of_tables_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    y, cluster = np.array(pairs).T
    table = np.bincount(y * K + cluster, minlength=K * K).astype(float)
    matching = match(y, cluster, K)
    figures = table_figures(table, matching)
    assert figures["matched"] == pytest.approx((matching[cluster] == y).mean())
    assert figures["raw"] == pytest.approx((cluster == y).mean())
    apart = len(set(y)) == len(y) == len(set(cluster))
    if len(set(y)) > 1 and len(set(cluster)) > 1 and not apart:  # else the formula is 0 / 0
        assert figures["ari"] == pytest.approx(adjusted_rand_score(y, cluster), abs=1e-9)
        assert figures["nmi"] == pytest.approx(normalized_mutual_info_score(y, cluster), abs=1e-9)


@given(rows)
def test_matching_and_range_are_the_extremes_of_all_numberings(pairs: list[tuple[int, int]]) -> None:
    y, cluster = np.array(pairs).T
    shares = [float((np.array(order)[cluster] == y).mean()) for order in permutations(range(K))]
    assert renumbered(y, cluster, K) == pytest.approx((min(shares), max(shares)))
    assert (match(y, cluster, K)[cluster] == y).mean() == pytest.approx(max(shares))
    assert np.mean(shares) == pytest.approx(1 / K)


def test_renumbering_changes_the_published_figure_alone() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, K, 400)
    cluster = np.where(rng.random(400) < 0.8, y, rng.integers(0, K, 400))
    blocks = pa.array([f"cell:{at // 4}" for at in range(400)])

    def scored(cluster: np.ndarray) -> dict[str, float]:
        by = confusion_by_block(blocks, y, cluster, K)
        one = score(y, cluster, blocks=by, matching=match(y, cluster, K), majority=0, resamples=20, seed=0)
        return {name: getattr(one, name) for name in ("ari", "nmi", "matched", "raw")}

    kept, turned = scored(cluster), scored((cluster + 1) % K)
    assert kept["raw"] > 0.8 > 0.2 > turned["raw"]
    assert [kept[name] for name in ("ari", "nmi", "matched")] == pytest.approx(
        [turned[name] for name in ("ari", "nmi", "matched")]
    )


@pytest.mark.parametrize("method", ["k-means", "gaussian mixture"])
def test_clear_groups_are_found_and_named(stars: Dataset, method: str) -> None:
    one = found(stars, method=method)
    assert one.k == 3
    assert [trial.k for trial in one.trials] == [1, 2, 3]
    assert set(one.matching) == set(stars.card.labels)
    assert one.scores["test"].matched > 0.95 > one.scores["test"].majority
    assert one.raw_lowest <= one.scores["validation"].raw <= one.raw_highest
    assert one.trials[0].value > one.trials[-1].value


def test_the_same_seed_gives_the_same_facts(superclass: Dataset) -> None:
    first, again, other = (found(superclass, limit=200, seed=seed, clock=lambda: 0.0) for seed in (1, 1, 2))
    assert first == again
    assert first.trials != other.trials


def test_a_draw_of_rows_is_said_and_everything_is_scored(superclass: Dataset) -> None:
    one = found(superclass, limit=100)
    n = len(superclass.within("train"))
    assert (one.n_fitted, one.n_train, one.scores["train"].n) == (100, n, n)
    assert f"fitted on 100 of {n} training rows" in one.notes[0]
    assert found(superclass, limit=n).notes == ()


def test_rows_that_are_only_scored_have_no_part_in_clusters_and_names(superclass: Dataset) -> None:
    rest = superclass.part > 0
    spoiled = replace(
        superclass,
        X=np.where(rest[:, None], 100.0, superclass.X),
        y=np.where(rest, (superclass.y + 1) % K, superclass.y),
    )
    kept, other = found(superclass), found(spoiled)
    assert (kept.matching, kept.trials, kept.scores["train"]) == (other.matching, other.trials, other.scores["train"])
