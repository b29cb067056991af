"""The data dictionary says what the column definition says, and the page in docs/ is current."""

from __future__ import annotations

import re
from pathlib import Path

from cosmic.columns import MAGNITUDE_NAMES, OBJECT_COLUMNS
from cosmic.dictionary import render
from cosmic.vocabularies import STAR_SUBCLASSES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "data-dictionary.md"


def test_page_in_docs_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run: python -m cosmic.dictionary > docs/data-dictionary.md"


def test_every_column_has_exactly_one_line_with_its_facts() -> None:
    lines = [line for line in render().splitlines() if re.match(r"\| `\w+` \|", line)]
    assert len(lines) == len(OBJECT_COLUMNS)
    by_name = {re.findall(r"`(\w+)`", line)[0]: [cell.strip() for cell in line.split("|")[1:-1]] for line in lines}
    for column in OBJECT_COLUMNS:
        _, kind, unit, required, span, sentinels, meaning, source, names = by_name[column.name]
        assert (kind, unit, meaning, source) == (column.kind, column.unit, column.description, column.source)
        assert required == ("yes" if column.required else "")
        assert [float(text) for text in sentinels.split(",") if text] == list(column.sentinels)
        assert [float(text) for text in re.findall(r"-?[\d.]+", span)] == [
            bound for bound in (column.lo, column.hi) if bound is not None
        ]
        if not column.required:
            assert re.findall(r"`([^`]+)`", names) == list(column.aliases)


def test_every_name_and_word_is_listed() -> None:
    text = render()
    words = {*STAR_SUBCLASSES, *(name.replace("{b}", "r") for names in MAGNITUDE_NAMES.values() for name in names)}
    assert {word for word in words if f"`{word}`" not in text} == set()
