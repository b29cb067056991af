"""How the flow starts from a command line: help and dry run at once, mistakes in plain words, nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import flows
import tasks
from cosmic.settings import RunOptions
from tests.flows.drill import pipeline, run
from tests.flows.runs import Twice, files_below

HEAVY = ("tensorflow", "great_expectations", "astroquery", "sklearn", "imblearn", "matplotlib", "astropy", "skops")

IMPORT_ALL = """
import importlib, json, sys
found = {}
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
    for heavy in json.loads(sys.argv[2]):
        if heavy in sys.modules and heavy not in found:
            found[heavy] = name
print(json.dumps(found))
"""

WITHOUT_PREFECT = """
import runpy, sys
sys.modules["prefect"] = None  # importing it raises
sys.argv = ["flows.full_pipeline", "--help"]
runpy.run_module("flows.full_pipeline", run_name="__main__")
"""


def test_no_flow_and_no_task_imports_a_heavy_library_before_the_step_that_needs_it(tmp_path: Path) -> None:
    names = [
        f"{package.__name__}.{path.stem}"
        for package in (flows, tasks)
        for path in sorted(Path(package.__path__[0]).glob("*.py"))
        if path.stem != "__init__"
    ]
    assert {"flows.full_pipeline", "flows.cli", "tasks.training"} <= set(names)
    answer = run("-c", IMPORT_ALL, json.dumps(names), json.dumps(HEAVY), folder=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {}, "each with the first module that brings it in"


def test_help_explains_every_option_without_prefect(tmp_path: Path) -> None:
    answer = run("-c", WITHOUT_PREFECT, folder=tmp_path, COLUMNS="100")
    assert answer.returncode == 0, answer.stderr
    said = " ".join(answer.stdout.replace("│", " ").split())
    for name, field in RunOptions.model_fields.items():
        assert f"--{name.replace('_', '-')}" in said
        assert " ".join(str(field.description).split()[:4]) in said
    assert "Default: 20000" in said
    assert files_below(tmp_path) == {}


def test_a_dry_run_on_a_fresh_home_says_what_would_be_done_and_touches_nothing(tmp_path: Path) -> None:
    answer = pipeline("--rows", "1000", "--dry-run", folder=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert files_below(tmp_path) == {}
    assert answer.stdout.startswith("Nothing was done. ")
    assert cached_and_to_do(answer.stdout) == {
        "fetch": (0, 1), "judge": (0, 1), "ingest": (0, 1), "freeze": (0, 1), "prepare": (0, 16), "train": (0, 169),
        "score": (0, 169), "keep": (0, 16), "votes": (0, 1), "compose": (0, 5), "report": (0, 1),
    }  # fmt: skip
    assert "a new catalogue" in answer.stdout


def test_a_dry_run_after_a_run_says_that_all_is_there_and_touches_nothing(twice: Twice, tmp_path: Path) -> None:
    home = twice.first.options.home
    before = files_below(home)
    asked = ("--home", str(home), "--rows", "1000", "--task", "superclass", "--task", "star", "--arm", "photometric")
    answer = pipeline(*asked, "--dry-run", folder=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert files_below(home) == before
    assert files_below(tmp_path) == {}
    assert cached_and_to_do(answer.stdout) == {
        "fetch": (1, 0), "judge": (1, 0), "ingest": (1, 0), "freeze": (1, 0), "prepare": (2, 0), "train": (22, 0),
        "score": (22, 0), "keep": (2, 0), "votes": (0, 1), "compose": (1, 0), "report": (0, 1),
    }  # fmt: skip


def cached_and_to_do(said: str) -> dict[str, tuple[int, int]]:
    """Return the numbers of a plan's table by step."""
    rows = [line.split() for line in said.split("to do", 1)[1].splitlines()[1:] if line.strip()]
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}


@pytest.mark.parametrize("dry", [True, False], ids=["dry", "whole"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--path", "rosw.csv"], "rosw.csv does not exist (did you mean rows.csv?). Check the path."),
        (["--rows", "3"], "--rows"),
        (["--task", "stars"], "--task"),
        (["--source", "files"], "--source files reads nothing without --path PATH"),
        (["--holdout", "held.csv"], "held.csv does not exist"),
        (["--path", "without_red_band.csv"], "without_red_band.csv"),
        (["--home", "without_red_band.csv"], "The home without_red_band.csv cannot be used"),
    ],
    ids=[
        "a missing file",
        "too few rows",
        "an unknown task",
        "no path",
        "a missing hold-out",
        "no r",
        "a file as home",
    ],
)
def test_a_mistake_is_one_plain_message(tmp_path: Path, options: list[str], words: str, dry: bool) -> None:
    (tmp_path / "rows.csv").write_text("u,g,r,i,z,class\n", encoding="utf-8")
    (tmp_path / "without_red_band.csv").write_text("u,g,i,z,class\n", encoding="utf-8")
    before = files_below(tmp_path)
    answer = pipeline(*options, *(["--dry-run"] if dry else []), folder=tmp_path)
    assert answer.returncode in (1, 2), "2 where the command line itself is not understood"
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""
    assert files_below(tmp_path) == before
