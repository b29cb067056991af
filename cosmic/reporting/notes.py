"""What a reader should know in words, from the records of a run. Says each thing once; judges and draws nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal

from cosmic.datasets import Dataset
from cosmic.facts import Holdout, Note, Result
from cosmic.intake import reading_of
from cosmic.offsets import in_words
from cosmic.records import LABELS_KIND, CutoutsTaken, JudgedPage, Prepared, Sky, Snapshot, Task, Volunteers

_HOW: Final = {"dr8objid": "by dr8objid", "position": "by position", "given": "as simulated"}
"""How galaxies were matched (`cosmic.galaxyzoo.matching`), in words."""
_Level = Literal["note", "warning"]
_NAMED: Final = 5
"""Pages or models named in a note before the rest is left to the list."""


def of_pages(judged: Sequence[JudgedPage]) -> list[Note]:
    """Return how the magnitudes were read, and which columns of which page were left out, or in part."""
    readings = [reading_of(one) for one in judged]
    read = [reading for one, reading in zip(judged, readings, strict=True) if one.page.kind != LABELS_KIND]
    notes = [Note(text=text) for text in dict.fromkeys(reading.unit_reason for reading in read)]
    for page, reading in zip(judged, readings, strict=True):
        for name, why in reading.left_out.items():
            notes.append(Note(level="warning", text=f"{Path(page.page.origin).name}: {name} is left out: {why}."))
        for name, why in reading.partly.items():
            notes.append(Note(level="warning", text=f"{Path(page.page.origin).name}: of {name}, {why}."))
    return notes


def of_volunteers(taken: Volunteers | None) -> list[Note]:
    """Return how many galaxies of Galaxy Zoo 2 were found in the catalogue, and what its sources ask to be said."""
    if taken is None:
        return []
    how = ", ".join(f"{count:,} {_HOW[way]}" for way, count in taken.matched.items()) or "none"
    text = f"{taken.galaxies:,} galaxies with votes of {', '.join(taken.sources)}; objects of the catalogue are {how}"
    if apart := {**taken.rejected, **taken.bad_images}:
        text += "; set apart: " + ", ".join(f"{reason} ({count:,})" for reason, count in apart.items())
    if taken.differing:
        text += f"; {taken.differing:,} objects keep another string, which their own table gave"
    if taken.agreement is not None:
        text += f"; volunteers agreed on an object's label with a mean probability of {taken.agreement:.2f}"
    if taken.images:
        text += f"; {taken.images:,} images"
    said = [Note(text=f"{text}.")]
    if taken.unplaced:
        said.append(Note(text=taken.without_a_place))
    if "simulated" not in taken.sources:
        said += [Note(text=f"To acknowledge: {one}") for one in taken.acknowledgements]
    return said


def of_cutouts(taken: CutoutsTaken | None) -> list[Note]:
    """Return how many galaxies of the catalogue have a cutout of the survey's images, and what it asks to be said."""
    if taken is None:
        return []
    text = f"{taken.images:,} galaxies of the catalogue have an image from the survey's cutout service ({taken.source})"
    if taken.bad:
        text += "; set apart: " + ", ".join(f"{reason} ({count:,})" for reason, count in taken.bad.items())
    return [Note(text=f"{text}."), Note(text=f"To acknowledge: {taken.acknowledgement}")]


def of_snapshot(snapshot: Snapshot) -> list[Note]:
    """Return how many rows of the catalogue are no objects of their own, and whether they tell of two systems."""
    if not snapshot.folded:
        return []
    offset = [] if snapshot.offset is None else [Note(level="warning", text=in_words(snapshot.offset))]
    other = f"; {snapshot.conflicting} of them have another class there" if snapshot.conflicting else ""
    return [
        *offset,
        Note(text=f"{snapshot.folded} catalogue rows record an object that another row stands for{other}."),
    ]


def of_data_sets(prepared: Iterable[Prepared]) -> list[Note]:
    """Return what was noted in making the matrices: one note for equal texts, with the tasks and arms that it concerns."""
    where: dict[tuple[_Level, str], dict[str, list[str]]] = {}
    for one in prepared:
        if one.path is None:
            continue
        card = Dataset.load(one.path).card
        texts = list(card.notes)
        if card.lacking:
            texts.append(f"{card.lacking} labelled objects lack a value that the arm needs and are left out of it.")
        levels: list[tuple[_Level, str]] = [("note", text) for text in texts]
        levels += [("warning", text) for text in card.warnings]
        for level, text in levels:
            where.setdefault((level, text), {}).setdefault(one.task, []).append(one.arm)
    found = []
    for (level, text), tasks in where.items():
        named = "; ".join(f"{task} ({', '.join(arms)})" for task, arms in tasks.items())
        found.append(Note(level=level, text=f"{named}: {text}", task=next(iter(tasks)) if len(tasks) == 1 else None))
    return found


def of_fits(results: Iterable[Result]) -> list[Note]:
    """Return what the fits had to say, such as a solver that stopped early: one note a text, with the models it is of."""
    where: dict[str, list[str]] = {}
    for one in results:
        for text in one.notes:
            where.setdefault(text, []).append(f"{one.task} ({one.arm}) {one.model}, {one.rebalancing}")
    return [Note(text=f"{'; '.join(models[:_NAMED])}{_more(models)}: {text}") for text, models in where.items()]


def _more(models: Sequence[str]) -> str:
    return f" and {len(models) - _NAMED} more models" if len(models) > _NAMED else ""


def of_earlier_ingests(rows: int, pages: Sequence[str], *, survey: bool = False) -> list[Note]:
    """Return a warning where the catalogue holds rows that this run's command does not bring; a note where it does.

    Parameters
    ----------
    rows : int
        Rows of the catalogue that come from earlier ingests.
    pages : sequence of str
        Names of the pages that the command of this run does not stand for.
    survey : bool
        Whether the run continues a survey's series, which brings each row once.
    """
    if rows <= 0:
        return []
    if survey and not pages:
        text = f"{rows:,} rows of the catalogue were brought by earlier runs, which asked the survey for the same."
        return [Note(text=text)]
    counted = "Rows" if survey else f"{rows:,} rows"  # of a survey's own some are among them
    named = f" ({', '.join(pages[:_NAMED])}{' and more' if len(pages) > _NAMED else ''})" if pages else ""
    text = (
        f"{counted} of the catalogue come from earlier ingests{named}: the models saw them too, and the command of "
        "this run alone does not give them."
    )
    return [Note(level="warning", text=text)]


def of_nodes(named: Sequence[Task], sky: Sky) -> list[Note]:
    """Return which node a run on a simulated sky leaves out where no node was named."""
    if named or sky is Sky.REAL:
        return []
    text = (
        f"{Task.GALAXY_SPECTRAL}: not run. The simulated sky draws its subclasses from colour and redshift, so a score "
        f"shows that the node works and nothing of galaxies; --task {Task.GALAXY_SPECTRAL} runs it."
    )
    return [Note(text=text, task=Task.GALAXY_SPECTRAL)]


def of_held_out(results: Sequence[Result]) -> list[Note]:
    """Return a note for each hold-out file with rows that a model was trained on."""
    worst: dict[str, Holdout] = {}
    for held in (held for result in results for held in result.holdout):
        if held.n_trained_on > (worst[held.sha256].n_trained_on if held.sha256 in worst else 0):
            worst[held.sha256] = held
    return [
        Note(
            text=f"{held.n_trained_on} rows of the hold-out file {held.path} are objects that a model was trained on, "
            "since the catalogue has them too: they are left out of its score."
        )
        for held in worst.values()
    ]
