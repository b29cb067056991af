"""`cosmic catalogue …`: a whole catalogue moved, backed up and restored. Changes no row of the one that is taken."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cosmic.records import Sky

if TYPE_CHECKING:
    from cosmic.catalogue.copying import Held
    from cosmic.catalogue.database import Database
    from cosmic.home import Home

catalogue = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Move, back up and restore a whole catalogue, and make the role that it needs in Postgres.

    The catalogue is the one that runs use: COSMIC_DATABASE_URL, else SQLite in the home.
    """,
)
_HOME = typer.Option("--home", envvar="COSMIC_HOME", metavar="DIR", help="Where everything is kept. Default: .cosmic.")
_SKY = typer.Option("--sky", help="Whose catalogue: real or simulated.")


@catalogue.command()
def copy(
    to: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The database that takes the copy, such as postgresql://user@host/name or sqlite:////folder/file.db. "
            "Leave the password out where ~/.pgpass has it.",
        ),
    ] = None,
    to_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file that holds that URL, so that no command line shows it.")
    ] = None,
    home: Annotated[Path, _HOME] = Path(".cosmic"),
    sky: Annotated[Sky, _SKY] = Sky.REAL,
) -> None:
    """Copy the whole catalogue into an empty database, SQLite or Postgres, and prove that it is the same there.

    Every table is read again from the copy: the numbers of rows, a digest of the values of each table, and the id of the
    snapshot that the objects give must be equal, or nothing is kept. The catalogue that is copied stays as it is; runs use
    the copy once COSMIC_DATABASE_URL names it. Files of the home (pages, snapshots, models, images, reports) stay where
    they are. Interrupted, it leaves an empty database, and the same command begins again.

    - `cosmic catalogue copy --to postgresql://cosmic@db.example.org/cosmic?sslmode=verify-full`
    - `COSMIC_DATABASE_URL=postgresql://… cosmic catalogue copy --to sqlite:////data/copy.db`
    """
    from cosmic import snapshots
    from cosmic.catalogue import copying, schema
    from cosmic.catalogue.database import Database
    from cosmic.clock import utc_now
    from cosmic.errors import ConfigError
    from cosmic.home import Home
    from cosmic.secret_files import read_secret
    from flows.terminal import bar

    if (to is not None and to_file is not None) or (to or to_file) is None:
        raise ConfigError("Say where the copy goes: either --to URL or --to-file FILE.")
    place = Home(home, sky)
    source = _present(place)
    target = Database(
        read_secret(to_file, "--to-file") if to_file else to or "", sky=sky, lock_folder=place.locks, lock_timeout=60.0
    )
    try:
        copying.demand_ready(source, target, sky=sky)
        total = 2 * sum(copying.count(source).values())
        with bar(total, unit="rows") as told:
            identify = partial(snapshots.identify, sky=sky)
            done = copying.copy(source, target, sky=sky, now=utc_now(), identify=identify, told=told)
        schema.upgrade(target, sky=sky, now=utc_now(), backed_up=True)  # the source is the backup
    finally:
        source.close()
        target.close()
    _show(done.held)
    sys.stdout.write(
        f"Equal in both: rows and values of {len(done.held.rows)} tables, snapshot {done.held.snapshot or '(no objects)'}.\n"
        f"{done.source} was copied in {done.seconds:.1f} s. Runs use the copy once COSMIC_DATABASE_URL names it.\n"
    )


@catalogue.command()
def role(
    name: Annotated[str, typer.Option(metavar="ROLE", help="Name of the role.")] = "cosmic",
    database: Annotated[str, typer.Option(metavar="NAME", help="The database that the catalogue is in.")] = "cosmic",
    schema: Annotated[
        str,
        typer.Option(
            metavar="WORD", help="Schemas are named WORD_real and WORD_simulated, as ?schema=WORD in the URL."
        ),
    ] = "cosmic",
) -> None:
    """Print the SQL that makes a role in Postgres which owns the catalogue's schemas and may do nothing else.

    Connects to nothing. An administrator gives it to psql, which asks for the role's password at the end.

    - `cosmic catalogue role > role.sql`, then `psql -h db.example.org -U postgres -f role.sql cosmic`
    """
    from cosmic.catalogue.roles import role_sql

    sys.stdout.write(role_sql(name, database=database, schema=schema))


@catalogue.command()
def backup(
    to: Annotated[Path, typer.Option(metavar="FILE", help="A new file, such as cosmic-2026-11-23.db.")],
    home: Annotated[Path, _HOME] = Path(".cosmic"),
    sky: Annotated[Sky, _SKY] = Sky.REAL,
) -> None:
    """Write a backup of the catalogue: one SQLite file, of one moment, whichever database the catalogue is in.

    Runs may go on meanwhile. The file is checked, and what it holds is printed. It is moved and kept as any file; it holds no
    password. Pages, models, images and reports are files of the home: back these up as such.

    - `cosmic catalogue backup --to /backups/cosmic-$(date +%F).db`
    """
    from cosmic import snapshots
    from cosmic.catalogue import backups, copying
    from cosmic.clock import utc_now
    from cosmic.home import Home
    from flows.terminal import bar

    database = _present(Home(home, sky))
    try:
        identify = partial(snapshots.identify, sky=sky)
        with bar(2 * sum(copying.count(database).values()), unit="rows") as told:
            kept = backups.backup(database, to, sky=sky, now=utc_now(), identify=identify, told=told)
    finally:
        database.close()
    _show(kept.held)
    sys.stdout.write(
        f"{kept.file}: {database.name} as it was, tables at revision {kept.revision}, snapshot "
        f"{kept.held.snapshot or '(no objects)'}.\n"
    )


@catalogue.command()
def restore(
    from_: Annotated[Path, typer.Option("--from", metavar="FILE", help="A file that `cosmic catalogue backup` wrote.")],
    home: Annotated[Path, _HOME] = Path(".cosmic"),
    sky: Annotated[Sky, _SKY] = Sky.REAL,
) -> None:
    """Fill an empty database from a backup, and prove that it holds the same.

    The database is the one that runs use: COSMIC_DATABASE_URL, else SQLite in the home. Where it holds anything, nothing is
    done: move the file away, or name an empty database. A backup of an older Cosmic is brought up afterwards. Interrupted, it
    leaves an empty database, and the same command begins again.

    - `cosmic catalogue restore --from /backups/cosmic-2026-11-23.db`
    """
    from cosmic import snapshots
    from cosmic.catalogue import backups
    from cosmic.clock import utc_now
    from cosmic.home import Home
    from flows.terminal import bar

    database = _configured(Home(home, sky))
    try:
        with bar(None, unit="rows") as told:
            identify = partial(snapshots.identify, sky=sky)
            done = backups.restore(from_, database, sky=sky, now=utc_now(), identify=identify, told=told)
    finally:
        database.close()
    _show(done.held)
    sys.stdout.write(
        f"{done.target} holds what {from_} holds: rows and values of {len(done.held.rows)} tables, snapshot "
        f"{done.held.snapshot or '(no objects)'}.\n"
    )


@catalogue.command()
def upgrade(home: Annotated[Path, _HOME] = Path(".cosmic"), sky: Annotated[Sky, _SKY] = Sky.REAL) -> None:
    """Bring the tables of a catalogue that an older Cosmic wrote up to this version. Make a backup before.

    A SQLite catalogue needs no such command: the next run copies its file, then does it. In Postgres a run refuses to, since
    it cannot know of backups. All tables are brought up, or none.

    - `cosmic catalogue backup --to before.db && cosmic catalogue upgrade`
    """
    from cosmic.catalogue import schema
    from cosmic.clock import utc_now
    from cosmic.home import Home

    database = _present(Home(home, sky))
    try:
        before = schema.revision(database)
        schema.upgrade(database, sky=sky, now=utc_now(), backed_up=database.is_postgres)
        after = schema.revision(database)
    finally:
        database.close()
    said = (
        f"was brought from revision {before} to {after}" if before != after else f"is at revision {after}, the newest"
    )
    sys.stdout.write(f"{database.name} {said}.\n")


def _show(held: Held) -> None:
    width = max(map(len, held.rows))
    for name, rows in sorted(held.rows.items()):
        sys.stdout.write(f"{name:<{width}}  {rows:>13,} rows  {held.digests[name][:16]}\n")


def _configured(home: Home) -> Database:
    from cosmic.catalogue.database import Database
    from cosmic.commands import build
    from cosmic.machine import Settings, database_url

    url = database_url(home.root, home.sky, build(Settings, {})).get_secret_value()
    return Database(url, sky=home.sky, lock_folder=home.locks, lock_timeout=60.0)


def _present(home: Home) -> Database:
    """Return the database of a catalogue that is there.

    Raises
    ------
    ConfigError
        If there is none.
    """
    from cosmic.catalogue.glance import is_there
    from cosmic.commands import build
    from cosmic.errors import ConfigError
    from cosmic.machine import Settings, database_url

    url = database_url(home.root, home.sky, build(Settings, {})).get_secret_value()
    if is_there(url, sky=home.sky):
        return _configured(home)
    raise ConfigError(
        f"There is no catalogue of the {home.sky} sky in {'that database' if url.startswith('postgres') else home.root}, so there "
        "is nothing to take. Say which with --home, --sky or COSMIC_DATABASE_URL."
    )
