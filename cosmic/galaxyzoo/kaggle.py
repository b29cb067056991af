"""From the challenge's cumulative fractions to fractions within each task. Reads no file.

Kaggle's values are multiplied down the tree: Class7.1 is P(smooth) x P(completely round | smooth). Divided by the value
of the answer that leads there they are fractions within the task again, as all other releases give them. Task 6 was
brought to a sum of 1 for the challenge and stays as it is.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from cosmic.galaxyzoo.tree import TASKS

Floats = npt.NDArray[np.float64]

TOLERANCE: Final = 0.01
"""How far the answers of a task may be from adding up to what leads there."""


def conditional(cumulative: Floats) -> Floats:
    """Return the fractions within each task.

    Parameters
    ----------
    cumulative : array of float, shape (n, 37)
        Class1.1 … Class11.6, in the order of `tree.STEMS`.

    Returns
    -------
    array of float, shape (n, 37)
        0 to 1; 0 throughout a task that nobody was asked.
    """
    found = np.zeros_like(cumulative)
    for number, task in TASKS.items():
        parent = _parent(cumulative, number)[:, None]
        np.divide(cumulative[:, task.columns], parent, out=found[:, task.columns], where=parent > 0)
    return np.minimum(found, 1.0, out=found)


def cumulated(fractions: Floats) -> Floats:
    """Return what Kaggle's columns would hold for these fractions within each task, each task brought to a sum of 1."""
    found = np.zeros_like(fractions)
    for number, task in TASKS.items():  # a task's gate has a smaller column than its own
        own = fractions[:, task.columns]
        total = own.sum(axis=1, keepdims=True)
        share = np.divide(own, total, out=np.zeros_like(own), where=total > 0)
        found[:, task.columns] = share * _parent(found, number)[:, None]
    return found


def inconsistent(cumulative: Floats) -> npt.NDArray[np.int64]:
    """Return, for each galaxy, the first task whose answers do not add up to what leads there; 0 where all do.

    A task that nobody answered adds up to 0, whatever leads there.
    """
    found = np.zeros(len(cumulative), dtype=np.int64)
    for number, task in reversed(TASKS.items()):
        total = cumulative[:, task.columns].sum(axis=1)
        off = np.abs(total - _parent(cumulative, number)) > TOLERANCE
        silent = (total == 0) & (task.gate is not None)
        found[off & ~silent] = number
    return found


def _parent(cumulative: Floats, number: int) -> Floats:
    """Return the value of the answer that leads to a task; 1 for the tasks that all are asked."""
    gate = TASKS[number].gate
    return np.ones(len(cumulative)) if gate is None else cumulative[:, gate]
