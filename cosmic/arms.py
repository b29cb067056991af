"""Which arms a task has, and which fits are worth making in them. Reads no data; what data allow is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Final

from cosmic.records import TABLE_TASKS, Arm, Rebalancing, Sky, Task

ONLY_FOR: Final[dict[Arm, tuple[Task, ...]]] = {
    Arm.MORPHOMETRIC: (Task.GALAXY,),
    Arm.MAGNITUDE_MATCHED: (Task.SUPERCLASS,),
    Arm.IMAGES: (Task.GALAXY_IMAGE,),
    Arm.IMAGES_TABLE: (Task.GALAXY_IMAGE,),
}
"""Arms that not every task has: their question is of these tasks alone. No hierarchy is composed of them."""

ONLY_REAL: Final = (Arm.MORPHOMETRIC,)
"""Arms that a simulated sky can run, and learns nothing by: its galaxies have labels by colour and redshift, whatever their
profiles are. They are run there where they are asked for by name."""


def has_arm(task: Task, arm: Arm) -> bool:
    """Return whether an arm means something for a task."""
    return task in ONLY_FOR.get(arm, TABLE_TASKS)


def pairs_to_try(tasks: Sequence[Task], arms: Sequence[Arm], *, sky: Sky) -> list[tuple[Task, Arm]]:
    """Return the tasks and arms of a run; none asked for means all that the sky can tell something of.

    Pairs that mean nothing are left out, unless nothing else was asked for: then each says why it cannot be run.
    """
    usual = [arm for arm in Arm if sky is Sky.REAL or arm not in ONLY_REAL]
    asked = list(product(tasks or TABLE_TASKS, arms or usual))
    return [pair for pair in asked if has_arm(*pair)] or asked


def composable(pairs: Iterable[tuple[Task, Arm]]) -> list[Arm]:
    """Return the arms of which a hierarchy is composed, in order."""
    return list(dict.fromkeys(arm for _, arm in pairs if arm not in ONLY_FOR))


def rebalancings(arm: Arm) -> tuple[Rebalancing, ...]:
    """Return what is worth doing to class sizes; classes that were matched are equal already."""
    return (Rebalancing.NONE,) if arm is Arm.MAGNITUDE_MATCHED else tuple(Rebalancing)
