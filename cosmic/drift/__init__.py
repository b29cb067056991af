"""Whether new rows are still of the sky that a model was trained on. Pure functions of rows; knows no database, no flow."""

from cosmic.drift.arrived import arrived
from cosmic.drift.comparing import compare
from cosmic.drift.signals import signals, sound

__all__ = ["arrived", "compare", "signals", "sound"]
