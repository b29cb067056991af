"""What the page shows of a search: where it stands in the facts, and its best value over the trials. Computes no score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosmic.facts import Facts
from cosmic.facts.search import Search
from cosmic.reporting import style, words

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class SearchView:
    """The search of one arm: its index in the facts, that of its model in results (None where none was completed), a picture."""

    search: int
    result: int | None
    over_trials: style.Picture | None


def search_views(facts: Facts, task: str) -> tuple[SearchView, ...]:
    """Return the searches of a task, in the order of the facts."""
    return tuple(
        SearchView(at, _result(facts, one), best_over_trials(one))
        for at, one in enumerate(facts.searches)
        if one.task == task
    )


def _result(facts: Facts, search: Search) -> int | None:
    of = (search.task, search.arm)
    return next((i for i, one in enumerate(facts.results) if one.searched and (one.task, one.arm) == of), None)


def best_over_trials(search: Search, *, width: int = 430, height: int = 150) -> style.Picture | None:
    """Return the best weighted F1 on validation after each trial, the best ordinary fit dashed; None where none was completed."""
    if not search.steps:
        return None

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        x = [step.trial + 1 for step in search.steps] + [search.trials]
        y = [step.value for step in search.steps] + [search.steps[-1].value]
        frame.step(x, y, where="post", color=style.NEW, lw=1.8)
        frame.plot(x[:-1], y[:-1], "o", color=style.NEW, ms=3.5)
        if search.ordinary is not None:
            frame.axhline(search.ordinary, color=style.SOFT, lw=1.2, ls=(0, (4, 3)))
        frame.ticklabel_format(axis="y", useOffset=False)
        frame.locator_params(axis="both", nbins=5)
        frame.margins(y=0.15)
        figure.supxlabel("trials", fontsize=11)
        figure.supylabel("weighted F1", fontsize=11)

    ordinary = "" if search.ordinary is None else f"; dashed, the best fit without a search, {search.ordinary:.3f}"
    alt = (
        f"Best weighted F1 on validation after each trial, {words.task(search.task)}, {words.arm(search.arm)}: "
        f"{search.steps[0].value:.3f} at first, {search.steps[-1].value:.3f} in the end{ordinary}."
    )
    return style.picture(f"search-{search.task}-{search.arm}", width=width, height=height, alt=alt, draw=draw)
