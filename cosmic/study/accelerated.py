"""The accelerator, scikit-learn-intelex, where it gives the same answers faster. The one module that imports it, late.

It is optional: without it scikit-learn does the work. It falls back to scikit-learn silently, so `ran` asks each fitted
object whether it was really there. `WHY_NOT` says what it is not used for.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from cosmic.records import Task
from cosmic.study.published import Family

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin
    from sklearn.neighbors import NearestNeighbors

NAME: Final = "scikit-learn-intelex"
STOCK: Final = "scikit-learn"
BINS: Final = 16_384
"""Bins of its histograms. With its own 256 a forest of stars lost 0.003 of weighted and 0.009 of macro F1 on 592,560 rows;
with 8,192 and more it scores as the study's with another seed does."""
FOREST_TASKS: Final = (Task.SUPERCLASS, Task.STAR)
"""Tasks whose forests it may grow. Those of galaxies (12 labels, 557,940 rows after SMOTE of a simulated sky, 50 trees) lost
0.003 of weighted F1 with it, where another seed of the study's moves 0.0005."""
WHY_NOT: Final = {
    Family.LOGISTIC: "balanced weights of one class against the rest gain nothing from it",
    Family.SVM: "its iterations are others, so a limit of them gives another model, and takes longer",
    Family.DECISION_TREE: "one tree gains nothing from it",
    Family.FFNN: "it has no networks",
}
"""Why each family but neighbours and forests is left to scikit-learn and Keras."""


def missing() -> str | None:
    """Return why the accelerator cannot be used here, or None where it can."""
    return None if find_spec("sklearnex") else f"{NAME} is not installed"


def expect_threads() -> None:
    """Let it stay silent, from now on, about a caller that is not the main thread: it then takes every core, as it says.

    To be called while nobody changes filters of warnings, which would be put back without this one.
    """
    warnings.filterwarnings("ignore", "'Threading' parallel backend is not supported", UserWarning)


def nearest(count: int, *, threads: int, accelerate: bool = True) -> NearestNeighbors:
    """Return an unfitted search for the nearest `count` rows: the accelerator's where it is installed and wanted.

    The accelerator takes every core that the process may use, whatever `threads` says. Its tree is not quite exact: of
    100 neighbours it gave a farther one to 0.2 % of superclass and galaxy rows and 1 % of star rows (eight features) of
    a simulated sky, which hardly ever changes a vote.
    """
    if accelerate and missing() is None:
        from sklearnex.neighbors import NearestNeighbors as Accelerated

        found: NearestNeighbors = Accelerated(n_neighbors=count)
        return found
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=count, n_jobs=threads)


def forest(*, trees: int, depth: int, bootstrap: bool, balanced: bool, seed: int) -> ClassifierMixin:
    """Return the accelerator's unfitted forest, by gini in histograms.

    It knows no entropy, at which it falls back silently, and may lose rare classes: whoever takes it has to compare.

    Raises
    ------
    ModuleNotFoundError
        If it is not installed; `missing` says so beforehand.
    """
    from sklearnex.ensemble import RandomForestClassifier

    found: ClassifierMixin = RandomForestClassifier(
        criterion="gini",
        max_bins=BINS,
        n_estimators=trees,
        max_depth=depth,
        bootstrap=bootstrap,
        class_weight="balanced" if balanced else None,
        random_state=seed,
    )
    return found


def ran(fitted: object) -> str:
    """Return the library that fitted an object: the accelerator where it did not fall back."""
    return NAME if getattr(fitted, "_onedal_estimator", None) is not None else STOCK
