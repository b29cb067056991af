"""Brings the tables of a catalogue up to this version of Cosmic. Holds no table and no revision itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cosmic.catalogue.database import Database
from cosmic.catalogue.sqlite_files import copy_file
from cosmic.errors import ConfigError
from cosmic.records import Sky

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

log = logging.getLogger(__name__)


def upgrade(database: Database, *, sky: Sky, now: datetime, backed_up: bool = False) -> None:
    """Run the revisions that the database lacks, all or none of them, while no other process writes.

    Before they change a catalogue that is there, its SQLite file is copied beside it; a Postgres is refused where nobody
    said that it is backed up.

    Parameters
    ----------
    database : Database
        An empty one becomes a catalogue of `sky`, with an id of its own.
    now : datetime
        When a new catalogue is made.
    backed_up : bool
        There is a backup, so none is made and nothing is refused.

    Raises
    ------
    ConfigError
        If the catalogue was written by a newer Cosmic, whose tables this one does not know, or by an older one in a Postgres
        that is not said to be backed up.
    """
    move(database, "head", sky=sky, now=now, before=None if backed_up else partial(_secure, database, now=now))


def _secure(database: Database, found: str, *, now: datetime) -> None:
    """Copy the file of a catalogue that is about to be changed, or refuse."""
    if database.is_postgres:
        raise ConfigError(
            f"{database.name} was written by an older Cosmic: its tables are at revision {found}, this version's at "
            f"{revisions()[-1]}. Nothing was changed, since nobody said that it is backed up. Run `cosmic catalogue backup --to "
            "FILE`, then `cosmic catalogue upgrade`; or set COSMIC_DATABASE_BACKED_UP=true where the server itself is backed up."
        )
    file = Path(str(database.url.database))
    kept = copy_file(file, file.with_name(f"{file.name}.{found}-{now:%Y%m%dT%H%M%S%f}.backup"))
    log.warning(
        "%s: tables are brought up from revision %s; %s is as they were, and can be deleted once all is well",
        database.name, found, kept,
    )  # fmt: skip


def move(
    database: Database, target: str, *, sky: Sky, now: datetime, before: Callable[[str], None] | None = None
) -> None:
    """Take the tables to a revision, forwards or backwards; ``base`` is an empty database.

    `before` is called with the revision of tables that are there and are going to be changed, while nobody else writes.
    """
    from alembic import command
    from alembic.runtime.migration import MigrationContext

    config = _config()
    scripts = _scripts()
    wanted = scripts.get_current_head() if target == "head" else None if target == "base" else target
    database.prepare()
    if revision(database) == wanted:
        return
    with database.writing(foreign_keys=False) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in scripts.walk_revisions()}
        if found is not None and found not in known:
            raise ConfigError(
                f"{database.name} was written by a newer Cosmic (its tables are at revision {found}, this version ends "
                f"at {scripts.get_current_head()}). Update Cosmic, or use another --home."
            )
        if found == wanted:
            return
        if found is not None and before is not None:
            before(found)
        config.attributes.update(connection=connection, sky=sky, now=now)
        if wanted is None or (found is not None and wanted < found):
            command.downgrade(config, target)
        else:
            command.upgrade(config, target)
    log.info("%s: tables moved from revision %s to %s", database.name, found, wanted)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


def revisions() -> tuple[str, ...]:
    """Return every revision that this version of Cosmic knows, the oldest first."""
    return tuple(reversed([script.revision for script in _scripts().walk_revisions()]))


def revision(database: Database) -> str | None:
    """Return the revision that the tables are at; None where there are none."""
    from alembic.runtime.migration import MigrationContext

    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()
