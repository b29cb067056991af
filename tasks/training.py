"""From a snapshot to kept models: prepare, fit, score, keep, compose, hold out. Each wraps one call; orders nothing."""

from __future__ import annotations

from pathlib import Path

from prefect import task
from prefect.runtime import task_run

from cosmic.facts.results import Setting
from cosmic.records import (
    Arm,
    Composed,
    Fitted,
    HeldOut,
    JudgedPage,
    Kept,
    Model,
    Paired,
    Prepared,
    Rebalancing,
    Scored,
    Snapshot,
    SplitName,
    Task,
)
from tasks.policies import policy


@task(**policy("prepare"), task_run_name="prepare {task} · {arm}")
def prepare(
    snapshot: Snapshot,
    task: Task,
    arm: Arm,
    *,
    split: SplitName,
    salt: str,
    seed: int,
    min_class_size: int,
    filter: str,
    folder: Path,
) -> Prepared:
    """Make the matrix of a task and arm, or say why there is none."""
    from cosmic import datasets

    return datasets.prepare(
        snapshot, task=task, arm=arm, split=split, salt=salt, seed=seed, min_class_size=min_class_size,
        filter=filter, folder=folder,
    )  # fmt: skip


@task(**policy("fit"), task_run_name="fit {prepared.task} · {prepared.arm} · {model}, {rebalancing}")
def fit(
    prepared: Prepared,
    model: Model,
    rebalancing: Rebalancing,
    *,
    seed: int,
    folder: Path,
    settings: dict[str, Setting] | None = None,
) -> Fitted:
    """Train one model on the training part, with the settings of its family or those that a search found."""
    from cosmic.models import fit as fitting

    return fitting.fit(prepared, model=model, rebalancing=rebalancing, seed=seed, folder=folder, settings=settings)


def _score_name() -> str:
    """Return how a run of `score` is called in the UI; of a fit whose files are gone its id is all there is."""
    from cosmic.errors import CosmicError
    from cosmic.models.fit import FitFacts

    fitted: Fitted = task_run.parameters["fitted"]
    try:
        fit = FitFacts.load(fitted.facts)
    except (CosmicError, OSError):
        return f"score {fitted.id}"
    return f"score {fit.task} · {fit.arm} · {fit.model}, {fit.rebalancing}"


@task(**policy("score"), task_run_name=_score_name)
def score(fitted: Fitted, *, resamples: int, seed: int, folder: Path) -> Scored:
    """Score a model on every part, with intervals by sky cell."""
    from cosmic.evaluation import dossier

    return dossier.score_fit(fitted, resamples=resamples, seed=seed, folder=folder)


@task(**policy("keep"), task_run_name="keep {scored.task} · {scored.arm}")
def keep(scored: Scored, prepared: Prepared, snapshot: Snapshot, *, resamples: int, seed: int, folder: Path) -> Kept:
    """Store the best validated model of a task and arm, with what it looks at and selects."""
    from cosmic.evaluation import dossier

    return dossier.keep(scored, prepared, snapshot=snapshot, resamples=resamples, seed=seed, folder=folder)


@task(**policy("compose"), task_run_name="compose {arm}")
def compose(
    arm: Arm,
    kept: tuple[Kept, ...],
    prepared: tuple[Prepared, ...],
    snapshot: Snapshot,
    *,
    split: SplitName,
    salt: str,
    seed: int,
    filter: str,
    resamples: int,
    folder: Path,
) -> Composed:
    """Compose the kept models of an arm and score them together."""
    from cosmic.evaluation import dossier

    return dossier.compose(
        arm, kept, prepared, snapshot=snapshot, split=split, salt=salt, seed=seed, filter=filter, resamples=resamples,
        folder=folder,
    )  # fmt: skip


@task(**policy("pair"), task_run_name="pair arms of {task}")
def pair(
    task: Task, kept: tuple[Kept, ...], prepared: tuple[Prepared, ...], *, resamples: int, seed: int, folder: Path
) -> Paired:
    """Compare the kept models of a task, arm beside arm, on the same test objects."""
    from cosmic.evaluation import dossier

    return dossier.pair(task, kept, prepared, resamples=resamples, seed=seed, folder=folder)


@task(**policy("hold-out"), task_run_name="hold out {judged.page.origin} · {kept.task} · {kept.arm}")
def hold_out(kept: Kept, judged: JudgedPage, snapshot: Snapshot, *, resamples: int, seed: int, folder: Path) -> HeldOut:
    """Score a kept model on a file that is never stored and never trained on."""
    from cosmic.evaluation import dossier

    return dossier.hold_out(kept, judged, snapshot=snapshot, resamples=resamples, seed=seed, folder=folder)
