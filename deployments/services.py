"""Processes that belong together: each is started again when it ends, all end together. Knows nothing of Prefect."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

PATIENCE: Final = 15.0
"""Seconds that a process has to end when it is asked to."""
SOUND: Final = 60.0
"""Seconds after which a process that ended counts as one that had worked."""
LONGEST: Final = 60.0
"""Longest pause, s, before a process that keeps ending is started again."""


@dataclass
class Service:
    """One process, in a session of its own, so that all that it starts can be ended with it.

    Parameters
    ----------
    name : str
        As people are told.
    command : sequence of str
        What is run.
    environment : mapping
        All its variables.
    folder : Path
        Its working directory.
    said : Path
        File to which its output goes.
    at_once : bool
        Whether it is ended without asking: its runs go on at the next start anyway, and asked it would cancel them.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    said: Path
    at_once: bool = False
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started: float = field(default=0.0, init=False)
    failures: int = field(default=0, init=False)
    due: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Start it."""
        self.said.parent.mkdir(parents=True, exist_ok=True)
        with self.said.open("ab") as out:
            self.process = subprocess.Popen(
                list(self.command),
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal reaches the services alone, who end it in order
            )
        self.started = time.monotonic()

    @property
    def alive(self) -> bool:
        """Return whether it is running."""
        return self.process is not None and self.process.poll() is None

    def heal(self, now: float) -> bool:
        """Start it again if it ended, after a pause that grows while it keeps ending; return whether it was started."""
        if self.alive:
            return False
        if not self.due:
            self.failures = 0 if now - self.started > SOUND else self.failures + 1
            pause = min(LONGEST, 2.0 ** (self.failures - 1)) if self.failures else 0.0
            code = None if self.process is None else self.process.returncode
            log.warning("the %s ended (%s) and is started again in %.0f s; see %s", self.name, code, pause, self.said)
            self._sweep()
            self.due = now + pause
        if now < self.due:
            return False
        self.due = 0.0
        self.start()
        return True

    def stop(self) -> None:
        """End it and everything that it started."""
        if self.process is None:
            return
        if self.alive:
            if not self.at_once:
                self.process.terminate()
                try:
                    self.process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    log.warning("the %s does not end by itself and is killed", self.name)
            self._sweep()
            self.process.wait(PATIENCE)
        self._sweep()

    def _sweep(self) -> None:
        """Kill what is left of its session."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # nothing is left
            return


def watch(services: Sequence[Service], *, until: Callable[[], bool], every: float = 0.5) -> None:
    """Keep services running until something says that it is over."""
    while not until():
        for service in services:
            if service.heal(time.monotonic()):
                log.info("the %s runs again", service.name)
        time.sleep(every)
