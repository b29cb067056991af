"""Whether anything came since the last training. Wraps `cosmic.retraining`; decides nothing."""

from __future__ import annotations

from prefect import task

from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.retraining import Basis
from cosmic.settings import PipelineOptions
from tasks.policies import policy


@task(**policy("basis"), task_run_name="what a training would stand on")
def basis(options: PipelineOptions, *, home: Home, images: str | None) -> tuple[Basis | None, Basis | None]:
    """Return what a training would stand on now (None: nothing was stored yet), and what the last one stood on."""
    from cosmic.catalogue import nothing_there, open_catalogue
    from cosmic.catalogue.tables import EMPTY
    from cosmic.retraining import note_of, trained_on

    settings = Settings()
    if nothing_there(home, settings):
        return None, None
    with open_catalogue(home, settings) as catalogue:
        state = catalogue.state
        now = None if state == EMPTY else Basis(catalogue.id, state, images)
    return now, trained_on(note_of(options, folder=home.retrained))


@task(**policy("remember-basis"), task_run_name="note what was trained on")
def remember(now: Basis, options: PipelineOptions, *, home: Home) -> None:
    """Note what a training stood on."""
    from cosmic.retraining import note_of
    from cosmic.retraining import remember as note

    note(now, note_of(options, folder=home.retrained))
