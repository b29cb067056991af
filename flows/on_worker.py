"""What a Dask worker does with a task of a run: sees to its environment, looks for the home, carries the task out.

Runs on the worker. It is found there by name, as every task and flow is: a worker needs Cosmic installed, and no code or
secret is sent to it. Imports no Prefect before the environment is set.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import os
import platform
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from flows.environment import expect_early_stops

PACKAGES: Final = (
    "dask", "distributed", "imbalanced-learn", "numpy", "prefect", "prefect-dask", "pyarrow", "scikit-learn", "scipy",
)  # fmt: skip
"""Packages whose versions must be those of the run: they carry tasks, or decide what comes out."""
OURS: Final = ("cosmic", "expectations", "tasks", "flows")
_SERVER_PATIENCE: Final = 5.0
"""Seconds that the Prefect server has to answer a worker."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What each worker is asked before work starts.

    Attributes
    ----------
    file, text : Path, str
        A file that the run wrote in its home, and what stands in it.
    installed : dict of str to str
        What is installed where the run is.
    server : str or None
        The address of the Prefect server of the run; None where the worker's own settings name it.
    database : bool
        Whether the worker itself must be able to open a catalogue that is no file in the home.
    variables : dict of str to str
        Variables of the environment that a run sets for itself; what the worker has set stays.
    """

    file: Path
    text: str
    installed: dict[str, str]
    server: str | None
    database: bool
    variables: dict[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a worker answers: its machine, and why it cannot work, empty where it can."""

    host: str
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """One call of a task. Of the flow's context it has what a task needs to find results and to report to its run.

    Attributes
    ----------
    task, flow : str
        Where they are found, such as ``tasks.training:fit``.
    settings : dict of str to str
        Settings of Prefect in which worker and run must agree: address of the server, where results lie.
    """

    task: str
    flow: str
    run_id: UUID
    parameters: dict[str, Any]
    dependencies: dict[str, set[Any]]
    flow_run: dict[str, Any]
    tags: dict[str, Any]
    settings: dict[str, str]
    variables: dict[str, str]


def look(probe: Probe) -> Seen:
    """Say whether this worker sees the home of the run, runs the same code and reaches the same server."""
    _see_to(probe.variables)
    faults = [*_unseen(probe.file, probe.text), *_differences(probe.installed)]
    if probe.server is not None and (silence := _silence(probe.server)):
        faults.append(silence)
    if probe.database and not (os.environ.get("COSMIC_DATABASE_URL") or os.environ.get("COSMIC_DATABASE_URL_FILE")):
        faults.append(
            "has no COSMIC_DATABASE_URL, and the search stores its trials in the catalogue; set it where the worker is started"
        )
    return Seen(socket.gethostname(), tuple(faults))


def carry_out(call: Call) -> Any:
    """Carry a task out and return its final state, as a thread of the run would."""
    _see_to(call.variables)
    from prefect.settings import temporary_settings
    from prefect.task_engine import run_task_sync

    flow_run = {**call.flow_run, "flow": named(call.flow)}
    with temporary_settings(call.settings):
        return run_task_sync(
            named(call.task),
            task_run_id=call.run_id,
            parameters=call.parameters,
            return_type="state",
            dependencies=call.dependencies,
            context={"flow_run_context": flow_run, "tags_context": call.tags},
        )


def named(place: str) -> Any:
    """Return what is found at a place such as ``tasks.training:fit``."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def installed() -> dict[str, str]:
    """Return what decides whether two machines do the same: Python, packages, and a digest of our own lines."""
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"Python": ".".join(platform.python_version_tuple()[:2]), **versions, "Cosmic": _own_lines()}


@functools.cache
def _own_lines() -> str:
    sha = hashlib.sha256()
    for package in OURS:
        folder = Path(str(importlib.import_module(package).__file__)).parent
        for path in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix()):
            sha.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return sha.hexdigest()[:12]


def _see_to(variables: Mapping[str, str]) -> None:
    """Set what libraries read at import, once; what stands in the environment of the worker stays."""
    for name, value in variables.items():
        os.environ.setdefault(name, value)
    _expect_once()


@functools.cache
def _expect_once() -> None:
    expect_early_stops()


def _unseen(file: Path, text: str) -> list[str]:
    try:
        found = file.read_text(encoding="utf-8")
        beside = file.with_name(f"{file.name}-{socket.gethostname()}-{os.getpid()}")
        beside.write_text(text, encoding="utf-8")
        beside.unlink()
    except OSError as exc:
        return [
            f"cannot use {exc.filename or file} ({exc.strerror}): it must see the home at this very path, and write there"
        ]
    if found != text:
        return [f"sees another folder at {file.parent}: what the run has just written is not there"]
    return []


def _differences(here: Mapping[str, str]) -> list[str]:
    there = installed()
    other = [f"{name} {there[name]} instead of {here[name]}" for name in here if there[name] != here[name]]
    return [f"has {', '.join(other)}: install the same Cosmic with the same constraints.txt"] if other else []


def _silence(server: str) -> str | None:
    import httpx

    try:
        httpx.get(f"{server}/health", timeout=_SERVER_PATIENCE).raise_for_status()
    except httpx.HTTPError as exc:
        return (
            f"cannot reach the Prefect server of this run, {server} ({type(exc).__name__}): start one that every machine "
            "reaches (prefect server start --host 0.0.0.0) and name it in PREFECT_API_URL"
        )
    return None
