"""The hierarchy multiplies along paths, ends where a node cannot answer, and judges each row alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from cosmic.datasets import prepare
from cosmic.errors import NotServable
from cosmic.models.fit import fit
from cosmic.models.hierarchy import HierarchicalClassifier, Hierarchy, compose
from cosmic.models.persistence import Probabilities, TrainedModel, load
from cosmic.records import Arm, MagnitudeSystem, Model, Rebalancing, SplitName, Task
from tests.small_sky import replace, small_rows, small_snapshot

ROWS = small_rows(300)
MODEL = MagnitudeSystem.MODEL


def probabilities(labels: tuple[str, ...], values: NDArray[np.float64]) -> Probabilities:
    return Probabilities(labels, values, np.isfinite(values).all(axis=1))


def simplex(n: int, k: int) -> st.SearchStrategy[NDArray[np.float64]]:
    weights = hnp.arrays(float, (n, k), elements=st.floats(0.01, 1.0))
    return weights.map(lambda values: values / values.sum(axis=1, keepdims=True))


@given(simplex(6, 3), simplex(6, 4), st.sets(st.integers(0, 5)))
def test_probabilities_multiply_along_the_path(
    above: NDArray[np.float64], below: NDArray[np.float64], lost: set[int]
) -> None:
    below = below.copy()
    below[list(lost)] = np.nan
    root = probabilities(("galaxy", "quasar", "star"), above)
    found = compose(root, {"star": probabilities(("A", "G", "K", "M"), below)})
    assert found.paths == (
        ("galaxy",),
        ("quasar",),
        ("star",),
        ("star", "A"),
        ("star", "G"),
        ("star", "K"),
        ("star", "M"),
    )
    star, letters = found.values[:, 2], found.values[:, 3:]
    known = [row for row in range(6) if row not in lost]
    assert (letters[known] <= star[known, None] + 1e-15).all()
    np.testing.assert_allclose(letters[known].sum(axis=1), star[known])
    for row, answer in enumerate(found.answers()):
        best = root.labels[int(np.argmax(above[row]))]
        assert answer[0] == best
        assert len(answer) == (2 if best == "star" and row not in lost else 1)


def test_a_row_without_a_superclass_has_no_path() -> None:
    root = probabilities(("galaxy", "star"), np.array([[np.nan, np.nan], [0.2, 0.8]]))
    found = compose(root, {"star": probabilities(("A", "G"), np.array([[0.5, 0.5], [0.3, 0.7]]))})
    assert found.answers() == ((), ("star", "G"))
    assert np.isnan(found.values[0]).all()


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> dict[Task, TrainedModel]:
    folder = tmp_path_factory.mktemp("hierarchy")
    return {task: _node(folder, task) for task in (Task.SUPERCLASS, Task.STAR)}


def _node(folder: Path, task: Task, system: MagnitudeSystem = MODEL) -> TrainedModel:
    prepared = prepare(
        small_snapshot(folder, ROWS, system=system), task=task, arm=Arm.PUBLISHED, split=SplitName.SKY, salt="cosmic", seed=0,
        min_class_size=5, filter="none", folder=folder,
    )  # fmt: skip
    return load(fit(prepared, model=Model.LOGISTIC, rebalancing=Rebalancing.NONE, seed=0, folder=folder).model)


def test_a_missing_galaxy_model_ends_at_galaxy(nodes: dict[Task, TrainedModel]) -> None:
    found = Hierarchy(nodes[Task.SUPERCLASS], {"star": nodes[Task.STAR]}).predict_proba(ROWS, system=MODEL)
    answers = dict(zip(ROWS["object_key"].to_pylist(), found.answers(), strict=True))
    classes = dict(zip(ROWS["object_key"].to_pylist(), ROWS["class"].to_pylist(), strict=True))
    galaxies = [answers[key] for key, given in classes.items() if given == "GALAXY"]
    assert galaxies.count(("galaxy",)) > 0.8 * len(galaxies)


def test_a_row_without_what_the_star_model_needs_ends_at_star(nodes: dict[Task, TrainedModel]) -> None:
    both = Hierarchy(nodes[Task.SUPERCLASS], {"star": nodes[Task.STAR]})
    rows = replace(ROWS, "elodie_teff", [None] * ROWS.num_rows)
    whole, without = both.predict_proba(ROWS, system=MODEL), both.predict_proba(rows, system=MODEL)
    assert {len(answer) for answer in whole.answers() if answer[0] == "star"} == {1, 2}
    assert {answer for answer in without.answers() if answer[0] == "star"} == {("star",)}
    np.testing.assert_array_equal(whole.values[:, 2], without.values[:, 2])


@given(st.lists(st.integers(0, ROWS.num_rows - 1), min_size=1, max_size=10))
@settings(max_examples=20)
def test_one_rows_answer_does_not_depend_on_its_batch(nodes: dict[Task, TrainedModel], batch: list[int]) -> None:
    both = Hierarchy(nodes[Task.SUPERCLASS], {"star": nodes[Task.STAR]})
    whole = both.predict_proba(ROWS, system=MODEL)
    part = both.predict_proba(ROWS.take(batch), system=MODEL)
    np.testing.assert_allclose(part.values, whole.values[batch], atol=1e-12)
    assert part.answers() == tuple(whole.answers()[row] for row in batch)


def test_models_of_different_magnitude_systems_are_not_composed(
    nodes: dict[Task, TrainedModel], tmp_path: Path
) -> None:
    other = _node(tmp_path, Task.STAR, MagnitudeSystem.PSF)
    with pytest.raises(NotServable, match="psf"):
        Hierarchy(nodes[Task.SUPERCLASS], {"star": other})
    with pytest.raises(NotServable, match="comet"):
        Hierarchy(nodes[Task.SUPERCLASS], {"comet": nodes[Task.STAR]})


@parametrize_with_checks([HierarchicalClassifier(LogisticRegression())])
def test_the_estimator_keeps_scikit_learns_contract(estimator: HierarchicalClassifier, check) -> None:
    check(estimator)


def paths(n: int = 300) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    rng = np.random.default_rng(2)
    names = np.array(["galaxy", "quasar", "star/A", "star/G", "star/M"])
    codes = rng.integers(0, 5, n)
    return rng.normal(size=(n, 3)) + np.column_stack([codes, codes % 2, codes > 1]) * 2.0, names[codes]


@given(st.lists(st.integers(0, 299), min_size=1, max_size=20))
@settings(max_examples=20)
def test_the_estimator_gives_probabilities_that_sum_to_one_for_any_batch(batch: list[int]) -> None:
    X, y = paths()
    model = HierarchicalClassifier(DecisionTreeClassifier(max_depth=4, random_state=0)).fit(X, y)
    p = model.predict_proba(X[batch])
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    np.testing.assert_array_equal(p, model.predict_proba(X)[batch])
    stars = p[:, [label.startswith("star") for label in model.classes_]].sum(axis=1)
    np.testing.assert_allclose(stars, model.root_.predict_proba(X[batch])[:, list(model.parents_).index("star")])


def test_the_estimator_answers_from_the_top() -> None:
    X, y = paths()
    model = HierarchicalClassifier(LogisticRegression()).fit(X, y)
    top = model.parents_[np.argmax(model.root_.predict_proba(X), axis=1)]
    assert [label.split("/")[0] for label in model.predict(X)] == top.tolist()
    assert (model.predict(X) == y).mean() > 0.7


def test_a_label_above_another_is_refused() -> None:
    with pytest.raises(ValueError, match="lies above others"):
        HierarchicalClassifier().fit(np.zeros((2, 1)), ["star", "star/K"])


def test_rows_and_columns_of_a_table_may_come_in_any_order(nodes: dict[Task, TrainedModel]) -> None:
    turned = ROWS.select(ROWS.column_names[::-1])
    assert isinstance(turned, pa.Table)
    root = nodes[Task.SUPERCLASS]
    np.testing.assert_array_equal(
        root.predict_proba(turned, system=MODEL).values, root.predict_proba(ROWS, system=MODEL).values
    )
