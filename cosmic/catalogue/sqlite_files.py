"""Copies the file of a SQLite catalogue while others use it, and says whether a file is sound. Knows no table."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from cosmic import artefacts
from cosmic.errors import ArtefactCorrupt, ConfigError

_PAGES: Final = 4096
"""Pages of SQLite copied at a time, 16 MB: others get their turn in between."""


def copy_file(file: Path, to: Path, *, told: Callable[[int, int], None] | None = None) -> Path:
    """Copy a SQLite database by SQLite's online backup: one moment of it, whole or not at all, checked.

    Parameters
    ----------
    file, to : Path
        The database, and a file that does not exist yet. The copy is one file, without a journal beside it.
    told : callable, optional
        Hears how many pages are left, and of how many.

    Raises
    ------
    ConfigError
        If `to` exists, or cannot be written.
    ArtefactCorrupt
        If the database is damaged.
    """
    if to.exists():
        raise ConfigError(f"{to} exists already, and a backup never replaces another. Name a new file.")

    def fill(part: Path) -> None:
        with closing(sqlite3.connect(file)) as here, closing(sqlite3.connect(part)) as there:
            here.backup(
                there, pages=_PAGES, progress=None if told is None else lambda _, left, total: told(left, total)
            )
        finish(part)

    try:
        return artefacts.write(to, fill, sealed=False)
    except (OSError, sqlite3.OperationalError) as error:
        raise ConfigError(
            f"{file} could not be copied to {to} ({error}). Check the folders, their rights and the disk."
        ) from error


def finish(file: Path) -> None:
    """Make a SQLite database one file that is moved as such, and check it.

    Raises
    ------
    ArtefactCorrupt
        If it is damaged.
    """
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE").close()
            said = str(connection.execute("PRAGMA quick_check").fetchone()[0])
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise ArtefactCorrupt(f"{file} is damaged ({said}), so no backup was made of it. Look at `cosmic doctor`.")
