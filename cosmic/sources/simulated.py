"""The simulated sky as a source: its page is a CSV such as SkyServer would send, stored before it is parsed.

Needs no network. Draws nothing itself (`cosmic.simulation` does) and parses nothing itself: its page goes the way of
any other file.
"""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from cosmic import artefacts
from cosmic.clock import Clock, utc_now
from cosmic.planted import FaultName, origin_of, tonight
from cosmic.records import Page, Sky
from cosmic.simulation import COLUMNS, GENERATOR_VERSION, simulate, simulate_blocks
from cosmic.simulation.faults import CATALOGUE, Planted, plant, rows_of, shares_of
from cosmic.sources.base import HashingStore, PageStore, ParsedPage

log = logging.getLogger(__name__)

_HEADER = f"#Table1\n{','.join(COLUMNS.names)}\n".encode()
_FORMAT = pa_csv.WriteOptions(include_header=False, quoting_style="none", batch_size=16_384)


class SimulatedSource:
    """A seeded sky of any size.

    Parameters
    ----------
    rows : int
        Objects, from 1.
    seed : int
        The same rows and seed give the same bytes.
    clock : callable
        Gives the times in the manifest; they are not part of the page.
    night : int
        Which night of a growing sky; each has `rows` objects that no other one has.
    faults : sequence of str
        What is planted (`cosmic.planted`). Such a page is made in memory as a whole, and what was planted is written
        beside it: <id>.truth.parquet, the cells, and <id>.truth.json. Nothing but the rehearsal reads these.
    """

    kind = "simulated"
    sky = Sky.SIMULATED

    def __init__(
        self, rows: int, seed: int, clock: Clock = utc_now, *, night: int = 0, faults: Sequence[str] = ()
    ) -> None:
        self.rows = rows
        self.seed = seed
        self.night = night
        self.faults = tuple(faults)
        self._clock = clock

    @property
    def origin(self) -> str:
        """Return what the manifest says of where the rows come from: enough to make them again."""
        sky = f"{self.kind} (rows={self.rows}, seed={self.seed}, generator={GENERATOR_VERSION})"
        return origin_of(sky, night=self.night, faults=self.faults)

    def pages(self, store: PageStore) -> Iterator[Page]:
        """Yield the one page of this sky, already in `store`.

        The bytes are made and written block by block; a large sky is never in memory as a whole.

        Raises
        ------
        ConfigError
            If rows or seed are outside what `cosmic.simulation.simulate` can make.
        """
        started = time.perf_counter()
        planted = self._planted()
        chunks = self._chunks() if planted is None else _faulty(planted)
        page = store.add(chunks, suffix=".csv", kind=self.kind, origin=self.origin, clock=self._clock)
        if planted is not None:
            told = ", ".join(one.fault for one in tonight(self.faults, self.night))
            log.warning("simulated sky: faults are planted in night %d: %s", self.night, told)
            if not isinstance(store, HashingStore):
                self._write_truth(planted, page)
        seconds = time.perf_counter() - started
        log.info("simulated sky: %d rows of seed %d, night %d, in %.2f s", self.rows, self.seed, self.night, seconds)
        yield page

    def parse(self, page: Page) -> ParsedPage:
        """Return the rows of a stored page, read as any file is."""
        from cosmic.sources.parsing import parse_page

        return parse_page(page)

    def _chunks(self) -> Iterator[bytes]:
        shares = shares_of(self.faults, self.night)
        blocks = simulate_blocks(rows=self.rows, seed=self.seed, shares=shares, night=self.night)
        yield _HEADER
        for block in blocks:
            yield _lines(block)

    def _planted(self) -> Planted | None:
        if not tonight(self.faults, self.night):
            return None
        shares = shares_of(self.faults, self.night)
        table = simulate(rows=self.rows, seed=self.seed, shares=shares, night=self.night)
        return plant(table, self.faults, seed=self.seed, night=self.night)

    def _write_truth(self, planted: Planted, page: Page) -> None:
        cells, told = truth_beside(page)
        artefacts.write(cells, lambda part: pq.write_table(planted.truth, part, compression="zstd"))
        shares = shares_of(self.faults, self.night)
        facts = {
            "page": page.id,
            "origin": page.origin,
            "faults": {
                str(one.fault): {
                    "since": one.since,
                    "caught_by": [str(by) for by in CATALOGUE[one.fault].caught_by],
                    "rows": len(rows_of(planted.truth, one.fault)),
                    "description": CATALOGUE[one.fault].description,
                }
                for one in tonight(self.faults, self.night)
            },
            "shares": {"GALAXY": shares.galaxy, "QSO": shares.quasar, "STAR": shares.star},
        }
        text = json.dumps(facts, indent=2, sort_keys=True) + "\n"
        artefacts.write(told, lambda part: part.write_text(text, encoding="utf-8"))


def truth_beside(page: Page) -> tuple[Path, Path]:
    """Return where the truth of a page with planted faults lies: its cells (Parquet), and the faults in words (JSON)."""
    return page.path.with_name(f"{page.id}.truth.parquet"), page.path.with_name(f"{page.id}.truth.json")


def touched_rows(truth: Path, fault: FaultName) -> set[int]:
    """Return the numbers of the data rows that a fault touched, by the cells beside its page."""
    return rows_of(pq.read_table(truth), fault)


def _faulty(planted: Planted) -> Iterator[bytes]:
    table, whole = planted.table, planted.whole
    yield f"#Table1\n{','.join(table.column_names)}\n".encode()
    if whole is None:
        yield _lines(table)
        return
    yield _lines(table.slice(0, whole))
    line = _lines(table.slice(whole, 1))
    yield line[: len(line) // 2]


def _lines(rows: pa.RecordBatch | pa.Table) -> bytes:
    text = io.BytesIO()
    pa_csv.write_csv(rows, text, _FORMAT)
    return text.getvalue()
