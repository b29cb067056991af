"""`cosmic status`: how a catalogue, its runs, models and checks stand. Changes nothing in the catalogue."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cosmic.records import Sky

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cosmic.facts.status import Status

_RUNS = 5


def status(
    home: Annotated[
        Path,
        typer.Option("--home", envvar="COSMIC_HOME", metavar="DIR", help="Where everything is kept. Default: .cosmic."),
    ] = Path(".cosmic"),
    sky: Annotated[Sky, typer.Option("--sky", help="Whose catalogue: real or simulated.")] = Sky.REAL,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="DIR", help="Also write the page to this folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the facts of the page as one JSON document.")] = False,
) -> None:
    """Say how a catalogue stands: open incidents, last runs, rows, newest models, what runs next.

    Every run writes the same as a page, `<home>/reports/status-SKY.html`.

    - `cosmic status`
    - `cosmic status --sky simulated --html .`
    - `cosmic status --json | jq .incidents`
    """
    from cosmic.commands import build
    from cosmic.home import Home
    from cosmic.machine import Settings
    from cosmic.reporting.status_page import status_json, write_status
    from tasks.status import status_now

    found = status_now(Home(home, sky), build(Settings, {}), now=datetime.now(UTC))
    sys.stdout.write(status_json(found) if as_json else "".join(f"{line}\n" for line in lines(found)))
    if html is not None:
        written = write_status(found, html)
        if not as_json:
            sys.stdout.write(f"Page: {written}\n")


def lines(found: Status) -> Iterator[str]:
    """Yield the facts as lines for a terminal."""
    if found.catalogue is None:
        yield f"There is no catalogue of the {found.sky} sky yet: the first run makes it."
        return
    newest = f", the newest ingest {found.ingests[-1].when:%Y-%m-%d %H:%M} UTC" if found.ingests else ""
    yield f"{found.objects:,} objects of the {found.sky} sky in {found.database}{newest}"
    yield "No incident is open." if not found.incidents else f"Open incidents: {len(found.incidents)}"
    for one in found.incidents:
        yield f"  {one.severity}: {one.check} of {one.table}, since {one.opened:%Y-%m-%d %H:%M} UTC"
        yield from (f"      {line}" for line in one.summary.splitlines())
    for run in found.runs[:_RUNS]:
        took = "" if run.minutes is None else f", {run.minutes:.1f} min"
        rows = "" if not run.rows else f", {run.rows:,} rows: {run.inserted:,} new, {run.quarantined:,} quarantined"
        yield f"{run.outcome}: {run.flow} of {run.started:%Y-%m-%d %H:%M} UTC{took}{rows}"
        if run.detail:
            yield from (f"      {line}" for line in run.detail.splitlines())
    for line in found.scores:
        last = line.points[-1]
        if last.f1 is not None:
            between = f" ({last.low:.3f}–{last.high:.3f})" if last.low is not None and last.high is not None else ""
            yield f"{line.task}, {line.arm}: weighted F1 {last.f1:.3f}{between}, {last.model}"
    for following in found.planned:
        if following.when is not None and not following.paused:
            yield f"next {following.name}: {following.when:%Y-%m-%d %H:%M} UTC"
    if found.unplanned:
        yield found.unplanned
