"""What a reader should know of an ingest, in words. Says it and changes nothing; counts nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cosmic.facts import Note
from cosmic.records import Contradiction, Ingest
from cosmic.roundings import FEWEST_DECIMALS

_NAMED: Final = 5


def of_pages_together(ingest: Ingest) -> list[Note]:
    """Return what the pages of one ingest say by themselves: the same in every run that reads them."""
    notes = [Note(level="warning", text=_contradicted(one)) for one in ingest.contradictions[:_NAMED]]
    if more := sum(one.rows for one in ingest.contradictions[_NAMED:]):
        notes.append(Note(level="warning", text=f"Other files contradict each other in {more} more rows."))
    if ingest.too_rough:
        text = (
            f"{ingest.too_rough} rows have neither an id nor a position, and fewer than {FEWEST_DECIMALS} decimals in "
            "u g r i z: where other files have the same objects, they are counted as others."
        )
        notes.append(Note(level="warning", text=text))
    return notes


def of_updates(ingest: Ingest) -> list[Note]:
    """Return what updated rows lost of what was stored: it depends on what was there before this run."""
    if not ingest.erased:
        return []
    text = (
        f"Updated rows lost stored values that came with another class or with other u g r i z: {_counted(ingest.erased)}. "
        "Export these columns too to have them again."
    )
    return [Note(level="warning", text=text)]


def _contradicted(one: Contradiction) -> str:
    earlier, later = Path(one.earlier).name, Path(one.later).name
    if earlier == later:
        earlier, later = one.earlier, one.later
    objects = "1 object" if one.rows == 1 else f"{one.rows} objects"
    return (
        f"{earlier} and {later} differ in {_listed(one.columns)} of {objects}; {later} stands, since it is named later."
    )


def _counted(columns: Mapping[str, int]) -> str:
    return _listed([f"{name} ({count})" for name, count in columns.items()])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
