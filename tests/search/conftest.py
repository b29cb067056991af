"""A small data set with classes that overlap, and a catalogue that keeps trials."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cosmic.catalogue import Catalogue
from cosmic.datasets import prepare
from cosmic.records import Arm, Prepared, Sky, SplitName, Task
from tests.small_sky import small_rows, small_snapshot

NewJournal = Callable[[], Catalogue]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("search")
    return prepare(
        small_snapshot(folder, small_rows(400, scatter=0.5)), task=Task.SUPERCLASS, arm=Arm.PHOTOMETRIC,
        split=SplitName.SKY, salt="cosmic", seed=0, min_class_size=5, filter="none", folder=folder,
    )  # fmt: skip


@pytest.fixture
def journal(tmp_path: Path) -> NewJournal:
    """Give a function that opens the same catalogue anew each time, as another run would."""

    def make() -> Catalogue:
        url = f"sqlite:///{tmp_path / 'catalogue.db'}"
        return Catalogue.open(url, sky=Sky.SIMULATED, lock_folder=tmp_path / "locks")

    return make
