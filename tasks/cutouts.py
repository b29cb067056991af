"""Cutouts in a run: which galaxies lack an image, bring a batch, what is there. Each wraps one call; orders nothing."""

from __future__ import annotations

from prefect import task
from prefect.runtime import task_run

from cosmic import cutouts
from cosmic.catalogue import open_catalogue
from cosmic.cutouts import Asking, Wanted
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import CutoutsTaken
from cosmic.skyserver.cutouts import Place
from tasks.policies import policy
from tasks.survey import told
from tasks.turns import take_turn

LIMIT = "cosmic-cutouts"
"""Name of the Prefect limit that all workers of a server share."""


@task(**policy("find-cutouts"), task_run_name="galaxies without an image")
def find(home: Home, *, release: int, limit: int) -> Wanted:
    """Find galaxies that have no image."""
    settings = Settings()
    again, a_minute = settings.cutouts_again, settings.cutouts_a_minute
    with open_catalogue(home, settings) as catalogue:
        return cutouts.find(catalogue, release=release, limit=limit, again=again, a_minute=a_minute)


@task(**policy("cutouts"), task_run_name="cutouts from {batch[0].object_key}")
def bring(batch: tuple[Place, ...], *, asking: Asking, home: Home) -> dict[str, int]:
    """Bring the cutouts of a batch; return how many were set apart, by reason."""
    settings = Settings()
    last = (task_run.run_count or 1) > settings.retries
    with told(f"DR{asking.release} cutouts", asking.release, "cutouts"), open_catalogue(home, settings) as catalogue:
        return cutouts.bring(
            catalogue, batch, asking=asking, home=home, before_asking=lambda: take_turn(LIMIT), last=last
        )


@task(**policy("cutouts-taken"), task_run_name="cutouts of DR{release}")
def taken(home: Home, *, release: int) -> CutoutsTaken:
    """Return what the catalogue holds of a release's cutouts."""
    with open_catalogue(home, Settings()) as catalogue:
        return catalogue.cutouts(release=release)
