"""`cosmic alerts …`: whether notices arrive, what is open, and what waits to be sent. Raises no incident."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cosmic.errors import TransientSourceError
from cosmic.records import Sky

alerts = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Whether notices of incidents arrive, which incidents are open, what waits to be sent.

    Who is told stands in COSMIC_ALERT_URLS: addresses of Apprise, separated by spaces, such as
    `mailto://user:password@example.org`, `slack://token-a/token-b/token-c` or `json://host/path`.
    """,
)
_HOME = typer.Option("--home", envvar="COSMIC_HOME", metavar="DIR", help="Where everything is kept. Default: .cosmic.")
_SKY = typer.Option("--sky", help="Whose catalogue: real or simulated.")


@alerts.command()
def test() -> None:
    """Send one notice that says it is a test to every address, and say of each whether it went. Leaves with 1 if one did not."""
    from cosmic.alerts.records import Kind, Notice, Severity
    from cosmic.alerts.sending import check_addresses, send
    from cosmic.commands import build
    from cosmic.errors import ConfigError
    from cosmic.machine import Settings

    desk, now = build(Settings, {}).desk, datetime.now(UTC)
    if not desk.addresses:
        raise ConfigError(
            "COSMIC_ALERT_URLS names nobody, so nobody is told of incidents. Set it to addresses of Apprise, separated by "
            "spaces, such as mailto://user:password@example.org or json://host/path; docs/alerts.md has more."
        )
    check_addresses(desk.addresses)
    notice = Notice(
        "test", Kind.OPENED, Severity.INFO, "Cosmic: a test",
        "Whoever reads this will be told of Cosmic's incidents. Nothing is wrong.", made=now, due=now,
    )  # fmt: skip
    found = send(notice, desk.addresses)
    for one in found:
        sys.stdout.write(f"{one.name}: {one.error or 'sent'}\n")
    if any(one.error for one in found):
        raise typer.Exit(1)


@alerts.command("list")
def listed(
    home: Annotated[Path, _HOME] = Path(".cosmic"),
    sky: Annotated[Sky, _SKY] = Sky.REAL,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
) -> None:
    """Show the open incidents, the newest first: check, table, severity, since when, how often, and what happened."""
    from cosmic.alerts import spool
    from cosmic.catalogue import nothing_there, open_catalogue
    from cosmic.commands import build
    from cosmic.home import Home
    from cosmic.machine import Settings

    settings, place = build(Settings, {}), Home(home, sky)
    for _, spooled in spool.kept(place.signals):
        if spooled.signal.failing:
            sys.stdout.write(f"Not in the catalogue yet: {spooled.signal.check} of {spooled.signal.table}, since "
                             f"{spooled.came:%Y-%m-%d %H:%M} UTC\n    {spooled.signal.summary}\n")  # fmt: skip
    if nothing_there(place, settings):
        sys.stdout.write(f"There is no catalogue of the {sky} sky in {home} yet, so no incident.\n")
        return
    with open_catalogue(place, settings) as catalogue:
        found = catalogue.incidents(open_only=not everything)
        waiting = len(catalogue.notices.waiting())
    for one in found:
        over = "" if one.recovered is None else f", over since {one.recovered:%Y-%m-%d %H:%M}"
        times = "" if one.times == 1 else f", seen {one.times} times"
        sys.stdout.write(f"{one.severity}: {one.name}, since {one.opened:%Y-%m-%d %H:%M} UTC{over}{times}\n")
        sys.stdout.write("".join(f"    {line}\n" for line in one.summary.splitlines()))
    if not found:
        sys.stdout.write(f"No incident{'' if everything else ' is open'}.\n")
    if waiting:
        sys.stdout.write(f"Notices that did not arrive everywhere: {waiting}; `cosmic alerts flush` sends them.\n")


@alerts.command()
def flush(home: Annotated[Path, _HOME] = Path(".cosmic"), sky: Annotated[Sky, _SKY] = Sky.REAL) -> None:
    """Send every notice that did not arrive everywhere, quiet hours apart, also of runs that were killed. Runs do so too.

    Leaves with 1 if one did not go.
    """
    from cosmic.alerts import deaths
    from cosmic.catalogue import nothing_there, open_catalogue
    from cosmic.commands import build
    from cosmic.home import Home
    from cosmic.machine import Settings

    settings, now, place = build(Settings, {}), datetime.now(UTC), Home(home, sky)
    desk, dead = settings.desk, deaths.found_dead(place.running)
    killed = [signal for _, signal in dead]
    try:
        if nothing_there(place, settings):
            found = desk.take_without(killed, folder=place.signals, where=f"{sky} sky, nothing stored yet", now=now)
        else:
            with open_catalogue(place, settings) as catalogue:
                desk.take_kept(catalogue, folder=place.signals)
                desk.take(killed, catalogue=catalogue, now=now)
                found = desk.flush(catalogue, now=now, at_once=True)
    except TransientSourceError:
        for one in desk.take_without(killed, folder=place.signals, where=f"{sky} sky, which does not answer", now=now):
            sys.stdout.write(f"{one.name}: {one.error or 'sent'}\n")
        raise
    for mark, _ in dead:
        deaths.forget(mark)
    for one in found:
        sys.stdout.write(f"{one.name}: {one.error or 'sent'}\n")
    if not found:
        sys.stdout.write("Nothing waits to be sent.\n")
    if any(one.error for one in found):
        raise typer.Exit(1)
