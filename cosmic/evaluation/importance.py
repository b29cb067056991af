"""What a model looks at: importance of features, and the first levels of a tree. Scores nothing, trains nothing."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosmic.datasets import Dataset
from cosmic.facts.results import Importance, TreeNode
from cosmic.models.persistence import TrainedModel

ROWS: Final = 2000
REPEATS: Final = 5
DEPTH: Final = 3


def permutation(model: TrainedModel, data: Dataset, *, seed: int, rows: int = ROWS) -> tuple[Importance, ...]:
    """Return how much weighted F1 falls when a feature's values are shuffled among validation rows, largest first.

    Parameters
    ----------
    rows : int
        Size of the random sample of validation rows; all are used where there are fewer.
    """
    from sklearn.inspection import permutation_importance

    from cosmic.models.fit import one_thread

    rng = np.random.default_rng(seed)
    validation = data.within("validation")
    sample = np.sort(rng.choice(validation, min(rows, len(validation)), replace=False))
    with one_thread():
        found = permutation_importance(
            model.estimator,
            data.X[sample],
            data.y[sample],
            scoring="f1_weighted",
            n_repeats=REPEATS,
            random_state=seed,
            n_jobs=1,
        )
    each = zip(data.card.features, found.importances_mean, found.importances_std, strict=True)
    listed = [Importance(feature=name, value=float(mean), spread=float(std)) for name, mean, std in each]
    return tuple(sorted(listed, key=lambda one: -one.value))


def tree_top(model: TrainedModel, *, depth: int = DEPTH) -> TreeNode | None:
    """Return the first levels of a decision tree with thresholds in the features' own units; None for other models.

    Counts are of training rows after rebalancing, which is what the tree saw.
    """
    from sklearn.pipeline import Pipeline
    from sklearn.tree import DecisionTreeClassifier

    pipeline = model.estimator
    if not isinstance(pipeline, Pipeline) or not isinstance(pipeline["model"], DecisionTreeClassifier):
        return None
    scaler, tree = pipeline["scale"], pipeline["model"].tree_
    names, labels = model.card.features, model.card.labels

    def node(at: int, left: int) -> TreeNode:
        shares: NDArray[np.float64] = tree.value[at][0] / tree.value[at][0].sum()
        best = int(np.argmax(shares))
        here = {"label": labels[best], "n": int(tree.n_node_samples[at]), "share": float(shares[best])}
        if left == 0 or tree.children_left[at] < 0:
            return TreeNode.model_validate(here)
        feature = int(tree.feature[at])
        return TreeNode.model_validate(
            here
            | {
                "feature": names[feature],
                "threshold": float(tree.threshold[at] * scaler.scale_[feature] + scaler.mean_[feature]),
                "children": (
                    node(int(tree.children_left[at]), left - 1),
                    node(int(tree.children_right[at]), left - 1),
                ),
            }
        )

    return node(0, depth)
