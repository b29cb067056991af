"""How good a model is: scores, intervals, selections, comparisons. Nothing here trains a model."""
