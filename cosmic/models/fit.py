"""Fit one model on one data set and write what it says. Fits on the training part alone; judges only that it ran.

The scaler learns from the natural training rows, before rebalancing, and is saved with the model. One fit takes one
core, so that the flow may run several at once, and the same seed gives the same model whatever the number of cores.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from cosmic import artefacts
from cosmic.datasets import Dataset
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.facts.results import Confusion, Setting
from cosmic.models.families import FAMILIES, Settings, Sizes, why_not
from cosmic.models.persistence import Estimator, Origin, save
from cosmic.models.predictions import Predictions
from cosmic.models.quiet import unconverged_is_no_warning
from cosmic.models.rebalance import Rebalanced, limited, rebalance
from cosmic.records import Arm, Fitted, Model, Prepared, Rebalancing, SplitName, Task

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin
    from threadpoolctl import threadpool_limits

PROBE_ROWS: Final = 8
"""Validation rows stored with a model and answered again at each load."""
_log = logging.getLogger(__name__)


class FitFacts(BaseModel):
    """What a fit was and what it cost. `fit_s`, `predict_s` (wall clock; all rows of the data set) and `peak_mb` vary from run to run.

    `n_train` counts natural rows and `n_fitted` those after rebalancing; `majority` is the index of the most frequent
    label of the training part; `train` counts what was said of training rows; `peak_mb` is the largest resident memory of the whole process so far.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    id: str
    prepared: str
    task: Task
    arm: Arm
    model: Model
    rebalancing: Rebalancing
    split: SplitName
    seed: int
    labels: tuple[str, ...]
    features: tuple[str, ...]
    hyperparameters: dict[str, Setting]
    majority: int
    n_train: int
    n_fitted: int
    n_validation: int
    n_test: int
    fit_s: float
    predict_s: float
    peak_mb: float | None
    train: Confusion
    notes: tuple[str, ...] = ()
    searched: bool = False

    @classmethod
    def load(cls, path: Path) -> FitFacts:
        """Return the facts in a file.

        Raises
        ------
        ArtefactCorrupt
            If the file is missing, changed, or of another version.
        """
        try:
            return cls.model_validate_json(artefacts.check(path).read_bytes())
        except ValidationError as exc:
            raise ArtefactCorrupt(f"{path} was written by another version of Cosmic; train the model again.") from exc


def fit(
    prepared: Prepared,
    *,
    model: Model,
    rebalancing: Rebalancing,
    seed: int,
    folder: Path,
    settings: Settings | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Fitted:
    """Return a fitted model with its predictions on validation and test rows, in a folder of `folder`.

    The folder's name is a digest of the settings and of every prediction, so another result never takes its place.

    Parameters
    ----------
    seed : int
        Of rebalancing and of the estimator.
    settings : mapping, optional
        What a search found, in place of the family's own.
    clock : callable
        Seconds, for the cost.

    Raises
    ------
    ConfigError
        If `prepared` says that there is nothing to train on, or the family cannot be fitted so.
    """
    if prepared.path is None:
        raise ConfigError(f"{prepared.task}, {prepared.arm} cannot be trained: {prepared.not_run}.")
    data = Dataset.load(prepared.path)
    train, validation = data.within("train"), data.within("validation")
    started = clock()
    with one_thread():
        estimator, used, n_fitted, notes = train_pipeline(
            data.X[train],
            data.y[train],
            n_labels=len(data.card.labels),
            model=model,
            rebalancing=rebalancing,
            seed=seed,
            settings=settings,
        )
        fitted_at = clock()
        p = estimator.predict_proba(data.X)
        predicted_at = clock()
    majority = int(np.bincount(data.y[train]).argmax())
    unseen = np.flatnonzero(~np.isin(np.arange(len(data.y)), train))
    predictions = Predictions(
        data.card.labels,
        data.keys.take(unseen),
        data.blocks.take(unseen),
        data.part[unseen],
        data.y[unseen],
        p[unseen],
        data.r[unseen],
    )
    what = [prepared.id, model, rebalancing, seed, used, settings is not None, predictions.digest()]
    key = hashlib.sha256(json.dumps(what).encode()).hexdigest()
    facts = FitFacts(
        id=key,
        prepared=prepared.id,
        task=prepared.task,
        arm=prepared.arm,
        model=model,
        rebalancing=rebalancing,
        split=data.card.split,
        seed=seed,
        labels=data.card.labels,
        features=data.card.features,
        hyperparameters=dict(used),
        majority=majority,
        n_train=len(train),
        n_fitted=n_fitted,
        n_validation=len(validation),
        n_test=len(unseen) - len(validation),
        fit_s=fitted_at - started,
        predict_s=predicted_at - fitted_at,
        peak_mb=_peak_mb(),
        train=_confusion(data.y[train], np.argmax(p[train], axis=1), data.card.labels),
        notes=notes,
        searched=settings is not None,
    )
    origin = Origin(
        model=model,
        rebalancing=rebalancing,
        recipe=data.card.recipe,
        labels=data.card.labels,
        features=data.card.features,
        units=data.card.units,
        snapshot=data.card.snapshot,
        prepared=prepared.id,
        sky=data.card.sky,
        split=data.card.split,
        salt=data.card.salt,
        seed=seed,
        hyperparameters=dict(used),
        n_train=len(train),
        majority=data.card.labels[majority],
    )
    home = folder / key[:32]
    probe = data.X[validation[np.linspace(0, len(validation) - 1, min(PROBE_ROWS, len(validation))).astype(int)]]
    _log.info(
        "%s, %s: %s, %s on %d rows in %.1f s", prepared.task, prepared.arm, model, rebalancing, n_fitted, facts.fit_s
    )
    return Fitted(
        id=key,
        model=save(estimator, origin, probe=probe, folder=home),
        predictions=predictions.write(home / "predictions.parquet"),
        facts=artefacts.write(
            home / "facts.json", lambda part: part.write_text(facts.model_dump_json(indent=1), "utf-8")
        ),
    )


def train_pipeline(
    X: NDArray[np.float64],
    y: NDArray[np.int64],
    *,
    n_labels: int,
    model: Model,
    rebalancing: Rebalancing,
    seed: int,
    settings: Settings | None = None,
) -> tuple[Estimator, Settings, int, tuple[str, ...]]:
    """Return a scaler and a model in one pipeline, the settings, the number of rows fitted on, and notes.

    The scaler is fitted on X as it is; the model on the scaled rows after rebalancing.

    Parameters
    ----------
    X : numpy.ndarray
        Natural training rows, shape (n, d).
    y : numpy.ndarray
        Codes 0 … n_labels - 1, shape (n,), each of which occurs.
    settings : mapping, optional
        In place of those that the family has for these sizes.
    """
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    if not np.array_equal(np.unique(y), np.arange(n_labels)):
        raise ConfigError("a class has no training rows, so its probability would be missing; drop it before training.")
    if (why := why_not(model, rebalancing)) is not None:
        raise ConfigError(f"{model}, {rebalancing} cannot be fitted: {why}.")
    scaler = StandardScaler().fit(X)
    family = FAMILIES[model]
    rows = rebalance(scaler.transform(X), y, method=rebalancing, seed=seed)
    if family.most_rows is not None:
        rows = limited(rows, most=family.most_rows, fewest=family.fewest, seed=seed)
    if settings is None:
        settings = family.settings(Sizes(natural=len(y), rebalanced=len(rows.y), features=X.shape[1]))
    estimator = family.build(settings, seed)
    notes = (*rows.notes, *_fit_quietly(estimator, rows))
    return Pipeline([("scale", scaler), ("model", estimator)]), settings, len(rows.y), notes


def _fit_quietly(estimator: ClassifierMixin, rows: Rebalanced) -> tuple[str, ...]:
    """Fit in place; a solver that did not converge is a note, not a warning; a network that takes its rounds is neither."""
    from sklearn.ensemble import VotingClassifier
    from sklearn.linear_model import LogisticRegression

    weights = {} if rows.weights is None else {"sample_weight": rows.weights}
    if not isinstance(estimator, LogisticRegression | VotingClassifier):
        estimator.fit(rows.X, rows.y, **weights)
        return ()
    with unconverged_is_no_warning():
        estimator.fit(rows.X, rows.y, **weights)
    if isinstance(estimator, VotingClassifier):
        del estimator.named_estimators_  # the parts by name: its file would hold each of them twice
        return ()
    unconverged = int(estimator.n_iter_.max()) >= estimator.max_iter
    return (f"not converged after {estimator.max_iter} iterations",) if unconverged else ()


class _OneThread:
    """How many fits are inside, and the limit that the first of them set."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.limit: threadpool_limits | None = None


_one_thread = _OneThread()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Keep numerical libraries to one thread while anyone is inside, so that sums come in one order.

    The limit belongs to the whole process: the first to enter sets it and the last to leave lifts it.
    """
    import sklearn.ensemble  # noqa: F401 - libraries loaded later would not be limited
    from threadpoolctl import threadpool_limits

    state = _one_thread
    with state.lock:
        state.inside += 1
        if state.limit is None:
            state.limit = threadpool_limits(limits=1)
    try:
        yield
    finally:
        with state.lock:
            state.inside -= 1
            if not state.inside and state.limit is not None:
                state.limit.restore_original_limits()
                state.limit = None


def _confusion(y: NDArray[np.int64], answer: NDArray[np.intp], labels: tuple[str, ...]) -> Confusion:
    from sklearn.metrics import confusion_matrix

    counts = confusion_matrix(y, answer, labels=np.arange(len(labels)))
    return Confusion(labels=labels, counts=tuple(tuple(int(count) for count in row) for row in counts))


def _peak_mb() -> float | None:
    """Largest resident memory of this process so far, MB; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)
