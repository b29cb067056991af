"""The published study's test table, to stand beside ours. Reads package data; never judges, never draws."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from importlib.resources import files
from typing import Final

from cosmic.facts import Published, PublishedRow

CLASSES: Final = {
    "superclass": ("galaxy", "quasar", "star"),
    "star": ("A", "F", "G", "K", "M"),
    "galaxy": ("Ec", "Ee", "Er", "SBb", "SBc", "Sb", "Sc", "Sd", "Sen", "Ser"),
}
"""The classes behind the published figures: those with 1000 objects or more. The number of weights that the study
prints for its star network fits five classes and no other number."""


def other_classes(task: str, ours: Iterable[str]) -> tuple[str, ...]:
    """Return the study's classes of a task where they are others than these; nothing where they are, or none are given."""
    theirs, given = CLASSES.get(task, ()), set(ours)
    return theirs if given and set(theirs) != given else ()


def published_study() -> tuple[PublishedRow, ...]:
    """Return the rows of the published test table, in the order of the study.

    Averages are weighted by class size; `note` says what a figure really is where that differs from its heading.
    """
    text = files("cosmic").joinpath("data", "published_test.csv").read_text(encoding="utf-8")
    return tuple(
        PublishedRow.model_validate({name: value or None for name, value in row.items()})
        for row in csv.DictReader(text.splitlines())
    )


def published_for(task: str, model: str) -> Published | None:
    """Return what the study printed for this task and model on tables, or None where it tried no such model."""
    for row in published_study():
        if (row.task, row.data, row.model) == (task, "tabular", model):
            return Published.model_validate(row.model_dump(exclude={"task", "data", "model"}))
    return None
