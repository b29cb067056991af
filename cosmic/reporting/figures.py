"""The charts of the report, from facts alone. Draws; never computes a score, never opens a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from cosmic.facts import Facts, Result, Selection
from cosmic.reporting import style, words
from cosmic.reporting.ledger import Beside

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TOGETHER: Final = 4
"""Classes whose curves fit into one frame; more get a frame each."""
_MARKERS: Final = ("o", "s", "^", "D")
_IMPORTANCE: Final = {
    "permutation": "loss of weighted F1 when shuffled",
    "impurity": "share of the decrease of impurity",
    "coefficient": "mean absolute coefficient",
}


def completeness_curves(
    name: str, selections: Sequence[Selection], *, width: int = 0, height: int = 0
) -> style.Picture | None:
    """Return completeness against r magnitude for the classes of one task and arm, or None where there is no curve.

    Shading is the interval of each bin. With more than a few classes each has a frame of its own, and `height` is
    that of one row of frames; sizes in CSS pixels, chosen by the number of classes where they are not given.
    """
    drawn = [s for s in selections if any(b.completeness is not None for b in s.curve)]
    if not drawn:
        return None
    bins = [b for s in drawn for b in s.curve if b.completeness is not None]
    span = (min(b.r_lo for b in bins), max(b.r_hi for b in bins))
    few = len(drawn) <= _TOGETHER
    width, height = width or (560 if few else 820), height or (180 if few else 130)
    columns = 1 if few else min(5, max(2, width // 165))
    rows = 1 if columns == 1 else -(-len(drawn) // columns)

    def draw(figure: Figure) -> None:
        frames = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for i, selection in enumerate(drawn):
            frame = frames[0] if columns == 1 else frames[i]
            _curve(frame, selection, marker=_MARKERS[i % len(_MARKERS)])
            if columns > 1:
                frame.set_title(selection.label, fontsize=11, color=style.class_colour(selection.label), pad=2)
        for frame in frames[: len(drawn)]:
            frame.set(xlim=span, ylim=(0, 1.03), yticks=(0, 0.5, 1))
        for frame in frames[len(drawn) :] if columns > 1 else ():
            frame.set_axis_off()
        if columns == 1:
            figure.legend(loc="outside right center", frameon=False, fontsize=10.5, handlelength=1.4, borderaxespad=0.8)
        figure.supxlabel("r magnitude [mag]", fontsize=11)
        figure.supylabel("completeness", fontsize=11)

    labels = ", ".join(s.label for s in drawn)
    alt = f"Completeness of a selection at the target purity against r magnitude, for {labels}."
    return style.picture(name, width=width, height=height * rows, alt=alt, draw=draw)


def importance(name: str, result: Result, *, width: int = 430) -> style.Picture | None:
    """Return the features of a model by how much they matter, or None where that is not known."""
    if not result.importance or result.importance_kind is None:
        return None
    ordered = sorted(result.importance, key=lambda each: (each.value, each.feature))
    label = _IMPORTANCE[result.importance_kind]

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        spreads = [each.spread or 0.0 for each in ordered]
        frame.barh([each.feature for each in ordered], [each.value for each in ordered], color=style.BAR, height=0.62)
        frame.errorbar([each.value for each in ordered], range(len(ordered)), xerr=spreads, fmt="none",
                       ecolor=style.INK, elinewidth=1.1)  # fmt: skip
        frame.grid(visible=False, axis="y")
        frame.set_xlabel(label)

    alt = f"Importance of features, {label}; most important first: " + ", ".join(e.feature for e in reversed(ordered))
    return style.picture(name, width=width, height=52 + 21 * len(ordered), alt=alt + ".", draw=draw)


def reliability(name: str, result: Result, *, ceiling: float | None = None, width: int = 300) -> style.Picture | None:
    """Return the share of right answers against confidence on the test part, or None where that is not known.

    Parameters
    ----------
    ceiling : float, optional
        How often volunteers would give a galaxy the same label again.
    """
    found = result.test.reliability if result.test else None
    if found is None:
        return None

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        frame.plot([0, 1], [0, 1], color=style.PUBLISHED, lw=1, ls="--")
        if ceiling is not None:
            frame.axhline(ceiling, color=style.OLD, lw=2, alpha=0.6)
        largest = max(each.n for each in found.bins)
        frame.plot(
            [each.confidence for each in found.bins], [each.right for each in found.bins], color=style.INK, lw=1.1
        )
        frame.scatter([each.confidence for each in found.bins], [each.right for each in found.bins],
                      s=[8 + 60 * each.n / largest for each in found.bins], color=style.INK, zorder=3)  # fmt: skip
        frame.set(xlim=(0, 1.02), ylim=(0, 1.02), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        frame.set_xlabel("probability of the answer")
        frame.set_ylabel("share right")

    alt = "Share of right answers against the probability of the answer; larger points are of more objects; on the dashed line both agree."
    if ceiling is not None:
        alt += f" The grey line is the label ceiling, {ceiling:.3f}."
    return style.picture(name, width=width, height=220, alt=alt, draw=draw)


def forest(facts: Facts, rows: Sequence[Beside], *, width: int = 540) -> style.Picture | None:
    """Return published weighted F1 scores against ours as a forest plot, or None where there are none."""
    if not rows:
        return None
    names = [f"{words.task(facts.published_study[row.study].task)} · {words.model(facts.published_study[row.study].model)}"
             for row in rows]  # fmt: skip

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        for y, row in enumerate(rows):
            study = facts.published_study[row.study].f1
            if study is not None:
                frame.plot([study], [y], marker="o", ms=7, mfc="none", mec=style.PUBLISHED, mew=1.5, ls="", zorder=4)
            for index, colour, marker, size in (
                (row.same, style.SAME, "o", 5.5),
                (row.honest, style.INK, "D", 6.0),
            ):
                _point(frame, facts, index, y, colour=colour, marker=marker, size=size)
        frame.set_yticks(range(len(rows)), names)
        frame.set_ylim(len(rows) - 0.4, -0.6)
        frame.set_xlim(right=1.005)
        frame.set_xlabel("weighted F1 on the test part")
        for label, marker, face, edge in (
            ("without a spectrum", "D", style.INK, style.INK),
            ("same inputs", "o", style.SAME, style.SAME),
            ("published", "o", "none", style.PUBLISHED),
        ):
            frame.plot([], [], marker=marker, mfc=face, mec=edge, ls="", ms=6, label=label)
        figure.legend(loc="outside upper right", ncols=3, frameon=False, fontsize=10.5, handletextpad=0.2)

    alt = "Published weighted F1 beside ours with the same inputs and without a spectrum, for " + "; ".join(names) + "."
    return style.picture(name="forest", width=width, height=70 + 20 * len(rows), alt=alt, draw=draw)


def _curve(frame: Axes, selection: Selection, *, marker: str) -> None:
    bins = [b for b in selection.curve if b.completeness is not None]
    middle = [(b.r_lo + b.r_hi) / 2 for b in bins]
    values = [b.completeness or 0.0 for b in bins]
    colour = style.class_colour(selection.label)
    ends = [b.interval.get("completeness", (b.completeness or 0.0,) * 2) for b in bins]
    frame.fill_between(middle, [lo for lo, _ in ends], [hi for _, hi in ends], color=colour, alpha=0.16, lw=0)
    frame.plot(middle, values, color=colour, marker=marker, ms=3.6, label=selection.label)


def _point(frame: Axes, facts: Facts, index: int | None, y: float, *, colour: str, marker: str, size: float) -> None:
    test = facts.results[index].test if index is not None else None
    if test is None or test.f1 is None:
        return
    if "f1" in test.interval:
        frame.plot(list(test.interval["f1"]), [y, y], color=colour, lw=2.2, solid_capstyle="butt", zorder=2)
    frame.plot([test.f1], [y], marker=marker, ms=size, color=colour, ls="", zorder=3)
