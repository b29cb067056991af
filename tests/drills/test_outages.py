"""Outages under real runs: the catalogue stays whole, people are told once, once more when it is over, and the next run is whole.

Each run is a process of its own that reports to a real Prefect server; notices go to a real web hook.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cosmic.skyserver.client import Service
from cosmic.skyserver.plan import Request
from tests.alerts.receivers import Received, web_hook
from tests.drills.conftest import Database
from tests.drills.outages import NIGHT, Server, held_up, start_server, state_of, store
from tests.flows.drill import Running, run, running
from tests.flows.surveying import at, bring_plainly, catalogue_of, difference
from tests.skyserver.faults import Fault, Wrong
from tests.skyserver.rules import Limits
from tests.skyserver.server import serve
from tests.skyserver.sources import simulated_spectra

pytestmark = pytest.mark.slow


@dataclass
class Place:
    """A folder whose home holds a night, the database of its catalogue, who is told, and the settings of its runs."""

    folder: Path
    url: str
    hook: Received
    server: Server

    @property
    def home(self) -> Path:
        return self.folder / "cosmic"

    @property
    def variables(self) -> dict[str, str]:
        return {
            "PREFECT_API_URL": self.server.api, "COSMIC_ALERT_URLS": self.hook.address, "COSMIC_DATABASE_URL": self.url,
            "COSMIC_RETRIES": "1", "COSMIC_RETRY_SECONDS": "0.2", "PREFECT_CLIENT_MAX_RETRIES": "1",
        }  # fmt: skip

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        return run("-m", "flows.ingest", *(options or NIGHT), folder=self.folder, **self.variables)

    @contextmanager
    def held_up(self) -> Iterator[Running]:
        """Start a run and give it while it waits in the middle of its ingest; it goes on when the block ends."""
        with running(*NIGHT, folder=self.folder, flow="ingest", **self.variables) as started:
            started.wait_until(lambda: "simulated sky:" in started.text())  # fetched, and being judged
            with held_up(self.url, self.home) as waits:
                started.wait_until(waits)
                yield started
            started.process.wait(300)

    def demand_whole(self, undisturbed: str, *titles: str) -> None:
        """Run again, and demand that this run is whole, that it is over, and that people were told just this."""
        again = self.run()
        assert again.returncode == 0, again.stderr
        assert state_of(self.home, self.url) == undisturbed
        assert self.hook.titles == list(titles)


@pytest.fixture
def place(backend: str, server: Server, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with web_hook() as hook:
        url = f"sqlite:///{tmp_path / 'cosmic' / 'simulated' / 'catalogue.db'}"
        if backend == "postgres":
            database: Database = request.getfixturevalue("postgres")
            url = database.new()
        store(0, home=tmp_path / "cosmic", url=url)
        yield Place(tmp_path, url, hook, server)


def test_a_run_killed_in_the_middle_of_its_ingest(place: Place, undisturbed: str) -> None:
    before = state_of(place.home, place.url)
    with place.held_up() as held:
        assert held.kill_group() == -signal.SIGKILL
    assert state_of(place.home, place.url) == before
    assert place.hook.titles == []  # a dead run tells nobody: the next one does
    place.demand_whole(undisturbed, "Cosmic, error: run of ingest", "Cosmic: run of ingest is sound again")
    assert "was killed" in place.hook.posts[0]["message"]


def test_the_prefect_server_killed_during_a_run(place: Place, undisturbed: str) -> None:
    with place.held_up() as held:
        place.server.kill()
    assert held.process.returncode == 1
    assert "The Prefect server went away during this run" in held.text()
    assert state_of(place.home, place.url) == undisturbed  # what does not need the server was done
    assert place.hook.titles == ["Cosmic, error: server of Prefect"]
    started = start_server(place.server.folder, place.server.port)
    place.server.process = started.process
    place.demand_whole(undisturbed, "Cosmic, error: server of Prefect", "Cosmic: server of Prefect is sound again")


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)  # a SQLite file has no server that could stop
def test_the_database_stopped_during_a_run_and_before_the_next(
    place: Place, postgres: Database, undisturbed: str
) -> None:
    title = "Cosmic, error: database of the simulated sky"
    with running(*NIGHT, folder=place.folder, flow="ingest", **place.variables) as during:
        during.wait_until(lambda: "simulated sky:" in during.text())
        with pytest.raises(Exception, match=r"closed|terminat|lost|shut"), held_up(place.url, place.home) as waits:  # noqa: PT012
            during.wait_until(waits)
            postgres.stop()
        stopped = time.monotonic()
        assert during.process.wait(300) == 1
    assert "cannot be reached or went away" in during.text()
    assert place.hook.titles == [title]
    before = place.run()
    assert (before.returncode, place.hook.titles) == (1, [title])
    time.sleep(max(0.0, 15 - (time.monotonic() - stopped)))
    postgres.start()
    place.demand_whole(undisturbed, title, "Cosmic: database of the simulated sky is sound again")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a small disk")
def test_the_disk_full_during_a_run_and_before_the_next(place: Place, undisturbed: str) -> None:
    title = "Cosmic, critical: disk of the simulated sky"
    with small_disk(place):
        ballast = place.home / "ballast"
        with place.held_up() as held:
            fill(ballast)
        assert held.process.returncode == 1, held.text()
        assert place.hook.titles == [title], held.text()
        refused = place.run()
        assert refused.returncode == 1
        assert "has no room" in refused.stderr
        assert place.hook.titles == [title]
        ballast.unlink()
        place.demand_whole(undisturbed, title, "Cosmic: disk of the simulated sky is sound again")


@contextmanager
def small_disk(place: Place) -> Iterator[None]:
    """Put the home of a place on a disk of its own that has little room."""
    aside = place.folder / "aside"
    place.home.rename(aside)
    place.home.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=120m", "tmpfs", str(place.home)], check=True)
    try:
        subprocess.run(["cp", "-a", f"{aside}/.", str(place.home)], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", str(place.home)], check=True)


def fill(path: Path) -> None:
    """Fill the disk of a file to its last byte."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def test_the_network_gone_during_a_run(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    title = "Cosmic, warning: source of objects from skyserver"
    with serve(simulated_spectra(80, seed=3), limits=Limits(queries=10_000)) as survey:
        url = place.url if place.url.startswith("postgresql") else f"sqlite:///{place.home / 'real' / 'catalogue.db'}"
        at(survey, monkeypatch, database_url=url)
        request = Request(page_rows=40)
        bring_plainly(request, home=place.home, service=Service(survey.url, 5.0, deadline=20.0), retries=1)
        survey.add_simulated(20, seed=4)
        options = ("--source", "skyserver")
        asked = place.variables | {
            "COSMIC_DATABASE_URL": url,
            "COSMIC_SKYSERVER_URL": survey.url,
            "COSMIC_SKYSERVER_TIMEOUT": "5",
        }
        with catalogue_of(place.home) as catalogue:
            before = catalogue.state
        survey.mischief.add(Fault(Wrong.RESET, times=None, matching="modelMag"))  # after the census was answered
        gone = run("-m", "flows.ingest", *options, folder=place.folder, **asked)
        assert gone.returncode == 1
        with catalogue_of(place.home) as catalogue:
            assert catalogue.state == before
        assert place.hook.titles == [title]
        survey.mischief.clear()
        back = run("-m", "flows.ingest", *options, folder=place.folder, **asked)
        assert back.returncode == 0, back.stderr
        with catalogue_of(place.home) as catalogue:
            assert difference(survey, catalogue) == []
        assert place.hook.titles == [title, "Cosmic: source of objects from skyserver is sound again"]
