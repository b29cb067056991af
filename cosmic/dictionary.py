"""The data dictionary, rendered from the definition of the columns. Reads no survey data and writes no file.

``python -m cosmic.dictionary > docs/data-dictionary.md`` brings the page up to date; a test says when it is not.
"""

from __future__ import annotations

import sys
from importlib import resources

import jinja2

from cosmic.columns import EXTRAGALACTIC_SUBCLASSES, MAGNITUDE_NAMES, OBJECT_COLUMNS, Column, Group
from cosmic.spectral import CLASS_OF, LABELS
from cosmic.vocabularies import STAR_SUBCLASSES


def render() -> str:
    """Return the data dictionary as Markdown, the same text on every machine."""
    environment = jinja2.Environment(  # Markdown, not HTML: there is nothing to escape
        autoescape=False, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    environment.filters.update(range=_range, names=_names, number=_number)
    template = resources.files("cosmic").joinpath("data", "data-dictionary.md.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        groups={group.value: [c for c in OBJECT_COLUMNS if c.group is group] for group in Group},
        magnitude_names=MAGNITUDE_NAMES,
        vocabularies=[column for column in OBJECT_COLUMNS if column.vocabulary],
        extragalactic=EXTRAGALACTIC_SUBCLASSES,
        spectral={name: [word for word, own in CLASS_OF.items() if own == name] for name in LABELS},
        stars=_stars(),
    )


def _stars() -> dict[str, list[str]]:
    """Star letter to its subclass strings, hot to cool as the field orders them."""
    order = {letter: place for place, letter in enumerate("OBAFGKM")}
    letters = sorted(set(STAR_SUBCLASSES.values()), key=lambda letter: (order.get(letter, len(order)), letter))
    return {letter: sorted(word for word, own in STAR_SUBCLASSES.items() if own == letter) for letter in letters}


def _range(column: Column) -> str:
    if column.lo is None and column.hi is None:
        return ""
    if column.lo is None or column.hi is None:
        return f"up to {column.hi:g}" if column.lo is None else f"from {column.lo:g}"
    return f"{column.lo:g} to {column.hi:g}"


def _names(column: Column) -> str:
    if column.group is Group.MAGNITUDE:
        return "[by magnitude system](#names-of-the-magnitudes)"
    return ", ".join(f"`{name}`" for name in column.aliases)


def _number(value: float) -> str:
    return f"{value:g}"


if __name__ == "__main__":
    sys.stdout.write(render())
