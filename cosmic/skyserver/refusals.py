"""Remembers that answers of a survey were refused by their contract, so that these are asked for anew. Decides nothing.

A pull that was interrupted goes on with the answers that it has. Where they were whole and yet refused, going on with them
would refuse them for ever, also when the survey has mended its rows.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from cosmic.clock import Clock, utc_now


def add(folder: Path, series: str, *, why: str, clock: Clock = utc_now) -> None:
    """Note that answers of a series were refused, and why, in its first line."""
    folder.mkdir(parents=True, exist_ok=True)
    with _file(folder, series).open("a", encoding="utf-8") as file:
        file.write(f"{clock().isoformat()} {series}: {' '.join(why.splitlines()[0].split())}\n")


def count(folder: Path, series: str) -> int:
    """Return how often answers of a series were refused."""
    file = _file(folder, series)
    return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0


def _file(folder: Path, series: str) -> Path:
    return folder / f"refused-{hashlib.sha256(series.encode()).hexdigest()[:16]}.log"
