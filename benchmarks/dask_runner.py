"""Measures what a Dask cluster gains: `python -m benchmarks.dask_runner [--rows N] [--rounds N]`.

The same grid of fits on the same simulated sky: in one thread of a local run, in two, on one Dask worker and on two, each worker
a process of one thread, all on this machine. Every run has a home of its own, so that nothing is remembered. Rounds are
interleaved, since machines are noisy: read ratios. The times are those that the run itself says of its steps; starting Prefect's
server and the workers is not in them.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.flows.clusters import Cluster, cluster
from tests.flows.drill import environment

STEPS: Final = ("training", "scoring")
_SAID: Final = re.compile(r"(\w+): (\d+) of \2 in ([\d.]+) s")
Times = dict[str, float]


def main() -> None:
    """Run every setting once a round and print seconds of each, medians, and ratios to one local thread."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dask_runner", description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000, help="objects of the simulated sky (default 5000)")
    parser.add_argument("--rounds", type=int, default=1, help="times that each setting is run (default 1)")
    asked = parser.parse_args()
    found: dict[str, list[Times]] = {}
    with tempfile.TemporaryDirectory(prefix="cosmic-dask-") as place:
        for number in range(asked.rounds):
            for name, times in _round(Path(place) / str(number), asked.rows):
                found.setdefault(name, []).append(times)
                spent = ", ".join(f"{step} {times[step]:.1f} s" for step in STEPS)
                print(f"round {number + 1}: {name:20}{spent}; load {os.getloadavg()[0]:.1f}", flush=True)
    print(f"n {asked.rows:,}, seed 0, {os.cpu_count()} cores, {asked.rounds} round(s): medians")
    first = next(iter(found.values()))
    for name, runs in found.items():
        for step in STEPS:
            seconds, base = (statistics.median(times[step] for times in some) for some in (runs, first))
            print(f"{name:20}{step:10}{seconds:8.1f} s{base / seconds:7.2f} times as fast as the first")


def _round(folder: Path, rows: int) -> Iterator[tuple[str, Times]]:
    """Yield the times of each setting. A new cluster each: its workers import what they need as on a first run."""
    for n in (1, 2):
        yield f"local, {n} thread(s)", _run(folder / f"local-{n}", rows, workers=n)
    for n in (1, 2):
        place = folder / f"dask-{n}"
        place.mkdir(parents=True)
        with cluster(place) as made:
            for _ in range(n):
                made.start_worker()
            yield f"Dask, {n} worker(s)", _run(place, rows, made)


def _run(folder: Path, rows: int, on: Cluster | None = None, *, workers: int = 1) -> Times:
    folder.mkdir(parents=True, exist_ok=True)
    options = ("--rows", str(rows), "--task", "superclass", "--arm", "photometric")
    ran = subprocess.run(
        [sys.executable, "-m", "flows.full_pipeline", *options, *(on.options() if on else ())],
        cwd=folder,
        env=environment(folder, COSMIC_WORKERS=str(workers), OMP_WAIT_POLICY="PASSIVE"),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        sys.exit(ran.stderr)
    return {step: float(seconds) for step, _, seconds in _SAID.findall(ran.stderr)}


if __name__ == "__main__":
    main()
