"""What the pipeline reaches on real rows of the survey, each by the model that is best on validation."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic.facts import Facts
from cosmic.facts.file import read_facts
from cosmic.facts.results import Scores
from tests.flows.drill import ROOT, facts_of, pipeline

SDSS = ROOT / ".." / "shared" / "data" / "sdss"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SDSS.exists(), reason="the shared real tables are not beside this checkout"),
]


def run(folder: Path, *tables: str, options: tuple[str, ...]) -> Facts:
    paths = [word for table in tables for word in ("--path", str((SDSS / table).resolve()))]
    answer = pipeline(*paths, *options, folder=folder)
    assert answer.returncode == 0, answer.stderr
    return read_facts(facts_of(folder))


def best(facts: Facts, task: str, arm: str) -> Scores:
    """Return the test scores of the model that is best on validation."""
    found = [one for one in facts.best if (one.task, one.arm) == (task, arm)]
    assert len(found) == 1
    scores = facts.results[found[0].result].test
    assert scores is not None
    return scores


SUPERCLASS = ("--task", "superclass")
PHOTOMETRIC = ("--arm", "photometric")
MATCHED = ("--arm", "magnitude-matched")
ENSEMBLE = ("--model", "ensemble")


def test_spectra_reach_what_the_study_reached_and_what_colours_alone_can(folder: Path) -> None:
    facts = run(folder, "spectra.csv.gz", options=(*SUPERCLASS, "--arm", "published", *PHOTOMETRIC, *MATCHED))
    assert facts.source.simulated is False
    assert facts.ingest.rows == 101_862
    assert (best(facts, "superclass", "published").f1 or 0) >= 0.98
    assert (best(facts, "superclass", "photometric").f1 or 0) >= 0.905
    matched = best(facts, "superclass", "magnitude-matched")
    assert len({one.n for one in matched.per_class.values()}) == 1
    assert 0.83 <= (matched.f1 or 0) < 0.905, "what brightness told is gone"


def test_an_ensemble_tells_more_by_colours_alone(folder: Path) -> None:
    facts = run(folder, "spectra.csv.gz", options=(*SUPERCLASS, *PHOTOMETRIC, *ENSEMBLE))
    assert {one.model for one in facts.results} == {"ensemble"}
    assert (best(facts, "superclass", "photometric").f1 or 0) >= 0.912


def test_two_tables_in_one_ingest_teach_more_than_one(folder: Path) -> None:
    facts = run(
        folder, "spectra.csv.gz", "spectra_with_subclass.csv.gz", options=(*SUPERCLASS, *PHOTOMETRIC, *ENSEMBLE)
    )  # fmt: skip
    assert len(facts.source.pages) == 2
    assert (best(facts, "superclass", "photometric").f1 or 0) >= 0.92


def test_stars_are_told_apart_in_ten_letters(folder: Path) -> None:
    options = ("--task", "star", *PHOTOMETRIC, "--min-class-size", "100", *ENSEMBLE)
    facts = run(folder, "stars.csv.gz", options=options)
    scores = best(facts, "star", "photometric")
    assert len(scores.per_class) == 10
    assert (scores.accuracy or 0) >= 0.842
    assert (scores.f1_macro or 0) >= 0.60


def test_galaxies_are_told_apart_by_the_strings_of_one_classification(folder: Path) -> None:
    options = ("--task", "galaxy", "--arm", "published", *PHOTOMETRIC, "--min-class-size", "100", *ENSEMBLE)
    facts = run(folder, "galaxies_gz2.csv.gz", options=options)
    assert facts.ingest.reasons == {"repeats row of the same object with equal values": 347}
    scores = best(facts, "galaxy", "published")
    assert len(scores.per_class) == 9
    assert (scores.accuracy or 0) >= 0.34 > (scores.majority or 1) > 0.2
    for arm in ("published", "photometric"):
        assert (best(facts, "galaxy", arm).balanced_accuracy or 0) >= 0.2
    assert any("3,294 are not taken" in note.text for note in facts.notes)
    study = {row.model: row for row in facts.published_study if (row.task, row.data) == ("galaxy", "tabular")}
    assert (study["majority"].accuracy, study["random_forest"].accuracy) == (0.1984, 0.2844)
    assert "0.2857" in (study["ffnn"].note or "")


def test_shape_tells_more_than_colours_alone(folder: Path) -> None:
    facts = run(
        folder, "spectra_with_subclass.csv.gz", options=(*SUPERCLASS, *PHOTOMETRIC, "--arm", "photometric+shape", *ENSEMBLE)
    )  # fmt: skip
    shaped, plain = (best(facts, "superclass", arm) for arm in ("photometric+shape", "photometric"))
    assert (shaped.f1 or 0) >= 0.976 > (plain.f1 or 0) > 0.96


def test_spectral_classes_of_galaxies_are_told_apart_and_other_tables_lend_no_none(folder: Path) -> None:
    options = ("--task", "galaxy-spectral", *PHOTOMETRIC)
    facts = run(folder, "spectra.csv.gz", "spectra_with_subclass.csv.gz", options=options)
    (labels,) = facts.labels
    # of 50,366 galaxies of spectra.csv.gz 50,255 have an empty subclass, which says nothing there
    assert sum(part.n for part in labels.parts["none"].values()) < 7_500
    assert labels.excluded["no subclass known"] > 40_000
    assert labels.notes[0].startswith("compound strings, counted as BROADLINE: ")
    scores = best(facts, "galaxy-spectral", "photometric")
    assert (scores.f1 or 0) >= 0.62 > 3 * (scores.majority_f1 or 1)
