"""Many points in few bytes: all points of one colour are one path of zero-length strokes with round ends. Draws nothing else.

matplotlib writes an element for every marker, some 80 bytes each; a pair plot would be half a megabyte.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from cosmic.reporting import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LARGEST: Final = 60_000
"""Bytes that a picture of the exploration may have."""


def dots(frame: Axes, x: Sequence[float], y: Sequence[float], *, colour: str, size: float, alpha: float = 0.55) -> None:
    """Draw points of `size` CSS pixels; those outside the frame are cut off."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if not x:
        return
    places = [place for point in zip(x, y, strict=True) for place in (point, point)]
    codes = [Path.MOVETO, Path.LINETO] * len(x)
    patch = PathPatch(Path(places, codes), fill=False, edgecolor=colour, linewidth=size, capstyle="round", alpha=alpha)
    frame.add_patch(patch)


def small(picture: style.Picture) -> style.Picture:
    """Return a picture with lengths to a tenth of a pixel, which looks alike, and with the strokes of `dots`."""

    def path(found: re.Match[str]) -> str:
        text = " ".join(_NUMBER.sub(_tenth, found[1]).split())
        # matplotlib leaves of a stroke without length its beginning alone, or both ends
        if not re.search("[CQA]", text):
            text = text.replace(" L ", " ")  # a line goes on as a line
        text = _POINT.sub(r"M\1 \2h0", text).replace("h0 M", "h0M")
        return f' d="{text}"'

    svg = re.sub(r' d="([^"]*)"', path, str(picture.svg))
    svg = re.sub(r' (?:x|y|width|height|transform)="[^"]*"', lambda found: _NUMBER.sub(_tenth, found[0]), svg)
    svg = re.sub(r' transform="rotate\(-?0 [^"]*"', "", svg)
    return replace(picture, svg=Markup(re.sub(r"\n\s+", "\n", svg)))


_NUMBER: Final = re.compile(r"-?\d+\.\d+")
_POINT: Final = re.compile(r"M (\S+) ([^\sM]+)(?: \1 \2)?(?= ?M|$)")


def _tenth(number: re.Match[str]) -> str:
    return f"{round(float(number[0]), 1) + 0.0:g}"
