"""Dry resolution of constraints.txt on every platform and Python that we support: `make check-pins`.

Installs nothing. Wheels only, so that no user needs a compiler. The neural and dev extras are left out on
Python 3.14, where TensorFlow has no wheels.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11.7", "3.12", "3.13", "3.14")
PLATFORMS = (
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
)


def resolve(python: str, platform: str) -> subprocess.CompletedProcess[str]:
    """Return uv's answer for one Python and platform."""
    extras = [] if python == "3.14" else ["--all-extras"]
    with tempfile.NamedTemporaryFile(suffix=".txt") as out:
        return subprocess.run(
            [
                *(sys.executable, "-m", "uv", "pip", "compile", "-q", "--no-header", *extras),
                *("--python-version", python, "--python-platform", platform, "--only-binary", ":all:"),
                *("-c", str(ROOT / "constraints.txt"), "-o", out.name, str(ROOT / "pyproject.toml")),
            ],
            capture_output=True,
            text=True,
            check=False,
        )


def main() -> int:
    """Print one line a combination and return how many do not resolve."""
    failed = 0
    for python, platform in product(PYTHONS, PLATFORMS):
        answer = resolve(python, platform)
        failed += answer.returncode != 0
        print(f"{python:7} {platform:27} {'ok' if answer.returncode == 0 else answer.stderr.strip()}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
