"""One turn of a search: try settings of a task and arm until time or trials are up, and say what is known by then.

Looks at training and validation rows alone and keeps no model: the winner is fitted like any other.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cosmic import artefacts
from cosmic.datasets import Dataset
from cosmic.errors import ConfigError
from cosmic.evaluation.choice import best_on_validation
from cosmic.facts.search import Search, SearchLimits, SearchSpace, SearchStep, SearchTrial
from cosmic.records import Found, Model, Prepared, Searched
from cosmic.search.rungs import BEFORE_PRUNING, FEWEST, SHARES, Ladder
from cosmic.search.spaces import REBALANCINGS, SPACES, Numbers, not_searched, settings_of

if TYPE_CHECKING:
    from cosmic.search.trials import Asked, Journal, Tried

SHOWN: Final = 10
"""Trials in the facts; the catalogue has them all."""
_LIBRARIES: Final = ("numpy", "scikit-learn", "optuna")
_SLOWER: Final = 1.2
"""A fit of more rows takes at least as many times longer, and a little more."""
_log = logging.getLogger(__name__)


def study_name(prepared: Prepared, *, seed: int, models: Sequence[Model] = tuple(SPACES)) -> str:
    """Return the digest of all that a trial's figures follow from: data set, space, rungs, seed, libraries."""
    space = {model.value: asdict(SPACES[model]) for model in models}
    libraries = {name: version(name) for name in _LIBRARIES}
    what = [prepared.id, seed, space, SHARES, FEWEST, BEFORE_PRUNING, REBALANCINGS, libraries]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def search(
    prepared: Prepared,
    *,
    journal: Journal,
    seed: int,
    folder: Path,
    trials: int | None = None,
    seconds: float | None = None,
    until: float | None = None,
    budget_minutes: float | None = None,
    models: Sequence[Model] = tuple(SPACES),
    clock: Callable[[], float] = time.time,
) -> Searched:
    """Return what is known of a task and arm after one turn, written to `folder`; every trial is in the journal.

    Parameters
    ----------
    journal : Journal
        The catalogue: trials of earlier turns and runs count.
    seed : int
        Of what is tried, of the rows of the rungs and of every estimator.
    trials : int, optional
        Trials that the study has at the end, earlier ones too.
    seconds : float, optional
        No trial begins after so many.
    until : float, optional
        By `clock`: a fit that would last longer is not begun.
    budget_minutes : float, optional
        What the whole search may take, for the facts.
    models : sequence of Model
        The families that are tried.
    clock : callable
        Seconds.

    Raises
    ------
    ConfigError
        If `prepared` says that there is nothing to train on.
    """
    from cosmic.search.trials import Trials  # brings Optuna in

    if prepared.path is None:
        raise ConfigError(f"{prepared.task}, {prepared.arm} cannot be searched: {prepared.not_run}.")
    started = clock()
    ladder = Ladder(Dataset.load(prepared.path), seed=seed)
    name = study_name(prepared, seed=seed, models=models)
    study = Trials(journal, name, seed=seed, models=models)
    ended = study.ended()
    before, first, stopped = len(ended), 0.0, False
    while not stopped and not _enough(ended, trials) and not _over(clock(), started, seconds, until, first):
        begun = clock()
        ended.append(_try(study.ask(), ladder, until=until, clock=clock))
        stopped = ended[-1].state == "unfinished"  # it is the next one: for another turn with as little time, too
        first = max(first, clock() - begun if len(ended[-1].figures) == 1 else 0.0)
    facts = _facts(
        prepared, ladder, ended, study=name, seed=seed, trials=trials, budget_minutes=budget_minutes, models=models
    )
    path = _write(facts, folder)
    best = _best(ended)
    _log.info(
        "%s, %s: %d trials, %d of them new, best weighted F1 on validation %s",
        prepared.task, prepared.arm, len(ended), len(ended) - before, "–" if best is None else f"{best.value:.4f}",
    )  # fmt: skip
    return Searched(
        task=prepared.task,
        arm=prepared.arm,
        path=path,
        trials=facts.trials,
        pruned=facts.pruned,
        before=before,
        seconds=clock() - started,
        enough=stopped or _enough(ended, trials),
        best=facts.best,
        found=None if best is None else Found(best.model, best.rebalancing, settings_of(best.model, best.settings)),
    )


def _enough(ended: Sequence[Tried], limit: int | None) -> bool:
    return limit is not None and sum(one.state != "unfinished" for one in ended) >= limit


def _over(now: float, started: float, seconds: float | None, until: float | None, first: float) -> bool:
    """Whether no further trial should begin: the turn is over, or not even its first rung would end in time."""
    return (seconds is not None and now - started >= seconds) or (until is not None and now + first >= until)


def _try(asked: Asked, ladder: Ladder, *, until: float | None, clock: Callable[[], float]) -> Tried:
    """Make one trial, rung by rung, and store it."""
    settings = settings_of(asked.model, asked.settings)
    figure, took = 0.0, 0.0
    for rung, size in enumerate(ladder.sizes):
        expected = took * size / ladder.sizes[rung - 1] * _SLOWER if rung else 0.0
        begun = clock()
        if until is not None and rung and begun + expected > until:
            return asked.stop()
        figure = ladder.figure(rung, model=asked.model, rebalancing=asked.rebalancing, settings=settings)
        took = clock() - begun
        if asked.report(rung, figure) and rung < len(ladder.sizes) - 1:
            return asked.prune()
    return asked.complete(figure)


def _best(ended: Sequence[Tried]) -> Tried | None:
    at = best_on_validation([one.value for one in ended])
    return None if at is None else ended[at]


def _facts(
    prepared: Prepared,
    ladder: Ladder,
    ended: Sequence[Tried],
    *,
    study: str,
    seed: int,
    trials: int | None,
    budget_minutes: float | None,
    models: Sequence[Model],
) -> Search:
    from cosmic.search.trials import PRUNER, SAMPLER

    complete = [one for one in ended if one.value is not None]
    top = sorted(complete, key=lambda one: (-(one.value or 0.0), one.number))[:SHOWN]
    best = _best(ended)
    return Search(
        task=prepared.task,
        arm=prepared.arm,
        study=study,
        seed=seed,
        sampler=SAMPLER,
        pruner=PRUNER,
        budget_minutes=budget_minutes,
        trial_limit=trials,
        rungs=ladder.sizes,
        n_validation=ladder.n_validation,
        rebalancings=tuple(REBALANCINGS),
        space={
            model: SearchSpace(
                searched={
                    name: SearchLimits(low=of.low, high=of.high, log=of.log, whole=of.whole)
                    if isinstance(of, Numbers)
                    else SearchLimits(values=of.values)
                    for name, of in SPACES[model].searched.items()
                },
                fixed=dict(SPACES[model].fixed),
            )
            for model in models
        },
        not_searched=tuple(not_searched()),
        trials=len(ended),
        complete=len(complete),
        pruned=sum(one.state == "pruned" for one in ended),
        unfinished=sum(one.state == "unfinished" for one in ended),
        best=None if best is None else best.value,
        steps=_steps(complete),
        top=tuple(
            SearchTrial(
                trial=one.number,
                model=one.model,
                rebalancing=one.rebalancing,
                settings=settings_of(one.model, one.settings),
                figures=one.figures,
            )
            for one in top
        ),
    )


def _steps(complete: Sequence[Tried]) -> tuple[SearchStep, ...]:
    """The trials that were better than all before them."""
    found: list[SearchStep] = []
    for one in complete:
        if one.value is not None and (not found or one.value > found[-1].value):
            found.append(SearchStep(trial=one.number, value=one.value))
    return tuple(found)


def _write(facts: Search, folder: Path) -> Path:
    """Write a file under the digest of its content: what another run remembers is never replaced."""
    text = facts.model_dump_json(indent=1)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return artefacts.write(folder / f"search-{digest[:32]}.json", lambda part: part.write_text(text, "utf-8"))
