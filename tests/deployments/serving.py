"""A `serve` of its own for tests, and what they ask of its server. Asserts nothing."""

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
from typing import Any

import httpx
import psutil

from tests.flows.drill import environment

PATIENCE = 240.0
"""Seconds after which something on a loaded machine is taken for never to come."""
SMALL = {
    "COSMIC_ROWS": "1000", "COSMIC_TASK": "superclass", "COSMIC_ARM": "photometric", "COSMIC_MODEL": "logistic",
    "COSMIC_RESAMPLES": "100", "COSMIC_WATCH_SECONDS": "2", "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}  # fmt: skip


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@dataclass
class Served:
    """A running `serve`."""

    process: subprocess.Popen[bytes]
    home: Path
    said: Path
    ui: str
    reports: str

    def ask(self, method: str, path: str, **json: Any) -> Any:
        """Ask the server; a busy one, whose SQLite has another writer, is asked again, as clients do."""
        for pause in (1, 2, 4, 8, 0):
            try:
                answer = httpx.request(method, f"{self.ui}/api{path}", json=json or None, timeout=60)
            except httpx.TransportError:
                time.sleep(pause)
                continue
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(pause)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def text(self) -> str:
        return self.said.read_text(encoding="utf-8", errors="replace")

    def wait(self, condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
        end = time.monotonic() + patience
        while not (found := condition()):
            logs = "".join(f"\n--- {log}\n{log.read_text()[-3000:]}" for log in (self.home / "logs").glob("*.log"))
            assert time.monotonic() < end, f"{what}: never came\n{self.text()}{logs}"
            assert self.process.poll() is None, f"serve ended\n{self.text()}{logs}"
            time.sleep(0.3)
        return found

    def deployment(self, full_name: str) -> dict[str, Any] | None:
        try:
            answer = httpx.get(f"{self.ui}/api/deployments/name/{full_name}", timeout=60)
        except httpx.TransportError:
            return None
        return answer.json() if answer.is_success else None

    def start(self, full_name: str, **options: Any) -> str:
        """Start a run as the UI does: the deployment's own parameters with what a person changed in the form."""
        there = self.deployment(full_name)
        assert there is not None
        parameters = {"options": {**there["parameters"]["options"], **options}}
        made = self.ask(
            "POST", f"/deployments/{there['id']}/create_flow_run", parameters=parameters, state={"type": "SCHEDULED"}
        )
        run: str = made["id"]
        return run

    def run(self, id_: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/flow_runs/{id_}")
        return found

    def runs(self, full_name: str) -> list[dict[str, Any]]:
        there = self.deployment(full_name)
        assert there is not None
        found: list[dict[str, Any]] = self.ask(
            "POST",
            "/flow_runs/filter",
            flow_runs={"deployment_id": {"any_": [there["id"]]}},
            sort="EXPECTED_START_TIME_ASC",
        )
        return found

    def states(self, id_: str) -> list[str]:
        return [state["name"] for state in self.ask("GET", f"/flow_run_states/?flow_run_id={id_}")]

    def finished(self, id_: str) -> dict[str, Any]:
        """Wait for the end of a run and return it; its log is told where it did not end well."""
        self.wait(lambda: self.run(id_)["state_type"] in ("COMPLETED", "FAILED", "CANCELLED"), f"the end of {id_}")
        found = self.run(id_)
        if found["state_type"] != "COMPLETED":
            lines = self.ask("POST", "/logs/filter", logs={"flow_run_id": {"any_": [id_]}}, limit=200)
            raise AssertionError("\n".join(line["message"] for line in lines) + f"\n{found['state']}")
        return found

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def process_of(self, run: str) -> psutil.Process | None:
        """Return the process of a run."""
        for one in self.children():
            try:
                if "prefect.engine" in one.cmdline() and one.environ().get("PREFECT__FLOW_RUN_ID") == run:
                    return one
            except psutil.Error:  # it ended meanwhile
                continue
        return None

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def serving(folder: Path, *, port: int | None = None, **variables: str) -> Iterator[Served]:
    """Serve the home ``cosmic`` of a folder until the end; whatever is left then is killed."""
    port, reports = port or free_port(), free_port()
    folder.mkdir(exist_ok=True)
    said = folder / f"said-{port}-{time.monotonic_ns()}.txt"
    ours = {**SMALL, "COSMIC_SERVE_PORT": str(port), "COSMIC_REPORT_PORT": str(reports), **variables}
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "deployments", "serve", "--source", "simulated"],
            cwd=folder, env=environment(folder, **ours), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
    served = Served(process, folder / "cosmic", said, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{reports}")
    try:
        served.wait(lambda: "Serving." in served.text(), "the addresses")
        yield served
    finally:
        left = served.children() if process.poll() is None else []
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)
        for child in left:
            if child.is_running():
                child.kill()
