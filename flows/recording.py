"""What a flow leaves of itself: how it stands in the catalogue, and the status page. Orders tasks; judges nothing."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from cosmic.catalogue.chronicle import Outcome, Ran, counts_of
from cosmic.clock import utc_now
from cosmic.errors import CosmicError
from cosmic.home import Home
from cosmic.records import Ingest
from tasks import status

log = logging.getLogger(__name__)


@dataclass
class Recorded:
    """The run that is being recorded, what it brought, once that is known, and what else there is to say of it."""

    started: datetime
    id: str = field(default="")
    ingest: Ingest | None = None
    detail: str | None = None

    def __post_init__(self) -> None:
        self.id = self.id or f"{self.started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


@contextmanager
def recorded(flow: str, *, home: Home) -> Iterator[Recorded]:
    """Record a run of a flow: that it began, and how it ended, whichever way; then write the status page.

    A run is never worse for a record that could not be written.
    """
    this = Recorded(utc_now())
    ran = Ran(this.id, flow, this.started)
    _note(ran, home)
    try:
        yield this
    except BaseException as error:
        # an error that Cosmic does not explain itself may hold anything, a password too
        told = str(error) if isinstance(error, CosmicError) else type(error).__name__
        stopped = not isinstance(error, Exception)
        _end(replace(ran, outcome=Outcome.FAILED, detail="stopped by a person" if stopped else told), this, home)
        raise
    _end(replace(ran, outcome=Outcome.WELL, detail=this.detail), this, home)


def _end(ran: Ran, this: Recorded, home: Home) -> None:
    counts = None if this.ingest is None else counts_of(this.ingest)
    if _note(replace(ran, finished=utc_now(), counts=counts), home):
        _quietly(lambda: status.show_status(home))


def _note(ran: Ran, home: Home) -> bool:
    return _quietly(lambda: status.note_run(ran, home=home))


def _quietly(work: Callable[[], object]) -> bool:
    try:
        return bool(work())
    except Exception:
        log.exception("how this run stands could not be written down")
        return False
