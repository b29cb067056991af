"""Which label of a scheme vote fractions give: the published string's, or the literature's five clean classes. Draws nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cosmic.errors import ConfigError
from cosmic.galaxyzoo.grammar import LABELS, build_strings, study_labels
from cosmic.galaxyzoo.tree import COLUMN
from cosmic.images.records import Scheme

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

CLEAN: Final = ("round", "in_between", "cigar", "edge_on", "spiral")
"""The five classes in which volunteers are sure."""
THRESHOLDS: Final[dict[str, tuple[tuple[int, float], ...]]] = {
    "round": ((1, 0.469), (16, 0.50)),
    "in_between": ((1, 0.469), (17, 0.50)),
    "cigar": ((1, 0.469), (18, 0.50)),
    "edge_on": ((2, 0.430), (4, 0.602)),
    "spiral": ((5, 0.715), (8, 0.619)),
}
"""By class, numbers of answers and the least fraction of each within its task (Willett et al. 2013, table 3, at least 20
votes; the fractions of round, in between and cigar are those of Zhu et al. 2019, Ap&SS 364, 55)."""


def clean5(fractions: Floats) -> Codes:
    """Return the clean class of each galaxy, an index into `CLEAN`, shape (n,); -1 where it passes for none, or for two."""
    passes = np.column_stack(
        [
            np.all([fractions[:, COLUMN[answer]] >= least for answer, least in THRESHOLDS[name]], axis=0)
            for name in CLEAN
        ]
    )
    return np.where(passes.sum(axis=1) == 1, passes.argmax(axis=1), -1)


def hubble14(fractions: Floats) -> Codes:
    """Return the study's label of each galaxy, an index into `grammar.LABELS`, shape (n,); -1 of an artefact or no votes."""
    labels = study_labels(build_strings(fractions)).values
    place = pc.fill_null(pc.index_in(labels, value_set=pa.array(LABELS)), -1)
    return np.asarray(place.to_numpy(zero_copy_only=False), np.int64)


RULES: Final[dict[Scheme, tuple[tuple[str, ...], Callable[[Floats], Codes]]]] = {
    Scheme.HUBBLE14: (LABELS, hubble14),
    Scheme.VOTES: (LABELS, hubble14),
    Scheme.CLEAN5: (CLEAN, clean5),
}
"""By scheme, the labels that there can be, and the rule on fractions within each task, shape (n, 37)."""


def rule_of(scheme: Scheme) -> tuple[tuple[str, ...], Callable[[Floats], Codes]]:
    """Return the labels of a scheme and its rule.

    Raises
    ------
    ConfigError
        If its labels do not follow from votes.
    """
    if scheme not in RULES:
        raise ConfigError(f"labels of {scheme} do not follow from votes by a rule; {', '.join(RULES)} do.")
    return RULES[scheme]
