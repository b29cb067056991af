"""Cosmic: the plain library behind the flows. It knows nothing of Prefect and imports nothing heavy."""

__version__ = "0.1.0"

DISTRIBUTION = "cosmic-retrain"
"""The distribution this package belongs to; `flows` checks it, since other packages are called cosmic too."""
