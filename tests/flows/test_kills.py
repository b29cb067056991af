"""Stopped at any moment, the same command goes on: finished work stays, nothing is lost, nothing is doubled."""

from __future__ import annotations

import json
import random
import re
import signal
import time
from pathlib import Path

import pytest

from cosmic.catalogue.glance import glance
from cosmic.facts import Facts
from cosmic.facts.file import facts_equal, read_facts
from cosmic.models.families import USUAL
from cosmic.records import Sky
from tests.conftest import MakeDatabase
from tests.flows.drill import facts_of, pipeline, running, servers_of
from tests.flows.runs import WHAT_INGEST_MET

pytestmark = pytest.mark.slow

TRAINS = ("--rows", "3000", "--task", "superclass", "--task", "star", "--arm", "published", "--arm", "photometric")
N_FITS = 4 * len(USUAL)  # two tasks, two arms
STORES = ("--rows", "40000", "--min-class-size", "1000000")
"""A run that reads many rows and trains nothing, which it says."""
WORKERS = 2
"""Fits under way at one time: those may have ended without being remembered yet."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The facts of a run that nobody stopped, on SQLite."""
    return _facts(TRAINS, tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="module")
def undisturbed_storing(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return _stored(tmp_path_factory.mktemp("storing"))


def _stored(folder: Path, **settings: str) -> Facts:
    """Run to the end what trains nothing, and return its facts."""
    answer = pipeline(*STORES, folder=folder, **settings)
    assert answer.returncode == 0, answer.stderr
    assert "no model could be trained" in answer.stdout
    return read_facts(facts_of(folder))


def _facts(options: tuple[str, ...], folder: Path) -> Facts:
    answer = pipeline(*options, folder=folder)
    assert answer.returncode == 0, answer.stderr
    return read_facts(facts_of(folder))


def fits(folder: Path) -> dict[str, dict[Path, int]]:
    """Return the files of every fit that was finished, with the times of their last change, by its folder's name."""
    found = (folder / "cosmic" / "simulated" / "fits").glob("*/facts.json")
    return {done.parent.name: {path: path.stat().st_mtime_ns for path in done.parent.iterdir()} for done in found}


def remembered(folder: Path) -> set[str]:
    """Return the fits that a whole record among the remembered ones names."""
    named: set[str] = set()
    for path in (folder / "cosmic" / "results").glob("*"):
        try:
            json.loads(path.read_bytes())
        except ValueError:  # cut off by the kill
            continue
        named |= set(re.findall(r"fits/([0-9a-f]{32})/facts\.json", path.read_text(encoding="utf-8")))
    return named


def judged(folder: Path) -> bool:
    """Whether a judged page is remembered, so that what comes next is the ingest."""
    found = (folder / "cosmic" / "results").glob("*")
    return any("JudgedPage" in path.read_text(encoding="utf-8", errors="replace") for path in found)


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
@pytest.mark.parametrize("whom", ["group", "run alone"])
def test_killed_while_it_trains_it_trains_only_what_was_left(
    folder: Path, make_database: MakeDatabase, undisturbed: Facts, backend: str, whom: str
) -> None:
    if (backend, whom) == ("postgres", "run alone"):
        pytest.skip("the server that is left behind is the same on both databases")
    settings = {"COSMIC_WORKERS": str(WORKERS)}
    if backend == "postgres":
        settings["COSMIC_DATABASE_URL"] = make_database("postgres")
    with running(*TRAINS, folder=folder, **settings) as run:
        run.wait_until(lambda: len(fits(folder)) >= N_FITS // 3)
        if whom == "group":
            assert run.kill_group() == -signal.SIGKILL
        else:
            run.process.kill()
            run.process.wait()
    before, known = fits(folder), remembered(folder)
    assert N_FITS // 3 <= len(before) < N_FITS, "the kill came too late"
    assert len(before.keys() - known) <= WORKERS
    assert len(servers_of(folder)) == (whom == "run alone")

    answer = pipeline(*TRAINS, folder=folder, **settings)
    assert answer.returncode == 0, answer.stderr
    after = fits(folder)
    assert len(after) == N_FITS
    assert {name for name in after if after[name] != before.get(name)} == after.keys() - known, "no fit was done twice"
    assert "0 inserted, 0 updated" in answer.stderr
    facts = read_facts(facts_of(folder))
    assert facts.ingest.unchanged == facts.ingest.valid
    assert set(facts_equal(facts, undisturbed)) == WHAT_INGEST_MET
    assert servers_of(folder) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "kill"])
def test_asked_to_end_while_it_trains_it_ends_at_once_in_plain_words(
    folder: Path, undisturbed: Facts, number: signal.Signals
) -> None:
    with running(*TRAINS, folder=folder) as run:
        run.wait_until(lambda: len(fits(folder)) >= N_FITS // 3)
        started = time.monotonic()
        if number is signal.SIGINT:
            assert run.kill_group(number) == 130, run.text()  # a terminal tells every process
        else:
            run.process.send_signal(number)  # `kill` and service managers may tell the run alone
            assert run.process.wait(60) == 143, run.text()
        assert time.monotonic() - started < 30.0
        said = run.text()
    assert "Stopped. The same command goes on from here: finished work is kept." in said
    assert "Traceback" not in said
    assert len(fits(folder)) < N_FITS, "the rest was not started"
    known = remembered(folder)
    assert servers_of(folder) == []

    answer = pipeline(*TRAINS, folder=folder)
    assert answer.returncode == 0, answer.stderr
    assert known <= fits(folder).keys()
    assert set(facts_equal(facts_of(folder), undisturbed)) == WHAT_INGEST_MET


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_killed_while_it_ingests_the_catalogue_holds_all_or_nothing(
    folder: Path, make_database: MakeDatabase, undisturbed_storing: Facts, backend: str
) -> None:
    moments = random.Random(2026)
    simulated = folder / "cosmic" / "simulated"
    held: list[int] = []
    for _ in range(3):
        url = make_database("postgres") if backend == "postgres" else f"sqlite:///{simulated / 'catalogue.db'}"
        for path in simulated.glob("catalogue.db*"):
            path.unlink()
        with running(*STORES, folder=folder, COSMIC_DATABASE_URL=url) as run:
            run.wait_until(lambda: "simulated sky:" in run.text() and judged(folder))
            time.sleep(moments.uniform(0.0, 3.0))
            run.kill_group()
        there = glance(url, sky=Sky.SIMULATED)
        held.append(there.rows if there else 0)
    assert set(held) <= {0, undisturbed_storing.ingest.valid}, held
    assert 0 in held, "no kill came before the end of an ingest"

    facts = _stored(folder, COSMIC_DATABASE_URL=url)
    after = glance(url, sky=Sky.SIMULATED)
    assert after is not None
    assert after.rows == undisturbed_storing.ingest.valid
    assert set(facts_equal(facts, undisturbed_storing)) <= WHAT_INGEST_MET
