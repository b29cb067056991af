"""Flows: they order tasks and compute nothing. Each runs as `python -m flows.NAME`."""

from flows.guard import refuse_foreign_cosmic

refuse_foreign_cosmic()
