"""Backups of a catalogue: one SQLite file, whichever database it is of, that any empty database can be restored from.

SQLite's file is copied by SQLite itself. From Postgres, and back into either, rows are copied and proved as in
`cosmic.catalogue.copying`; a backup of an older Cosmic is restored as it was, then brought up.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cosmic import artefacts
from cosmic.catalogue import copying, schema
from cosmic.catalogue.copying import Copied, Held, Identify, Told
from cosmic.catalogue.database import Database
from cosmic.catalogue.sqlite_files import copy_file, finish
from cosmic.errors import ConfigError
from cosmic.records import Sky


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup: its file, the revision of its tables, and what it holds."""

    file: Path
    revision: str
    held: Held


def backup(
    database: Database, file: Path, *, sky: Sky, now: datetime, identify: Identify, told: Told | None = None
) -> Kept:
    """Write a backup of a catalogue, of one moment of it, and return what the file holds, counted there.

    Raises
    ------
    ConfigError
        If the file exists or cannot be written, or there is no catalogue.
    ArtefactCorrupt
        If the catalogue is damaged, or the file would hold something else.
    """
    if file.exists():
        raise ConfigError(f"{file} exists already, and a backup never replaces another. Name a new file.")
    found = _revision(database)
    if database.is_postgres:

        def fill(part: Path) -> None:
            with tempfile.TemporaryDirectory() as locks:
                target = Database(f"sqlite:///{part.absolute()}", sky=sky, lock_folder=Path(locks), lock_timeout=1.0)
                copying.copy(database, target, sky=sky, now=now, identify=identify, told=told)
                target.close()
            finish(part)

        artefacts.write(file, fill, sealed=False)
    else:
        copy_file(Path(str(database.url.database)), file)
    with tempfile.TemporaryDirectory() as locks:
        written = Database(f"sqlite:///{file.absolute()}", sky=sky, lock_folder=Path(locks), lock_timeout=1.0)
        held = copying.hold(written, identify=identify)
        written.close()
    return Kept(file, found, held)


def restore(
    file: Path, database: Database, *, sky: Sky, now: datetime, identify: Identify, told: Told | None = None
) -> Copied:
    """Fill an empty database from a backup, prove that it holds the same, and bring its tables up to this version.

    Raises
    ------
    ConfigError
        If there is no such backup, a newer Cosmic wrote it, or the database holds anything.
    ArtefactCorrupt
        If the backup is damaged.
    """
    if not file.is_file():
        raise ConfigError(
            f"{file} is no file, so nothing can be restored from it. Name a file that `cosmic catalogue backup` wrote."
        )
    with tempfile.TemporaryDirectory() as locks:
        source = Database(f"sqlite:///{file.absolute()}", sky=sky, lock_folder=Path(locks), lock_timeout=1.0)
        found = _revision(source)
        if found not in schema.revisions():
            raise ConfigError(f"{file} was written by a newer Cosmic (its tables are at {found}). Update Cosmic first.")
        done = copying.copy(source, database, sky=sky, now=now, identify=identify, told=told)
        source.close()
    schema.upgrade(database, sky=sky, now=now, backed_up=True)
    return done


def _revision(database: Database) -> str:
    found = schema.revision(database)
    if found is None:
        raise ConfigError(f"{database.name} holds no catalogue, so there is nothing to take from it.")
    return found
