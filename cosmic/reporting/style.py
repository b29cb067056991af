"""The one look of every figure: colours here, type and lines in templates/report.mplstyle. Never touches pyplot's global state.

Colours keep apart for colour-blind eyes (Okabe and Ito 2008, darkened for lines on white); a class has the same colour
wherever it appears.
"""

from __future__ import annotations

import hashlib
import io
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK: Final = "#1d2733"
SOFT: Final = "#5d6b7a"
RULE: Final = "#d7dde4"
PAPER: Final = "#ffffff"
OLD: Final = "#98a3b0"
NEW: Final = "#1f78c8"
BAD: Final = "#c8321f"
SAME: Final = "#0b6e69"
PUBLISHED: Final = "#7a4a12"
BAR: Final = "#6aa9a5"

CLASS_COLOURS: Final = {
    "galaxy": "#c2680a",
    "quasar": "#7b3fa0",
    "qso": "#7b3fa0",
    "star": "#0a8f6c",
    # hot to cool, blue to red: safe for colour-blind eyes, and how astronomers think of them
    "O": "#2c3e9e",
    "B": "#3f66b8",
    "A": "#5b8fce",
    "F": "#7fb0d3",
    "G": "#d8a93b",
    "K": "#d9822b",
    "M": "#b8402a",
    "C": "#7d1f2e",
    "D": "#4d5967",
    "d": "#8a5a83",
    "AGN": "#a3327c",
    "STARFORMING": "#3b8fc4",
    "STARBURST": "#1d4f91",
    "BROADLINE": "#b5651d",
    "none": "#7d8793",
}
_OTHERS: Final = ("#c2680a", "#7b3fa0", "#0a8f6c", "#3f66b8", "#b8402a", "#8a7a1c", "#4d5967", "#b0568c")

_LOOK: Final = Path(__file__).with_name("templates") / "report.mplstyle"
_DRAWING = threading.Lock()
"""matplotlib's settings belong to the process: one figure at a time borrows them."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An inline SVG, the words that stand for it, and its natural width and height in CSS pixels."""

    svg: Markup
    alt: str
    width: int
    height: int


def class_colour(label: str) -> str:
    """Return the colour of a class, the same everywhere and in every run."""
    known = CLASS_COLOURS.get(label) or CLASS_COLOURS.get(label.lower() if len(label) > 1 else label)
    return known or _OTHERS[hashlib.sha256(label.encode()).digest()[0] % len(_OTHERS)]


def picture(name: str, *, width: int, height: int, alt: str, draw: Callable[[Figure], None]) -> Picture:
    """Return what `draw` puts on a figure of this size, as SVG that is the same bytes for the same drawing.

    Parameters
    ----------
    name : str
        Unique on the page: it keeps the ids inside the pictures apart.
    width, height : int
        In CSS pixels at natural size.
    alt : str
        What the picture shows, for those who cannot see it.
    draw : callable
        Draws on an empty figure; text stays text.
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as EmptyFigure

    with _DRAWING, matplotlib.rc_context(fname=_LOOK):
        matplotlib.rcParams["svg.hashsalt"] = f"cosmic-{name}"
        figure = EmptyFigure(figsize=(width / 72, height / 72), dpi=72, layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        layout = figure.get_layout_engine()
        if layout is not None:
            layout.execute(figure)
            figure.set_layout_engine("none")  # or saving would draw all of it twice
        sink = io.StringIO()
        figure.savefig(sink, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = sink.getvalue()
    text = text[text.index("<svg") :]
    # matplotlib numbers its groups from 1 in every figure; on one page those ids would repeat
    text = re.sub(r' id="[A-Za-z][A-Za-z0-9.]*(?:_\d+)+"', "", text)
    return Picture(Markup(text), alt, width, height)  # matplotlib escapes the texts it writes
