"""A Dask cluster as a person starts it: a scheduler and workers, each a process of its own, on loopback. Asserts nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from distributed import Client

from tests.flows.drill import PATIENCE, environment, free_port


@dataclass
class Cluster:
    """A scheduler and the workers that were started for it.

    Attributes
    ----------
    workers : list of subprocess.Popen
        Each with its nanny in a process group of its own, as a machine that can be lost.
    """

    address: str
    folder: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def options(self) -> tuple[str, ...]:
        """Return the options of a run that is carried out there."""
        return ("--runner", "dask", "--dask-address", self.address)

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start one more worker, of one thread, and return it once the scheduler knows all of them."""
        name = f"worker-{len(self.workers)}"
        command = (
            "worker",
            self.address,
            "--nthreads",
            "1",
            "--name",
            name,
            "--local-directory",
            str(self.folder / name),
        )
        self.workers.append(_start(*command, folder=self.folder, log=f"{name}.log"))
        alive = sum(worker.poll() is None for worker in self.workers)
        with Client(self.address, set_as_default=False, timeout=PATIENCE) as client:
            client.wait_for_workers(alive, timeout=PATIENCE)
        return self.workers[-1]

    def lose(self, worker: subprocess.Popen[bytes]) -> None:
        """End a worker, its nanny too, as where a machine loses power."""
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(PATIENCE)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Start a scheduler; it and its workers are killed at the end."""
    port = free_port()
    scheduler = _start("scheduler", "--host", "127.0.0.1", "--port", str(port), folder=folder, log="scheduler.log")
    made = Cluster(f"tcp://127.0.0.1:{port}", folder)
    try:
        Client(made.address, set_as_default=False, timeout=PATIENCE).close()
        yield made
    finally:
        for process in (*made.workers, scheduler):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(PATIENCE)


def _start(*arguments: str, folder: Path, log: str) -> subprocess.Popen[bytes]:
    with (folder / log).open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments, "--no-dashboard"],
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
