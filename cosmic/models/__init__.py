"""Models: families, rebalancing, fitting, files and the hierarchy. Nothing here judges how good a model is."""
