"""`cosmic …`: short questions to files and catalogues. Starts in half a second; imports each command's needs late.

It lies with the flows, not in `cosmic`, since a command passes the expectations down to the library.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cosmic.errors import CosmicError
from flows.cli_alerts import alerts
from flows.cli_catalogue import catalogue
from flows.cli_doctor import doctor
from flows.cli_status import status

app = typer.Typer(
    name="cosmic",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)

app.add_typer(alerts, name="alerts")
app.add_typer(catalogue, name="catalogue")
app.command()(doctor)
app.command()(status)


def _version(asked: bool) -> None:
    if asked:
        from cosmic import __version__

        sys.stdout.write(f"cosmic {__version__}\n")
        raise typer.Exit


@app.callback()
def cosmic(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keeps a classification catalogue of the sky fresh and trustworthy.

    - `cosmic inspect FILE` says what a table of yours is good for, and writes nothing.
    - `cosmic doctor` checks this installation, from the disk to SkyServer, and says what to do.
    - `cosmic status` says how the catalogue, its runs, models and checks stand.
    - `cosmic catalogue` copies a catalogue to another database, backs it up and restores it, with proof.
    - `cosmic alerts` says whether notices of incidents arrive, and which are open.
    - `python -m flows.full_pipeline --path FILE` stores its rows, trains and reports; without --path it does so on a
      simulated sky.

    All flows run as `python -m flows.NAME` and explain themselves with --help.
    """


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV, FITS, Parquet or VOTable file, gzipped or not.")],
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=COLUMN",
            help="Read Cosmic's column NAME from the file's COLUMN, such as redshift=zsp; NAME=- leaves it out. "
            "system=psf or unit=nanomaggies say what u g r i z are. May be repeated.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")] = False,
) -> None:
    """Say what a file holds, what it can be used for and what would be refused. Writes nothing.

    Which column is taken for what, with how many values; the magnitude system and unit, and how they are known;
    marks of "not measured"; labels; the rows that each task and arm could train on, or why not; and the rows that
    the contract would quarantine, by reason. Takes seconds.

    - `cosmic inspect spectra.csv.gz`
    - `cosmic inspect mine.fits --column redshift=zsp --column obj_id=-`
    - `cosmic inspect mine.csv --json | jq .services`
    """
    from cosmic.commands import build
    from cosmic.settings import PipelineOptions
    from flows.inspecting import show

    options = build(PipelineOptions, {"path": [file], **({"column": column} if column else {})})
    show(file, columns=options.overrides, as_json=as_json)


def main() -> None:
    """Run the command line and leave with 1 where Cosmic explains an error itself."""
    try:
        app()
    except CosmicError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
