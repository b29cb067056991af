"""`cosmic catalogue …`: a whole catalogue moved to another database, and what it needs there. Changes no row of the one that is moved."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cosmic.records import Sky

if TYPE_CHECKING:
    from cosmic.catalogue.database import Database
    from cosmic.home import Home

catalogue = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Move a whole catalogue to another database, and make the role that it needs there.

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
        schema.upgrade(source, sky=sky, now=utc_now())
        copying.demand_ready(source, target, sky=sky)
        total = 2 * sum(copying.count(source).values())
        with bar(total, unit="rows") as told:
            identify = partial(snapshots.identify, sky=sky)
            done = copying.copy(source, target, sky=sky, now=utc_now(), identify=identify, told=told)
    finally:
        source.close()
        target.close()
    width = max(map(len, done.held.rows))
    for name, rows in sorted(done.held.rows.items()):
        sys.stdout.write(f"{name:<{width}}  {rows:>13,} rows  {done.held.digests[name][:16]}\n")
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


def _present(home: Home) -> Database:
    """Return the database of a catalogue that is there.

    Raises
    ------
    ConfigError
        If there is none.
    """
    from cosmic.catalogue.database import Database
    from cosmic.catalogue.glance import is_there
    from cosmic.commands import build
    from cosmic.errors import ConfigError
    from cosmic.machine import Settings, database_url

    url = database_url(home.root, home.sky, build(Settings, {})).get_secret_value()
    database = Database(url, sky=home.sky, lock_folder=home.locks, lock_timeout=60.0)
    if not is_there(url, sky=home.sky):
        raise ConfigError(
            f"{database.name} does not exist, so there is nothing of the {home.sky} sky to take. Say which with --home, --sky "
            "or COSMIC_DATABASE_URL."
        )
    return database
