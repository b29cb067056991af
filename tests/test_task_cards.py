"""The labelled objects of a task are known whether or not an arm ran, and the log says how they are split."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from cosmic.datasets import Dataset, prepare
from cosmic.errors import ArtefactCorrupt
from cosmic.facts import LabelFacts, Portion
from cosmic.records import TABLE_TASKS, Arm, Prepared, Snapshot, SplitName, Task
from cosmic.splits import PARTS
from cosmic.task_cards import TaskCard, log_shares, task_cards, write_card
from tests.small_sky import replace, small_rows, small_snapshot


def make(
    snapshot: Snapshot, folder: Path, *, task: Task = Task.SUPERCLASS, arm: Arm = Arm.PHOTOMETRIC, least: int = 10
) -> Prepared:
    return prepare(
        snapshot, task=task, arm=arm, split=SplitName.SKY, salt="cosmic", seed=0, min_class_size=least, filter="none",
        folder=folder,
    )  # fmt: skip


def test_the_classes_of_a_task_are_known_where_no_arm_runs(tmp_path: Path) -> None:
    rows = small_rows()
    made = [
        make(small_snapshot(tmp_path, rows), tmp_path, arm=arm, least=240)
        for arm in (Arm.PUBLISHED, Arm.PHOTOMETRIC_SHAPE)
    ]
    assert all(one.path is None for one in made)
    card = task_cards(made)[Task.SUPERCLASS]
    names = {"GALAXY": "galaxy", "QSO": "quasar", "STAR": "star"}
    sizes = Counter(names[text] for text in rows["class"].to_pylist())
    kept = {name: sum(part.n for part in parts.values()) for name, parts in card.label_facts.parts.items()}
    assert kept == {name: size for name, size in sizes.items() if size >= 240} != {}
    assert card.dropped == {name: size for name, size in sizes.items() if size < 240} != {}


def test_a_task_without_labels_has_no_card(tmp_path: Path) -> None:
    assert task_cards([make(small_snapshot(tmp_path), tmp_path, task=Task.GALAXY)]) == {}


def test_the_log_has_one_line_a_task_with_the_shares_of_every_class(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    snapshot = small_snapshot(
        tmp_path, replace(small_rows(), "subclass", ["CV", *small_rows()["subclass"].to_pylist()[1:]])
    )
    made = [make(snapshot, tmp_path, task=task, arm=arm, least=75) for task in TABLE_TASKS for arm in Arm]
    caplog.clear()
    with caplog.at_level("INFO"):
        log_shares(made)
    lines = [record.getMessage() for record in caplog.records]
    assert [line.partition(":")[0] for line in lines] == ["superclass", "star"]
    path = next(one.path for one in made if one.task is Task.SUPERCLASS)
    assert path is not None
    data = Dataset.load(path)
    counts = data.card.counts["quasar"]
    share = "/".join(f"{100 * counts[part] / sum(counts.values()):.0f}" for part in PARTS)
    assert f"quasar {sum(counts.values())} ({share} %)" in lines[0]
    assert "too few, dropped: " in lines[1]


def test_a_line_of_many_classes_is_bounded() -> None:
    parts = {f"c{at}": {part: Portion(n=2, share=1 / 3) for part in PARTS} for at in range(40)}
    excluded = {f"reason {at}": 1 for at in range(40)}
    line = TaskCard(label_facts=LabelFacts(task="star", rule="", parts=parts, excluded=excluded), dropped={}).line()
    assert line.startswith("star: 240 objects in train/validation/test: c0 6 (33/33/33 %), ")
    assert line.count("and 28 more") == 2
    assert len(line) < 700


def test_a_changed_card_is_refused(tmp_path: Path) -> None:
    path = write_card(LabelFacts(task="star", rule="letter"), {"O": 3}, tmp_path)
    assert TaskCard.load(path).dropped == {"O": 3}
    path.write_text(path.read_text().replace("3", "4"))
    with pytest.raises(ArtefactCorrupt, match=path.name):
        TaskCard.load(path)
