"""After an edit of the code a step runs again exactly where that code is behind it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cosmic.facts.file import facts_equal, read_facts
from cosmic.models.families import USUAL
from tests.flows.drill import ROOT, SMALL, facts_of, pipeline
from tests.flows.runs import WHAT_INGEST_MET, files_below

pytestmark = pytest.mark.slow

N_FITS = len(USUAL)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of our packages that may be edited, with a home beside them in which one run was made."""
    folder = tmp_path_factory.mktemp("project")
    for package in ("cosmic", "expectations", "tasks", "flows"):
        shutil.copytree(ROOT / package, folder / "code" / package, ignore=shutil.ignore_patterns("__pycache__"))
    steps(folder)
    return folder


def steps(project: Path) -> tuple[int, int]:
    """Run the pipeline of the copy; return the steps that worked and those that were remembered."""
    answer = pipeline(*SMALL, folder=project, root=project / "code")
    assert answer.returncode == 0, answer.stderr
    run = read_facts(facts_of(project)).run
    assert run.steps_run is not None
    assert run.steps_cached is not None
    return run.steps_run, run.steps_cached


def edit(project: Path, module: str) -> None:
    path = project / "code" / module
    path.write_text(path.read_text(encoding="utf-8") + "\n_EDITED = 1\n", encoding="utf-8")


def test_in_a_module_behind_no_step_nothing_runs_again(project: Path) -> None:
    before = files_below(project / "cosmic" / "simulated" / "fits")
    edit(project, "cosmic/inspection_view.py")
    worked, remembered = steps(project)
    assert worked == 3, "fetch, ingest and votes, as ever"
    assert remembered > 2 * N_FITS
    assert files_below(project / "cosmic" / "simulated" / "fits") == before


def test_in_a_module_behind_training_fits_run_again_but_nothing_before_them(project: Path) -> None:
    facts = read_facts(facts_of(project))
    judged = files_below(project / "cosmic" / "simulated" / "judged")
    snapshots = files_below(project / "cosmic" / "simulated" / "snapshots")
    datasets = files_below(project / "cosmic" / "simulated" / "datasets")
    fits = {
        path: changed
        for path, changed in files_below(project / "cosmic" / "simulated" / "fits").items()
        if path.is_file()
    }
    edit(project, "cosmic/models/families.py")
    worked, remembered = steps(project)
    assert remembered == 3, "judge, freeze and prepare"
    assert worked == 3 + 2 * N_FITS + 3, "fetch, ingest and votes; fit and score; keep, compose and pair"
    assert files_below(project / "cosmic" / "simulated" / "judged") == judged
    assert files_below(project / "cosmic" / "simulated" / "snapshots") == snapshots
    assert files_below(project / "cosmic" / "simulated" / "datasets") == datasets
    assert all(path.stat().st_mtime_ns > changed for path, changed in fits.items() if path.name == "facts.json")
    assert set(facts_equal(facts_of(project), facts)) <= WHAT_INGEST_MET
