"""What the page calls the pages of a catalogue, and which of them a run's own command does not bring. Reads no file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cosmic.catalogue import StoredPage
from cosmic.records import JudgedPage

_SURVEY: Final = "skyserver"
_ADDRESS: Final = re.compile(r"https?://(?=\S+ )")
"""How an answer of a survey begins: an address, and then in words what was asked."""


def name_of(origin: str) -> str:
    """Return the name of a file, or what a survey was asked; a condition there may hold a slash."""
    return _ADDRESS.sub("", origin, count=1) if _ADDRESS.match(origin) else Path(origin).name


def of_one_series(pages: Sequence[StoredPage]) -> bool:
    """Whether all pages answer one question to a survey: then the command of any run brings all, in an empty home."""
    series = {page.origin.partition(" ")[2].rpartition(", ")[0] for page in pages}
    return {page.kind for page in pages} == {_SURVEY} and len(series) == 1


def earlier(pages: Sequence[StoredPage], judged: Sequence[JudgedPage]) -> tuple[str, ...]:
    """Return the names of pages of a catalogue that a run did not read and its command alone would not bring."""
    read = {one.page.id for one in judged}
    return () if of_one_series(pages) else tuple(name_of(page.origin) for page in pages if page.id not in read)
