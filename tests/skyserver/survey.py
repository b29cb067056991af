"""The survey behind the addresses: releases, limits, log and faults, and what each kind of request is answered.

Makes answers; speaks no HTTP, which is `server`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from tests.skyserver import crossid, cutouts, dialect, formats, rules
from tests.skyserver.database import Release, Rows
from tests.skyserver.faults import OF_ROWS, Fault, Mischief, Wrong, spoil
from tests.skyserver.record import Log
from tests.skyserver.rules import Limits
from tests.skyserver.sources import simulated_spectra

PLAIN, JSON, HTML = "text/plain; charset=utf-8", "application/json; charset=utf-8", "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back, and what the log keeps of it."""

    status: int
    kind: str
    body: bytes
    rows: int = 0
    refused: str = ""


class Survey:
    """A survey that can be asked, filled and broken. `serve` makes one.

    Attributes
    ----------
    url : str
        Base address, as astroquery's `skyserver_baseurl` takes it.
    log : Log
        What was asked so far.
    mischief : Mischief
        What will go wrong.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        faults: Iterable[Fault] = (),
        files: Mapping[str, Path | bytes] | None = None,
    ) -> None:
        self.url = ""
        self.limits = limits or Limits()
        self.log = Log()
        self.mischief = Mischief(faults)
        self.files = dict(files or {})
        self.started = time.monotonic()
        self.closing = threading.Event()
        self.releases: dict[int, Release] = {}
        self.problems: list[BaseException] = []
        self._throttle = rules.Throttle(self.limits)

    def add_release(
        self, number: int, rows: Rows | None = None, *, like: int | None = None, without: Sequence[str] = ()
    ) -> None:
        """Open a release; from now on it answers.

        Parameters
        ----------
        number : int
            18 for DR18.
        rows : pyarrow.Table or sequence of mappings, optional
            Its spectra with their objects; none by default.
        like : int, optional
            A release whose spectra it has too.
        without : sequence of str
            Tables that it lacks.
        """
        release = Release(number, without=without)
        if like is not None:
            release.add(self.releases[like].ask("SELECT * FROM _spec JOIN _photo ON objID = bestObjID"))
        if rows is not None:
            release.add(rows)
        self.releases[number] = release

    def release(self, number: int | None = None) -> Release:
        """Return a release, by default the first that was opened."""
        return self.releases[next(iter(self.releases)) if number is None else number]

    def add_rows(self, rows: Rows, *, release: int | None = None, table: str | None = None) -> int:
        """Add rows, from the next query on; see `Release.add`."""
        return self.release(release).add(rows, table=table)

    def add_simulated(self, count: int, *, seed: int, release: int | None = None) -> int:
        """Add at most `count` new spectra of new objects, from another simulated sky; return how many."""
        target = self.release(release)
        rows = simulated_spectra(count, seed=seed).drop_columns(["bestObjID"])
        there = set(target.ask("SELECT CAST(specObjID AS VARCHAR) AS id FROM _spec").column("id").to_pylist())
        new = [str(one) not in there for one in rows.column("specObjID").to_pylist()]
        return target.add(rows.filter(pa.array(new)))

    def change_rows(self, where: str, /, *, release: int | None = None, **values: object) -> int:
        """Set columns of spectra or their objects; see `Release.change`."""
        return self.release(release).change(where, **values)

    def remove_rows(self, where: str, /, *, release: int | None = None) -> int:
        """Remove spectra with their objects; see `Release.remove`."""
        return self.release(release).remove(where)

    def rows(self, sql: str, *, release: int | None = None) -> pa.Table:
        """Return the rows of a query in DuckDB's SQL, past all limits and faults and unseen by the log."""
        return self.release(release).ask(sql)

    def as_sent(self, sql: str, *, release: int | None = None) -> bytes:
        """Return the CSV that a query in the survey's SQL would get, past all limits and faults, unseen by the log."""
        translated = dialect.translate(rules.clean(sql))
        rows = self.release(release).ask(translated.sql)
        return formats.csv_body(rows, translated.names or dialect.distinct(rows.column_names))

    def query(
        self, number: int, sql: str, kind: str, *, form: bool, fault: Fault | None, upload: crossid.Upload | None = None
    ) -> Answer:
        """Return what a statement is answered: rows, a table with the service's no, or the database's error."""
        try:
            rows, names, clean = self._run(number, sql, fault, upload)
        except rules.Refusal as refusal:
            return Answer(200, JSON if kind == "json" else PLAIN, formats.error_table(str(refusal), kind=kind),
                          rows=1, refused=str(refusal))  # fmt: skip
        except dialect.SqlError as error:
            return self.error(500, "InternalServerError", str(error), form=form)
        if kind == "json":
            return Answer(200, JSON, formats.json_body(rows, names, clean), rows=rows.num_rows)
        return Answer(200, PLAIN, formats.csv_body(rows, names), rows=rows.num_rows)

    @staticmethod
    def error(status: int, name: str, text: str, *, form: bool) -> Answer:
        """Return the web service's error, or the page that the web form makes of it, with status 200."""
        body = formats.error_json(status, name, text)
        if form:
            return Answer(200, HTML, formats.error_page(body), refused=text)
        return Answer(status, JSON, body, refused=text)

    def cutout(self, number: int, given: Mapping[str, str], fault: Fault | None) -> Answer:
        """Return a JPEG of a place on the sky, or 404 where nothing of this release lies within half a degree."""
        try:
            ra, dec = float(given["ra"]), float(given["dec"])
            scale = float(given.get("scale") or cutouts.DEFAULT_SCALE)
            width, height = (int(given.get(side) or cutouts.DEFAULT_SIZE) for side in ("width", "height"))
        except (KeyError, ValueError) as error:
            return self.error(
                400, "BadRequest", f"There are not enough parameters to process your request: {error}", form=False
            )
        place = f"{ra!r}, {dec!r}, 30"  # numbers by now
        near = self.releases[number].ask(f"SELECT objID FROM fGetNearbyObjEq({place}) LIMIT 1")  # noqa: S608
        if not near.num_rows:
            return Answer(404, HTML, formats.NOT_FOUND, refused="outside the footprint")
        if fault and fault.name is Wrong.SMALL:
            width = height = cutouts.SMALLEST
        blank = fault is not None and fault.name is Wrong.BLANK
        return Answer(
            200, "image/jpeg", cutouts.draw(ra=ra, dec=dec, scale=scale, width=width, height=height, blank=blank)
        )

    def instead(self, fault: Fault | None, sql: str, *, kind: str) -> Answer | None:
        """Return what a fault has us say instead of an answer, if it has."""
        match fault.name if fault else None:
            case Wrong.UNAVAILABLE:
                return Answer(503, HTML, formats.UNAVAILABLE)
            case Wrong.INTERNAL:
                return self.error(500, "InternalServerError", "An existing connection was forcibly closed.", form=False)
            case Wrong.HTML:
                return Answer(200, HTML, formats.UNAVAILABLE)
            case Wrong.ERROR_PAGE:
                return Answer(200, HTML, formats.error_page(b""))
            case Wrong.ERROR_MESSAGE:
                return Answer(200, PLAIN, formats.error_table(f"error: the query could not be run: {sql}", kind=kind))
            case Wrong.THROTTLED:
                text = f"ERROR: Maximum {self.limits.queries} queries allowed per minute. Rejected query: {sql}"
                return Answer(200, PLAIN, formats.error_table(text, kind=kind))
        return None

    def close(self) -> None:
        """Let go of all rows, and of whoever hangs."""
        self.closing.set()
        for release in self.releases.values():
            release.close()

    def _run(
        self, number: int, sql: str, fault: Fault | None, upload: crossid.Upload | None
    ) -> tuple[pa.Table, tuple[str, ...], str]:
        self._throttle.count(sql, now=time.monotonic())
        release = self.releases[number]
        if fault and fault.name is Wrong.CHANGED:
            release.disturb(fault.rows)
        clean = rules.limited(rules.clean(sql[: self.limits.statement]), self.limits)
        translated = dialect.translate(clean)
        try:
            rows = release.ask(translated.sql, before=crossid.statements(upload) if upload else ())
        except duckdb.Error as error:
            raise dialect.in_sql_servers_words(error) from error
        names = translated.names or dialect.distinct(rows.column_names)
        if fault and fault.name in OF_ROWS:
            rows, names = spoil(rows, names, fault)
        return rows, names, clean
