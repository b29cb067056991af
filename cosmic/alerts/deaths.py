"""Runs that were killed, or whose machine went down: each leaves a mark while it lasts, and a mark without its run tells of it.

A mark is held by a lock that the system frees when its process dies, so that no clock and no process number is needed.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from cosmic import artefacts
from cosmic.alerts.from_run import RUN, Watched
from cosmic.alerts.records import Severity, Signal

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Mark:
    """What is run, and since when."""

    watched: Watched
    since: datetime


_ADAPTER = TypeAdapter(Mark)


@contextmanager
def marked(folder: Path, watched: Watched, *, now: datetime) -> Iterator[None]:
    """Leave a mark of a run in a folder until the block ends, in whichever way but by a kill.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path = folder / f"{hashlib.sha256(f'{watched} {now.isoformat()}'.encode()).hexdigest()[:16]}.json"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(_lock_of(path)):
            artefacts.write(path, lambda part: part.write_bytes(_ADAPTER.dump_json(Mark(watched, now))), sealed=False)
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
    finally:
        Path(_lock_of(path)).unlink(missing_ok=True)


def found_dead(folder: Path) -> tuple[tuple[Path, Signal], ...]:
    """Return the marks of runs that ended without a word, and what each says."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            with FileLock(_lock_of(path), timeout=0):
                mark = _ADAPTER.validate_json(path.read_bytes())
        except (Timeout, FileNotFoundError):  # it still runs, or has just ended
            continue
        except (ValidationError, OSError) as error:
            _log.warning("%s is no mark of a run that can be read (%s); remove it", path, type(error).__name__)
            continue
        flow = mark.watched.flow
        told = (
            f"{flow} ended without a word: the run that began {mark.since:%Y-%m-%d %H:%M} UTC was killed, or its machine "
            "went down. What it had finished is kept; the same run again goes on from there."
        )
        found.append((path, Signal(RUN, flow, True, Severity.ERROR, told, source=mark.watched.run or path.stem)))
    return tuple(found)


def forget(path: Path) -> None:
    """Remove the mark of a dead run, once its signal is kept."""
    path.unlink(missing_ok=True)
    Path(_lock_of(path)).unlink(missing_ok=True)


def _lock_of(path: Path) -> str:
    return str(path.with_suffix(".lock"))
