"""Checks of a catalogue's database: is it there, sound, at this version's tables, may this user write. Makes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from cosmic.catalogue.database import schema_of
from cosmic.catalogue.health import file_health, file_of, holdings, rights
from cosmic.catalogue.schema import revisions
from cosmic.doctor.findings import Finding, Health
from cosmic.home import Home
from cosmic.machine import Settings, database_url

CLOCK_S = 60.0
"""Seconds that two clocks may differ."""


def catalogue(home: Home, settings: Settings) -> Iterator[Finding]:
    """Look at the database of a sky's catalogue, its tables and its rows.

    Raises
    ------
    ConfigError, TransientSourceError
        If the URL is wrong, the server refuses the user or does not answer.
    """
    url = database_url(home.root, home.sky, settings).get_secret_value()
    path = file_of(url)
    if path is not None and not path.exists():
        yield Finding("database", Health.NOTE, f"no SQLite catalogue at {path} yet", "The first run makes it.")
        return
    if path is None:
        yield from _server(url, home)
    else:
        seen = file_health(url, sky=home.sky)
        if seen.sound != "ok":
            said = "is no readable SQLite file" if seen.sound is None else f"is damaged: {seen.sound}"
            yield Finding(
                "database", Health.FAILURE, f"{path} {said}",
                "Restore a backup, or move the file away and run again: the catalogue is then made anew from its pages.",
            )  # fmt: skip
            return
        size = f"{path.stat().st_size / 1e6:,.1f} MB"
        yield Finding("database", Health.OK, f"SQLite {path}, {size}, sound, journal {seen.journal}")
    yield from _tables(url, home)


def _server(url: str, home: Home) -> Iterator[Finding]:
    schema = schema_of(url, sky=home.sky)
    seen = rights(url, sky=home.sky)
    if seen is None:
        yield Finding("database", Health.FAILURE, "Postgres answers, but refuses to say what this user may do")
        return
    yield Finding("database", Health.OK, f"Postgres {seen.version} answers as {seen.who}")
    if seen.superuser:
        yield Finding(
            "database", Health.NOTE, f"{seen.who} is a superuser of that server, which Cosmic does not need",
            "A role that owns its schemas is enough; `cosmic catalogue role` prints how to make it.",
        )  # fmt: skip
    if seen.there and not seen.may_write:
        yield Finding(
            "database", Health.FAILURE, f"{seen.who} may not write to the schema {schema}",
            f"As its owner: GRANT USAGE, CREATE ON SCHEMA {schema} TO {seen.who}, or let {seen.who} own it.",
        )  # fmt: skip
    elif not seen.there and not seen.may_make:
        yield Finding(
            "database", Health.FAILURE, f"there is no schema {schema}, and {seen.who} may not make it",
            f"As an administrator: CREATE SCHEMA {schema} AUTHORIZATION {seen.who};",
        )  # fmt: skip
    yield clocks("Postgres", seen.moment)


def _tables(url: str, home: Home) -> Iterator[Finding]:
    seen = holdings(url, sky=home.sky)
    if seen is None:
        yield Finding("catalogue", Health.NOTE, f"no {home.sky} catalogue there yet", "The first run makes it.")
        return
    known = revisions()
    if seen.revision not in known:
        yield Finding(
            "migrations", Health.FAILURE, f"its tables are at {seen.revision}, this version ends at {known[-1]}",
            "A newer Cosmic wrote it: update Cosmic, or use another --home.",
        )  # fmt: skip
    elif seen.revision != known[-1]:
        yield Finding(
            "migrations", Health.WARNING, f"its tables are at {seen.revision}, this version's at {known[-1]}",
            "`cosmic catalogue backup --to FILE`, then `cosmic catalogue upgrade`; with SQLite the next run does both.",
        )  # fmt: skip
    else:
        yield Finding("migrations", Health.OK, f"tables at {seen.revision}, the newest")
    since = "" if seen.last is None else f", last ingest {seen.last.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    yield Finding("catalogue", Health.OK, f"{seen.rows:,} objects of the {seen.sky} sky{since}")


def clocks(whose: str, theirs: datetime, *, ours: datetime | None = None) -> Finding:
    """Return how far another clock is from this machine's."""
    off = ((ours or datetime.now(UTC)) - theirs).total_seconds()
    if abs(off) <= CLOCK_S:
        return Finding("clock", Health.OK, f"within {max(1, abs(round(off)))} s of that of {whose}")
    way = "ahead of" if off > 0 else "behind"
    return Finding(
        "clock", Health.WARNING, f"{abs(off):,.0f} s {way} that of {whose}",
        "Schedules fire at wrong times and ages are wrong. Set the clock, best by NTP.",
    )  # fmt: skip
