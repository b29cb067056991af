"""The rungs of a trial: smaller ones lie within larger ones, and the last one is the ordinary fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cosmic.datasets import Dataset
from cosmic.evaluation.dossier import score_fit
from cosmic.facts import Setting
from cosmic.models.fit import fit
from cosmic.records import Model, Prepared, Rebalancing
from cosmic.search.rungs import Ladder

SETTINGS: dict[str, Setting] = {"criterion": "entropy", "max_depth": 5, "min_samples_leaf": 3}
TREE = {"model": Model.DECISION_TREE, "rebalancing": Rebalancing.NONE}


def test_smaller_rungs_lie_within_larger_ones_and_know_every_class(prepared: Prepared) -> None:
    assert prepared.path is not None
    data = Dataset.load(prepared.path)
    ladder = Ladder(data, seed=0)
    rungs = [set(rows.tolist()) for rows in ladder._rungs]
    assert rungs[0] < rungs[1] < rungs[2] == set(range(len(data.within("train"))))
    y = data.y[data.within("train")]
    assert all(set(y[list(rows)]) == {0, 1, 2} for rows in rungs)
    other = Ladder(data, seed=1)
    assert set(other._rungs[0].tolist()) != rungs[0], "which rows they are is the seed's"


def test_the_last_rung_is_what_the_fit_of_these_settings_scores_on_validation(
    prepared: Prepared, tmp_path: Path
) -> None:
    assert prepared.path is not None
    ladder = Ladder(Dataset.load(prepared.path), seed=3)
    figure = ladder.figure(2, settings=SETTINGS, **TREE)
    fitted = fit(prepared, seed=3, folder=tmp_path, settings=SETTINGS, **TREE)
    scored = score_fit(fitted, resamples=100, seed=0, folder=tmp_path)
    assert scored.validation_f1 == figure
    assert scored.searched
    assert figure != ladder.figure(0, settings=SETTINGS, **TREE)
    assert np.isfinite(figure)
