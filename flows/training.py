"""The order of training steps, for every flow that trains. Orders tasks; computes nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from cosmic import arms
from cosmic.evaluation.choice import best_on_validation
from cosmic.home import Home
from cosmic.models.families import kinds, left_out
from cosmic.records import (
    Composed,
    HeldOut,
    JudgedPage,
    Kept,
    Paired,
    Prepared,
    Scored,
    Searched,
    Snapshot,
)
from cosmic.settings import PipelineOptions
from cosmic.task_cards import log_shares
from flows.searching import search
from flows.steps import Steps
from tasks import training

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trained:
    """What training handed back."""

    prepared: tuple[Prepared, ...]
    scored: tuple[Scored, ...]
    kept: tuple[Kept, ...]
    composed: tuple[Composed, ...]
    paired: tuple[Paired, ...]
    held_out: tuple[HeldOut, ...]
    searched: tuple[Searched, ...] = ()


def train(
    snapshot: Snapshot,
    held: tuple[JudgedPage, ...],
    *,
    options: PipelineOptions,
    salt: str,
    resamples: int,
    workers: int,
    home: Home,
    steps: Steps,
) -> Trained:
    """Train, search, score, choose on validation, keep, compose and hold out, for every task and arm that was asked for."""
    pairs = arms.pairs_to_try(options.table_tasks, options.arm, sky=snapshot.sky) if options.table_tasks else []
    prepared = steps.many(
        "preparing",
        pairs,
        lambda pair: training.prepare.submit(
            snapshot,
            pair[0],
            pair[1],
            split=options.split,
            salt=salt,
            seed=options.seed,
            min_class_size=options.class_size,
            filter=options.filter,
            folder=home.datasets,
        ),
    )
    log_shares(prepared)
    ready = [one for one in prepared if one.not_run is None]
    for reason in left_out(options.model):
        log.info("%s", reason)
    fitted = steps.many(
        "training",
        [
            (one, model, how)
            for one, (model, how) in product(ready, kinds(options.model))
            if how in arms.rebalancings(one.arm)
        ],
        lambda fit: training.fit.submit(fit[0], fit[1], fit[2], seed=options.seed, folder=home.fits),
    )
    by_pair = {(one.task, one.arm): one for one in ready}
    searched = search(ready, options=options, workers=workers, home=home, steps=steps)
    fitted += steps.many(
        "training what the search found",
        [(by_pair[one.task, one.arm], one.found) for one in searched if one.found is not None],
        lambda pair: training.fit.submit(
            pair[0], pair[1].model, pair[1].rebalancing, seed=options.seed, folder=home.fits, settings=pair[1].settings
        ),
    )
    scored = steps.many(
        "scoring",
        fitted,
        lambda fit: training.score.submit(fit, resamples=resamples, seed=options.seed, folder=home.fits),
    )
    winners = [winner for one in ready if (winner := best([each for each in scored if _of(each, one)])) is not None]
    kept = steps.many(
        "keeping",
        winners,
        lambda one: training.keep.submit(
            one, by_pair[one.task, one.arm], snapshot, resamples=resamples, seed=options.seed, folder=home.models
        ),
    )
    composed = steps.many(
        "composing",
        arms.composable(pairs),
        lambda arm: training.compose.submit(
            arm,
            tuple(one for one in kept if one.arm == arm),
            tuple(one for one in prepared if one.arm == arm),
            snapshot,
            split=options.split,
            salt=salt,
            seed=options.seed,
            filter=options.filter,
            resamples=resamples,
            folder=home.models,
        ),
    )
    paired = steps.many(
        "comparing arms",
        list(dict.fromkeys(one.task for one in kept)),
        lambda task: training.pair.submit(
            task,
            tuple(one for one in kept if one.task == task),
            tuple(one for one in prepared if one.task == task),
            resamples=resamples,
            seed=options.seed,
            folder=home.models,
        ),
    )
    held_out = steps.many(
        "holding out",
        list(product(kept, held)),
        lambda pair: training.hold_out.submit(
            pair[0], pair[1], snapshot, resamples=resamples, seed=options.seed, folder=home.models
        ),
    )
    return Trained(prepared, scored, kept, composed, paired, held_out, searched)


def best(scored: Sequence[Scored]) -> Scored | None:
    """Return the one that is best on validation; None where there is none."""
    at = best_on_validation([one.validation_f1 for one in scored])
    return None if at is None else scored[at]


def _of(scored: Scored, prepared: Prepared) -> bool:
    return (scored.task, scored.arm) == (prepared.task, prepared.arm)
