"""A fit learns from the training part alone and gives the same model from the same seed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cosmic import artefacts
from cosmic.datasets import Dataset, prepare
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.models.families import FAMILIES, USUAL, kinds, left_out, why_not
from cosmic.models.fit import FitFacts, fit, one_thread, train_pipeline
from cosmic.models.persistence import load
from cosmic.models.predictions import Predictions
from cosmic.records import Arm, Fitted, Model, Prepared, Rebalancing, SplitName, Task
from tests.small_sky import small_rows, small_snapshot

EACH = [
    *((Model.DECISION_TREE, how) for how in Rebalancing),
    *((model, Rebalancing.CLASS_WEIGHT if FAMILIES[model].weights else Rebalancing.NONE)
      for model in FAMILIES if model is not Model.DECISION_TREE),
]  # fmt: skip
"""Every family once and every rebalancing once."""
AT_ONCE = [(Model.LOGISTIC, Rebalancing.SMOTE), (Model.RANDOM_FOREST, Rebalancing.NONE),
           (Model.BOOSTING, Rebalancing.CLASS_WEIGHT)]  # fmt: skip


RESAMPLED = {model: Rebalancing.RAREST if family.resampled else Rebalancing.NONE
             for model, family in FAMILIES.items()}  # fmt: skip


def needs(model: Model) -> None:
    if (why := FAMILIES[model].missing()) is not None:
        pytest.skip(why)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("fit")
    return prepare(
        small_snapshot(folder, small_rows(400)), task=Task.SUPERCLASS, arm=Arm.PHOTOMETRIC, split=SplitName.SKY,
        salt="cosmic", seed=0, min_class_size=5, filter="none", folder=folder,
    )  # fmt: skip


@pytest.fixture(scope="module")
def data(prepared: Prepared) -> Dataset:
    assert prepared.path is not None
    return Dataset.load(prepared.path)


def run(prepared: Prepared, folder: Path, model: Model = Model.DECISION_TREE, rebalancing: Rebalancing = Rebalancing.NONE,
        seed: int = 0) -> Fitted:  # fmt: skip
    return fit(prepared, model=model, rebalancing=rebalancing, seed=seed, folder=folder)


@pytest.mark.parametrize(("model", "rebalancing"), EACH)
def test_every_family_and_rebalancing_fits_and_beats_the_majority(
    prepared: Prepared, data: Dataset, tmp_path: Path, model: Model, rebalancing: Rebalancing
) -> None:
    needs(model)
    fitted = run(prepared, tmp_path, model, rebalancing)
    said = Predictions.load(fitted.predictions)
    facts = FitFacts.load(fitted.facts)
    np.testing.assert_allclose(said.p.sum(axis=1), 1.0, atol=1e-12)
    assert (said.p >= 0).all()
    test = said.within("test")
    assert (test.answer == test.y).mean() > (test.y == facts.majority).mean() + 0.1
    assert (facts.n_train, facts.n_validation, facts.n_test) == tuple(
        len(data.within(p)) for p in ("train", "validation", "test")
    )
    assert set(said.keys.to_pylist()) == set(data.keys.take(np.flatnonzero(data.part > 0)).to_pylist())
    expected = {Rebalancing.NONE: facts.n_train, Rebalancing.CLASS_WEIGHT: facts.n_train, Rebalancing.SMOTE: 3 * np.bincount(data.y[data.within("train")]).max(),
                Rebalancing.RAREST: 3 * np.bincount(data.y[data.within("train")]).min()}  # fmt: skip
    assert facts.n_fitted == expected[rebalancing]


@pytest.mark.parametrize("rebalancing", list(Rebalancing))
def test_the_scaler_learns_from_the_natural_training_rows(prepared: Prepared, data: Dataset, tmp_path: Path,
                                                          rebalancing: Rebalancing) -> None:  # fmt: skip
    scaler = load(run(prepared, tmp_path, Model.LOGISTIC, rebalancing).model).estimator["scale"]  # type: ignore[index]
    train = data.X[data.within("train")]
    np.testing.assert_allclose(scaler.mean_, train.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(scaler.scale_, train.std(axis=0), rtol=1e-12)


@pytest.mark.parametrize("rebalancing", list(Rebalancing))
def test_validation_and_test_rows_have_no_part_in_training(prepared: Prepared, data: Dataset, tmp_path: Path,
                                                           rebalancing: Rebalancing) -> None:  # fmt: skip
    unseen = np.flatnonzero(data.part > 0)
    scrambled = data.X.copy()
    scrambled[unseen] = np.random.default_rng(0).normal(100, 50, scrambled[unseen].shape)
    changed = replace(data, X=scrambled, y=np.where(data.part > 0, (data.y + 1) % 3, data.y))
    train = data.within("train")
    models = [
        train_pipeline(d.X[train], d.y[train], n_labels=3, model=Model.RANDOM_FOREST, rebalancing=rebalancing, seed=0)[
            0
        ]
        for d in (data, changed)
    ]
    np.testing.assert_array_equal(models[0].predict_proba(data.X), models[1].predict_proba(data.X))
    fitted = run(prepared, tmp_path, Model.RANDOM_FOREST, rebalancing)
    np.testing.assert_array_equal(Predictions.load(fitted.predictions).p, models[0].predict_proba(data.X[unseen]))


@pytest.mark.parametrize("model", list(FAMILIES))
def test_the_same_seed_gives_the_same_bytes(prepared: Prepared, tmp_path: Path, model: Model) -> None:
    needs(model)
    one = run(prepared, tmp_path / "one", model, RESAMPLED[model])
    two = run(prepared, tmp_path / "two", model, RESAMPLED[model])
    assert one.id == two.id
    assert one.model.read_bytes() == two.model.read_bytes()
    assert one.predictions.read_bytes() == two.predictions.read_bytes()


def test_every_rebalancing_of_a_named_family_is_fitted_and_what_is_left_out_says_why() -> None:
    assert {how for _, how in kinds([Model.BOOSTING])} == set(Rebalancing)
    assert Rebalancing.CLASS_WEIGHT not in {how for _, how in kinds([Model.KNN])}
    assert left_out([Model.KNN]) == ("knn, class-weight: not run, the family knows no weights",)
    assert kinds([Model.ENSEMBLE]) == ((Model.ENSEMBLE, Rebalancing.NONE),)
    assert left_out([Model.ENSEMBLE])[0] == "ensemble, smote: not run, the family is fitted on natural rows alone"
    assert kinds(()) == USUAL
    assert {model for model, _ in USUAL} == {Model.LOGISTIC, Model.DECISION_TREE, Model.RANDOM_FOREST, Model.BOOSTING}
    assert all(why_not(*kind) is None for kind in USUAL)


def test_a_family_that_knows_no_weights_refuses_them(prepared: Prepared, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="knows no weights"):
        run(prepared, tmp_path, Model.KNN, Rebalancing.CLASS_WEIGHT)


def test_an_ensemble_answers_with_the_mean_of_its_parts(data: Dataset) -> None:
    train = data.within("train")
    model, settings, _, notes = train_pipeline(
        data.X[train], data.y[train], n_labels=3, model=Model.ENSEMBLE, rebalancing=Rebalancing.NONE, seed=0
    )
    scaled = model["scale"].transform(data.X)  # type: ignore[index]
    parts = model["model"].estimators_  # type: ignore[index]
    assert len(parts) == len({name.split("__")[0] for name in settings})
    mean = np.mean([part.predict_proba(scaled) for part in parts], axis=0)
    np.testing.assert_allclose(model.predict_proba(data.X), mean, atol=1e-12)
    assert notes == ()


def test_another_seed_or_rebalancing_gives_another_fit(prepared: Prepared, tmp_path: Path) -> None:
    fits = [run(prepared, tmp_path, Model.RANDOM_FOREST, rebalancing, seed)
            for rebalancing in (Rebalancing.NONE, Rebalancing.SMOTE) for seed in (0, 1)]  # fmt: skip
    assert len({fitted.id for fitted in fits}) == 4


def test_fits_at_once_give_what_they_give_alone(prepared: Prepared, tmp_path: Path) -> None:
    alone = [run(prepared, tmp_path / "alone", *one).id for one in AT_ONCE]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda one: run(prepared, tmp_path / "together", *one).id, AT_ONCE))
    assert together == alone


def test_the_thread_limit_is_lifted_when_the_last_one_leaves() -> None:
    from threadpoolctl import threadpool_info

    def threads() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info()]

    with one_thread():
        pass  # loads the libraries
    before = threads()
    with one_thread():
        with one_thread():
            assert set(threads()) == {1}
        assert set(threads()) == {1}
    assert threads() == before


def test_every_file_of_a_fit_is_sealed_and_a_changed_one_is_refused(prepared: Prepared, tmp_path: Path) -> None:
    fitted = run(prepared, tmp_path)
    assert all(artefacts.intact(path) for path in artefacts.files_of(fitted))
    fitted.facts.write_text(fitted.facts.read_text("utf-8").replace('"seed": 0', '"seed": 1'), "utf-8")
    with pytest.raises(ArtefactCorrupt, match=r"facts\.json"):
        FitFacts.load(fitted.facts)


def test_a_solver_that_stops_early_is_a_note_and_not_a_warning(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    from cosmic.models import families

    hurried = replace(
        families.FAMILIES[Model.LOGISTIC], settings=lambda _: {"C": 10.0, "solver": "lbfgs", "max_iter": 2}
    )
    monkeypatch.setitem(families.FAMILIES, Model.LOGISTIC, hurried)
    train = data.within("train")
    notes = train_pipeline(
        data.X[train], data.y[train], n_labels=3, model=Model.LOGISTIC, rebalancing=Rebalancing.NONE, seed=0
    )[3]  # fmt: skip
    assert notes == ("not converged after 2 iterations",)


def test_cost_is_what_the_clock_says(prepared: Prepared, tmp_path: Path) -> None:
    ticks = iter([10.0, 12.5, 12.75])
    fitted = fit(
        prepared,
        model=Model.DECISION_TREE,
        rebalancing=Rebalancing.NONE,
        seed=0,
        folder=tmp_path,
        clock=lambda: next(ticks),
    )
    facts = FitFacts.load(fitted.facts)
    assert (facts.fit_s, facts.predict_s) == (2.5, 0.25)
    assert facts.peak_mb is None or facts.peak_mb > 10


def test_what_was_not_prepared_cannot_be_fitted(tmp_path: Path) -> None:
    nothing = Prepared("0", None, Task.STAR, Arm.PUBLISHED, (), "no ELODIE columns")
    with pytest.raises(ConfigError, match="no ELODIE columns"):
        run(nothing, tmp_path)
