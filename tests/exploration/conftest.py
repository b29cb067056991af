"""Data sets with the study's features, small enough to explore in a second."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic.datasets import Dataset, prepare
from cosmic.records import Arm, SplitName, Task
from tests.small_sky import small_rows, small_snapshot


def made(folder: Path, task: Task) -> Dataset:
    prepared = prepare(
        small_snapshot(folder, small_rows(900)), task=task, arm=Arm.PUBLISHED, split=SplitName.SKY, salt="cosmic",
        seed=0, min_class_size=5, filter="none", folder=folder,
    )  # fmt: skip
    assert prepared.path is not None
    return Dataset.load(prepared.path)


@pytest.fixture(scope="session")
def superclass(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return made(tmp_path_factory.mktemp("superclass"), Task.SUPERCLASS)


@pytest.fixture(scope="session")
def stars(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return made(tmp_path_factory.mktemp("stars"), Task.STAR)
