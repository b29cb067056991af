"""Schematics of a run: what was done to rows before any model, the tree of classes, layers of networks. Counts come from facts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cosmic.facts import Facts
from cosmic.reporting import style, words
from cosmic.reporting.dots import small

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SUBTREES: Final = {"star": {"star": ""}, "galaxy": {"galaxy": "", "galaxy-spectral": "spectral: "}}
"""Tasks that divide a superclass, and what stands before their labels: the second divides the same galaxies again."""
_ROW: Final = 24
"""Height of a line of the tree, CSS pixels."""


def preprocessing(facts: Facts, *, width: int = 820) -> style.Picture:
    """Return the steps from rows read to objects in each part, with the number of rows at each and those that left."""
    ingest = facts.ingest
    steps = [
        ("read", ingest.rows, ""),
        ("kept by the contract", ingest.valid, f"{ingest.quarantined:,} quarantined"),
        ("in the snapshot", facts.snapshot.rows, "one row an object, all ingests"),
    ]
    tasks = [entry for entry in facts.labels if entry.parts]

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        rows = max(1, len(tasks))
        middle = (rows - 1) / 2
        for x, (name, n, left) in enumerate(steps):
            _box(frame, x, middle, f"{name}\n{n:,}", below=left)
            if x:
                _arrow(frame, (x - 1, middle), (x, middle))
        for y, entry in enumerate(tasks):
            kept = sum(part.n for parts in entry.parts.values() for part in parts.values())
            lost = sum(entry.excluded.values()) + sum(facts.dropped_classes.get(entry.task, {}).values())
            sizes = [sum(parts[part].n for parts in entry.parts.values() if part in parts) for part in words.PARTS]
            _box(frame, 3, y, f"{words.task(entry.task)}: labelled\n{kept:,}", below=f"{lost:,} without a class of use")
            _box(frame, 4.1, y, "train · validation · test\n" + " · ".join(f"{size:,}" for size in sizes), wide=1.15)
            _arrow(frame, (2, middle), (3, y))
            _arrow(frame, (3, y), (4.1, y), wide=1.15)
        frame.set(xlim=(-0.5, 4.75), ylim=(rows - 0.4, -0.6))
        frame.set_axis_off()

    labelled = "; ".join(
        f"{words.task(entry.task)} {sum(part.n for parts in entry.parts.values() for part in parts.values()):,}"
        for entry in tasks
    )
    said = ", ".join(f"{name} {n:,}" for name, n, _ in steps)
    alt = f"Rows at each step before any model: {said}; objects with a class of use: {labelled or 'none'}. Split by {facts.split.name}."
    return small(
        style.picture("preprocessing", width=width, height=60 + 86 * max(1, len(tasks)), alt=alt, draw=draw)
    )  # fmt: skip


def hierarchy(facts: Facts, *, width: int = 560) -> style.Picture | None:
    """Return the tree of classes with the objects of each, dropped classes hollow; None without superclass labels."""
    above = facts.class_counts.get("superclass", {})
    if not above:
        return None
    leaves: list[tuple[str, str, str, int, bool]] = []  # superclass, what stands before the label, label, objects, kept
    for name in above:
        own = []
        for task, before in _SUBTREES.get(name, {}).items():
            kept, dropped = facts.class_counts.get(task, {}), facts.dropped_classes.get(task, {})
            own += [(name, before, label, n, True) for label, n in kept.items()]
            own += [(name, before, label, n, False) for label, n in dropped.items()]
        leaves += own or [(name, "", "", 0, False)]
    at = {name: [y for y, leaf in enumerate(leaves) if leaf[0] == name] for name in above}
    middle = {name: sum(ys) / len(ys) for name, ys in at.items()}

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        root = sum(middle.values()) / len(middle)
        frame.text(-0.02, root, "object", ha="right", va="center")
        for name, y in middle.items():
            frame.plot([0, 0.3], [root, y], color=style.SOFT, lw=1)
            colour = style.class_colour(name)
            frame.text(0.32, y, f"{name}  {above[name]:,}", color=colour, va="center", weight="bold")
        for y, (name, before, label, n, kept) in enumerate(leaves):
            if label:
                colour = style.class_colour(label)
                frame.plot([0.66, 0.78], [middle[name], y], color=style.SOFT, lw=0.8)
                frame.plot([0.79], [y], marker="o", ms=6, mfc=colour if kept else "none", mec=colour)
                frame.text(
                    0.815, y, f"{before}{label}  {n:,}" + ("" if kept else " (dropped)"), va="center", fontsize=10
                )
        frame.set(xlim=(-0.12, 1.06), ylim=(len(leaves) - 0.3, -0.7))
        frame.set_axis_off()

    listed = "; ".join(f"{name} {n:,}" for name, n in above.items())
    below = ", ".join(
        f"{before}{label} {n:,}" + ("" if kept else " (dropped)") for _, before, label, n, kept in leaves if label
    )
    alt = f"Tree of classes: {listed}. Below them {below or 'nothing'}."
    return small(style.picture("tree", width=width, height=40 + _ROW * len(leaves), alt=alt, draw=draw))


def _box(frame: Axes, x: float, y: float, text: str, *, below: str = "", wide: float = 0.78) -> None:
    from matplotlib.patches import Rectangle

    frame.add_patch(Rectangle((x - wide / 2, y - 0.27), wide, 0.54, facecolor=style.PAPER, edgecolor=style.SAME, lw=1))
    frame.text(x, y, text, ha="center", va="center", fontsize=9.5)
    if below:
        frame.text(x, y + 0.4, below, ha="center", va="center", fontsize=8.5, color=style.SOFT)


def _arrow(frame: Axes, start: tuple[float, float], end: tuple[float, float], *, wide: float = 0.78) -> None:
    frame.annotate(
        "", (end[0] - wide / 2, end[1]), (start[0] + 0.39, start[1]),
        arrowprops={"arrowstyle": "->", "color": style.SOFT, "lw": 1},
    )  # fmt: skip


def network(shapes: dict[str, tuple[int, int]], *, width: int = 820) -> style.Picture:
    """Return the layers of the study's network for each task.

    Parameters
    ----------
    shapes : dict
        Weights as Keras counts them, and classes, by task.
    """

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        for y, (task, (weights, classes)) in enumerate(shapes.items()):
            layers = ["features", "512\nneurons", "128\nneurons", f"{classes}\nclasses"]
            frame.text(-1.35, y, words.task(task), ha="left", va="center", fontsize=10.5)
            for x, text in enumerate(layers):
                _box(frame, x, y, text, wide=0.6)
                if x:
                    _arrow(frame, (x - 1 - 0.09, y), (x, y), wide=0.6)
            frame.text(3.5, y, f"{weights:,} weights", ha="left", va="center", fontsize=10)
        frame.set(xlim=(-1.4, 4.6), ylim=(len(shapes) - 0.5, -0.5))
        frame.set_axis_off()

    listed = "; ".join(f"{words.task(task)}: {n:,} weights, {k} classes" for task, (n, k) in shapes.items())
    alt = f"Layers of the networks: features, 512 neurons, 128 neurons, classes. {listed}."
    return small(style.picture("network", width=width, height=30 + 66 * len(shapes), alt=alt, draw=draw))
