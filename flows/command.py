"""Starts a flow from the command line: options, environment, errors in plain words, exit codes.

Imports Prefect only after the options are read, since Prefect reads its home at import.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final, NoReturn, Protocol

import typer

from cosmic.commands import build, command
from cosmic.errors import CosmicError
from cosmic.home import demand_usable
from cosmic.machine import Settings
from cosmic.settings import PipelineOptions, RunOptions


class FlowModule(Protocol):
    """What a module under `flows` offers to be started."""

    def main(self, options: Any) -> str:
        """Run the flow and return the last line to print."""

    def plan(self, options: Any) -> str:
        """Say what would be read, computed and found in the cache; touch nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """A command line: what is typed, and what of it the flow is given (and Prefect stores).

    Parameters
    ----------
    typed : type of TerminalOptions
        Has `home` and `sky` too.
    given : type of settings
        Whose fields are among those of `typed`.
    """

    typed: type[Any]
    given: type[Any]


PIPELINE: Final = Line(RunOptions, PipelineOptions)


def start(name: str, text: str, *, line: Line = PIPELINE) -> NoReturn:
    """Run `flows.NAME` with the options of the command line, then leave the process."""

    def run(options: Any) -> None:
        signal.signal(signal.SIGTERM, _terminate)
        try:
            _run(name, options, line.given)
        except KeyboardInterrupt as stopped:  # caught here: typer would leave without a word
            sys.stderr.write("\nStopped. The same command goes on from here: finished work is kept.\n")
            raise typer.Exit(143 if isinstance(stopped, Terminated) else 130) from None

    run.__doc__ = text
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command(line.typed, run))
    try:
        app(prog_name=f"python -m flows.{name}")
    except CosmicError as error:
        sys.stderr.write(f"\n{error}\n")
        sys.exit(1)
    sys.exit(0)


class Terminated(KeyboardInterrupt):
    """`kill` asked the run to end: it ends as with Ctrl-C, so that its server ends too."""


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise Terminated


def _check_files(options: object) -> None:
    """Refuse files that cannot serve before a server is started for nothing."""
    if isinstance(options, PipelineOptions) and options.images is not None:
        from cosmic.images.listing import find_table

        find_table(options.images, options.labels)
    if isinstance(options, PipelineOptions) and (options.path or options.held_tables):
        from cosmic.sources.files import check_tables

        for paths in (options.path, options.held_tables):
            if paths:
                check_tables(paths, options.overrides)


def _check_cluster(options: object) -> None:
    """Refuse a cluster that is not there before a server is started for nothing."""
    if isinstance(options, PipelineOptions):
        from flows.cluster import demand_cluster

        demand_cluster(options)


def _run(name: str, options: Any, kind: type[Any]) -> None:
    from flows.environment import (
        check_server,
        end_orphaned_servers,
        open_prefect_home,
        prepare,
        start_temporary_server,
    )
    from flows.terminal import show_log

    demand_usable(options.home)
    _check_files(options)
    prepare(options)
    show_log(quiet=options.quiet or options.dry_run, verbose=options.verbose)
    if not options.dry_run:
        _check_cluster(options)
    open_prefect_home(options.home, dry=options.dry_run)
    build(Settings, {})  # a wrong COSMIC_* variable is told here, not at the import of the flow
    flow: FlowModule = importlib.import_module(f"flows.{name}")
    given = kind(**{field: getattr(options, field) for field in kind.model_fields})
    if options.dry_run:
        sys.stdout.write(flow.plan(given) + "\n")
        return
    _demand_room(options, name)
    end_orphaned_servers(options.home)
    if check_server() is None:
        start_temporary_server()
    try:
        sys.stdout.write(flow.main(given) + "\n")
    except Exception as error:
        _leave_where_the_server_is_gone(error)
        raise


def _demand_room(options: Any, name: str) -> None:
    """Refuse a full disk before a server is started on it, and tell of it as of any failure."""
    from cosmic.alerts.from_run import Watched, of_failure
    from cosmic.alerts.reserve import demand_room
    from cosmic.clock import utc_now
    from cosmic.errors import DiskFull
    from cosmic.home import Home
    from tasks.alerts import take

    home = Home(options.home, options.sky)
    try:
        demand_room(home.root)
    except DiskFull as full:
        take((of_failure(full, Watched(name, "", home.sky)),), home=home, settings=Settings(), now=utc_now())
        raise


def _leave_where_the_server_is_gone(error: Exception) -> None:
    """Say so and leave at once, if the Prefect server went away during the run: Prefect would go on for minutes, telling it
    what it can no longer hear."""
    from flows.environment import server_failure

    # of the library by which Prefect asks its server
    if type(error).__module__.partition(".")[0] != "httpx" or server_failure() is None:
        return
    sys.stderr.write(
        "\nThe Prefect server went away during this run and does not know how it ended. What the run did is kept. Start the "
        "server again, or add --local, and run the same command: it goes on from there.\n"
    )
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(1)
