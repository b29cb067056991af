"""Serve a survey by hand: `python -m tests.skyserver --port 8099`. Ends with Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

try:
    from tests.skyserver.faults import Fault, at_random
    from tests.skyserver.rules import Limits
    from tests.skyserver.server import serve
    from tests.skyserver.sources import SPECTRA, VOTES, read_spectra, read_votes, simulated_spectra, simulated_votes
except ModuleNotFoundError as missing:
    sys.exit(
        f"The stand-in survey needs {missing.name}, which is not installed. `make rehearse` installs it and starts the "
        'survey; without make: .venv/bin/python -m pip install -c constraints.txt -e ".[dev]"'
    )


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.skyserver", description=__doc__.split(":")[0])
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--release", type=int, action="append", help="17 by default; may be given several times")
    parser.add_argument("--rows", type=int, default=5000, help="spectra of the simulated sky")
    parser.add_argument("--seed", type=int, default=0, help="of the simulated sky, and of random faults")
    parser.add_argument("--spectra", type=Path, help=f"real spectra instead, such as {os.path.relpath(SPECTRA)}")
    parser.add_argument("--votes", type=Path, help=f"Galaxy Zoo 2 votes, such as {os.path.relpath(VOTES)}")
    parser.add_argument("--files", type=Path, help="a folder to serve under /files/")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME[:SETTING=VALUE,…]",
                        help="what goes wrong: cut, 503:times=2, html:chance=0.1,times=always …")  # fmt: skip
    parser.add_argument("--at-random", type=float, default=0.0, metavar="SHARE", help="share of requests to spoil")
    parser.add_argument("--queries", type=int, default=Limits().queries, help="queries allowed a minute")
    parser.add_argument("--top", type=int, default=Limits().rows, help="most rows of an answer")
    given = parser.parse_args()
    try:
        faults = [Fault.parse(text) for text in given.fault]
    except ValueError as error:
        parser.error(str(error))
    if given.at_random:
        faults += at_random(given.at_random, seed=given.seed)
    rows = read_spectra(given.spectra) if given.spectra else simulated_spectra(given.rows, seed=given.seed)
    votes = read_votes(given.votes) if given.votes else None
    if votes is None and not given.spectra:
        votes = simulated_votes(given.rows, seed=given.seed)
    limits = Limits(rows=given.top, queries=given.queries)
    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end.set())
    with serve(rows, releases=given.release or [17], port=given.port, faults=faults, limits=limits, votes=votes,
               files=given.files) as survey:  # fmt: skip
        sys.stdout.write(
            f"{rows.num_rows} spectra in DR{', DR'.join(map(str, survey.releases))} at {survey.url}\n"
            f"  COSMIC_SKYSERVER_URL={survey.url}\n  log and faults: {survey.url}/stand-in/log, /stand-in/faults\n"
        )
        sys.stdout.flush()
        end.wait()


if __name__ == "__main__":
    main()
