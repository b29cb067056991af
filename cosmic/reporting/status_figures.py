"""Figures of the status page: how a catalogue grew, what was quarantined and why, how scores went. Draws; computes no score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cosmic.facts.status import IngestFact, ScoreFact, ScoreLine
from cosmic.reporting import style
from cosmic.reporting.dots import small

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH: Final = 340
_HEIGHT: Final = 150
_REASONS: Final = 4
_COLOURS: Final = (style.BAD, style.PUBLISHED, style.SAME, style.NEW)


def growth(ingests: Sequence[IngestFact]) -> style.Picture | None:
    """Return the number of objects over time; None without two ingests."""
    if len(ingests) < 2:
        return None

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        when, objects = _times(ingests), [one.objects for one in ingests]
        frame.step(when, objects, where="post", color=style.NEW, lw=1.6)
        frame.plot(when, objects, ".", color=style.NEW, ms=4)
        frame.set_ylim(bottom=0)
        _dated(frame)

    last = ingests[-1]
    alt = f"Objects in the catalogue over {len(ingests)} ingests, up to {last.objects:,}."
    return small(style.picture("status-growth", width=_WIDTH, height=_HEIGHT, alt=alt, draw=draw))


def quarantine(ingests: Sequence[IngestFact]) -> style.Picture | None:
    """Return the rows in quarantine of each ingest, by reason; None where none was."""
    total = sum((Counter(one.reasons) for one in ingests), Counter[str]())
    if not total or len(ingests) < 2:
        return None
    common = [name for name, _ in total.most_common(_REASONS)]

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        places = range(len(ingests))
        below = [0.0] * len(ingests)
        for name, colour in [*zip(common, _COLOURS, strict=False), ("other reasons", style.OLD)]:
            heights = [
                one.reasons.get(name, 0)
                if name in common
                else sum(n for why, n in one.reasons.items() if why not in common)
                for one in ingests
            ]
            if any(heights):
                frame.bar(places, heights, bottom=below, color=colour, width=0.8, label=_short(name))
                below = [a + b for a, b in zip(below, heights, strict=True)]
        frame.set_xlabel("ingest, the newest at the right")
        frame.set_xticks([])
        frame.legend(frameon=False, fontsize=7.5, loc="upper left", bbox_to_anchor=(0, -0.12))

    alt = f"Rows in quarantine by ingest and reason; most often {common[0]}, {total[common[0]]:,} rows in all."
    return small(style.picture("status-quarantine", width=_WIDTH, height=_HEIGHT + 60, alt=alt, draw=draw))


def scores(line: ScoreLine, at: int) -> style.Picture | None:
    """Return the weighted F1 of the kept models of a task and arm over time, with intervals; None without two scores."""
    points = [one for one in line.points if one.f1 is not None]
    if len(points) < 2:
        return None

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        when, values = _times(points), np.array([one.f1 for one in points], np.float64)
        for at, one in zip(when, points, strict=True):
            if one.low is not None and one.high is not None:
                frame.plot([at, at], [one.low, one.high], color=style.OLD, lw=1.4)
        frame.plot(when, values, "o-", color=style.INK, ms=3.5, lw=1)
        _dated(frame)

    last = points[-1].f1 or 0.0
    alt = f"Weighted F1 on the test part over {len(points)} models of {line.task}, {line.arm}; the newest {last:.3f}."
    return small(style.picture(f"status-score-{at}", width=_WIDTH, height=110, alt=alt, draw=draw))


def _dated(frame: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    where = AutoDateLocator(minticks=2, maxticks=5)  # type: ignore[no-untyped-call]
    frame.xaxis.set_major_locator(where)
    frame.xaxis.set_major_formatter(ConciseDateFormatter(where))  # type: ignore[no-untyped-call]


def _times(facts: Sequence[IngestFact | ScoreFact]) -> NDArray[np.datetime64]:
    # numpy has no time zones: all are in UTC here
    return np.array([one.when.astimezone(UTC).replace(tzinfo=None) for one in facts], "datetime64[s]")


def _short(text: str) -> str:
    return text if len(text) <= 42 else f"{text[:41]}…"
