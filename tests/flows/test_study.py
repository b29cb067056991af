"""The study as a person runs it: killed halfway it goes on, and on real files every row of the table is accounted for."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from pathlib import Path

import pytest

from cosmic.facts import Facts
from cosmic.facts.file import facts_equal, read_facts
from cosmic.study.grid import FIVE_FEATURES
from cosmic.study.network import NOT_INSTALLED
from tests.flows.drill import ROOT, facts_of, run, running
from tests.flows.runs import WHAT_INGEST_MET

pytestmark = pytest.mark.slow

SDSS = ROOT / ".." / "shared" / "data" / "sdss"
SMALL = ("--rows", "1000", "--task", "superclass", "--arm", "photometric")
WORKERS = 2
HALF = 12
"""Units of the grid that are done when the run is killed, of about fifty: the heaviest, which take half the time."""
LONGEST = 7_200.0
"""Seconds after which a study on a loaded machine is taken for one that hangs."""


def study(*options: str, folder: Path) -> Facts:
    with running(*options, folder=folder, flow="study", COSMIC_WORKERS=str(WORKERS)) as whole:
        assert whole.process.wait(LONGEST) == 0, whole.text()
    return read_facts(facts_of(folder))


def units_of(folder: Path) -> dict[str, int]:
    """Return the files of units that are done, with the time of their last change."""
    found = (folder / "cosmic" / "simulated" / "study").glob("unit-*.json")
    return {path.name: path.stat().st_mtime_ns for path in found}


def remembered(folder: Path) -> set[str]:
    """Return the units that a whole record among the remembered ones names."""
    named: set[str] = set()
    for path in (folder / "cosmic" / "results").glob("*"):
        try:
            json.loads(path.read_bytes())
        except ValueError:  # cut off by the kill
            continue
        named |= set(re.findall(r"unit-[0-9a-f]{32}\.json", path.read_text(encoding="utf-8")))
    return named


def test_killed_halfway_it_goes_on_where_it_stopped_and_ends_with_the_same_facts(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running(*SMALL, folder=folder, flow="study", COSMIC_WORKERS=str(WORKERS)) as killed:
        killed.wait_until(lambda: len(units_of(folder)) >= HALF)
        assert killed.kill_group(signal.SIGKILL) == -signal.SIGKILL
    before, known = units_of(folder), remembered(folder)
    assert len(before.keys() - known) <= WORKERS
    dry = run("-m", "flows.study", *SMALL, "--dry-run", folder=folder, COSMIC_WORKERS=str(WORKERS))
    assert re.search(rf"^grid +{len(known)} ", dry.stdout, re.MULTILINE), dry.stdout

    facts = study(*SMALL, folder=folder)
    other = tmp_path_factory.mktemp("undisturbed")
    undisturbed = study(*SMALL, folder=other)
    # the file of a unit names its seconds, so that one done again is another one
    assert len(units_of(folder)) - len(before.keys() - known) == len(units_of(other)), "a unit was done twice"
    assert set(facts_equal(facts, undisturbed)) <= WHAT_INGEST_MET
    assert len([one for one in facts.grid if one.features == "X0" and not one.variant]) == 246
    ran = [one for one in facts.grid if one.validation]
    assert {one.task for one in ran} == {"superclass"}
    assert {one.features for one in ran} == {"X0", "X1", "X2", "X3", "X7"}
    assert facts.published_grid == ()


@pytest.mark.skipif(not SDSS.exists(), reason="the shared real tables are not beside this checkout")
def test_on_real_files_all_246_rows_have_figures_or_a_reason(folder: Path) -> None:
    tables = ("spectra.csv.gz", "stars.csv.gz", "galaxies_gz2.csv.gz")
    paths = [word for table in tables for word in ("--path", str((SDSS / table).resolve()))]
    with running(*paths, "--min-class-size", "100", "--arm", "published", folder=folder, flow="study") as real:
        assert real.process.wait(LONGEST) == 0, real.text()
    facts = read_facts(facts_of(folder))
    assert [one.key for one in facts.grid[:246]] == [one.key for one in facts.published_grid]
    reasons = Counter(one.not_run for one in facts.grid[:246])
    wrong = [why for why in reasons if why and why != NOT_INSTALLED and "neighbours are more than" not in why]
    assert wrong == []
    stars = [one for one in facts.grid[:246] if one.task == "star" and one.validation]
    assert stars
    assert all(FIVE_FEATURES in one.notes for one in stars)
    assert len(facts.grid_test) == 18
    assert {(one.task, one.published is not None) for one in facts.grid_test} == {
        ("superclass", True), ("star", False), ("galaxy", False),
    }  # fmt: skip
