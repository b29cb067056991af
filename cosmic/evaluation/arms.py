"""Two arms of one task on the same test objects. Compares stored predictions; trains nothing and chooses no model.

An arm leaves out objects that lack a value it needs, so the scores of two arms may stand on different objects; what
the report says of a pair of arms is said of the objects that both answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cosmic.arms import has_arm
from cosmic.evaluation.comparison import compare
from cosmic.facts import ArmPair
from cosmic.models.predictions import Predictions
from cosmic.records import Arm, Kept, Prepared, Task

PAIRS: Final = (
    (Arm.PUBLISHED, Arm.NO_LEAK),
    (Arm.PUBLISHED, Arm.PHOTOMETRIC),
    (Arm.PHOTOMETRIC, Arm.PHOTOMETRIC_SHAPE),
    (Arm.PHOTOMETRIC, Arm.MORPHOMETRIC),
    (Arm.PHOTOMETRIC, Arm.PHOTOMETRIC_EXTERNAL),
    (Arm.PHOTOMETRIC, Arm.MAGNITUDE_MATCHED),
)
"""The arms that the report sets side by side."""


def arm_pairs(
    task: Task, kept: Sequence[Kept], prepared: Sequence[Prepared], *, resamples: int, seed: int
) -> tuple[ArmPair, ...]:
    """Return how the kept models of a task differ between arms; empty where the task has no kept model.

    Parameters
    ----------
    kept, prepared
        Those of the task; `prepared` has the reason of an arm without a model.
    """
    models = {one.arm: one for one in kept}
    why = {one.arm: one.not_run for one in prepared}
    found = []
    for arm, other in PAIRS if models else ():
        if not (has_arm(task, arm) and has_arm(task, other)):
            continue
        lacking = next((each for each in (arm, other) if each not in models), None)
        if lacking is not None:
            reason = f"no {lacking} model: {why.get(lacking) or 'this run was not asked for it'}"
            found.append(ArmPair(task=task, arm=arm, other=other, n=0, not_run=reason))
            continue
        one, two = (Predictions.load(models[each].scored.fitted.predictions) for each in (arm, other))
        difference = compare(two, one, resamples=resamples, seed=seed)
        found.append(
            ArmPair(
                task=task,
                arm=arm,
                other=other,
                n=difference.n,
                f1=difference.f1_now,
                f1_other=difference.f1_before,
                difference=difference.f1,
                interval=difference.f1_interval,
                not_run=None if difference.n else "the two arms have no test object in common",
            )
        )
    return tuple(found)
