"""A search goes on as if nobody had stopped it, stops what does worse, keeps to its time, and never sees a test row."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cosmic.datasets import Dataset
from cosmic.errors import ConfigError
from cosmic.facts.search import Search
from cosmic.records import Model, Prepared, Searched
from cosmic.search.search import search, study_name
from cosmic.search.trials import Trials, Tried
from tests.search.conftest import NewJournal

QUICK = (Model.DECISION_TREE,)
ENOUGH = 14


def go(
    prepared: Prepared, journal: NewJournal, folder: Path, trials: int | None = ENOUGH, **options: float
) -> Searched:
    with journal() as catalogue:
        return search(prepared, journal=catalogue, seed=0, folder=folder, trials=trials, models=QUICK, **options)  # type: ignore[arg-type]


def tried(prepared: Prepared, journal: NewJournal) -> list[Tried]:
    with journal() as catalogue:
        return Trials(catalogue, study_name(prepared, seed=0, models=QUICK), seed=0, models=QUICK).ended()


def facts(searched: Searched) -> Search:
    return Search.model_validate_json(searched.path.read_bytes())


@pytest.fixture(scope="module")
def undisturbed(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> tuple[Search, list[Tried]]:
    from cosmic.catalogue import Catalogue
    from cosmic.records import Sky

    folder = tmp_path_factory.mktemp("undisturbed")

    def journal() -> Catalogue:
        return Catalogue.open(f"sqlite:///{folder / 'c.db'}", sky=Sky.SIMULATED, lock_folder=folder / "locks")

    return facts(go(prepared, journal, folder)), tried(prepared, journal)


def test_a_search_in_several_runs_equals_one_that_nobody_stopped(
    prepared: Prepared, journal: NewJournal, tmp_path: Path, undisturbed: tuple[Search, list[Tried]]
) -> None:
    turns = [go(prepared, journal, tmp_path, trials) for trials in (3, 8, ENOUGH)]
    assert [(one.before, one.trials) for one in turns] == [(0, 3), (3, 8), (8, ENOUGH)]
    assert tried(prepared, journal) == undisturbed[1]
    assert facts(turns[-1]) == undisturbed[0]
    again = go(prepared, journal, tmp_path)
    assert (again.before, again.trials, again.path) == (ENOUGH, ENOUGH, turns[-1].path), "nothing is left to try"


def test_what_does_worse_than_the_median_stops_at_its_rung(undisturbed: tuple[Search, list[Tried]]) -> None:
    found, trials = undisturbed
    pruned = [one for one in trials if one.state == "pruned"]
    assert 0 < len(pruned) == found.pruned
    assert all(len(one.figures) < 3 and one.value is None for one in pruned)
    complete = [one for one in trials if one.state == "complete"]
    assert all(len(one.figures) == 3 and one.value == one.figures[-1] for one in complete)
    first = np.median([one.figures[0] for one in complete])
    assert min(one.figures[0] for one in pruned) < first


def test_the_best_is_the_first_of_the_highest_figures(undisturbed: tuple[Search, list[Tried]]) -> None:
    found, trials = undisturbed
    values = [one.value for one in trials if one.value is not None]
    assert found.best == max(values) == found.steps[-1].value
    assert [step.value for step in found.steps] == sorted({step.value for step in found.steps})
    assert found.top[0].figures[-1] == found.best
    assert found.top[0].trial == next(one.number for one in trials if one.value == found.best)


def test_no_test_row_is_read(
    prepared: Prepared, journal: NewJournal, tmp_path: Path, undisturbed: tuple[Search, list[Tried]]
) -> None:
    assert prepared.path is not None
    data = Dataset.load(prepared.path)
    test = data.within("test")
    X, y = data.X.copy(), data.y.copy()
    X[test], y[test] = np.nan, 999
    poisoned = dataclasses.replace(data, X=X, y=y).to_bytes()
    path = tmp_path / f"{hashlib.sha256(poisoned).hexdigest()}.arrow"
    path.write_bytes(poisoned)
    found = go(dataclasses.replace(prepared, path=path), journal, tmp_path)
    assert facts(found) == undisturbed[0]


def test_another_seed_data_set_or_space_is_another_study(prepared: Prepared) -> None:
    names = {
        study_name(prepared, seed=0, models=QUICK),
        study_name(prepared, seed=1, models=QUICK),
        study_name(prepared, seed=0),
        study_name(dataclasses.replace(prepared, id="0" * 64), seed=0, models=QUICK),
    }
    assert len(names) == 4


def ticking(step: float) -> Iterator[float]:
    return itertools.count(0.0, step)


def test_a_turn_begins_no_trial_after_its_time(prepared: Prepared, journal: NewJournal, tmp_path: Path) -> None:
    ticks = ticking(1.0)
    found = go(prepared, journal, tmp_path, None, seconds=20.0, clock=lambda: next(ticks))  # type: ignore[arg-type]
    assert 1 <= found.trials <= 3
    assert not found.enough


def test_what_the_clock_stopped_is_tried_again_and_given_up_the_second_time(
    prepared: Prepared, journal: NewJournal, tmp_path: Path
) -> None:
    for state in ("unfinished", "pruned"):
        ticks = ticking(1.0)
        found = go(prepared, journal, tmp_path, None, until=4.5, clock=lambda: next(ticks))  # type: ignore[arg-type]  # noqa: B023
        last = tried(prepared, journal)[-1]
        assert (last.state, found.best) == (state, None)
        assert len(last.figures) == 1, "the second fit would have lasted beyond the end"
    first, second = tried(prepared, journal)
    assert first.settings == second.settings
    assert facts(found).unfinished == 1
    going_on = go(prepared, journal, tmp_path, 3)
    assert going_on.trials == 4, "a trial without an end is none of those that were asked for"
    assert tried(prepared, journal)[2].settings != second.settings


def test_what_cannot_be_trained_cannot_be_searched(prepared: Prepared, journal: NewJournal, tmp_path: Path) -> None:
    nothing = dataclasses.replace(prepared, path=None, not_run="no labels")
    with pytest.raises(ConfigError, match="superclass, photometric cannot be searched: no labels"):
        go(nothing, journal, tmp_path)
