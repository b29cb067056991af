"""`cosmic catalogue`: a catalogue goes to another database and is proved there; passwords are never repeated."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cosmic.catalogue import Catalogue
from cosmic.records import Sky
from flows import cli

Run = Callable[..., int]


@pytest.fixture
def cosmic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs the command in this process and returns its exit code, without settings of the machine."""
    for name in [name for name in os.environ if name.startswith("COSMIC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COSMIC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["cosmic", *arguments])
        try:
            cli.main()
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    return run


@pytest.fixture
def laptop(tmp_path: Path) -> str:
    """Give the URL of a catalogue where a laptop has it: in the home."""
    url = f"sqlite:///{tmp_path / 'home' / 'real' / 'catalogue.db'}"
    Catalogue.open(url, sky=Sky.REAL, lock_folder=tmp_path / "home" / "real" / "locks").close()
    return url


def test_copy_says_what_both_hold(
    laptop: str, postgres_url: str, tmp_path: Path, cosmic: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "url").write_text(f"{postgres_url}\n")
    assert cosmic("catalogue", "copy", "--to-file", str(tmp_path / "url")) == 0
    said = capsys.readouterr().out
    assert "Equal in both: rows and values of " in said
    assert "objects  " in said
    with (
        Catalogue.open(postgres_url, sky=Sky.REAL, lock_folder=tmp_path) as there,
        Catalogue.open(laptop, sky=Sky.REAL, lock_folder=tmp_path) as here,
    ):
        assert there.id == here.id


def test_copy_asks_for_one_target_and_for_a_catalogue(cosmic: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert cosmic("catalogue", "copy") == 1
    assert "either --to URL or --to-file FILE" in capsys.readouterr().err
    assert cosmic("catalogue", "copy", "--to", "sqlite:////tmp/never.db") == 1
    assert "there is nothing of the real sky to take" in capsys.readouterr().err


def test_a_password_in_the_target_is_not_repeated(laptop: str, cosmic: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert cosmic("catalogue", "copy", "--to", "postgresql://me:s3cret-w0rd@127.0.0.1:1/x?connect_timeout=1") == 1
    told = capsys.readouterr()
    assert "The database x at 127.0.0.1:1 cannot be reached" in told.err
    assert "s3cret-w0rd" not in told.out + told.err


def test_a_file_that_holds_no_url_is_named(
    laptop: str, tmp_path: Path, cosmic: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").write_text("\n")
    assert cosmic("catalogue", "copy", "--to-file", str(tmp_path / "empty")) == 1
    assert "which is empty" in capsys.readouterr().err
    assert cosmic("catalogue", "copy", "--to-file", str(tmp_path / "absent")) == 1
    assert "absent, which cannot be read: No such file" in capsys.readouterr().err
