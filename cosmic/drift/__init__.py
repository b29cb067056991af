"""Whether new rows are still of the sky that a model was trained on. Pure functions of rows; knows no database, no flow."""

from cosmic.drift.comparing import compare

__all__ = ["compare"]
