"""Two models on the same objects: the difference of their scores, with an interval. Decides nothing about either."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cosmic.evaluation.intervals import RESAMPLES, block_intervals, confusion_by_block, confusion_figures
from cosmic.facts import Comparison, Interval
from cosmic.models.predictions import Predictions
from cosmic.records import Arm, Task

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Scores of two models on the same n test objects, and now less before; null without objects.

    `f1` is weighted by class size. Intervals resample blocks, both models together.
    """

    n: int
    f1_before: float | None = None
    f1_now: float | None = None
    f1: float | None = None
    f1_interval: Interval | None = None
    accuracy_before: float | None = None
    accuracy_now: float | None = None
    accuracy: float | None = None
    accuracy_interval: Interval | None = None

    def as_fact(self, *, task: Task, arm: Arm) -> Comparison:
        """Return the difference as it stands in the facts."""
        return Comparison(
            task=task,
            arm=arm,
            n=self.n,
            f1_before=self.f1_before,
            f1_now=self.f1_now,
            difference=self.f1,
            interval=self.f1_interval,
            not_run=None if self.n else "the two runs have no test object in common",
        )


def compare(before: Predictions, now: Predictions, *, resamples: int = RESAMPLES, seed: int = 0) -> PairedDifference:
    """Return how two models differ on the test objects that both answered.

    The truth is that of `now`, should a label have changed between the two. A label that only one of the models
    knows counts as it is: an answer that can be right or wrong.
    """
    before, now = before.within("test"), now.within("test")
    position = pc.index_in(now.keys, value_set=before.keys)
    both = pc.is_valid(position).to_numpy(zero_copy_only=False)
    n = int(both.sum())
    if not n:
        return PairedDifference(0)
    names = (*now.labels, *(label for label in before.labels if label not in now.labels))
    theirs = np.array([names.index(label) for label in before.labels])
    truth, answer_now = now.y[both], now.answer[both]
    answer_before = theirs[before.answer[position.filter(pa.array(both)).to_numpy()]]
    blocks, k = now.blocks.filter(pa.array(both)), len(names)
    sums = np.concatenate(
        [confusion_by_block(blocks, truth, answer, k) for answer in (answer_before, answer_now)], axis=1
    )

    def figures(total: Floats) -> dict[str, Floats]:
        old, new = (confusion_figures(half) for half in np.split(total, 2, axis=-1))
        return {name: new[name] - old[name] for name in ("f1", "accuracy")}

    old, new = (confusion_figures(half) for half in np.split(sums.sum(axis=0), 2))
    ends = block_intervals(sums, figures, resamples=resamples, seed=seed)
    return PairedDifference(
        n=n,
        f1_before=float(old["f1"]),
        f1_now=float(new["f1"]),
        f1=float(new["f1"] - old["f1"]),
        f1_interval=ends.get("f1"),
        accuracy_before=float(old["accuracy"]),
        accuracy_now=float(new["accuracy"]),
        accuracy=float(new["accuracy"] - old["accuracy"]),
        accuracy_interval=ends.get("accuracy"),
    )
