"""Everything on one machine, in one command: Prefect server and runner of all deployments, until it is stopped.

Where PREFECT_API_URL or a profile names a server of the team, that one is used and none is started.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from filelock import FileLock, Timeout

from cosmic.errors import ConfigError
from cosmic.operation import Deployed, Operation
from cosmic.publication import NEWEST
from deployments.services import Service, watch

START: Final = 180.0
"""Seconds that a new server has to answer; with a new database and a busy machine it takes half a minute."""


def serve(deployed: Deployed, operation: Operation, *, tell: Callable[[str], None]) -> None:
    """Keep server and runner up until Ctrl-C or TERM; then end both, with all that they started.

    Parameters
    ----------
    tell : callable
        Is given each line for the person.

    Raises
    ------
    ConfigError
        If this home is served already, the port is taken, or the server does not come up.
    """
    root = deployed.home.absolute()
    with _alone(root), _stopping() as stopped:
        logs = root / "logs"
        address, services = _server(root, operation, logs=logs, tell=tell)
        place, shown = _reports(root, operation, logs=logs)
        environment = _environment(root) | {"PREFECT_API_URL": address} | place
        runner = Service(
            "runner", _kept("deployments", "runner", *_words(deployed)), environment, root,
            logs / "runner.log", at_once=True,
        )  # fmt: skip
        watching = Service(
            "watch", _kept("deployments", "watch", *_words(deployed)), environment, root, logs / "watch.log"
        )
        try:
            for service in (*services, *shown):
                service.start()
            if services:
                _wait(address, services[0], stopped)
            if not stopped():
                runner.start()
                watching.start()
                tell(_addresses(address, root, logs, own=bool(services), reports=place.get("COSMIC_PUBLIC_URL")))
                watch([*services, *shown, runner, watching], until=stopped)
        finally:
            tell("Stopping: runs that are interrupted go on at the next start.")
            for service in (runner, watching, *shown, *services):
                service.stop()
    tell("Stopped.")


def _server(
    root: Path, operation: Operation, *, logs: Path, tell: Callable[[str], None]
) -> tuple[str, tuple[Service, ...]]:
    """Return the address of the Prefect server, and it as a service where it is ours to start."""
    from flows.environment import check_server, end_orphaned_servers

    there = check_server()
    if there is not None:
        tell(f"Using the Prefect server {there}.")
        return there, ()
    end_orphaned_servers(root)
    host, port = operation.serve_host, operation.serve_port
    _demand_free(host, port, "COSMIC_SERVE_PORT")
    tell("Starting the Prefect server (the first time in a home takes half a minute).")
    address = f"http://{_reached(host)}:{port}/api"
    command = _kept("prefect", "server", "start", "--host", host, "--port", str(port))
    return address, (
        Service(
            "Prefect server",
            command,
            _server_environment(root, port, keep_days=operation.keep_runs),
            root,
            logs / "server.log",
        ),
    )


def _reports(root: Path, operation: Operation, *, logs: Path) -> tuple[dict[str, str], tuple[Service, ...]]:
    """Return where runs publish their reports, and what shows them where that is a folder of this machine."""
    url = operation.publish_url or str(root / "published")
    given = {"COSMIC_PUBLISH_URL": url} | ({"COSMIC_PUBLIC_URL": operation.public_url} if operation.public_url else {})
    if "://" in url:
        return given, ()
    host, port, folder = operation.serve_host, operation.report_port, Path(url).absolute()
    _demand_free(host, port, "COSMIC_REPORT_PORT")
    folder.mkdir(parents=True, exist_ok=True)
    command = _kept("http.server", "--bind", host, "--directory", str(folder), str(port))
    ours = {"COSMIC_PUBLISH_URL": str(folder), "COSMIC_PUBLIC_URL": f"http://{_reached(host)}:{port}"}
    return ours | given | {"COSMIC_PUBLISH_URL": str(folder)}, (
        Service("reports", command, _environment(root), root, logs / "reports.log"),
    )


def _reached(host: str) -> str:
    """Return by which name this machine reaches what listens at an address."""
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host


def _kept(*arguments: str) -> tuple[str, ...]:
    """Return the command of a module that ends when this process does, however it ends."""
    return (sys.executable, "-m", "deployments.kept", str(os.getpid()), *arguments)


def _server_environment(root: Path, port: int, *, keep_days: int) -> Mapping[str, str]:
    ours = {
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(86_400 * keep_days),
        "PREFECT_SERVER_API_PORT": str(port),  # or the UI asks port 4200
        "PREFECT_SERVER_UI_API_URL": "/api",  # wherever people reach it from
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # in memory, the default, a server that ends forgets who holds a slot, and the deployment waits for ever
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    }
    return _environment(root) | ours


def _environment(root: Path) -> dict[str, str]:
    """Return all variables of a service: those of this process, and those by which it finds the home and the code."""
    from deployments.applying import environment

    paths = [path for path in (environment(root).get("PYTHONPATH"), os.environ.get("PYTHONPATH")) if path]
    return {**os.environ, **environment(root), **({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})}


def _words(deployed: Deployed) -> list[str]:
    words = ["--home", str(deployed.home.absolute()), "--source", deployed.source]
    return [*words, "--verbose"] if deployed.verbose else words


def _wait(address: str, server: Service, stopped: Callable[[], bool]) -> None:
    import httpx

    end = time.monotonic() + START
    while not stopped():
        if not server.alive or time.monotonic() > end:
            raise ConfigError(
                f"The Prefect server does not come up. {server.said} says why; correct it and start again."
            )
        try:
            if httpx.get(f"{address}/health", timeout=2.0).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.2)


def _addresses(address: str, root: Path, logs: Path, *, own: bool, reports: str | None) -> str:
    ui = address.removesuffix("/api")
    return "\n".join(
        [
            "Serving. Ctrl-C stops it.",
            f"  Prefect UI   {ui}/deployments" if own else f"  Prefect      {address}",
            f"  API          {address}   (export PREFECT_API_URL={address})",
            *([f"  Reports      {reports}/{NEWEST}/report.html (once there is one)"] if reports else []),
            f"  home         {root}",
            f"  logs         {logs}",
        ]
    )


def _demand_free(host: str, port: int, variable: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise ConfigError(
                f"Nothing can listen at {host}:{port} ({exc.strerror}): another server may be there. Name another port with "
                f"{variable}; a Prefect server of yours is used where PREFECT_API_URL names it."
            ) from exc


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the home: two that serve it would each start every run."""
    place = root / "locks" / "serve.lock"
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place)
    try:
        lock.acquire(timeout=0)
    except Timeout as exc:
        raise ConfigError(
            f"The home {root} is served already, by another process. Stop it, or name another --home."
        ) from exc
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Give a function that says whether Ctrl-C, TERM or the end of the terminal asked to stop."""
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        del frame
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
