"""Services are started again when they end, and end with all that they started: real processes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from deployments.applying import CODE
from deployments.services import Service, watch

SLEEPER = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); time.sleep(600)"


def service(folder: Path, code: str, **more: bool) -> Service:
    variables = {**os.environ, "PYTHONPATH": str(CODE), "PYTHONUNBUFFERED": "1"}
    return Service("sleeper", (sys.executable, "-c", code), variables, folder, folder / "said.txt", **more)


def wait_for(condition: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def children(one: Service) -> list[psutil.Process]:
    assert one.process is not None
    return psutil.Process(one.process.pid).children(recursive=True)


@pytest.mark.parametrize("at_once", [False, True])
def test_a_service_ends_with_all_that_it_started(tmp_path: Path, at_once: bool) -> None:
    one = service(tmp_path, SLEEPER, at_once=at_once)
    one.start()
    wait_for(lambda: children(one))
    (child,) = children(one)
    one.stop()
    assert not one.alive
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_a_service_that_was_killed_runs_again_without_what_it_left(tmp_path: Path) -> None:
    one = service(tmp_path, SLEEPER)
    one.start()
    try:
        wait_for(lambda: children(one))
        (child,) = children(one)
        assert one.process is not None
        first = one.process
        first.kill()
        first.wait()
        ended = time.monotonic() + 30
        watch([one], until=lambda: (one.alive and one.process is not first) or time.monotonic() > ended, every=0.02)
        assert one.alive
        wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    finally:
        one.stop()


def test_a_service_that_keeps_ending_is_started_more_and_more_rarely(tmp_path: Path) -> None:
    one = service(tmp_path, "print('no')")
    one.start()
    starts, now = [], time.monotonic()
    for tick in range(40):
        assert one.process is not None
        one.process.wait()
        if one.heal(now + tick):
            starts.append(tick)
            one.started = now + tick
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert starts[0] == 1, "the first time after a second"
    assert gaps == sorted(gaps)
    assert gaps[-1] > 2 * gaps[0]
    assert "no" in (tmp_path / "said.txt").read_text()


def test_a_service_ends_with_whoever_keeps_it(tmp_path: Path) -> None:
    keeper = (
        "import os, subprocess, sys, time; subprocess.Popen([sys.executable, '-m', 'deployments.kept', str(os.getpid()), "
        f"'http.server', '--bind', '127.0.0.1', '--directory', {str(tmp_path)!r}, '0'], start_new_session=True); "
        "time.sleep(600)"
    )
    one = service(tmp_path, keeper)
    one.start()
    wait_for(lambda: children(one))
    (kept,) = children(one)
    wait_for(lambda: "Serving HTTP" in (tmp_path / "said.txt").read_text())
    assert one.process is not None
    one.process.kill()  # it alone: what it keeps is in a session of its own
    one.process.wait()
    wait_for(lambda: not kept.is_running() or kept.status() == psutil.STATUS_ZOMBIE)
