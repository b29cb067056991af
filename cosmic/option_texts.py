"""What the texts of options mean: columns, plates, lengths of time, lists. Refuses a text that means nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator

SKYSERVER: Final = "skyserver"
"""Votes that SkyServer is asked for; a folder of that name is ./skyserver."""
_UNITS: Final = {"": 60.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_LENGTH: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)")


def override(text: str) -> str:
    """Return a text of the form NAME=COLUMN; refuse another one."""
    name, equals, column = text.partition("=")
    if not (name.strip() and equals and column.strip()):
        raise ValueError("it takes NAME=COLUMN, such as redshift=zsp")
    return text


def span(text: str) -> str:
    """Return a text that names plates; refuse another one."""
    if text != "all" and not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", text):
        raise ValueError("it takes plates, such as 300, 300-420 or 300-420,500, or all")
    for part in text.split(","):
        low, _, high = part.partition("-")
        if high and int(high) < int(low):
            raise ValueError(f"{part} ends before it begins; did you mean {high}-{low}?")
    return text


def release_place(text: str) -> str:
    """Return where Galaxy Zoo 2 is: a folder, an address or SkyServer; refuse another text."""
    if text != SKYSERVER and not is_address(text) and not Path(text).is_dir():
        raise ValueError("it takes a folder that is there and holds gz2_hart16.csv, an http address, or skyserver")
    return text


def is_address(text: str) -> bool:
    """Return whether a text is an address and no path."""
    return text.startswith(("http://", "https://"))


def listed(given: object) -> object:
    """Return a list: a variable of the environment holds it as text with commas, COSMIC_TASK=star,galaxy."""
    return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given


def seconds(text: str) -> float:
    """Return a length of time in seconds: ``10`` and ``10m`` are minutes, ``90s`` and ``1.5h`` what they say."""
    found = _LENGTH.fullmatch(text.strip().lower())
    if found is None or found[2] not in _UNITS or float(found[1]) <= 0:
        raise ValueError("it takes minutes, or a length of time such as 10m, 90s or 1h")
    return float(found[1]) * _UNITS[found[2]]


def length(text: object) -> str:
    """Return a text that is a length of time; refuse another one. A number is minutes."""
    seconds(str(text))
    return str(text)


Override = Annotated[str, AfterValidator(override)]
"""NAME=COLUMN."""
