"""Options of retraining: those of the pipeline, and one more. Run nothing."""

from __future__ import annotations

from pydantic import Field

from cosmic.settings import PipelineOptions, RunOptions


class RetrainOptions(PipelineOptions):
    """What to train on the catalogue of `source` in `home`, and whether also on rows that look wrong."""

    despite_drift: bool = Field(
        False,
        description="Train also where the drift watch says stop, which is that the new rows look wrong: for people who "
        "have looked at them.",
    )


class RetrainRunOptions(RunOptions, RetrainOptions):
    """The command line of `flows.retrain`."""
