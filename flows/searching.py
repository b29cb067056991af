"""Who searches when: turns of a few seconds, whoever had least time next, until the budget is over. Searches nothing itself.

A turn is short, so that a run that is stopped ends soon; what its trials found is in the catalogue by then.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from prefect.futures import PrefectFuture

from cosmic.home import Home
from cosmic.records import Arm, Prepared, Searched, Task
from cosmic.search.spaces import SPACES, searchable
from cosmic.settings import PipelineOptions
from flows.steps import Steps
from flows.terminal import EVERY
from tasks.search import search as turn

TURN_S: Final = 10.0
"""Seconds after which a turn begins no further trial."""
_NAMED: Final = 4
"""Tasks and arms in a line."""
Node = tuple[Task, Arm]
_log = logging.getLogger(__name__)


def search(
    ready: Sequence[Prepared],
    *,
    options: PipelineOptions,
    workers: int,
    home: Home,
    steps: Steps,
    clock: Callable[[], float] = time.time,
) -> tuple[Searched, ...]:
    """Search better settings of every data set that can be trained on; nothing where no search was asked for.

    Parameters
    ----------
    workers : int
        Turns at a time; a data set has one at a time, so that its trials follow from each other.
    clock : callable
        Seconds; the budget is of this clock.
    """
    if not options.searches or not ready:
        return ()
    if not (models := searchable(options.model)):
        _log.warning("nothing is searched: no family of --model has a space (%s have one)", ", ".join(SPACES))
        return ()
    end = clock() + 60 * options.search if options.search else None
    share = TURN_S if options.search == 0 else 60 * options.search * min(workers, len(ready)) / len(ready)
    found: dict[Node, Searched] = {}
    waiting = {(one.task, one.arm): one for one in ready}
    running: dict[PrefectFuture[Searched], Prepared] = {}
    said = clock()

    def next_one() -> Prepared | None:
        """Whoever had least time; once the time is over, whoever had none, to say so."""
        over = end is not None and clock() >= end
        able = [at for at in waiting if not (over and at in found)]
        return waiting.pop(min(able, key=lambda at: found[at].seconds if at in found else 0.0)) if able else None

    def known() -> tuple[Searched, ...]:
        return tuple(found[one.task, one.arm] for one in ready if (one.task, one.arm) in found)

    while True:
        while len(running) < workers and (next_up := next_one()) is not None:
            future = turn.submit(
                next_up,
                models=models,
                seed=options.seed,
                seconds=min(TURN_S, share),
                until=end,
                trials=options.search_trials or None,
                budget_minutes=options.search or None,
                home=replace(home, root=home.root.absolute()),  # a worker may have been started in another folder
            )
            running[future] = next_up
        if not running:
            break
        one, now = steps.first(running)
        at = one.task, one.arm
        if (before := found.get(at)) is not None:
            now = replace(now, before=before.before, seconds=before.seconds + now.seconds)
        found[at] = now
        if not now.enough:
            waiting[at] = one
        if clock() - said >= EVERY:
            said = clock()
            _log.info("searching: %s", told(known(), left=None if end is None else end - said))
    _log.info("searched: %s", told(known(), left=None))
    return known()


def told(found: Sequence[Searched], *, left: float | None) -> str:
    """Return how far a search has come, in a line."""
    trials, old = sum(one.trials for one in found), sum(one.before for one in found)
    pruned = sum(one.pruned for one in found)
    best = [f"{one.task}, {one.arm} {one.best:.4f}" for one in found if one.best is not None][:_NAMED]
    more = [f"and {len(found) - _NAMED} more"] if len(found) > _NAMED else []
    time_left = "" if left is None else f", {max(0.0, left):.0f} s left"
    earlier = f", {old:,} of them from before" if old else ""
    return f"{trials:,} trials{earlier} ({pruned:,} pruned){time_left}; best on validation: {'; '.join(best + more) or 'none yet'}"
