"""A run that is killed is known by the mark that it leaves; one that runs, ends or fails is none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cosmic.alerts.deaths import forget, found_dead, marked
from cosmic.alerts.from_run import Watched

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WATCHED = Watched("ingest", "objects from files", "real", "run 1")
RUNS = f"""
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from cosmic.alerts.deaths import marked
from cosmic.alerts.from_run import Watched
with marked(Path(sys.argv[1]), {WATCHED!r}, now=datetime(2026, 3, 1, 12, tzinfo=UTC)):
    time.sleep(60)
"""


def test_a_killed_run_is_found_by_everybody_until_it_was_told_of(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    run = subprocess.Popen([sys.executable, "-c", RUNS, str(tmp_path)], env=os.environ | {"PYTHONPATH": str(root)})
    try:
        end = time.monotonic() + 60
        while not list(tmp_path.glob("*.json")) and time.monotonic() < end:
            time.sleep(0.02)
        assert found_dead(tmp_path) == ()
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait()
    ((mark, told),) = found_dead(tmp_path)
    assert (told.check, told.table, told.failing, told.source) == ("run", "ingest", True, "run 1")
    assert "began 2026-03-01 12:00 UTC was killed" in told.summary
    assert len(found_dead(tmp_path)) == 1
    forget(mark)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_ends_in_whichever_way_leaves_nothing(tmp_path: Path) -> None:
    with marked(tmp_path, WATCHED, now=NOW):
        assert len(list(tmp_path.glob("*.json"))) == 1
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error), marked(tmp_path, WATCHED, now=NOW):
            raise error
    assert list(tmp_path.iterdir()) == []


def test_two_runs_at_once_have_marks_of_their_own_and_a_file_that_is_no_mark_is_left_alone(tmp_path: Path) -> None:
    other = Watched("ingest", "objects from files", "real", "run 2")
    with marked(tmp_path, WATCHED, now=NOW), marked(tmp_path, other, now=NOW):
        assert len(list(tmp_path.glob("*.json"))) == 2
    (tmp_path / "cut.json").write_text("{")
    assert found_dead(tmp_path) == ()
    assert (tmp_path / "cut.json").exists()
