"""`cosmic doctor`: what is wrong with this installation, and what to do. Changes nothing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cosmic.doctor.findings import Check, Finding, Health, examine
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Sky

_COLOURS = {Health.OK: "green", Health.NOTE: "blue", Health.WARNING: "yellow", Health.FAILURE: "red"}


def doctor(
    home: Annotated[
        Path,
        typer.Option("--home", envvar="COSMIC_HOME", metavar="DIR", help="Where everything is kept. Default: .cosmic."),
    ] = Path(".cosmic"),
    sky: Annotated[Sky, typer.Option("--sky", help="Whose catalogue: real or simulated.")] = Sky.REAL,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1.0, metavar="SECONDS", help="Time for each check.")
    ] = 20.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines.")] = False,
) -> None:
    """Check versions, home, disk, catalogue, Prefect, SkyServer, alerts and clock, and say what to do. Changes nothing.

    Each line is ok, a note (no fault), a warning (it may become one) or a failure (runs will fail). Leaves with 1 where there
    is a failure.

    - `cosmic doctor`
    - `cosmic doctor --home /data/cosmic --sky simulated`
    - `cosmic doctor --json | jq '.[] | select(.health == "failure")'`
    """
    from cosmic.commands import build

    settings = build(Settings, {})
    found: list[Finding] = []
    optional = () if needs_skyserver() else ("skyserver",)
    for some in examine(checks(Home(home, sky), settings, timeout=timeout), limit_s=timeout, optional=optional):
        found += some
        if not as_json:
            sys.stdout.writelines(f"{line}\n" for one in some for line in lines(one))
            sys.stdout.flush()
    worst = max((one.health for one in found), key=lambda one: one.rank)
    if as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in found], indent=1) + "\n")
    else:
        counts = {health: sum(one.health is health for one in found) for health in Health}
        sys.stdout.write(
            f"\n{counts[Health.FAILURE]} failures, {counts[Health.WARNING]} warnings, {counts[Health.NOTE]} notes, "
            f"{counts[Health.OK]} ok\n"
        )
    if worst is Health.FAILURE:
        raise typer.Exit(1)


def checks(home: Home, settings: Settings, *, timeout: float) -> Mapping[str, Check]:
    """Return what is looked at, by name, in the order in which it is told."""
    from cosmic.doctor import catalogue_checks, machine_checks, outside_checks
    from cosmic.settings import PipelineOptions
    from flows import prefect_checks

    release = int(PipelineOptions.model_fields["release"].default)

    def prefect() -> Iterator[Finding]:
        yield from prefect_checks.server(timeout=timeout / 2)

    def left() -> Iterator[Finding]:
        yield from machine_checks.leftovers(home)
        yield from prefect_checks.orphans(home.root)

    return {
        "versions": machine_checks.versions,
        "extras": machine_checks.extras,
        "home": partial(machine_checks.home_folder, home),
        "leftovers": left,
        "database": partial(catalogue_checks.catalogue, home, settings),
        "prefect": prefect,
        "skyserver": partial(
            outside_checks.skyserver, settings, release=release, needed=needs_skyserver(), timeout=timeout / 2
        ),
        "alerts": partial(outside_checks.alerts, settings),
    }


def needs_skyserver() -> bool:
    """Return whether runs here read from SkyServer unless they are told otherwise."""
    return os.environ.get("COSMIC_SOURCE") == "skyserver"


def lines(one: Finding) -> Iterator[str]:
    """Yield a finding as lines for a terminal."""
    mark = typer.style(f"{one.health:<8}", fg=_COLOURS[one.health]) if sys.stdout.isatty() else f"{one.health:<8}"
    first, *more = one.found.splitlines() or [""]
    yield f"{mark} {one.check:<12} {first}"
    for line in (*more, *one.todo.splitlines()):
        yield f"{'':<8} {'':<12} {line}"
