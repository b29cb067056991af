"""What a person sees in the terminal while a flow runs: one line a step, a bar for long ones. Decides nothing."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")

OURS = ("cosmic", "expectations", "tasks", "flows", "deployments")
MANY = (
    "cosmic.datasets", "cosmic.models.fit", "cosmic.evaluation.assessment", "cosmic.evaluation.dossier",
    "cosmic.study.units", "cosmic.study.finals", "cosmic.search.search",
)  # fmt: skip
"""Whose lines come by the dozen: the Prefect UI has them, the terminal shows a count."""
PARTS = (
    "cosmic.sources.base", "cosmic.sources.parsing", "cosmic.catalogue.schema", "cosmic.reporting.page",
    "cosmic.reporting.latest",
)  # fmt: skip
"""Whose lines are parts of a step that has one of its own: the Prefect UI has them, and --verbose."""
EVERY = 20.0
"""Seconds between two lines about a long step, where there is no terminal for a bar."""


def show_log(*, quiet: bool, verbose: bool) -> None:
    """Print our own log lines to standard error: time and message, warnings marked."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    handler.addFilter(lambda record: record.levelno > logging.INFO or record.name not in (*MANY, *PARTS))
    handler.setLevel(logging.ERROR if quiet else logging.DEBUG if verbose else logging.INFO)
    for name in OURS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG if verbose else logging.INFO)
        if not verbose:  # with --verbose Prefect's console prints them too
            logger.addHandler(handler)


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        mark = f"{record.levelname}: " if record.levelno >= logging.WARNING else ""
        return f"{self.formatTime(record, '%H:%M:%S')}  {mark}{record.getMessage()}"


class Pace:
    """How far a pull has come, by rows, and how long the rest takes at the pace so far.

    Parameters
    ----------
    rows, parts : int
        Rows and parts of the whole pull.
    """

    def __init__(self, rows: int, parts: int) -> None:
        self.rows, self.parts = rows, parts
        self.done = self.parts_done = 0
        self.started = time.monotonic()

    def words(self, rows: int) -> str:
        """Count a part of so many rows that is done; return where that leaves the pull."""
        self.done += rows
        self.parts_done += 1
        left = (self.rows - self.done) * (time.monotonic() - self.started) / max(1, self.done)
        about = f"about {left / 60:.0f} min left" if left >= 90 else f"about {left:.0f} s left"
        return f"{self.done:,} of {self.rows:,} rows, {self.parts_done:,} of {self.parts:,} parts, {about}"


def progress(
    items: Iterable[Item], *, total: int, label: str, beside: Callable[[Item], str] | None = None
) -> Iterator[Item]:
    """Yield `items` behind a progress bar on a terminal; elsewhere log a line at the end, and now and then before.

    A single item is a step with a line of its own. `beside` is called once for each item that is done, and what it returns
    is shown beside the count.
    """
    if sys.stderr.isatty() and logging.getLogger("flows").isEnabledFor(logging.INFO):
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            line = bar.add_task(label, total=total)
            for item in items:
                yield item
                bar.update(line, advance=1, description=f"{label}, {beside(item)}" if beside else label)
        return
    log = logging.getLogger(__name__)
    started = said = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        more = f", {beside(item)}" if beside else ""
        now = time.monotonic()
        if total > 1 and (done == total or now - said >= EVERY):
            said = now
            log.info("%s: %d of %d in %.1f s%s", label, done, total, now - started, more)


@contextmanager
def bar(total: int | None, *, unit: str) -> Iterator[Callable[[str, int], None]]:
    """Give a function that hears of a step's name and of how much of it was done now, and shows how far all of them are.

    A bar on a terminal; elsewhere a line to standard error now and then. `total` is None where it is not known.
    """
    done, said = 0, time.monotonic()
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as shown:
            line = shown.add_task("", total=total)
            yield lambda step, n: shown.update(line, advance=n, description=step)
        return

    def tell(step: str, n: int) -> None:
        nonlocal done, said
        done += n
        if time.monotonic() - said >= EVERY:
            said = time.monotonic()
            sys.stderr.write(f"{step}: {done:,}{'' if total is None else f' of {total:,}'} {unit}\n")

    yield tell
