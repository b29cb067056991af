"""The study's exploration of a data set: components, clusters, lines, distributions. Trains no classifier, draws nothing.

Everything is learnt from the training part; validation and test rows are only scored.
"""

from cosmic.exploration.explore import Limits, explore

__all__ = ["Limits", "explore"]
