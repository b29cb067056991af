"""The published study's grid of models, redone: what it tried, how that is said today, and its fits. Orders no tasks."""
