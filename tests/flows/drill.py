"""Runs flows as a person does: each in a process, a process group and a home of its own. Asserts nothing of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("--rows", "1000", "--task", "superclass", "--arm", "photometric")
"""The smallest run that trains."""
PATIENCE = 300.0
"""Seconds after which a run on a loaded machine is taken for one that hangs."""


def environment(folder: Path, *, root: Path = ROOT, **variables: str) -> dict[str, str]:
    """Return the environment of somebody who has set nothing of Cosmic and Prefect and whose own home is a folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("COSMIC_", "PREFECT_"))}
    ours = {"HOME": str(folder), "COSMIC_HOME": str(folder / "cosmic"), "PYTHONPATH": str(root)}
    return clean | ours | {"PYTHONDONTWRITEBYTECODE": "1"} | variables


def run(*arguments: str, folder: Path, root: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python with some arguments and return what it said, once it has ended."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(folder, root=root, **variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def pipeline(*options: str, folder: Path, root: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the full pipeline in the home ``cosmic`` of a folder."""
    return run("-m", "flows.full_pipeline", *options, folder=folder, root=root, **variables)


def _hear_interrupts() -> None:
    """Undo what a shell does to jobs in its background: they ignore Ctrl-C, and so would what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass(frozen=True)
class Running:
    """A pipeline that is still running; what it says goes to a file."""

    process: subprocess.Popen[bytes]
    said: Path

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return as soon as a condition holds; raise if the run ends first, or does not come there."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"the run ended ({self.process.poll()}) or hung before:\n{self.text()}")
            time.sleep(0.01)

    def kill_group(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to the whole process group and return the exit code of the run."""
        os.killpg(self.process.pid, number)
        return self.process.wait(PATIENCE)

    def text(self) -> str:
        """Return what the run has said so far."""
        return self.said.read_text(encoding="utf-8", errors="replace")


@contextmanager
def running(
    *options: str, folder: Path, root: Path = ROOT, flow: str = "full_pipeline", **variables: str
) -> Iterator[Running]:
    """Start a flow, by default the full pipeline, in a process group of its own; it is killed at the end, if it still runs.

    A temporary Prefect server that outlives it is left alone, as in life.
    """
    said = folder / f"said-{time.monotonic_ns()}.txt"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", f"flows.{flow}", *options],
            cwd=folder,
            env=environment(folder, root=root, **variables),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_hear_interrupts,
        )
        try:
            yield Running(process, said)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(PATIENCE)


def facts_of(folder: Path) -> Path:
    """Return the newest facts.json."""
    return folder / "cosmic" / "reports" / "latest" / "facts.json"


def servers_of(folder: Path) -> list[psutil.Process]:
    """Return the temporary Prefect servers that keep their files in the home ``cosmic`` of a folder."""
    wanted, found = str(folder / "cosmic" / "prefect"), []
    for process in psutil.process_iter(["cmdline"]):
        try:
            if "prefect.server.api.server:create_app" in (process.info["cmdline"] or []):
                found += [process] if process.environ().get("PREFECT_HOME") == wanted else []
        except psutil.Error:  # it ended meanwhile
            continue
    return found


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
