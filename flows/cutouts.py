"""Brings images of galaxies that have none, a few at a time. Orders tasks; computes nothing."""

from __future__ import annotations

import time
from collections import Counter

from cosmic.cutouts import Asking
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import CutoutsTaken
from cosmic.settings import PipelineOptions
from cosmic.skyserver.requests import service_of
from flows.steps import Steps
from flows.terminal import progress
from tasks import cutouts, survey


def bring_cutouts(options: PipelineOptions, *, home: Home, settings: Settings, steps: Steps) -> CutoutsTaken | None:
    """Bring what the options ask for, a batch after the other: how many are under way at a time is the batch's matter."""
    if not options.cutouts:
        return None
    asking = Asking(
        options.release,
        service_of(settings),
        settings.cutouts_at_once,
        settings.max_quarantined,
        settings.cutouts_again,
    )
    wanted = steps.one(cutouts.find, home, release=options.release, limit=options.cutouts)
    pace = CutoutPace(wanted.n)
    if wanted.batches:
        survey.set_limit(settings.cutouts_a_minute, name=cutouts.LIMIT)
    for batch in progress(wanted.batches, total=len(wanted.batches), label="cutouts", beside=lambda _: pace.words()):
        pace.count(len(batch), steps.one(cutouts.bring, batch, asking=asking, home=home))
    return steps.one(cutouts.taken, home, release=options.release)


class CutoutPace:
    """How many cutouts came, how fast, and how long the rest takes at the pace so far.

    Parameters
    ----------
    n : int
        Cutouts of the whole run.
    """

    def __init__(self, n: int) -> None:
        self.n, self.done = n, 0
        self.bad: Counter[str] = Counter()
        self.started = time.monotonic()

    def count(self, n: int, bad: dict[str, int]) -> None:
        """Count a batch that is done."""
        self.done += n
        self.bad.update(bad)

    def words(self) -> str:
        """Return how far it is."""
        rate = self.done / max(time.monotonic() - self.started, 1e-3)
        left = (self.n - self.done) / max(rate, 1e-3)
        about = f"about {left / 60:.0f} min left" if left >= 90 else f"about {left:.0f} s left"
        apart = f", {self.bad.total():,} set apart" if self.bad else ""
        return f"{self.done:,} of {self.n:,} cutouts{apart}, {rate * 60:,.0f} a minute, {about}"
