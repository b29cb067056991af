"""`cosmic inspect`: a file is explained in one answer, mistakes get a way out, and nothing is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows import cli

ROOT = Path(__file__).resolve().parents[2]
SDSS = ROOT / ".." / "shared" / "data" / "sdss"

ROWS = """specObjID,u,g,r,i,z,class,subClass,zsp,probPSF,note
2634622337315530752,19.5,18.5,18.0,17.8,17.7,GALAXY,,0.1,0,a
2634622337315530753,20.5,-9999,18.0,17.8,17.7,QSO,BROADLINE,1.1,1,b
2634622337315530754,18.5,17.5,17.0,16.8,16.7,STAR,F5,0.0001,1,c
2634622337315530755,17.5,16.5,16.0,15.8,15.7,STAR,K9z,0.0,1,d
2634622337315530756,17.5,16.5,16.0,15.8,15.7,STAR,M2,0.0,-9999,e
2634622337315530757,17.5,16.5,16.0,abc,15.7,GALAXY,,0.2,0,f
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small file in the working folder, and no setting of Cosmic in the environment."""
    for name in [name for name in os.environ if name.startswith("COSMIC_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "rows.csv"
    file.write_text(ROWS, encoding="utf-8")
    return file


def cosmic(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command in this process and return its exit code; what it says is for `capsys`."""
    monkeypatch.setattr(sys, "argv", ["cosmic", *arguments])
    monkeypatch.setenv("COLUMNS", "80")
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def in_a_process(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("COSMIC_", "PREFECT_"))}
    return subprocess.run(
        [sys.executable, "-c", "from flows.cli import main; main()", *arguments],
        cwd=folder,
        env=clean | {"HOME": str(folder), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_file_is_explained_and_nothing_is_written(path: Path) -> None:
    before = path.stat().st_mtime_ns
    answer = in_a_process("inspect", "rows.csv", "--column", "redshift=zsp", folder=path.parent)
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == "", "no warnings, and no status where there is no terminal"
    assert max(map(len, answer.stdout.splitlines())) <= 80
    said = " ".join(answer.stdout.split())
    for what, words in {
        "columns and what they are taken for": "redshift zsp (override) all",
        "what is not used": "not used note",
        "the magnitude system, guessed": "system model: u g r i z are taken for model magnitudes",
        "the unit, guessed from values": "unit magnitude by their values (medians u 18",
        "sentinels in required columns": "g * g 5 . 1 .",
        "sentinels in optional columns": "prob_psf probPSF 5 . 1 .",
        "unreadable cells": "abc in row 6 (not a number)",
        "labels": "classes STAR 3 GALAXY 2 QSO 1",
        "star letters": "star letters F 1 M 1",
        "what it can serve": "fewer than two classes have 1,000 rows",
        "arms that lack columns": "photometric+shape",
        "what is quarantined": "3 of 6 rows (50 %)",
        "why, a sentinel": "1 g: -9999 is a sentinel, not a measurement",
        "why, an unknown string": "1 subclass: 'K9z' is not known for STAR",
        "why, an unreadable cell": "1 i: not a number",
        "how to go on": "python -m flows.full_pipeline --path rows.csv --column redshift=zsp",
    }.items():
        assert words in said, (what, answer.stdout)
    assert [*path.parent.iterdir()] == [path], "no home, no cache, no settings"
    assert path.stat().st_mtime_ns == before
    assert path.read_text(encoding="utf-8") == ROWS


def test_json_is_one_document_with_the_same_facts(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COSMIC_MIN_CLASS_SIZE", "2")
    assert cosmic(monkeypatch, "inspect", "rows.csv", "--json", "--column", "redshift=zsp") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["path"], found["format"], found["rows"]) == ("rows.csv", "CSV", 6)
    assert found["overrides"] == [["redshift", "zsp"]]
    assert {column["canonical"]: column["column"] for column in found["columns"]}["redshift"] == "zsp"
    assert found["verdict"]["quarantined"] == 3
    assert len(found["verdict"]["reasons"]) == 3
    assert found["verdict"]["problems"] == []
    photometric = [one for one in found["services"] if (one["task"], one["arm"]) == ("superclass", "photometric")]
    assert [one["dropped"] for one in photometric] == [{"galaxy": 1}], "the other galaxy and the quasar do not pass"
    assert [one["not_run"] for one in photometric] == ["fewer than two classes have 2 rows"]


def test_a_terminal_sees_what_is_being_done_and_the_answer_stays_clean(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # makes rich take any stream for a terminal
    monkeypatch.setenv("NO_COLOR", "1")
    assert cosmic(monkeypatch, "inspect", "rows.csv", "--json") == 0
    said = capsys.readouterr()
    assert "judging 6 rows…" in said.err
    assert "judging" not in said.out


def test_a_file_whose_values_are_no_sky_would_be_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    swapped = "".join(f"16,18,16,19,15,STAR,A0,{place}\n" for place in range(60))
    path.write_text("u,g,r,i,z,class,subClass,objID\n" + swapped, encoding="utf-8")
    assert cosmic(monkeypatch, "inspect", "rows.csv", "--column", "unit=magnitude") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Everything: the file as a whole would be refused." in said
    assert "bands are swapped" in said
    assert "full_pipeline" not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rosw.csv"], "rosw.csv does not exist (did you mean rows.csv?)"),
        (["rows.csv", "--column", "rdshift=zsp"], "there is no canonical column 'rdshift' (did you mean redshift"),
        (["rows.csv", "--column", "redshift=zps"], "rows.csv has no column 'zps' (did you mean zsp?)"),
        (["rows.csv", "--column", "redshift"], "--column"),
        (["."], "is a folder"),
    ],
)
def test_mistakes_end_with_1_and_plain_words(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    assert cosmic(monkeypatch, "inspect", *arguments) == 1
    said = capsys.readouterr()
    assert words in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("arguments", "teaches"),
    [
        (["--help"], ["inspect", "writes nothing", "flows.full_pipeline --path FILE", "simulated sky"]),
        (["inspect", "--help"], ["--column", "redshift=zsp", "obj_id=-", "unit=nanomaggies", "--json", "quarantine"]),
        (["--version"], ["cosmic "]),
    ],
)
def test_help_teaches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], teaches: list[str]
) -> None:
    assert cosmic(monkeypatch, *arguments) == 0
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for words in teaches:
        assert words in said


@pytest.mark.skipif(not SDSS.exists(), reason="the shared real tables are not beside this checkout")
def test_a_hundred_thousand_rows_are_judged_in_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.process_time()
    assert cosmic(monkeypatch, "inspect", str(SDSS / "spectra.csv.gz"), "--json") == 0
    assert time.process_time() - started < 15.0, "about 5 s of processor time alone, 4 of them to import"
    verdict = json.loads(capsys.readouterr().out)["verdict"]
    assert verdict["problems"] == []
    assert verdict["quarantined"] < 60
