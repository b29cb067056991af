"""What a person sees in the terminal while a flow runs: one line a step, a bar for long ones. Decides nothing."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

OURS = ("cosmic", "expectations", "tasks", "flows")
MANY = ("cosmic.models.fit", "cosmic.evaluation.assessment", "cosmic.evaluation.dossier")
"""Whose lines come by the dozen: the Prefect UI has them, the terminal shows a count."""


def show_log(*, quiet: bool, verbose: bool) -> None:
    """Print our own log lines to standard error: time and message, warnings marked."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    handler.addFilter(lambda record: record.levelno > logging.INFO or record.name not in MANY)
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


def progress(items: Iterable[Item], *, total: int, label: str) -> Iterator[Item]:
    """Yield `items` behind a progress bar on a terminal; elsewhere log a line at every quarter."""
    if sys.stderr.isatty() and logging.getLogger("flows").isEnabledFor(logging.INFO):
        from rich.console import Console
        from rich.progress import track

        yield from track(items, description=label, total=total, console=Console(stderr=True), transient=True)
        return
    log = logging.getLogger(__name__)
    for done, item in enumerate(items, start=1):
        yield item
        if done == total or done * 4 // total > (done - 1) * 4 // total:
            log.info("%s: %d of %d", label, done, total)
