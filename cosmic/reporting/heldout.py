"""Which hold-out scores stand on the first screen. Chooses among facts; scores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cosmic.facts import Facts
from cosmic.reporting.best import ADDED, HONEST, NO_LEAK, PUBLISHED

SHOWN: Final = 4
"""Lines before the rest is left to the sections of the tasks."""
_ORDER: Final = (HONEST, *ADDED, NO_LEAK, PUBLISHED)


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A file scored by the model of a task, as indices into results and its hold-out files."""

    result: int
    holdout: int


def held_lines(facts: Facts) -> tuple[HeldLine, ...]:
    """Return one line for each file and task: that of the arm without a spectrum, or of the next one that was scored."""
    found: dict[tuple[str, str], tuple[int, HeldLine]] = {}
    for i, result in enumerate(facts.results):
        rank = _ORDER.index(result.arm) if result.arm in _ORDER else len(_ORDER)
        for h, held in enumerate(result.holdout):
            # a file is its bytes: two of the same name are two
            key = (result.task, held.sha256)
            worth = rank + (len(_ORDER) + 1 if held.not_run else 0)
            if key not in found or worth < found[key][0]:
                found[key] = (worth, HeldLine(i, h))
    return tuple(line for _, line in found.values())
