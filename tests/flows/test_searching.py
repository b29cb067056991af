"""Who searches when: everyone in turn, up to the trials or the minutes that were asked for, and on after any kill."""

from __future__ import annotations

import dataclasses
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from prefect import flow

from cosmic.catalogue.glance import glance
from cosmic.datasets import prepare
from cosmic.facts.file import facts_equal, read_facts
from cosmic.home import Home
from cosmic.records import Arm, Prepared, Searched, Sky, SplitName, Task
from cosmic.reporting.check import numbers_not_in_facts
from cosmic.settings import PipelineOptions
from flows.searching import search, told
from flows.steps import Steps
from tests.flows.drill import facts_of, pipeline, running
from tests.flows.runs import WHAT_INGEST_MET
from tests.small_sky import small_rows, small_snapshot

SEARCHES = (
    "--rows", "1000", "--task", "superclass", "--task", "star", "--arm", "photometric", "--model", "decision_tree",
    "--search-trials", "20",
)  # fmt: skip
N_TRIALS = 40


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> tuple[Prepared, ...]:
    folder = tmp_path_factory.mktemp("searching")
    snapshot = small_snapshot(folder, small_rows(120))
    return tuple(
        prepare(
            snapshot, task=Task.SUPERCLASS, arm=arm, split=SplitName.SKY, salt="cosmic", seed=0, min_class_size=5,
            filter="none", folder=folder,
        )
        for arm in (Arm.NO_LEAK, Arm.PHOTOMETRIC)
    )  # fmt: skip


def go(ready: tuple[Prepared, ...], options: PipelineOptions, *, workers: int = 2) -> tuple[Searched, ...]:
    @flow
    def searching() -> tuple[Searched, ...]:
        return search(ready, options=options, workers=workers, home=Home(options.home, options.sky), steps=Steps())

    return searching()


@pytest.mark.usefixtures("prefect_server")
def test_everyone_gets_as_many_trials_as_were_asked_for_and_the_next_run_has_none_to_do(
    ready: tuple[Prepared, ...], tmp_path: Path
) -> None:
    options = PipelineOptions(home=tmp_path, search_trials=1)
    found = go(ready, options)
    assert [(one.arm, one.trials, one.before) for one in found] == [(Arm.NO_LEAK, 1, 0), (Arm.PHOTOMETRIC, 1, 0)]
    again = go(ready, options)
    assert [(one.trials, one.before, one.path) for one in again] == [(1, 1, one.path) for one in found]


@pytest.mark.usefixtures("prefect_server")
def test_where_there_is_no_time_every_search_says_so(ready: tuple[Prepared, ...], tmp_path: Path) -> None:
    found = go(ready, PipelineOptions(home=tmp_path, search=1e-6), workers=1)
    assert [(one.trials, one.found) for one in found] == [(0, None), (0, None)]


def test_without_a_search_nothing_is_done(ready: tuple[Prepared, ...], tmp_path: Path) -> None:
    assert search(ready, options=PipelineOptions(), workers=1, home=Home(tmp_path, Sky.SIMULATED), steps=Steps()) == ()


def test_a_line_says_how_far_a_search_has_come(tmp_path: Path) -> None:
    one = Searched(
        task=Task.STAR, arm=Arm.PHOTOMETRIC, path=tmp_path, trials=30, pruned=4, before=10, seconds=8.0, enough=False,
        best=0.87654, found=None,
    )  # fmt: skip
    assert told([one], left=61.2) == (
        "30 trials, 10 of them from before (4 pruned), 61 s left; best on validation: star, photometric 0.8765"
    )
    new = dataclasses.replace(one, trials=0, pruned=0, before=0, best=None)
    assert told([new], left=None) == "0 trials (0 pruned); best on validation: none yet"


def stored(folder: Path) -> list[tuple[str, int]]:
    """Return study and number of every stored trial."""
    path = folder / "cosmic" / "simulated" / "catalogue.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as connection:
        try:
            rows = connection.execute("SELECT study, number FROM search_log WHERE number > 0 ORDER BY study, number")
            return list(rows)
        except sqlite3.OperationalError:  # no tables yet
            return []


@pytest.mark.slow
def test_killed_while_it_searches_it_goes_on_to_the_same_facts(folder: Path, tmp_path: Path) -> None:
    with running(*SEARCHES, folder=folder) as run:
        run.wait_until(lambda: len(stored(folder)) >= N_TRIALS // 3)
        assert run.kill_group() == -signal.SIGKILL
    before = stored(folder)
    assert N_TRIALS // 3 <= len(before) < N_TRIALS, "the kill came too late"
    answer = pipeline(*SEARCHES, folder=folder)
    assert answer.returncode == 0, answer.stderr
    after = stored(folder)
    assert set(before) < set(after)
    assert len(after) == N_TRIALS, "none was made twice"
    facts = read_facts(facts_of(folder))
    assert sum(one.trials_before for one in facts.run.searched) == len(before)
    assert [one.trials for one in facts.searches] == [20, 20]

    other = tmp_path / "undisturbed"
    other.mkdir()
    answer = pipeline(*SEARCHES, folder=other)
    assert answer.returncode == 0, answer.stderr
    assert set(facts_equal(facts, facts_of(other))) <= WHAT_INGEST_MET
    for one in facts.searches:
        result = next(each for each in facts.results if each.searched and (each.task, each.arm) == (one.task, one.arm))
        assert result.validation is not None
        assert result.validation.f1 == one.best, "the model is the trial's"
        assert result.hyperparameters == one.top[0].settings
    page = facts_of(other).with_name("report.html").read_text(encoding="utf-8")
    assert numbers_not_in_facts(page, read_facts(facts_of(other))) == []
    found = glance(f"sqlite:///{folder / 'cosmic' / 'simulated' / 'catalogue.db'}", sky=Sky.SIMULATED)
    assert found is not None


@pytest.mark.slow
def test_minutes_are_kept_to_and_the_next_run_goes_on_from_what_was_found(folder: Path) -> None:
    budget = (
        "--rows",
        "1000",
        "--task",
        "superclass",
        "--arm",
        "photometric",
        "--model",
        "decision_tree",
        "--search",
        "0.1",
    )
    for _ in range(2):
        answer = pipeline(*budget, folder=folder)
        assert answer.returncode == 0, answer.stderr
        facts = read_facts(facts_of(folder))
        assert facts.run.searched[0].spent_s < 6.0 + 10.0
    assert 0 < facts.run.searched[0].trials_before < facts.searches[0].trials
