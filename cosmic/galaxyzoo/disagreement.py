"""How volunteers disagree on galaxies of each label: measured from real votes, kept as statistics. Draws nothing.

``cosmic/data/gz2_disagreement.csv`` is what `measure` gives for Willett et al.'s table 5; it holds no galaxy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from cosmic.galaxyzoo.grammar import ARTEFACT_STRING, LABELS, build_strings, study_labels
from cosmic.galaxyzoo.soft import answer_probabilities
from cosmic.galaxyzoo.tree import STEMS, TASKS
from cosmic.galaxyzoo.votes import best_fractions

Floats = npt.NDArray[np.float64]

GROUPS: Final = (*LABELS, ARTEFACT_STRING)
"""The labels of which votes are known: the study's, and the artefacts."""
FEW: Final = 10
"""Galaxies of a label that answered a task; with fewer, the figures of all galaxies stand in."""
DECILES: Final = tuple(range(0, 101, 10))
"""Percentages of galaxies up to which fractions are kept."""
_LIKENESS: Final = (0.01, 0.9)
"""Bounds of `Disagreement.likeness`, for few galaxies that happen to be equal."""
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Disagreement:
    """How the answers to each task spread, for the 15 labels of `GROUPS`.

    Fractions are debiased, brought to a sum of 1 in each task, and every galaxy counts alike.

    Parameters
    ----------
    galaxies : array, shape (15, 37)
        Galaxies of the label in which the answer's task was asked.
    mean, scatter : array of float, shape (15, 37)
        Mean and standard deviation of each answer's fraction from galaxy to galaxy.
    likeness : array of float, shape (15, 37)
        Variance over the largest that the means allow, sum of scatter^2 / sum of mean (1 - mean) in the task. 0: all
        galaxies of the label are equal; 1: on each one all volunteers agree.
    deciles : array of float, shape (15, 37, 11)
        Fractions below which 0, 10 … 100 % of the galaxies are.
    """

    galaxies: npt.NDArray[np.int64]
    mean: Floats
    scatter: Floats
    likeness: Floats
    deciles: Floats


def measure(votes: pa.Table) -> Disagreement:
    """Return how volunteers disagree in a table of votes. Labels are those of the strings that the fractions give."""
    best = best_fractions(votes)
    labels = study_labels(build_strings(best)).values.to_pylist()
    group = np.array([GROUPS.index(label or ARTEFACT_STRING) for label in labels])
    answers = answer_probabilities(best)
    shape = (len(GROUPS), len(STEMS))
    found = Disagreement(
        np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros((*shape, len(DECILES)))
    )
    for task in TASKS.values():
        reached = np.nan_to_num(best[:, task.columns]).sum(axis=1) > 0
        for index in range(len(GROUPS)):
            own = reached & (group == index)
            found.galaxies[index, task.columns] = own.sum()
            fractions = answers[reached if own.sum() < FEW else own, task.columns]
            mean, scatter = fractions.mean(axis=0), fractions.std(axis=0)
            possible = float((mean * (1 - mean)).sum())
            likeness = float((scatter**2).sum()) / possible if possible > 0 else _LIKENESS[1]
            found.mean[index, task.columns], found.scatter[index, task.columns] = mean, scatter
            found.likeness[index, task.columns] = np.clip(likeness, *_LIKENESS)
            found.deciles[index, task.columns] = np.percentile(fractions, DECILES, axis=0).T
    return found


def as_table(found: Disagreement) -> pa.Table:
    """Return the statistics as they are kept in ``gz2_disagreement.csv``: a line for each label and answer."""
    rows = len(GROUPS) * len(STEMS)
    columns = {
        "label": np.repeat(GROUPS, len(STEMS)),
        "stem": np.tile(STEMS, len(GROUPS)),
        "galaxies": found.galaxies.reshape(rows),
        "mean": found.mean.reshape(rows).round(_DIGITS),
        "scatter": found.scatter.reshape(rows).round(_DIGITS),
        "likeness": found.likeness.reshape(rows).round(_DIGITS),
    }
    deciles = found.deciles.reshape(rows, len(DECILES)).round(_DIGITS)
    return pa.table(columns | {f"p{percent}": deciles[:, place] for place, percent in enumerate(DECILES)})


@cache
def measured() -> Disagreement:
    """Return the statistics of the real votes."""
    data = resources.files("cosmic").joinpath("data", "gz2_disagreement.csv").read_bytes()
    table = pa_csv.read_csv(pa.BufferReader(data))

    def shaped(name: str) -> npt.NDArray[np.float64]:
        return np.asarray(table[name].to_numpy(), dtype=np.float64).reshape(len(GROUPS), len(STEMS))

    deciles = np.stack([shaped(f"p{percent}") for percent in DECILES], axis=2)
    galaxies = shaped("galaxies").astype(np.int64)
    return Disagreement(galaxies, shaped("mean"), shaped("scatter"), shaped("likeness"), deciles)
