"""`cosmic …`: short questions to files and catalogues. Starts in half a second; imports each command's needs late.

It lies with the flows, not in `cosmic`, since a command passes the expectations down to the library.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cosmic.errors import CosmicError

app = typer.Typer(
    name="cosmic",
    help="Keeps a classification catalogue of the sky fresh and trustworthy. Flows run as `python -m flows.NAME`.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


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
    """Keeps a classification catalogue of the sky fresh and trustworthy. Flows run as `python -m flows.NAME`."""


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A CSV, FITS, Parquet or VOTable file, gzipped or not.")],
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=COLUMN",
            help="Read Cosmic's column NAME from the file's COLUMN, such as redshift=zsp. May be repeated.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Say what a file holds, what it is taken for, what it can be used for and what would be refused.

    Writes nothing.
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
