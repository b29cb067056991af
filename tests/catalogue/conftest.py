"""Judged pages made from rows in memory, as a contract would leave them on disk."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from cosmic.catalogue import Catalogue
from cosmic.catalogue.database import Database
from cosmic.columns import BANDS, OBJECT_SCHEMA
from cosmic.home import Home
from cosmic.objects import object_keys
from cosmic.records import JudgedPage, MagnitudeSystem, Page, PageId, Sky

OpenCatalogue = Callable[..., Catalogue]
MakePage = Callable[..., JudgedPage]
MakeRows = Callable[..., pa.Table]


@pytest.fixture(scope="session")
def make_rows() -> MakeRows:
    """Give a function that makes n plausible rows of spectra, with keys."""

    def make(n: int, *, seed: int = 0, **columns: Sequence[Any] | pa.Array) -> pa.Table:
        rng = np.random.default_rng(seed)
        data: dict[str, Any] = {
            "plate": np.arange(n) // 640 + 1000 * (seed + 1),
            "mjd": rng.integers(52000, 58000, n),
            "fiberid": np.arange(n) % 640 + 1,
            "ra": rng.uniform(0, 360, n),
            "dec": np.degrees(np.arcsin(rng.uniform(-1, 1, n))),
            **{band: np.round(rng.normal(20 - at, 1, n), 5) for at, band in enumerate(BANDS)},
            "class": rng.choice(["GALAXY", "QSO", "STAR"], n),
            "redshift": np.round(rng.uniform(0, 1, n), 6),
        } | columns
        rows = pa.table({name: values for name, values in data.items() if values is not None})
        rows = rows.select([name for name in OBJECT_SCHEMA.names if name in rows.column_names])
        rows = rows.cast(pa.schema([OBJECT_SCHEMA.field(name) for name in rows.column_names]))
        return rows.add_column(0, "object_key", object_keys(rows))

    return make


@pytest.fixture(scope="session")
def make_page(tmp_path_factory: pytest.TempPathFactory) -> MakePage:
    """Give a function that writes rows as a judged page."""

    def make(
        rows: pa.Table,
        *,
        name: str = "rows.csv",
        quarantined: Sequence[tuple[int, str | None, Sequence[str], str]] = (),
        kind: str = "files",
        system: MagnitudeSystem = MagnitudeSystem.MODEL,
        contract: str = "contract-1",
        profile: object = None,
        content: str | None = None,
    ) -> JudgedPage:
        digest = hashlib.sha256((content or name).encode()).hexdigest()
        folder = tmp_path_factory.mktemp("page")
        paths = {what: folder / f"{what}.parquet" for what in ("valid", "quarantined")}
        pq.write_table(rows.append_column("row_number", pa.array(np.arange(rows.num_rows) + 1)), paths["valid"])
        bad = [dict(zip(("row_number", "object_key", "reasons", "row"), row, strict=True)) for row in quarantined]
        schema = pa.schema(
            [
                ("row_number", pa.int64()),
                ("object_key", pa.string()),
                ("reasons", pa.list_(pa.string())),
                ("row", pa.string()),
            ]
        )
        pq.write_table(pa.Table.from_pylist(bad, schema=schema), paths["quarantined"])
        report = folder / "report.json"
        report.write_text(json.dumps({"profile": profile if profile is not None else {"rows": rows.num_rows}}))
        stored = folder / "page.csv"
        page = Page(PageId(digest), stored, stored.with_suffix(".json"), name, kind, 1)
        return JudgedPage(
            page=page,
            valid=paths["valid"],
            quarantined=paths["quarantined"],
            report=report,
            rows=rows.num_rows + len(bad),
            n_valid=rows.num_rows,
            n_quarantined=len(bad),
            reasons=dict(Counter(reason for row in quarantined for reason in row[2])),
            system=system,
            contract=contract,
        )

    return make


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """Give a clock that moves a minute each time it is read."""
    times = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute) for minute in range(1_000_000))
    return lambda: next(times)


@pytest.fixture
def open_catalogue(tmp_path: Path, clock: Callable[[], datetime]) -> Iterator[OpenCatalogue]:
    """Give a function that opens a catalogue; what it opened is closed at the end."""
    opened = []

    def open_one(url: str, *, sky: Sky = Sky.REAL, lock_timeout: float = 20.0) -> Catalogue:
        catalogue = Catalogue.open(url, sky=sky, lock_folder=tmp_path / "locks", lock_timeout=lock_timeout, clock=clock)
        opened.append(catalogue)
        return catalogue

    yield open_one
    for catalogue in opened:
        catalogue.close()


@pytest.fixture
def catalogue(database_url: str, open_catalogue: OpenCatalogue) -> Catalogue:
    """Give a new catalogue of the real sky, once in SQLite and once in Postgres."""
    return open_catalogue(database_url)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Give a home of the real sky."""
    return Home(tmp_path / "home", Sky.REAL)


@pytest.fixture
def ask(database_url: str, tmp_path: Path) -> Callable[[str], list[dict[str, Any]]]:
    """Give a function that asks the database itself."""

    def ask(sql: str) -> list[dict[str, Any]]:
        database = Database(database_url, sky=Sky.REAL, lock_folder=tmp_path / "locks", lock_timeout=10)
        with database.reading() as connection:
            return [dict(row) for row in connection.execute(sa.text(sql)).mappings()]

    return ask
