"""A run is compared with the last one of its catalogue, and its models only where the question was the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic import facts as f
from cosmic.facts.file import write_facts
from cosmic.reporting.since import Setup, last_report, previous
from tests.reporting.sample_facts import sample_facts

OURS, OTHER = "4be0f8f8-9c1e-4f6e-9b53-0d7f4a3e2a10", "11111111-9c1e-4f6e-9b53-0d7f4a3e2a10"


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> f.Facts:
    return sample_facts(tmp_path_factory.mktemp("facts"), bare=True)


def _report(facts: f.Facts, reports: Path, *, id: str, catalogue: str) -> None:
    (reports / id).mkdir(parents=True)
    run = facts.run.model_copy(update={"id": id, "catalogue": catalogue})
    write_facts(facts.model_copy(update={"run": run}), reports / id)


def test_the_last_report_is_the_newest_readable_one_of_the_same_catalogue(facts: f.Facts, tmp_path: Path) -> None:
    assert last_report(tmp_path, catalogue=OURS) is None
    _report(facts, tmp_path, id="20260101", catalogue=OURS)
    _report(facts, tmp_path, id="20260102", catalogue=OTHER)
    (tmp_path / "20260103").mkdir()
    (tmp_path / "20260103" / "facts.json").write_text("{")
    found = last_report(tmp_path, catalogue=OURS)
    assert found is not None
    assert found.run.id == "20260101"
    assert last_report(tmp_path, catalogue="another") is None


def test_a_setup_differs_in_filter_split_and_magnitudes(facts: f.Facts) -> None:
    before = Setup.of(facts)
    assert Setup.of(facts).differs(before) == ()
    random = f.SplitFacts(name="random")
    other = facts.model_copy(update={"filter": "brightness", "split": random, "seed": 7})
    assert Setup.of(other).differs(before) == (
        "filter: none before, brightness now",
        "split: sky (salt cosmic-1, nside 64) before, random (seed 7) now",
    )
    # the seed is of the fits and of the random split alone; the number of objects in each part is no setup
    grown = facts.model_copy(update={"seed": 7, "split": facts.split.model_copy(update={"parts": {}})})
    assert Setup.of(grown).differs(before) == ()
    petro = facts.model_copy(update={"snapshot": facts.snapshot.model_copy(update={"system": "petro"})})
    assert Setup.of(petro).differs(before) == ("magnitudes: model before, petro now",)


def test_classes_that_appeared_or_went_are_named_by_task(facts: f.Facts) -> None:
    def having(**counts: dict[str, int]) -> Setup:
        return Setup.of(facts.model_copy(update={"class_counts": counts}))

    before, now = having(star={"A": 9, "F": 9}, galaxy={}), having(star={"F": 9, "K": 9, "M": 9}, galaxy={"Sb": 9})
    assert now.classes_beyond(before) == {"star": ("K", "M")}
    assert before.classes_beyond(now) == {"star": ("A",)}
    assert now.classes_beyond(now) == {}


def test_what_changed_since_names_the_run_with_its_time_and_what_it_was(facts: f.Facts, tmp_path: Path) -> None:
    other = facts.model_copy(update={"filter": "gz2", "class_counts": {"superclass": {"star": 9}}})
    found = previous(facts, None, (), now=Setup.of(other), root=tmp_path, resamples=100)
    assert (found.started, found.differs) == ("2026-11-23T06:41:12Z", ("filter: none before, gz2 now",))
    assert (found.classes_new, found.classes_gone) == ({}, {"superclass": ("galaxy", "quasar")})
