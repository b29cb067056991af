"""A little room on the disk that is kept free of everything else, so that a full disk can still be told of, once."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Final

from cosmic.errors import DiskFull

SIZE: Final = 1 << 20
"""Bytes: enough for some incidents and their notices in a SQLite catalogue."""
LEAST: Final = 32 << 20
"""Bytes that must be free for a run to begin."""


def keep(folder: Path) -> None:
    """Fill a file with as much room as an incident needs, where there is none yet.

    Raises
    ------
    OSError
        If the disk is full already.
    """
    path = folder / "reserve"
    if path.exists() and path.stat().st_size == SIZE:
        return
    folder.mkdir(parents=True, exist_ok=True)
    try:
        path.write_bytes(bytes(SIZE))
    except OSError:
        path.unlink(missing_ok=True)
        raise


def spend(folder: Path) -> bool:
    """Make that room free; return whether there was any."""
    try:
        (folder / "reserve").unlink()
    except FileNotFoundError:
        return False
    return True


def demand_room(home: Path) -> None:
    """Raise unless the disk of a home has room for a small run, since a server on a full one does not even start.

    Raises
    ------
    DiskFull
        If there is less than `LEAST`.
    """
    place = next(one for one in (home.absolute(), *home.absolute().parents) if one.exists())
    free = shutil.disk_usage(place).free
    if free < LEAST:
        raise DiskFull(
            f"The disk of the home {home} has no room: {free / 1e6:.0f} MB are free, and a run needs more than "
            f"{LEAST / 1e6:.0f}. Make room, or use another --home, then run again: finished work is kept."
        )


def is_full(error: BaseException | None) -> bool:
    """Return whether an error, or what it came from, is that a disk is full."""
    while error is not None:
        if isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)):
            return True
        error = error.__cause__ or error.__context__
    return False
