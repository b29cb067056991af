"""The study's figures redrawn from our facts: distributions, components, clusters, lines. Draws; computes no score.

Every picture stays below `cosmic.reporting.dots.LARGEST` bytes; colours of classes are those of the whole report.
"""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Final

from cosmic.facts import Facts
from cosmic.facts.exploration import Clusters, Exploration, Line
from cosmic.reporting import style, words
from cosmic.reporting.dots import dots, small

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

_NAMES: Final = {
    "redshift_log": "ln(z + 0.02)",
    "sum_p": "u+g+r+i+z",
    "u-r_p": "u − r",
    "g-i_p": "g − i",
    "r-z_p": "r − z",
    "elodie_bv": "B − V (ELODIE)",
    "elodie_teff": "temperature (ELODIE)",
    "elodie_feh": "[Fe/H] (ELODIE)",
}
_PAIRED: Final = 5
"""Features of a pair plot at most: more would be too small to read."""


def class_counts(facts: Facts, task: str, *, width: int = 430) -> style.Picture | None:
    """Return the objects of each class of a task, dropped classes hollow, or None where there are none."""
    kept, dropped = facts.class_counts.get(task, {}), facts.dropped_classes.get(task, {})
    names = [*kept, *dropped]
    if not names:
        return None

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        counts = [*kept.values(), *dropped.values()]
        colours = [style.class_colour(name) for name in names]
        faces = [*colours[: len(kept)], *["none"] * len(dropped)]
        frame.barh(range(len(names)), counts, color=faces, edgecolor=colours, height=0.65)
        for y, count in enumerate(counts):
            frame.annotate(
                f"{count:,}", (count, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=10
            )
        frame.set_yticks(range(len(names)), names)
        frame.invert_yaxis()
        frame.margins(x=0.16)
        frame.grid(visible=False, axis="y")
        frame.set_xlabel("objects (hollow: dropped, too few)" if dropped else "objects")

    listed = ", ".join(f"{name} {count:,}" for name, count in (kept | dropped).items())
    alt = f"Objects by class, {words.task(task)}: {listed}."
    return _picture(f"counts-{task}", width=width, height=56 + 21 * len(names), alt=alt, draw=draw)


def feature_histograms(explored: Exploration, *, width: int = 760) -> style.Picture | None:
    """Return how the training objects of each class are distributed in each feature, or None where that is not known."""
    if not explored.histograms:
        return None
    columns = min(3, len(explored.histograms))
    rows = -(-len(explored.histograms) // columns)

    def draw(figure: Figure) -> None:
        frames = figure.subplots(rows, columns, squeeze=False).ravel()
        for frame, histogram in zip(frames, explored.histograms, strict=False):
            middles = [(low + high) / 2 for low, high in pairwise(histogram.edges)]
            for label in explored.labels:
                counts = histogram.counts[label]
                total = sum(counts) + histogram.outside[label]
                shares = [count / total if total else 0.0 for count in counts]
                frame.plot(middles, shares, color=style.class_colour(label), lw=1.4)
            frame.locator_params(axis="x", nbins=5)
            frame.set_ylim(bottom=0)
            frame.set_xlabel(_name(histogram.feature, histogram.unit))
            frame.set_yticks([])
        for frame in frames[len(explored.histograms) :]:
            frame.set_axis_off()
        figure.supylabel("share of the class", fontsize=11)
        _legend(figure, explored.labels)

    listed = ", ".join(_name(histogram.feature) for histogram in explored.histograms)
    alt = f"Distribution of each feature by class, {words.task(explored.task)}, training part: {listed}."
    return _picture(f"histograms-{explored.task}", width=width, height=150 * rows + 40, alt=alt, draw=draw)


def correlation(explored: Exploration, *, width: int = 470) -> style.Picture | None:
    """Return the covariance of the standardised features as a heat map with figures, or None where there is none."""
    if not explored.correlation:
        return None
    n = len(explored.features)

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        for i, row in enumerate(explored.correlation):
            for j, value in enumerate(row):
                colour = style.NEW if value < 0 else style.BAD
                frame.add_patch(_square(j, i, colour=colour, alpha=min(1.0, abs(value)) * 0.8))
                frame.text(j, i, f"{value:.2f}".replace("-", "−"), ha="center", va="center", fontsize=10)
        frame.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5))
        names = [_name(feature) for feature in explored.features]
        frame.set_xticks(range(n), names, rotation=35, ha="right")
        frame.set_yticks(range(n), names)
        frame.grid(visible=False)

    pairs = [
        f"{_name(explored.features[i])} and {_name(explored.features[j])} {explored.correlation[i][j]:.2f}"
        for i, j in combinations(range(n), 2)
    ]
    alt = f"Covariance of z-standardised features, {words.task(explored.task)}: {'; '.join(pairs[:12])}."
    return _picture(f"covariance-{explored.task}", width=width, height=120 + 34 * n, alt=alt, draw=draw)


def pair_plot(explored: Exploration, *, width: int = 760) -> style.Picture | None:
    """Return every two features against each other for a sample of training objects, or None where there is none."""
    sample = explored.sample
    if sample is None or len(sample.names) < 2:
        return None
    names = sample.names[:_PAIRED]
    n = len(names)

    def draw(figure: Figure) -> None:
        frames = figure.subplots(n - 1, n - 1, sharex="col", sharey="row", squeeze=False)
        for row in range(1, n):
            for column in range(n - 1):
                frame = frames[row - 1][column]
                if column >= row:
                    frame.set_axis_off()
                    continue
                _points(frame, sample.values, sample.classes, explored.labels, column, row, size=2.6)
                frame.tick_params(labelsize=8, bottom=False, left=False, pad=1)
                frame.locator_params(nbins=4)
                frame.grid(visible=False)
                if row == n - 1:
                    frame.set_xlabel(_name(names[column]), fontsize=9.5)
                if column == 0:
                    frame.set_ylabel(_name(names[row]), fontsize=9.5)
        _legend(figure, explored.labels)

    alt = (
        f"Every two of {', '.join(map(_name, names))} against each other, {words.task(explored.task)}, "
        f"{len(sample.values)} training objects drawn evenly from the classes."
    )
    return _picture(f"pairs-{explored.task}", width=width, height=118 * (n - 1) + 60, alt=alt, draw=draw)


def components_elbow(explored: Exploration, *, width: int = 400, height: int = 230) -> style.Picture | None:
    """Return the variance that components explain, each and together, or None where there are none."""
    found = explored.components
    if found is None:
        return None
    together = [sum(found.explained[: i + 1]) for i in range(len(found.explained))]
    at = range(1, len(together) + 1)

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        frame.bar(at, found.explained, color=style.BAR, width=0.6, label="each")
        frame.plot(at, together, color=style.INK, marker="o", ms=4, label="together")
        if found.interval is not None:
            frame.plot([2, 2], found.interval, color=style.INK, lw=5, alpha=0.3, solid_capstyle="butt")
        frame.axhline(found.target, color=style.PUBLISHED if not explored.simulated else style.SOFT, lw=1, ls="--")
        frame.set(xticks=list(at), ylim=(0, 1.03), xlabel="component", ylabel="share of the variance")
        frame.legend(frameon=False, fontsize=10, loc="center right")

    alt = (
        f"Share of the variance that principal components explain together, {words.task(explored.task)}: "
        + ", ".join(f"{i} {share:.3f}" for i, share in zip(at, together, strict=True))
        + "."
    )
    return _picture(f"pca-elbow-{explored.task}", width=width, height=height, alt=alt, draw=draw)


def components_loadings(explored: Exploration, *, width: int = 400) -> style.Picture | None:
    """Return how much of each feature the first two components hold, or None where there are none."""
    found = explored.components
    if found is None:
        return None
    names = [_name(feature) for feature in explored.features]

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        for i, (row, colour) in enumerate(zip(found.loadings[:2], (style.SAME, style.PUBLISHED), strict=False)):
            label = ("first component", "second component")[i]
            frame.barh([y + 0.2 * (2 * i - 1) for y in range(len(names))], row, height=0.36, color=colour, label=label)
        frame.axvline(0, color=style.SOFT, lw=0.8)
        frame.set_yticks(range(len(names)), names)
        frame.invert_yaxis()
        frame.grid(visible=False, axis="y")
        frame.set_xlabel("loading")
        figure.legend(loc="outside upper right", ncols=2, frameon=False, fontsize=10)

    alt = f"Loadings of the first two principal components, {words.task(explored.task)}: " + "; ".join(
        f"{name} {', '.join(f'{row[i]:.2f}' for row in found.loadings[:2])}" for i, name in enumerate(names)
    )
    return _picture(f"pca-loadings-{explored.task}", width=width, height=84 + 30 * len(names), alt=alt + ".", draw=draw)


def components_scatter(explored: Exploration, *, width: int = 460, height: int = 340) -> style.Picture | None:
    """Return a sample of training objects in the first two components by class, or None where there is none."""
    found = explored.components
    if found is None or found.sample is None or len(found.sample.names) < 2:
        return None
    sample = found.sample

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        _points(frame, sample.values, sample.classes, explored.labels, 0, 1, size=3.6)
        frame.set_xlabel(f"first component ({100 * found.explained[0]:.0f} % of the variance)")
        frame.set_ylabel(f"second component ({100 * found.explained[1]:.0f} %)")
        _legend(figure, explored.labels)

    alt = (
        f"{len(sample.values)} training objects in the first two principal components, drawn evenly from "
        f"{', '.join(explored.labels)}."
    )
    return _picture(f"pca-scatter-{explored.task}", width=width, height=height, alt=alt, draw=draw)


def clusters_elbow(explored: Exploration, clusters: Clusters, *, width: int = 400, height: int = 230) -> style.Picture:
    """Return the inertia or BIC over the number of clusters; the number of classes is marked."""
    ks, values = [trial.k for trial in clusters.trials], [trial.value for trial in clusters.trials]

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        frame.plot(ks, [value / clusters.n_fitted for value in values], color=style.INK, marker="o", ms=4)
        frame.axvline(clusters.k, color=style.SAME, lw=1.2, ls="--")
        frame.set_xticks(ks)
        frame.set_xlabel("number of clusters (dashed: of classes)")
        frame.set_ylabel(f"{clusters.criterion} per row")

    alt = (
        f"{clusters.criterion} per row of {clusters.method} over the number of clusters, {words.task(explored.task)}, "
        f"{clusters.n_fitted:,} training rows: "
        + ", ".join(f"{k} {value / clusters.n_fitted:.3g}" for k, value in zip(ks, values, strict=True))
        + "."
    )
    name = f"elbow-{clusters.method.replace(' ', '-')}-{explored.task}"
    return _picture(name, width=width, height=height, alt=alt, draw=draw)


def regression(explored: Exploration, line: Line, *, width: int = 460, height: int = 300) -> style.Picture | None:
    """Return the stars of the sample in ELODIE's colour and temperature with a regression's curve, or None without them.

    Both axes are in the values' own units; the line of the study is a curve there, since the colour enters by its
    logarithm.
    """
    sample = explored.sample
    if sample is None or not {"elodie_bv", "elodie_teff"} <= set(sample.names):
        return None
    colour, heat = sample.names.index("elodie_bv"), sample.names.index("elodie_teff")

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        curve = _curve(line, [row[colour] for row in sample.values])
        _points(frame, sample.values, sample.classes, explored.labels, colour, heat, size=4.0)
        frame.plot([x for x, _ in curve], [y for _, y in curve], color=style.INK, lw=1.6)
        frame.set_xlabel("B − V of the best ELODIE star [mag]")
        frame.set_ylabel("its temperature [K]")
        _legend(figure, explored.labels)

    what = "temperature from colour" if line.direction == "code" else "colour from temperature"
    said = f", R² {line.r2['test']:.3f} on the {line.n['test']:,} test rows" if "test" in line.r2 else ""
    built = " True by construction: the sky is simulated." if line.true_by_construction else ""
    alt = f"Temperature against B − V of stars' best ELODIE template with the line of {what}{said}.{built}"
    return _picture(f"regression-{line.direction}", width=width, height=height, alt=alt, draw=draw)


def _curve(line: Line, colours: Sequence[float]) -> list[tuple[float, float]]:
    """Points (B - V, temperature) on a regression's line, over the range of these colours."""
    from math import log

    mean, scale = line.mean, line.scale
    low, high, found = min(colours), max(colours), []
    for step in range(61):
        colour = low + (high - low) * step / 60
        shifted = (colour - mean["elodie_bv"]) / scale["elodie_bv"] + 2.0
        if shifted <= 0 or (line.direction == "slide" and not line.slope):
            continue
        z = log(shifted)
        heat = line.slope * z + line.intercept if line.direction == "code" else (z - line.intercept) / line.slope
        found.append((colour, heat * scale["elodie_teff"] + mean["elodie_teff"]))
    return found


def _points(
    frame: Axes,
    values: Sequence[Sequence[float]],
    classes: Sequence[int],
    labels: Sequence[str],
    column: int,
    row: int,
    *,
    size: float,
) -> None:
    for code, label in enumerate(labels):
        ours = [value for value, one in zip(values, classes, strict=True) if one == code]
        x, y = [value[column] for value in ours], [value[row] for value in ours]
        dots(frame, x, y, colour=style.class_colour(label), size=size)
    frame.autoscale_view()


def _legend(figure: Figure, labels: Sequence[str]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=style.class_colour(label), lw=0, marker="o", ms=5, label=label) for label in labels]
    figure.legend(
        handles=handles, loc="outside right upper", frameon=False, fontsize=10, handletextpad=0.2, borderaxespad=0.6
    )


def _square(x: float, y: float, *, colour: str, alpha: float) -> Rectangle:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.48, y - 0.48), 0.96, 0.96, facecolor=colour, alpha=alpha, lw=0)


def _name(feature: str, unit: str = "") -> str:
    return f"{_NAMES.get(feature, feature)}{f' [{unit}]' if unit else ''}"


def _picture(name: str, *, width: int, height: int, alt: str, draw: Callable[[Figure], None]) -> style.Picture:
    return small(style.picture(name, width=width, height=height, alt=alt, draw=draw))
