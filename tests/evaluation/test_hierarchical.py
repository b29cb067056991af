"""Hierarchical scores are those of Silla and Freitas on ancestor-closed sets without the root."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cosmic import labels
from cosmic.datasets import prepare
from cosmic.evaluation.hierarchical import assess_hierarchy, hierarchical_scores, true_paths
from cosmic.models.fit import fit
from cosmic.models.hierarchy import Hierarchy
from cosmic.models.persistence import load
from cosmic.records import Arm, Model, Rebalancing, SplitName, Task
from tests.small_sky import small_rows, small_snapshot

K, G, STAR, GALAXY = ("star", "K"), ("star", "G"), ("star",), ("galaxy",)


def scores(*pairs: tuple[tuple[str, ...], tuple[str, ...]]) -> tuple[float | None, float | None, float | None]:
    blocks = pa.array([f"cell:{at}" for at in range(len(pairs))])
    found = hierarchical_scores([true for true, _ in pairs], [answer for _, answer in pairs], blocks, resamples=50)
    return found.precision, found.recall, found.f


def test_every_node_of_a_path_counts() -> None:
    # shared 2, 1, 0, 1 of answered 2, 2, 1, 1 and true 2, 2, 2, 2
    assert scores((K, K), (K, G), (K, GALAXY), (K, STAR)) == pytest.approx((4 / 6, 4 / 8, 8 / 14))


def test_nothing_is_judged_below_what_is_known() -> None:
    assert scores((STAR, K), (GALAXY, GALAXY)) == (1.0, 1.0, 1.0)
    assert scores((GALAXY, K)) == (0.0, 0.0, 0.0)


def test_objects_without_an_answer_are_left_out_and_counted() -> None:
    found = hierarchical_scores([K, K], [(), K], pa.array(["a", "b"]))
    assert (found.n, found.unanswered, found.f) == (1, 1, 1.0)
    assert hierarchical_scores([K], [()], pa.array(["a"])).f is None


def test_composed_models_are_scored_on_the_test_objects_of_the_superclass(tmp_path: Path) -> None:
    rows = small_rows(400)
    snapshot = small_snapshot(tmp_path, rows)
    options = {"split": SplitName.SKY, "salt": "cosmic", "seed": 0, "filter": "none"}
    nodes = {}
    for task in (Task.SUPERCLASS, Task.STAR):
        prepared = prepare(
            snapshot, task=task, arm=Arm.PUBLISHED, min_class_size=5, folder=tmp_path, **options  # type: ignore[arg-type]
        )  # fmt: skip
        fitted = fit(prepared, model=Model.DECISION_TREE, rebalancing=Rebalancing.NONE, seed=0, folder=tmp_path)
        nodes[task] = load(fitted.model)
    both = Hierarchy(nodes[Task.SUPERCLASS], {"star": nodes[Task.STAR]})
    found = assess_hierarchy(snapshot, both, resamples=100, **options)  # type: ignore[arg-type]
    alone = assess_hierarchy(snapshot, Hierarchy(nodes[Task.SUPERCLASS], {}), resamples=100, **options)  # type: ignore[arg-type]
    assert found.n == alone.n
    assert 0.15 * rows.num_rows < found.n < 0.25 * rows.num_rows
    assert found.f is not None
    assert 0.7 < found.f <= 1
    assert found.interval["f"][0] <= found.f <= found.interval["f"][1]
    assert alone.precision == pytest.approx(alone.recall)


def test_galaxies_have_a_node_of_their_own_beside_the_stars(tmp_path: Path) -> None:
    rows = small_rows(600)
    far = pc.greater(rows["redshift"], pc.quantile(rows["redshift"].filter(pc.equal(rows["class"], "GALAXY")), 0.5)[0])
    rows = _with_strings(rows, pc.if_else(far, "Sc2t", "Ei"))
    snapshot = small_snapshot(tmp_path, rows)
    options = {"split": SplitName.SKY, "salt": "cosmic", "seed": 0, "filter": "none"}
    nodes = {}
    for task in (Task.SUPERCLASS, Task.STAR, Task.GALAXY):
        prepared = prepare(
            snapshot, task=task, arm=Arm.PUBLISHED, min_class_size=5, folder=tmp_path, **options  # type: ignore[arg-type]
        )  # fmt: skip
        fitted = fit(prepared, model=Model.DECISION_TREE, rebalancing=Rebalancing.NONE, seed=0, folder=tmp_path)
        nodes[task] = load(fitted.model)
    whole = Hierarchy(nodes[Task.SUPERCLASS], {"star": nodes[Task.STAR], "galaxy": nodes[Task.GALAXY]})
    answered = whole.predict_proba(rows, system=snapshot.system)
    paths = answered.paths
    leaves = [path not in {each[:-1] for each in paths} for path in paths]
    complete = np.isfinite(answered.values).all(axis=1)
    assert complete.any()
    assert answered.values[complete][:, leaves].sum(axis=1) == pytest.approx(1)
    assert {("galaxy", "Ee"), ("galaxy", "Sc"), ("galaxy",), ("star",), ("quasar",)} <= set(paths)
    truth = true_paths(rows, labels.superclass(rows).values.to_pylist(), whole)
    strings = zip(truth, rows["gz2_class"].to_pylist(), strict=True)
    assert {(path, string) for path, string in strings if path[0] == "galaxy"} == {
        (("galaxy", "Ee"), "Ei"), (("galaxy", "Sc"), "Sc2t"),
    }  # fmt: skip
    stars = Hierarchy(nodes[Task.SUPERCLASS], {"star": nodes[Task.STAR]})
    found, less = (assess_hierarchy(snapshot, one, resamples=50, **options) for one in (whole, stars))  # type: ignore[arg-type]
    assert found.n == less.n
    assert found.f is not None
    assert found.f > 0.8


def _with_strings(rows: pa.Table, strings: pa.ChunkedArray) -> pa.Table:
    at = rows.schema.get_field_index("gz2_class")
    return rows.append_column("gz2_class", strings) if at < 0 else rows.set_column(at, "gz2_class", strings)
