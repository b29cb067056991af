"""Pages of a survey to the catalogue, whole and step by step, beside the same rows fetched and loaded bare.

The survey is the stand-in on loopback, in a process of its own, so what it takes to answer is in every fetch alike: the
difference between `survey-pull` and `survey-fetch-bare` is ours.
"""

from __future__ import annotations

import atexit
import functools
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cosmic.catalogue import Catalogue, Moved
    from cosmic.records import JudgedPage, Page
    from cosmic.skyserver.plan import Batch, Query, Request

PAGE_ROWS: Final = 50_000
Timed = Callable[[], object]


def served(rows: int) -> str:
    """Return the address of a stand-in with a simulated sky; it ends with this process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.skyserver", "--port", str(port), "--rows", str(rows), "--queries", "1000000"],
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.terminate)
    assert process.stdout is not None
    process.stdout.readline()
    return f"http://127.0.0.1:{port}"


@dataclass
class Steps:
    """A pull, step by step."""

    folder: Path
    address: str

    def ask(self, query: Query) -> Page:
        from cosmic.skyserver.client import Service, ask
        from cosmic.sources.base import PageStore

        return ask(query, service=Service(self.address), store=PageStore(self.folder / "pages"))

    @functools.cached_property
    def request(self) -> Request:
        from cosmic.skyserver.plan import Request

        return Request(page_rows=PAGE_ROWS)

    def census(self) -> tuple[Batch, ...]:
        from cosmic.skyserver import plan
        from cosmic.skyserver.profiles import OPTICAL
        from cosmic.skyserver.pull import take_census

        _, counted = take_census(self.request, ask=self.ask)
        return tuple(plan.batches(self.request, OPTICAL, counted))

    def pull(self, batches: tuple[Batch, ...]) -> tuple[Page, ...]:
        from cosmic.skyserver.pull import pull

        return tuple(page for batch in batches for page in pull(self.request, batch, ask=self.ask).pages)

    def judge(self, pages: tuple[Page, ...]) -> tuple[JudgedPage, ...]:
        from cosmic.contracts import Limits
        from cosmic.intake import judge_page
        from cosmic.sources.parsing import parse_page
        from expectations.objects import OBJECTS

        folder = self.folder / "judged"
        return tuple(judge_page(p, parse=parse_page, suite=OBJECTS, limits=Limits(), folder=folder) for p in pages)

    @functools.cached_property
    def catalogue(self) -> Catalogue:
        from cosmic.catalogue import Catalogue
        from cosmic.records import Sky

        url = f"sqlite:///{self.folder / 'catalogue.db'}"
        return Catalogue.open(url, sky=Sky.REAL, lock_folder=self.folder / "locks")

    def moved(self, batches: tuple[Batch, ...]) -> Moved:
        from cosmic.catalogue import Moved

        return Moved(self.request.name, tuple(one for batch in batches for one in batch.shards))

    def ingest(self, judged: tuple[JudgedPage, ...], batches: tuple[Batch, ...]) -> object:
        return self.catalogue.ingest(judged, counted=self.moved(batches))


def _begin(folder: Path, rows: int) -> Steps:
    import astroquery.sdss  # noqa: F401 imports are not what is measured
    import great_expectations  # noqa: F401

    from cosmic.skyserver.plan import Query

    steps = Steps(folder, served(rows))
    steps.catalogue.state  # noqa: B018 makes the tables
    steps.ask(Query("SELECT TOP 1 s.plate AS plate FROM SpecObj AS s ORDER BY s.plate", 17, ("plate",), 1, 1))
    return steps


def fetch_bare(folder: Path, rows: int) -> Timed:
    """GET the pages of a pull and keep their bytes."""
    from urllib.parse import urlencode

    from cosmic.skyserver import plan
    from cosmic.skyserver.profiles import OPTICAL

    steps = _begin(folder, rows)
    batches = steps.census()

    def fetch() -> None:
        for batch in batches:
            sql = plan.query(steps.request, OPTICAL, batch, after=None, left=batch.rows).sql
            words = urlencode({"cmd": sql, "format": "csv", "searchtool": "SQL"})
            with urllib.request.urlopen(f"{steps.address}/dr17/en/tools/search/x_results.aspx?{words}") as answer:
                (folder / f"{batch.shards[0].shard}.csv").write_bytes(answer.read())

    return fetch


def load_bare(folder: Path, rows: int) -> Timed:
    """Read the stored pages of a pull as CSV and insert every cell into an empty SQLite table, by its own driver."""
    import pyarrow.csv as arrow_csv

    steps = _begin(folder, rows)
    pages = steps.pull(steps.census())

    def load() -> None:
        database = sqlite3.connect(folder / "bare.db")
        for at, page in enumerate(pages):
            table = arrow_csv.read_csv(page.path, read_options=arrow_csv.ReadOptions(skip_rows=1))
            names = ", ".join(f'"{name}"' for name in table.column_names)
            if not at:
                database.execute(f"CREATE TABLE objects ({names}, PRIMARY KEY (specObjID)) WITHOUT ROWID")
            marks = ", ".join("?" * table.num_columns)
            cells = (table[name].to_pylist() for name in table.column_names)
            text = (tuple(str(c) if i == 0 else c for i, c in enumerate(row)) for row in zip(*cells, strict=True))
            database.executemany(f"INSERT INTO objects VALUES ({marks})", text)  # noqa: S608 names of ours
        database.commit()
        database.close()

    return load


def census(folder: Path, rows: int) -> Timed:
    """Take a census."""
    return _begin(folder, rows).census


def pull(folder: Path, rows: int) -> Timed:
    """Fetch pages through astroquery, store them and hold them against the census."""
    steps = _begin(folder, rows)
    batches = steps.census()
    return lambda: steps.pull(batches)


def judge(folder: Path, rows: int) -> Timed:
    """Parse and judge the stored pages of a pull."""
    steps = _begin(folder, rows)
    pages = steps.pull(steps.census())
    return lambda: steps.judge(pages)


def ingest(folder: Path, rows: int) -> Timed:
    """Write the judged pages of a pull and their census into a new catalogue."""
    steps = _begin(folder, rows)
    batches = steps.census()
    judged = steps.judge(steps.pull(batches))
    return lambda: steps.ingest(judged, batches)


def whole(folder: Path, rows: int) -> Timed:
    """All of these, from the census to the catalogue; prints where the time goes."""
    steps = _begin(folder, rows)

    def run() -> None:
        marks = [time.perf_counter()]
        batches = steps.census()
        marks.append(time.perf_counter())
        pages = steps.pull(batches)
        marks.append(time.perf_counter())
        judged = steps.judge(pages)
        marks.append(time.perf_counter())
        steps.ingest(judged, batches)
        marks.append(time.perf_counter())
        parts = zip(("census", "pull", "judge", "ingest"), marks, marks[1:], strict=False)
        total = marks[-1] - marks[0]
        print("  " + ", ".join(f"{name} {(end - start) / total:.0%}" for name, start, end in parts))

    return run


MEASURES: Final[dict[str, Callable[[Path, int], Timed]]] = {
    "survey-fetch-bare": fetch_bare,
    "survey-load-bare": load_bare,
    "survey-census": census,
    "survey-pull": pull,
    "survey-judge": judge,
    "survey-ingest": ingest,
    "survey-whole": whole,
}
"""Every measurement of the survey by its name."""
