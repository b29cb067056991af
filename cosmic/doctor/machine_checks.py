"""Checks of this machine: versions of what is installed, extras, the home, free space, what killed runs left behind."""

from __future__ import annotations

import itertools
import os
import platform
import shutil
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, distribution, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from cosmic import __version__
from cosmic.doctor.findings import Finding, Health
from cosmic.errors import ConfigError
from cosmic.home import Home, demand_usable

_NAME: Final = "cosmic-retrain"
_BROKEN: Final = {
    "fastapi": "every flow run and the Prefect server die at their start with it",
    "sqlalchemy": "Prefect's schedules never fire with it, and only the server's log says so",
    "prefect": "it was not tried with Cosmic",
}
"""What a version outside its range does, where that was seen (Prefect 3.8)."""
_EXTRAS: Final = {
    "neural": ("tensorflow", "networks"),
    "fast": ("sklearnex", "accelerated fits"),
    "dask": ("prefect_dask", "runs on a cluster"),
    "s3": ("s3fs", "reports on S3"),
}
"""Of each extra the module that it brings, and what for."""
_LEAST_BYTES: Final = 500_000_000
_FEW_BYTES: Final = 5_000_000_000
_LEFT_AFTER_S: Final = 24 * 3600.0
_LOOKED_AT: Final = 200_000
"""Files of a home that are looked at for what killed runs left."""


def versions(requires: Sequence[str] | None = None) -> Iterator[Finding]:
    """Compare what is installed with what Cosmic needs.

    Parameters
    ----------
    requires : sequence of str, optional
        Requirements as in pyproject.toml; those of the installed Cosmic by default.
    """
    from packaging.requirements import Requirement

    found = f"Cosmic {__version__}, Python {platform.python_version()}"
    wrong = []
    try:
        needed = [Requirement(text) for text in requires or distribution(_NAME).requires or ()]
    except PackageNotFoundError:
        yield Finding(
            "versions", Health.WARNING, f"{found}; {_NAME} is not installed, so what it needs is not known",
            "Install it: python -m pip install -c constraints.txt -e .",
        )  # fmt: skip
        return
    for one in needed:
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        try:
            here = version(one.name)
        except PackageNotFoundError:
            wrong.append((f"{one.name} is missing", one))
            continue
        if not one.specifier.contains(here, prereleases=True):
            why = f": {_BROKEN[one.name]}" if one.name in _BROKEN else ""
            wrong.append((f"{one.name} {here} is not {one.specifier}{why}", one))
    if not wrong:
        prefect = f", Prefect {version('prefect')}" if any(one.name == "prefect" for one in needed) else ""
        yield Finding("versions", Health.OK, f"{found}{prefect}, {len(needed)} requirements looked at")
    for said, _ in wrong:
        yield Finding(
            "versions", Health.FAILURE, said,
            "Install the versions of constraints.txt: python -m pip install -c constraints.txt -e .",
        )  # fmt: skip


def extras() -> Iterator[Finding]:
    """Say which extras are there."""
    for name, (module, brings) in _EXTRAS.items():
        if find_spec(module) is not None:
            yield Finding("extras", Health.OK, f"{name} ({brings}) is installed")
        else:
            yield Finding(
                "extras", Health.NOTE, f"{name} ({brings}) is not installed; everything else runs without it",
                f'To have it: python -m pip install -c constraints.txt -e ".[{name}]"',
            )  # fmt: skip


def home_folder(home: Home) -> Iterator[Finding]:
    """Look whether the home can be written, and at the free space."""
    try:
        demand_usable(home.root)
    except ConfigError as error:
        yield Finding("home", Health.FAILURE, str(error))
        return
    place = next(one for one in (home.root.absolute(), *home.root.absolute().parents) if one.exists())
    there = f"{home.root} can be written" if place == home.root.absolute() else f"{home.root} can be made in {place}"
    yield Finding("home", Health.OK, there)
    yield space(place, free=shutil.disk_usage(place).free)


def space(place: Path, *, free: int) -> Finding:
    """Return whether so many free bytes are enough."""
    text = f"{free / 1e9:,.1f} GB are free in {place}"
    if free < _LEAST_BYTES:
        return Finding("disk", Health.FAILURE, text, "A run will fail. Free space, or name another --home.")
    if free < _FEW_BYTES:
        return Finding(
            "disk", Health.WARNING, text,
            "A million rows with models take some GB. python -m flows.housekeeping removes what is no longer needed.",
        )  # fmt: skip
    return Finding("disk", Health.OK, text)


def leftovers(home: Home, *, now: float | None = None) -> Iterator[Finding]:
    """Look for half-written files of killed runs, and for signals that wait for a catalogue."""
    if not home.root.is_dir():
        return
    moment = time.time() if now is None else now
    parts = [path for path in itertools.islice(_files(home.root), _LOOKED_AT) if path.name.endswith(".part")]
    old = [path for path in parts if _age(path, moment) > _LEFT_AFTER_S]
    if old:
        yield Finding(
            "leftovers", Health.NOTE, f"{len(old)} half-written files of killed runs, such as {old[0]}",
            "Nothing reads them; delete them whenever you like.",
        )  # fmt: skip
    waiting = sorted(home.signals.glob("*.json")) if home.signals.is_dir() else []
    if waiting:
        yield Finding(
            "leftovers", Health.WARNING, f"{len(waiting)} signals wait in {home.signals} for a catalogue that answers",
            "`cosmic alerts list` shows them; the next run, or `cosmic alerts flush`, takes them in.",
        )  # fmt: skip
    if not old and not waiting:
        yield Finding("leftovers", Health.OK, "no half-written files, no signals that wait")


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in names)


def _age(path: Path, now: float) -> float:
    try:
        return now - path.stat().st_mtime
    except OSError:  # it is gone
        return 0.0
