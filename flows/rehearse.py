"""`python -m flows.rehearse`: plants every fault in a small simulated sky and prints what caught it.

It rehearses bad data. `make rehearse` is another thing: a stand-in for SkyServer that rehearses bad networks.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cosmic.errors import ConfigError, CosmicError
from cosmic.planted import MOST_NIGHTS, FaultName


def main(
    rows: Annotated[int, typer.Option(min=1000, max=200_000, help="Objects of a night.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="First seed.")] = 0,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Skies: each fault is tried on each.")] = 3,
    before: Annotated[int, typer.Option(min=1, max=30, help="Sound nights before the fault.")] = 3,
    nights: Annotated[int, typer.Option(min=0, max=MOST_NIGHTS, help="Sound nights in which alarms are counted.")] = 30,
    fault: Annotated[list[FaultName] | None, typer.Option(help="Only this fault. May be repeated.")] = None,
    home: Annotated[
        Path | None, typer.Option(help="An empty folder to keep everything in. Default: a temporary one.")
    ] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="Also write what was found to this file.")] = None,
) -> None:
    """Plant every fault in a simulated sky and print what caught it, what was set apart, and what got through.

    Each night is a run of the flow ingest, in a home of its own with a SQLite catalogue, and what is printed is read from
    the incidents that these runs opened there; nobody is told of them. Leaves with 0 where every fault that something is
    meant to catch opened one incident, of the right check, and no sound night opened any; with 1 where not, or where it
    could not run.
    """
    chosen = tuple(fault or FaultName)
    span = tuple(range(seed, seed + seeds))
    try:
        if home is None:
            with tempfile.TemporaryDirectory(prefix="cosmic-rehearse-") as folder:
                good = _run(Path(folder), rows, span, before, nights, chosen, json_)
        else:
            if home.exists() and (not home.is_dir() or any(home.iterdir())):
                raise ConfigError(f"{home} is not an empty folder. Name another one with --home.")
            good = _run(home, rows, span, before, nights, chosen, json_)
    except CosmicError as error:
        sys.stderr.write(f"\n{error}\n")
        raise typer.Exit(1) from None
    raise typer.Exit(0 if good else 1)


def _run(
    root: Path,
    rows: int,
    seeds: tuple[int, ...],
    before: int,
    nights: int,
    faults: tuple[FaultName, ...],
    file: Path | None,
) -> bool:
    from cosmic import artefacts
    from cosmic.settings import RunOptions
    from flows.environment import open_prefect_home, prepare, start_temporary_server
    from flows.terminal import show_log

    # Prefect reads its home at import
    prepare(RunOptions(home=root, local=True))
    open_prefect_home(root, dry=False)
    show_log(quiet=True, verbose=False)
    start_temporary_server()
    from flows.rehearsal_table import show
    from flows.rehearsing import rehearse

    found = rehearse(
        root=root, rows=rows, seeds=seeds, before=before, sound=nights, faults=faults,
        report=lambda text: sys.stderr.write(f"{text}\n"),
    )  # fmt: skip
    show(found)
    if file is not None:
        text = json.dumps(asdict(found) | {"as_meant": found.as_meant}, indent=2, sort_keys=True) + "\n"
        artefacts.write(file, lambda part: part.write_text(text, encoding="utf-8"))
    return found.as_meant


if __name__ == "__main__":
    typer.run(main)
