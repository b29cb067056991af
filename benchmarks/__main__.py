"""Measures every speed and memory claim: `make bench`, or `python -m benchmarks NAME …` for some.

Each measurement runs in a process of its own on a simulated sky, so that its peak memory is its own. Prints one line
each: seconds of wall clock, of the processor (all threads), rows a second of wall clock, peak memory. Machines are noisy: read ratios, and run it more than once.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks.measures import MEASURES


def main() -> None:
    """Run the measurements that were asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(MEASURES)}")
    parser.add_argument("--rows", type=int, default=100_000, help="objects of the simulated sky (default 100000)")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(MEASURES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    print(f"{'what':18}{'seconds':>9}{'CPU s':>9}{'rows/s':>12}{'peak MB':>9}")
    for name in arguments.names or MEASURES:
        subprocess.run([sys.executable, "-m", "benchmarks.measures", name, str(arguments.rows)], check=True)


if __name__ == "__main__":
    main()
