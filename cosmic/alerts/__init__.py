"""Incidents: what is wrong with the data or the pipeline, told to people once, and again when it is over."""
