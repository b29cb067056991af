"""What the steps before training refuse: a catalogue with nothing in it, and one that is not the one they filled."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cosmic.errors import ConfigError
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import CatalogueId, Ingest, Sky
from cosmic.settings import PipelineOptions
from tasks import intake

FAULTY = """specObjID,u,g,r,i,z,class
2634622337315530752,19.5,-9999,18.0,17.8,17.7,GALAXY
2634622337315530753,20.5,-9999,18.0,17.8,17.7,QSO
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that nobody's settings lead away from."""
    for name in [name for name in os.environ if name.startswith("COSMIC_")]:
        monkeypatch.delenv(name)
    return Home(tmp_path / "home", Sky.REAL)


def ingest(home: Home, text: str) -> Ingest:
    """Take a file through the steps as they are, without Prefect."""
    path, limits = home.root.parent / "rows.csv", Settings().limits
    path.write_text(text, encoding="utf-8")
    pages = intake.fetch.fn(PipelineOptions(path=(path,), home=home.root), folder=home.pages)
    judged = tuple(intake.judge.fn(page, limits=limits, folder=home.judged) for page in pages)
    return intake.ingest.fn(judged, home=home, limits=limits)


def test_a_catalogue_whose_rows_are_all_in_quarantine_is_not_frozen(home: Home) -> None:
    done = ingest(home, FAULTY)
    assert (done.valid, done.quarantined) == (0, 2)
    with pytest.raises(ConfigError, match=r"holds no row: every row that was read is in quarantine.*cosmic inspect"):
        intake.freeze.fn(done.catalogue, done.state, home=home)
    assert not home.snapshots.exists()


def test_another_catalogue_than_the_one_that_was_filled_is_not_frozen(home: Home) -> None:
    done = ingest(home, FAULTY.replace("-9999", "18.5"))
    with pytest.raises(ConfigError, match="was replaced by another one during this run"):
        intake.freeze.fn(CatalogueId("another"), done.state, home=home)
    assert intake.freeze.fn(done.catalogue, done.state, home=home).rows == 2
