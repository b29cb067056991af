"""The simulated sky as a source: its page is a CSV such as SkyServer would send, stored before it is parsed.

Needs no network. Draws nothing itself (`cosmic.simulation` does) and parses nothing itself: its page goes the way of
any other file.
"""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterator

import pyarrow.csv as pa_csv

from cosmic.clock import Clock, utc_now
from cosmic.records import Page, Sky
from cosmic.simulation import COLUMNS, GENERATOR_VERSION, simulate_blocks
from cosmic.sources.base import PageStore, ParsedPage

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
    """

    kind = "simulated"
    sky = Sky.SIMULATED

    def __init__(self, rows: int, seed: int, clock: Clock = utc_now) -> None:
        self.rows = rows
        self.seed = seed
        self._clock = clock

    @property
    def origin(self) -> str:
        """Return what the manifest says of where the rows come from: enough to make them again."""
        return f"{self.kind} (rows={self.rows}, seed={self.seed}, generator={GENERATOR_VERSION})"

    def pages(self, store: PageStore) -> Iterator[Page]:
        """Yield the one page of this sky, already in `store`.

        The bytes are made and written block by block; a large sky is never in memory as a whole.

        Raises
        ------
        ConfigError
            If rows or seed are outside what `cosmic.simulation.simulate` can make.
        """
        started = time.perf_counter()
        page = store.add(self._chunks(), suffix=".csv", kind=self.kind, origin=self.origin, clock=self._clock)
        seconds = time.perf_counter() - started
        log.info("simulated sky: %d rows of seed %d in %.2f s", self.rows, self.seed, seconds)
        yield page

    def parse(self, page: Page) -> ParsedPage:
        """Return the rows of a stored page, read as any file is."""
        from cosmic.sources.parsing import parse_page

        return parse_page(page)

    def _chunks(self) -> Iterator[bytes]:
        blocks = simulate_blocks(rows=self.rows, seed=self.seed)
        yield _HEADER
        for block in blocks:
            text = io.BytesIO()
            pa_csv.write_csv(block, text, _FORMAT)
            yield text.getvalue()
