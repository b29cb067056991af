"""Looks at a catalogue: what came since the model in use was trained, against the snapshot behind it. Writes nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cosmic import snapshots
from cosmic.catalogue import Catalogue, ModelVersion
from cosmic.clock import Clock, utc_now
from cosmic.drift.answers import answers
from cosmic.drift.arrived import arrived
from cosmic.drift.comparing import compare
from cosmic.drift.measuring import Outcome
from cosmic.errors import NotServable
from cosmic.facts.drift import DriftReport
from cosmic.models import persistence
from cosmic.records import Arm, Snapshot, Task

PREFERRED: Final = (Arm.PHOTOMETRIC_SHAPE, Arm.PHOTOMETRIC, Arm.NO_LEAK, Arm.PUBLISHED)
"""Arms of the superclass, the one first that answers objects without a spectrum best."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of a look: a report, or, in `remark`, why there is none. `nothing_new` says that the model has seen all."""

    report: DriftReport | None
    remark: str = ""
    nothing_new: bool = False


def model_in_use(models: Sequence[ModelVersion]) -> ModelVersion | None:
    """Return the model that answers for new objects: of the newest superclass models, the one of the preferred arm.

    Parameters
    ----------
    models : sequence of ModelVersion
        The oldest first.
    """
    newest = {one.arm: one for one in models if one.task is Task.SUPERCLASS and one.arm in PREFERRED}
    latest = max((one.trained_at for one in newest.values()), default=None)
    return next((newest[arm] for arm in PREFERRED if arm in newest and newest[arm].trained_at == latest), None)


def look(catalogue: Catalogue, *, folder: Path, clock: Clock = utc_now) -> Looked:
    """Compare what came since the model in use was trained with the snapshot behind it.

    Parameters
    ----------
    folder : Path
        Where snapshots lie (`Home.snapshots`).

    Raises
    ------
    ArtefactCorrupt
        If the snapshot or the model is missing or changed.
    """
    chosen = model_in_use(catalogue.models())
    if chosen is None:
        return Looked(None, f"{catalogue.name} has no model of {Task.SUPERCLASS} yet: run the pipeline first.")
    state = catalogue.state
    model = persistence.load(chosen.path)
    system, sky = model.card.recipe.system, model.card.sky
    if catalogue.system is not system:
        raise NotServable(
            f"{catalogue.name} holds {catalogue.system} magnitudes, and the model in use was trained on {system} ones: "
            "they cannot be compared. Train a model on this catalogue."
        )
    path = folder / f"{chosen.snapshot}.parquet"
    reference = snapshots.read(Snapshot(chosen.snapshot, path, 0, system, sky))
    current = snapshots.fold(catalogue.rows(state=state)).rows
    new = arrived(current, reference)
    if not new.num_rows:
        return Looked(None, f"Nothing new since {_named(chosen)} was trained.", nothing_new=True)
    said: Outcome = answers(model, new, reference, system=system)
    found = compare(new, reference, votes=catalogue.soft_labels(), answers=(said,))
    report = DriftReport(
        sky=catalogue.sky, made=clock(), state=state, model=chosen.id, task=chosen.task, arm=chosen.arm,
        trained=chosen.trained_at, snapshot=chosen.snapshot, found=found,
    )  # fmt: skip
    return Looked(report)


def _named(model: ModelVersion) -> str:
    return f"the {model.task} model of the arm {model.arm} ({model.id[:12]}, {model.trained_at:%Y-%m-%d %H:%M} UTC)"
