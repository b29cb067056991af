"""One turn of a search for better settings. Wraps one call; says nothing about how long or whose turn it is."""

from __future__ import annotations

from prefect import task

from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Model, Prepared, Searched
from tasks.policies import policy


@task(**policy("search"), task_run_name="search {prepared.task} · {prepared.arm}")
def search(
    prepared: Prepared,
    *,
    models: tuple[Model, ...],
    seed: int,
    seconds: float,
    until: float | None,
    trials: int | None,
    budget_minutes: float | None,
    home: Home,
) -> Searched:
    """Try settings of a task and arm for a while; every trial is stored in the catalogue."""
    from cosmic.catalogue import open_catalogue
    from cosmic.search import search as searching

    with open_catalogue(home, Settings()) as catalogue:
        return searching.search(
            prepared, journal=catalogue, models=models, seed=seed, seconds=seconds, until=until, trials=trials,
            budget_minutes=budget_minutes, folder=home.searches,
        )  # fmt: skip
