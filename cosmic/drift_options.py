"""Options of the drift watch: those of the pipeline, which a training that it starts takes, and one more. Run nothing."""

from __future__ import annotations

from pydantic import Field

from cosmic.settings import PipelineOptions, RunOptions


class DriftOptions(PipelineOptions):
    """Which catalogue is looked at (that of `source` in `home`), and how a training runs that the verdict calls for."""

    retrain: bool = Field(
        False,
        description="Where the verdict is retrain, run the whole pipeline with the other options. Never where it is stop.",
    )

    @property
    def pipeline(self) -> PipelineOptions:
        """Return the options of the training."""
        return PipelineOptions(**{name: getattr(self, name) for name in PipelineOptions.model_fields})


class DriftRunOptions(RunOptions, DriftOptions):
    """The command line of `flows.drift_watch`."""
