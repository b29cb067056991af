"""Figures and texts of facts.json on their way to the page, each carrying its path. Rounds for reading; computes nothing.

Jinja renders these through `__html__`, so a number cannot reach the page without saying where it stands in the facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup, escape
from pydantic import JsonValue

from cosmic.facts.file import child

MISSING = "–"
MINUS = "\N{MINUS SIGN}"


class Style(StrEnum):
    """How a number is written.

    Percent multiplies by 100, and its sign stands outside; plain is at most four significant digits.
    A change is a signed score that keeps its sign even where it is shown as +0.000.
    """

    COUNT = "count"
    SCORE = "score"
    FOUR = "four"
    TENTHS = "tenths"
    WHOLE = "whole"
    SECONDS = "seconds"
    PERCENT = "percent"
    SIGNED_COUNT = "signed_count"
    SIGNED_SCORE = "signed_score"
    CHANGE = "change"
    PLAIN = "plain"


_FORMAT = {
    Style.COUNT: ",.0f",
    Style.SCORE: ".3f",
    Style.FOUR: ".4f",
    Style.TENTHS: ",.1f",
    Style.WHOLE: ",.0f",
    Style.SECONDS: ",.2f",
    Style.SIGNED_COUNT: "+,.0f",
    Style.SIGNED_SCORE: "+.3f",
    Style.CHANGE: "+.3f",
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the facts, its path there, and how it is written."""

    path: str
    value: float
    style: Style

    def __str__(self) -> str:
        return written(self.value, self.style)

    def __html__(self) -> str:
        scale = Markup(' data-scale="100"') if self.style is Style.PERCENT else ""
        return Markup('<data value="{}" data-fact="{}"{}>{}</data>').format(
            format(self.value, ".12g"), self.path, scale, str(self)
        )


@dataclass(frozen=True, slots=True)
class Words:
    """A text of the facts and its path; `shown` is its beginning where all of it would be too long."""

    path: str
    text: str
    shown: str = ""
    is_name: bool = False

    def __str__(self) -> str:
        return self.shown or self.text

    def __html__(self) -> str:
        kind = "data-fact-name" if self.is_name else "data-fact-text"
        title = Markup(' title="{}"').format(self.text) if self.shown else ""
        return Markup('<span {}="{}"{}>{}</span>').format(Markup(kind), self.path, title, str(self))


Sentence = tuple[str | Number | Words, ...]
"""Words of ours mixed with numbers and texts of the facts."""


def plain(sentence: Sentence) -> str:
    """Return a sentence as text."""
    return "".join(str(each) for each in sentence)


def marked(sentence: Sentence) -> Markup:
    """Return a sentence as HTML, every number and quoted text marked with its path."""
    return Markup("").join(escape(each) for each in sentence)


def stopped(sentence: Sentence) -> Sentence:
    """Return the sentence with a full stop at its end, unless it has one."""
    return sentence if plain(sentence).rstrip().endswith((".", "!", "?")) else (*sentence, ".")


def written(value: float, style: Style) -> str:
    """Return the text of a number: comma for thousands, a true minus sign."""
    if style is Style.PERCENT:
        percent = value * 100
        # 99.7 % is not 100 %, and 0.2 % is not none
        close = (0 < percent < 1) or (99 < percent < 100)
        return format(percent, ".1f" if close else ".0f").replace("-", MINUS)
    if style is Style.PLAIN:
        text = format(value, ",.0f") if abs(value) >= 1000 else format(value, ".4g")
        text = format(value, ".9f").rstrip("0") if "e" in text else text
    else:
        text = format(value, _FORMAT[style])
    # a change keeps its sign where it rounds to nothing, or it would read as a score of nothing
    if style is not Style.CHANGE and not any(digit in text for digit in "123456789"):
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


class At:
    """A place in the facts document: index it to go deeper. Templates hold one and never a bare number."""

    __slots__ = ("_path", "_value")

    def __init__(self, value: JsonValue, path: str = "") -> None:
        self._value = value
        self._path = path

    def __getitem__(self, name: str | int) -> At:
        if isinstance(name, int) and isinstance(self._value, list):
            return At(self._value[name], f"{self._path}[{name}]")
        if isinstance(name, str) and isinstance(self._value, dict):
            return At(self._value[name], child(self._path, name))
        raise KeyError(name)

    def __iter__(self) -> Iterator[At]:
        return iter([self[i] for i in range(len(self))])

    def __len__(self) -> int:
        return len(self._value) if isinstance(self._value, list | dict) else 0

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return self._value == (other._value if isinstance(other, At) else other)

    def __hash__(self) -> int:
        return hash(self._path)

    def __html__(self) -> str:
        """The text here, marked; a number refuses, since it must go through the filter `as`."""
        if self._value is None:
            return Markup('<span class="missing">{}</span>').format(MISSING)
        if isinstance(self._value, bool | str):
            return Words(self._path, str(self._value)).__html__()
        raise TypeError(f"{self._path} is shown without a style; write it as {{{{ … | as('score') }}}}")

    @property
    def absent(self) -> bool:
        """Whether the fact is null."""
        return self._value is None

    def has(self, name: str) -> bool:
        """Whether there is a member of this name."""
        return isinstance(self._value, dict) and name in self._value

    def raw(self) -> JsonValue:
        """Return the bare value, for positions and comparisons, never for text."""
        return self._value

    def pairs(self) -> list[tuple[Words, At]]:
        """Return (name, place) of each member of an object, the name marked as a name of the facts."""
        names = list(self._value) if isinstance(self._value, dict) else []
        return [(Words(child(self._path, name), name, is_name=True), self[name]) for name in names]

    def number(self, style: Style) -> Number | Markup:
        """Return the number here in a style, or a dash where it is null."""
        if self._value is None:
            return Markup('<span class="missing">{}</span>').format(MISSING)
        if isinstance(self._value, bool) or not isinstance(self._value, int | float):
            raise TypeError(f"{self._path} is not a number")
        return Number(self._path, float(self._value), style)

    def setting(self) -> Number | Markup | str:
        """Return a hyper-parameter: a number, a marked text, or a list of either."""
        if isinstance(self._value, int | float) and not isinstance(self._value, bool):
            return self.number(Style.PLAIN)
        if isinstance(self._value, list):
            return Markup(", ").join(escape(each.setting()) for each in self)
        return Markup(self.__html__())

    def beginning(self, length: int) -> Words:
        """Return the first characters of a text, such as a digest, marked."""
        return Words(self._path, str(self._value), shown=str(self._value)[:length])
