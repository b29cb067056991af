"""The labelled objects of a task as a card: its classes, their shares of each part, who is left out. Labels nothing.

The card is there whether or not an arm of the task could be run.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from cosmic import artefacts
from cosmic.errors import ArtefactCorrupt
from cosmic.facts import LabelFacts
from cosmic.records import Prepared, Task
from cosmic.splits import PARTS

LISTED: Final = 12
"""Classes or reasons that one line names."""
_log = logging.getLogger(__name__)


class TaskCard(BaseModel):
    """What the labelled rows of a task are, whatever becomes of its arms; `dropped` are classes that are too small."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label_facts: LabelFacts
    dropped: dict[str, int]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the card in a file.

        Raises
        ------
        ArtefactCorrupt
            If the file is missing, changed, or of another version.
        """
        try:
            return cls.model_validate_json(artefacts.check(path).read_bytes())
        except ValidationError as exc:
            raise ArtefactCorrupt(f"{path} is of another version of Cosmic. Run the same command again.") from exc

    def line(self) -> str:
        """Return one line: objects of each class and their shares of train, validation and test; who is left out."""
        facts = self.label_facts
        sizes = {name: sum(part.n for part in parts.values()) for name, parts in facts.parts.items()}
        each = [
            f"{name} {sizes[name]:,} ({'/'.join(f'{100 * parts[part].share:.0f}' for part in PARTS)} %)"
            for name, parts in facts.parts.items()
        ]
        said = f"{facts.task}: {sum(sizes.values()):,} objects in train/validation/test: {bounded(each) or 'none'}"
        for what, counts in (("too few, dropped", self.dropped), ("left out", facts.excluded)):
            if listed := bounded([f"{name} {n:,}" for name, n in counts.items()]):
                said += f"; {what}: {listed}"
        return said


def write_card(facts: LabelFacts, dropped: dict[str, int], folder: Path) -> Path:
    """Return the file of a card, named by its content."""
    text = TaskCard(label_facts=facts, dropped=dropped).model_dump_json(indent=1)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return artefacts.write(folder / f"{digest}.labels.json", lambda part: part.write_text(text, "utf-8"))


def task_cards(prepared: Iterable[Prepared]) -> dict[Task, TaskCard]:
    """Return what the labelled rows of each task are: the same in every arm, and there when no arm could run.

    A task that this version has no labels for, or of whose labels the snapshot says nothing, is absent.
    """
    found: dict[Task, TaskCard] = {}
    for one in prepared:
        if one.labels is not None and one.task not in found:
            card = TaskCard.load(one.labels)
            if card.label_facts.parts or card.dropped or card.label_facts.excluded:
                found[one.task] = card
    return found


def log_shares(prepared: Iterable[Prepared]) -> None:
    """Write one line a task to the log: how large each class is, how it is split, and who is left out."""
    for card in task_cards(prepared).values():
        _log.info("%s", card.line())


def bounded(texts: Sequence[str]) -> str:
    """Return the first texts as a list, and how many more there are."""
    more = f" and {len(texts) - LISTED} more" if len(texts) > LISTED else ""
    return ", ".join(texts[:LISTED]) + more
