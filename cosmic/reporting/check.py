"""Whether every number that a reader sees on the page stands in the facts. Never repairs a page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Final

from pydantic import JsonValue

from cosmic.facts import Block
from cosmic.facts.file import child, facts_json
from cosmic.reporting.shown import MINUS

CONSTANTS: Final[frozenset[str]] = frozenset()
"""Numbers that may stand on the page without being facts. None is needed; one added here needs a reason."""

_NUMBER: Final = re.compile(rf"(?<![\w.])[-+{MINUS}]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)")
_UNSEEN: Final = frozenset({"script", "style", "title", "svg", "template"})
_VOID: Final = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


def numbers_not_in_facts(html: str, facts: Block) -> list[str]:
    """Return what is wrong with the numbers in the visible text of a page; an empty list where all stand in the facts.

    A number inside ``<data data-fact="path">`` must equal the fact of that path at the shown rounding (times
    ``data-scale``, for percent). A text inside ``data-fact-text`` or ``data-fact-name`` must be that text or name, or
    its beginning. Any other number is reported, `CONSTANTS` excepted. Scripts, styles, the title and SVG pictures
    (whose numbers are tick labels) are not visible text.
    """
    return numbers_not_in(html, json.loads(facts_json(facts)))


def numbers_not_in(html: str, document: JsonValue) -> list[str]:
    """Return the same of a page of any JSON document."""
    reader = _Reader(_places(document))
    reader.feed(html)
    reader.close()
    return reader.wrong


class _Reader(HTMLParser):
    """Collects visible numbers and compares each with the fact that its element names."""

    def __init__(self, places: dict[str, JsonValue]) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self._places = places
        self._open: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self._open.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not data.strip() or any(tag in _UNSEEN for tag, _ in self._open):
            return
        marks = self._open[-1][1] if self._open else {}
        if "data-fact" in marks:
            self._compare(marks["data-fact"], data.strip(), float(marks.get("data-scale", "1")))
        elif "data-fact-text" in marks:
            self._quote(marks["data-fact-text"], data, name=False)
        elif "data-fact-name" in marks:
            self._quote(marks["data-fact-name"], data, name=True)
        else:
            found = [n for n in _NUMBER.findall(data) if n not in CONSTANTS]
            self.wrong.extend(f"{n} in {' '.join(data.split())[:80]!r} is marked by no fact" for n in found)

    def _compare(self, path: str, shown: str, scale: float) -> None:
        fact = self._places.get(path)
        if isinstance(fact, bool) or not isinstance(fact, int | float):
            self.wrong.append(f"{shown} names {path}, which is no number of the facts")
            return
        if not _NUMBER.fullmatch(shown):
            self.wrong.append(f"{shown!r} at {path} is no number")
            return
        text = shown.replace(",", "").replace(MINUS, "-")
        decimals = len(text.partition(".")[2])
        if abs(float(text) - fact * scale) > 0.5 * 10**-decimals * (1 + 1e-6) + 1e-9:
            self.wrong.append(f"{shown} at {path} is {fact} in the facts")

    def _quote(self, path: str, shown: str, *, name: bool) -> None:
        if path not in self._places:
            self.wrong.append(f"{shown!r} names {path}, which is not in the facts")
            return
        fact = _last_name(path) if name else str(self._places[path])
        if not fact.startswith(shown):
            self.wrong.append(f"{shown!r} at {path} is {fact[:80]!r} in the facts")


def _places(value: JsonValue, path: str = "") -> dict[str, JsonValue]:
    """Every place of the document, containers too, by path."""
    found: dict[str, JsonValue] = {path: value}
    if isinstance(value, dict):
        for name, sub in value.items():
            found |= _places(sub, child(path, name))
    elif isinstance(value, list):
        for i, sub in enumerate(value):
            found |= _places(sub, f"{path}[{i}]")
    return found


def _last_name(path: str) -> str:
    quoted = re.search(r'\[("(?:[^"\\]|\\.)*")\]$', path)
    return str(json.loads(quoted[1])) if quoted else path.rpartition(".")[2]
