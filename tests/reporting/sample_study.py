"""Facts of a redone study that no run made: every row of the published table, one family without figures."""

from __future__ import annotations

from pathlib import Path

from cosmic.facts import Facts
from cosmic.facts.exploration import Exploration
from cosmic.facts.grid import Cost, Epoch, GridResult, GridScores, GridTest
from cosmic.facts.results import ClassScore, Confusion, Scores
from cosmic.records import Task
from cosmic.reporting.assemble_study import printed_rows
from cosmic.reporting.claims import published_claims
from cosmic.reporting.published import CLASSES
from cosmic.study.published import Family, ForestSetting, GridRow, study_grid
from cosmic.study.results import named, not_run
from tests.reporting.sample_facts import sample_facts

NO_NEURAL = "extra neural is not installed"


def grid_scores(task: str, f1: float) -> GridScores:
    """Return scores whose weighted F1 is `f1`."""
    labels = CLASSES[task]
    counts = tuple(tuple(9 if a == b else 1 for b in labels) for a in labels)
    return GridScores(
        n=1000, accuracy=f1, precision=f1, recall=f1, f1=f1, precision_macro=f1, recall_macro=f1, f1_macro=f1,
        balanced_accuracy=f1, confusion=Confusion(labels=labels, counts=counts),
    )  # fmt: skip


def result(row: GridRow, f1: float, **more: object) -> GridResult:
    """Return a row with figures."""
    cost = Cost(wall_s=1.5, cpu_s=30.0 if row.balance == "smote" else 3.0)
    return GridResult.model_validate(
        {**named(row), "seed": 0, "n_train": 5000, "n_fitted": 7000, "n_validation": 1000, "fit": cost,
         "train": grid_scores(row.task, f1), "validation": grid_scores(row.task, f1), "notes": ("a note of all",), **more}
    )  # fmt: skip


def grid(*, gain: float = 0.0) -> tuple[GridResult, ...]:
    """Return the whole grid; `gain` is what fifty trees gain on ten. Galaxies' networks lack their extra."""
    found = []
    for row in study_grid():
        if row.family is Family.FFNN and row.task is Task.GALAXY:
            found.append(not_run(row, NO_NEURAL))
            continue
        f1 = 0.98 - 0.02 * (row.balance == "rarest") - 0.01 * list(Family).index(row.family)
        if isinstance(row.setting, ForestSetting):
            f1 += gain * (row.setting.n_estimators == 50)
        more: dict[str, object] = {}
        if row.family is Family.FFNN:
            epochs = [Epoch(loss=None, accuracy=0.9, validation_loss=0.1, validation_accuracy=0.91)] * 2
            more = {"weights": 69_123 if row.task is Task.SUPERCLASS else 70_026, "epochs": epochs, "engine": "Keras"}
        found.append(result(row, f1, **more))
    return tuple(found)


def family_tests(rows: tuple[GridResult, ...], best: str = "random_forest") -> tuple[GridTest, ...]:
    """Return a test score a task and family; `best` is the best on validation."""
    found = []
    for task in CLASSES:
        for family in Family:
            row = next(one for one in rows if (one.task, one.family) == (task, family))
            if row.not_run:
                found.append(GridTest(task=task, family=family, not_run=row.not_run))
                continue
            f1 = 0.97 if family == best else 0.95
            confusion = Confusion(labels=CLASSES[task], counts=tuple((2,) * len(CLASSES[task]) for _ in CLASSES[task]))
            scores = Scores(
                accuracy=f1, precision=f1, recall=f1, f1=f1, f1_macro=f1, balanced_accuracy=0.4, majority=0.3,
                majority_f1=0.2, majority_f1_macro=0.1, per_class={name: ClassScore(n=9) for name in CLASSES[task]},
                interval={"f1": (f1 - 0.01, f1 + 0.01)}, confusion=confusion,
            )  # fmt: skip
            found.append(
                GridTest(task=task, family=family, key=row.key, balance=row.balance, setting=row.setting, split="sky",
                         seed=0, n_test=900, validation=scores, test=scores)
            )  # fmt: skip
    return tuple(found)


def study_sample(
    folder: Path,
    *,
    simulated: bool = False,
    gain: float = 0.0,
    best: str = "random_forest",
    exploration: tuple[Exploration, ...] = (),
    bare: bool = False,
) -> Facts:
    """Return facts of a run that redid the study."""
    rows = grid(gain=gain)
    real = {} if simulated else {"published_claims": published_claims(), "published_grid": printed_rows()}
    base = dict(sample_facts(folder, simulated=simulated, bare=bare))
    return Facts.model_validate(
        {**base, "grid": rows, "grid_test": family_tests(rows, best), "exploration": exploration, **real}
    )
