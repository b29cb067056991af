"""Names of the faults that a simulated sky plants, and how a page's origin says its sky, night and faults.

Plants nothing (`cosmic.simulation.faults` does) and imports nothing heavy: the settings read the options from here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode


class FaultName(StrEnum):
    """A fault. Append only: the place in this list is part of the fault's random stream."""

    FLUX_BAND = "flux-band"
    DUPLICATED_STRIPE = "duplicated-stripe"
    RENAMED_COLUMN = "renamed-column"
    FLIPPED_LABELS = "flipped-labels"
    MISSING_BAND = "missing-band"
    SENTINEL_BURSTS = "sentinel-bursts"
    SHIFTED_ZERO_POINT = "shifted-zero-point"
    SWAPPED_BANDS = "swapped-bands"
    ROUNDED_IDS = "rounded-ids"
    TRUNCATED_PAGE = "truncated-page"
    DRIFTING_CLASSES = "drifting-classes"


MOST_NIGHTS: Final = 150
"""The last night of a growing sky: later ones would be dated in the future."""

AGAIN: Final = ", rows judged again"
"""What is added to the origin of a page for the page of those of its rows that pass later, of any sky."""
_SINCE: Final = "@"
_SIMULATED: Final = re.compile(r"(simulated \([^)]*\))(?: night (\d+))?(?: with (\S+))?")


@dataclass(frozen=True, slots=True)
class Planting:
    """A fault and the first night that has it."""

    fault: FaultName
    since: int = 0


def planting(text: str) -> Planting:
    """Return what a text such as ``swapped-bands`` or ``drifting-classes@5`` plants.

    Raises
    ------
    ValueError
        If it is none of the faults, or what follows the @ is no night.
    """
    name, _, since = text.partition(_SINCE)
    if name not in {str(one) for one in FaultName}:
        raise ValueError(f"there is no fault {name!r}; choose of {', '.join(FaultName)}")
    if _SINCE in text and not (since.isdecimal() and int(since) <= MOST_NIGHTS):
        raise ValueError(f"{text!r}: after the @ it takes the first night that has the fault, 0 to {MOST_NIGHTS}")
    return Planting(FaultName(name), int(since or 0))


def tonight(faults: Sequence[str], night: int) -> tuple[Planting, ...]:
    """Return what is planted on a night: each fault once, in the order of `FaultName`."""
    asked = {one.fault: one for one in map(planting, faults) if one.since <= night}
    return tuple(asked[name] for name in FaultName if name in asked)


def origin_of(sky: str, *, night: int, faults: Sequence[str]) -> str:
    """Return what the page of a night is called: its sky, then the night and what is planted, where there is any."""
    planted = ",".join(str(one.fault) + (f"{_SINCE}{one.since}" if one.since else "") for one in tonight(faults, night))
    return sky + (f" night {night}" if night else "") + (f" with {planted}" if planted else "")


def sky_of(origin: str) -> str:
    """Return which simulated sky a page's origin is of, without its night and faults; another origin as it is."""
    found = _SIMULATED.fullmatch(origin)
    return found[1] if found else origin


def night_of(origin: str) -> int | None:
    """Return which night of a simulated sky a page's origin is of; None for another origin."""
    found = _SIMULATED.fullmatch(origin)
    return int(found[2] or 0) if found else None


def _checked(text: str) -> str:
    planting(text)
    return text


def separated(given: object) -> object:
    """Return a list of texts in which commas separate faults: ``--faults a,b`` and ``--faults a --faults b`` alike."""
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list | tuple):
        return given
    return tuple(part.strip() for text in texts for part in str(text).split(",") if part.strip())


FaultText = Annotated[str, AfterValidator(_checked)]
"""NAME, or NAME@NIGHT for a fault that begins on that night."""


Night = Annotated[
    int,
    Field(
        ge=0,
        le=MOST_NIGHTS,
        description="Night of a simulated sky that grows: each brings --rows new objects of the same population, and the "
        "catalogue keeps those of earlier nights.",
        json_schema_extra={"metavar": "N"},
    ),
]
"""The option ``--night``."""
Faults = Annotated[
    tuple[FaultText, ...],
    NoDecode,
    BeforeValidator(separated),
    Field(
        description="Plant these faults in the simulated sky, with known truth (docs/faults.md lists them); NAME@N plants one "
        "from night N on. python -m flows.rehearse tries them all.",
        json_schema_extra={"metavar": "A,B"},
    ),
]
"""The option ``--faults``."""


def told(night: int, faults: Sequence[str]) -> str:
    """Return what is to be said of a night and its faults beside its sky; empty where there is nothing."""
    return (f", night {night}" if night else "") + (f", with {', '.join(faults)}" if faults else "")


def misplaced(source: str, night: int, faults: Sequence[str]) -> str:
    """Return why these options do not fit a source; empty where they do."""
    if source == "simulated" or not (faults or night):
        return ""
    flag = "--faults (COSMIC_FAULTS)" if faults else "--night (COSMIC_NIGHT)"
    return f"{flag} is of the simulated sky, not of --source {source}; leave one of them out"
