"""Which files of a home are old and needed by nothing, and their removal. What is needed, the catalogue says.

Whatever is removed is made again when a run asks for it, or was asked to be kept no longer. A kill at any moment leaves
fewer files and nothing broken: a remembered step whose file is gone is done again.
"""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cosmic.home import Home

log = logging.getLogger(__name__)

_BESIDE: Final = (".sha256", ".manifest.json", ".lock")
"""Endings of small files beside others: a digest goes with its file, a manifest says for ever what a page was."""
_UNFINISHED: Final = timedelta(days=1)
"""Age from which a file that was never finished belongs to a process that is dead."""


@dataclass(frozen=True, slots=True)
class Keep:
    """How many days each kind of file is kept."""

    reports: int
    pages: int
    snapshots: int
    models: int
    artefacts: int


@dataclass(frozen=True, slots=True)
class Old:
    """A file, or the folder of a report, that may go; `size` in bytes."""

    kind: str
    path: Path
    size: int


def find(home: Home, *, needed: Collection[Path], keep: Keep, now: datetime) -> tuple[Old, ...]:
    """Return what is older than its kind is kept, and needed by nothing; touch nothing.

    Parameters
    ----------
    needed : collection of Path
        Files, and folders of reports, that must stay: `cosmic.catalogue.needing.needed`.
    now : datetime
        With time zone.
    """
    stay = {path.absolute() for path in needed}
    kinds = (
        ("pages", keep.pages, (home.pages,)),
        ("snapshots", keep.snapshots, (home.snapshots,)),
        ("models", keep.models, (home.models,)),
        (
            "artefacts", keep.artefacts,
            (home.judged, home.datasets, home.fits, home.study, home.searches, home.pictures, home.results),
        ),
    )  # fmt: skip
    found = [
        Old(kind, path, size)
        for kind, days, folders in kinds
        for path, size, age in _files(folders, now)
        if path.absolute() not in stay
        and (age > timedelta(days=days) or (path.name.endswith(".part") and age > _UNFINISHED))
    ]
    for folder in sorted(home.reports.iterdir()) if home.reports.is_dir() else ():
        files = [file for file in folder.rglob("*") if file.is_file()]
        newest = max((file.stat().st_mtime for file in files), default=now.timestamp())
        if folder.absolute() not in stay and now.timestamp() - newest > timedelta(days=keep.reports).total_seconds():
            found.append(Old("reports", folder, sum(file.stat().st_size for file in files)))
    return tuple(found)


def remove(found: Iterable[Old]) -> None:
    """Remove what was found, each with the digest beside it. What is gone already is gone."""
    for one in found:
        if one.path.is_dir():
            shutil.rmtree(one.path, ignore_errors=True)
        else:
            one.path.unlink(missing_ok=True)
            one.path.with_name(f"{one.path.name}.sha256").unlink(missing_ok=True)
        log.debug("removed %s", one.path)


def summary(found: Collection[Old], *, removed: bool) -> str:
    """Return how many files of each kind, and how many bytes, went or would go."""
    if not found:
        return "Nothing is old enough to be removed."
    files, sizes = Counter(one.kind for one in found), Counter[str]()
    for one in found:
        sizes[one.kind] += one.size
    lines = [f"  {kind}: {n:,}, {sizes[kind]:,} bytes" for kind, n in sorted(files.items())]
    head = f"{'Removed' if removed else 'Would remove'} {len(found):,} files, {sizes.total():,} bytes:"
    return "\n".join([head, *lines])


def _files(folders: Iterable[Path], now: datetime) -> Iterator[tuple[Path, int, timedelta]]:
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if not path.is_file() or path.name.endswith(_BESIDE):
                continue
            try:
                state = path.stat()
            except FileNotFoundError:  # a run replaced or removed it meanwhile
                continue
            yield path, state.st_size, timedelta(seconds=now.timestamp() - state.st_mtime)
