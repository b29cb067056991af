"""A search for better settings as it stands in facts.json: what was tried, within what, and what it found. Searches nothing.

All figures are weighted F1 on validation. The best of many trials is optimistic there; on the test part it is not.
"""

from __future__ import annotations

from pydantic import Field

from cosmic.facts.results import Block, Setting


class SearchLimits(Block):
    """What one setting may be: between `low` and `high`, evenly or over the logarithm (`log`), or one of `values`."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    whole: bool = False
    values: tuple[str, ...] = ()


class SearchSpace(Block):
    """The space of one family: what is searched, and the settings that every trial has."""

    searched: dict[str, SearchLimits]
    fixed: dict[str, Setting] = Field(default_factory=dict)


class SearchTrial(Block):
    """One trial that was completed; `figures` are weighted F1 on validation, rung by rung."""

    trial: int
    model: str
    rebalancing: str
    settings: dict[str, Setting]
    figures: tuple[float, ...]


class SearchStep(Block):
    """A trial that was better than all before it."""

    trial: int
    value: float


class Search(Block):
    """The search of one task and arm.

    `rungs` are the training rows of a trial's fits, one after the other; `n_validation` rows judge each. A trial is
    `pruned` where it does worse than the median at a rung, `unfinished` where the time was over. With a budget of minutes
    the number of trials depends on the machine; with a limit of trials alone it does not. `ordinary` is the best of the
    fits without a search, on the same rows. `top` are the best trials that were completed, `steps` the best value over
    the trials. `not_searched` are families that have no space.
    """

    task: str
    arm: str
    study: str
    seed: int
    sampler: str
    pruner: str
    budget_minutes: float | None = None
    trial_limit: int | None = None
    rungs: tuple[int, ...]
    n_validation: int
    rebalancings: tuple[str, ...]
    space: dict[str, SearchSpace]
    not_searched: tuple[str, ...] = ()
    trials: int
    complete: int
    pruned: int
    unfinished: int
    best: float | None = None
    ordinary: float | None = None
    steps: tuple[SearchStep, ...] = ()
    top: tuple[SearchTrial, ...] = ()


class SearchTurn(Block):
    """What this run did of a search: trials that were stored before it, and the time it took."""

    task: str
    arm: str
    trials_before: int
    spent_s: float
