"""Quarantined rows judged again. Wraps `cosmic.replaying` and the catalogue; orders nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect import task

from cosmic.clock import utc_now
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import JudgedPage
from tasks.policies import policy

if TYPE_CHECKING:
    from cosmic.replaying import Again, Apart


@task(**policy("apart"), task_run_name="what is in quarantine")
def apart(*, home: Home) -> tuple[Apart, ...]:
    """Return the pages of which rows were set apart; none where nothing was stored yet."""
    from cosmic.catalogue import nothing_there, open_catalogue
    from cosmic.catalogue.replaying import pages_apart
    from cosmic.replaying import Apart

    if nothing_there(home, Settings()):
        return ()
    with open_catalogue(home, Settings()) as catalogue:
        return tuple(Apart(page, rows) for page, rows in pages_apart(catalogue))


@task(**policy("again"), task_run_name="rows of {judged.page.origin} that pass today")
def again(judged: JudgedPage, rows: int, *, home: Home, dry: bool) -> Again:
    """Return which rows that were set apart pass now, stored as a page; and note what today's contract still refuses.

    A dry run stores and notes nothing.
    """
    from cosmic.catalogue import open_catalogue
    from cosmic.catalogue.replaying import known, numbers_apart, refuse_again
    from cosmic.replaying import Again, passing_rows, store

    with open_catalogue(home, Settings()) as catalogue:
        numbers = numbers_apart(catalogue, judged.page.id)
        new, passing = passing_rows(judged, numbers, known=lambda keys: known(catalogue, keys))
        if not dry:
            refuse_again(catalogue, (judged,), now=utc_now())
    page = store(new, judged, folder=home.pages) if new.num_rows and not dry else None
    return Again(judged.page.origin, rows, passing, passing - new.num_rows, page)
