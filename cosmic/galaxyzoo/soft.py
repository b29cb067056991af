"""How sure the volunteers were: probabilities of the study's labels, agreement and entropy. Reads and draws nothing.

Published strings say which answer had most votes, not how many. Here each task's fractions are brought to a sum of 1
and multiplied along the tree:

    P(A)            = p1(artefact)
    P(Er, Ee, Ec)   = p1(smooth) p7(round, in between, cigar)
    P(Ser, Seb, Sen) = p1(features) p2(edge-on) p9(rounded, boxy, none)
    P(S[B]x)        = p1(features) p2(not edge-on) p3(bar or not) p5(x)

with p<task>(answer), so that the 14 labels and the artefact add up to 1. A task that nobody answered is taken as equally
likely in all its answers: nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.galaxyzoo.grammar import LABELS
from cosmic.galaxyzoo.tree import ARTEFACT, COLUMN, TASKS

Floats = npt.NDArray[np.float64]

_PATHS: Final[dict[str, tuple[int, ...]]] = {
    "Er": (1, 16), "Ee": (1, 17), "Ec": (1, 18),
    "Ser": (2, 4, 25), "Seb": (2, 4, 26), "Sen": (2, 4, 27),
    "Sa": (2, 5, 7, 13), "Sb": (2, 5, 7, 12), "Sc": (2, 5, 7, 11), "Sd": (2, 5, 7, 10),
    "SBa": (2, 5, 6, 13), "SBb": (2, 5, 6, 12), "SBc": (2, 5, 6, 11), "SBd": (2, 5, 6, 10),
}  # fmt: skip
"""By label, the numbers of the answers that decide it."""
PATHS: Final = {label: tuple(COLUMN[number] for number in _PATHS[label]) for label in LABELS}
"""By label, the columns of the answers that decide it."""


@dataclass(frozen=True, slots=True, eq=False)
class SoftLabels:
    """What the votes say of n galaxies.

    Parameters
    ----------
    probability : array of float, shape (n, 14)
        Of each of `grammar.LABELS`; NaN throughout where there are no votes.
    artefact : array of float, shape (n,)
        Probability that it is a star or an artefact; with the 14 it adds up to 1.
    """

    probability: Floats
    artefact: Floats

    @property
    def likeliest(self) -> pa.Array:
        """Return the label of the largest probability, the first of equal ones; null without votes.

        It is often, not always, the label of the string: that follows the largest fraction at each fork, which may
        lead to a branch whose votes are then spread over many labels.
        """
        known = ~np.isnan(self.artefact)
        best = np.where(known, np.nan_to_num(self.probability).argmax(axis=1), 0)
        return pa.array(LABELS).take(pa.array(best, mask=~known))

    @property
    def agreement(self) -> Floats:
        """Return the probability of the likeliest of the 14 labels, artefacts aside: 1/14 to 1; NaN without votes.

        NaN, too, where all votes are for an artefact.
        """
        return np.asarray(self._among_labels().max(axis=1))

    @property
    def entropy(self) -> Floats:
        """Return the entropy over the 14 labels, artefacts aside, in bits: 0 to log2 14; NaN where `agreement` is."""
        share = self._among_labels()
        logs = np.log2(share, out=np.zeros_like(share), where=share > 0)
        return np.asarray(np.maximum(-(share * logs).sum(axis=1), 0.0))

    def of(self, labels: pa.Array) -> Floats:
        """Return the probability, among the 14, of one given label a galaxy; NaN where it has none.

        Parameters
        ----------
        labels : pyarrow.Array
            Text, shape (n,), such as the label of the published string.
        """
        place = pc.index_in(labels, value_set=pa.array(LABELS))
        column = pc.fill_null(place, 0).to_numpy(zero_copy_only=False)
        found = self._among_labels()[np.arange(len(column)), column]
        return np.where(pc.is_null(place).to_numpy(zero_copy_only=False), np.nan, found)

    def _among_labels(self) -> Floats:
        total = self.probability.sum(axis=1, keepdims=True)
        share = np.full_like(self.probability, np.nan)
        return np.asarray(np.divide(self.probability, total, out=share, where=total > 0))


def answer_probabilities(fractions: Floats) -> Floats:
    """Return each answer's probability within its task: the fractions, brought to a sum of 1.

    Parameters
    ----------
    fractions : array of float, shape (n, 37)
        Debiased or weighted fractions, in the order of `tree.STEMS`. Debiased ones add up to 0.2 to 2 in a task. NaN
        counts as 0.

    Returns
    -------
    array of float, shape (n, 37)
        Equal within a task that nobody answered; NaN throughout where all 37 are NaN.
    """
    known = np.nan_to_num(fractions, nan=0.0)
    found = np.empty(known.shape)
    for task in TASKS.values():
        own = known[:, task.columns]
        total = own.sum(axis=1, keepdims=True)
        share = np.full_like(own, 1.0 / own.shape[1])
        found[:, task.columns] = np.divide(own, total, out=share, where=total > 0)
    found[np.isnan(fractions).all(axis=1)] = np.nan
    return found


def soft_labels(fractions: Floats) -> SoftLabels:
    """Return the probability of each label, from the fractions within each task, shape (n, 37)."""
    answers = answer_probabilities(fractions)
    probability = np.column_stack([answers[:, path].prod(axis=1) for path in PATHS.values()])
    return SoftLabels(probability, answers[:, ARTEFACT])
