"""What a search found, on its way into the facts. Searches nothing."""

from __future__ import annotations

from collections.abc import Sequence

from cosmic import artefacts
from cosmic.facts import Result
from cosmic.facts.search import Search, SearchTurn
from cosmic.records import Searched


def of(searched: Searched, results: Sequence[Result]) -> Search:
    """Return a search beside the best figure on validation of the fits of the same task and arm that were not searched."""
    found = Search.model_validate_json(artefacts.check(searched.path).read_bytes())
    ordinary = [
        one.validation.f1
        for one in results
        if (one.task, one.arm) == (found.task, found.arm)
        and not one.searched
        and one.validation is not None
        and one.validation.f1 is not None
    ]
    return found.model_copy(update={"ordinary": max(ordinary, default=None)})


def turn(searched: Searched) -> SearchTurn:
    """Return what this run did of a search."""
    return SearchTurn(task=searched.task, arm=searched.arm, trials_before=searched.before, spent_s=searched.seconds)
