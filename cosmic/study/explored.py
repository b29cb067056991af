"""The exploration of a task's data set as a file of facts, or why there is none. Learns nothing itself."""

from __future__ import annotations

from pathlib import Path

from cosmic.datasets import Dataset
from cosmic.errors import ConfigError
from cosmic.exploration.explore import Limits, explore
from cosmic.facts.exploration import Exploration
from cosmic.records import Prepared, Sky
from cosmic.study.kept import write_facts
from cosmic.study.records import Explored


def explore_task(prepared: Prepared, *, sky: Sky, seed: int, resamples: int, folder: Path) -> Explored:
    """Return what is seen in a data set of the study's features before any classifier, written to `folder`.

    Raises
    ------
    ArtefactCorrupt
        If the data set is missing or changed.
    """
    return Explored(
        prepared.task, write_facts(_explored(prepared, sky=sky, seed=seed, resamples=resamples), folder, "exploration")
    )


def _explored(prepared: Prepared, *, sky: Sky, seed: int, resamples: int) -> Exploration:
    reason = prepared.not_run
    if prepared.path is not None:
        try:
            return explore(Dataset.load(prepared.path), seed=seed, limits=Limits(resamples=resamples))
        except ConfigError as error:  # a feature with one value: no reason to stop the other tasks
            reason = str(error)
    return Exploration(task=prepared.task, simulated=sky is Sky.SIMULATED, not_run=reason or "no data set")
