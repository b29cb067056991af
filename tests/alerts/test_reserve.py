"""A full disk is told of and kept: room is held free for that, and a run that would fill the rest is refused."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cosmic.alerts import reserve
from cosmic.alerts.from_run import Watched, of_failure, of_server, of_success
from cosmic.catalogue import open_catalogue
from cosmic.errors import CatalogueAway, DiskFull
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Sky
from tasks.alerts import take
from tests.alerts.receivers import web_hook

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WATCHED = Watched("ingest", "objects from files", "real", "run 1")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of eight megabytes."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


@pytest.mark.parametrize("stored", [True, False], ids=["with a catalogue", "before anything was stored"])
def test_an_incident_of_a_full_disk_is_kept_told_once_and_over_when_there_is_room(small: Path, stored: bool) -> None:
    home = Home(small, Sky.REAL)
    failed = of_failure(OSError(errno.ENOSPC, "No space left on device"), WATCHED)
    with web_hook() as hook:
        settings = Settings(alert_urls=hook.address, database_url=None)
        if stored:
            open_catalogue(home, settings).close()
        reserve.keep(home.signals)
        fill(small / "ballast")
        for at in range(3):
            take((failed,), home=home, settings=settings, now=NOW + timedelta(minutes=at))
        assert hook.titles == ["Cosmic, critical: disk of the real sky"]
        (small / "ballast").unlink()
        open_catalogue(home, settings).close()
        take(of_success(WATCHED), home=home, settings=settings, now=NOW + timedelta(hours=1))
        assert hook.titles[1:] == ["Cosmic: disk of the real sky is sound again"]
        reserve.keep(home.signals)  # for the next time
        assert reserve.spend(home.signals)
        assert not reserve.spend(home.signals)


def test_a_run_is_refused_where_there_is_no_room_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reserve.demand_room(tmp_path / "not" / "there" / "yet")
    monkeypatch.setattr(reserve, "LEAST", 1 << 60)
    with pytest.raises(DiskFull, match=r"has no room: .* MB are free.*Make room"):
        reserve.demand_room(tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_what_a_full_disk_caused_is_known_by_its_cause() -> None:
    cause = OSError(errno.EDQUOT, "Disk quota exceeded")
    error = RuntimeError("could not be stored")
    error.__cause__ = cause
    assert reserve.is_full(error)
    assert reserve.is_full(DiskFull("x"))
    assert not reserve.is_full(CatalogueAway("x"))


def test_a_server_that_answers_is_sound_and_one_that_does_not_is_told_without_its_address() -> None:
    assert not of_server(None).failing
    gone = of_server(ConnectionRefusedError("http://name:S3cret@host"))
    assert (gone.check, gone.table, gone.failing) == ("server", "Prefect", True)
    assert "S3cret" not in gone.summary
