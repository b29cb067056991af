"""`cosmic catalogue`: a catalogue goes to another database and is proved there; passwords are never repeated."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cosmic.catalogue import Catalogue, schema
from cosmic.catalogue.database import Database
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
    assert "There is no catalogue of the real sky" in capsys.readouterr().err


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


def test_backup_and_restore_as_a_person_types_them(
    laptop: str, tmp_path: Path, cosmic: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cosmic("catalogue", "backup", "--to", str(tmp_path / "kept.db")) == 0
    assert f"tables at revision {schema.revisions()[-1]}, snapshot (no objects)" in capsys.readouterr().out
    file = tmp_path / "home" / "real" / "catalogue.db"
    was = file.read_bytes()
    for one in file.parent.glob("catalogue.db*"):
        one.unlink()
    assert cosmic("catalogue", "restore", "--from", str(tmp_path / "kept.db")) == 0
    assert f"holds what {tmp_path / 'kept.db'} holds" in capsys.readouterr().out
    with Catalogue.open(laptop, sky=Sky.REAL, lock_folder=tmp_path) as again:
        assert again.id.encode() in was


def test_upgrade_says_from_where_to_where(
    postgres_url: str, tmp_path: Path, cosmic: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COSMIC_DATABASE_URL", postgres_url)
    old = Database(postgres_url, sky=Sky.REAL, lock_folder=tmp_path, lock_timeout=5)
    schema.move(old, "0005", sky=Sky.REAL, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert cosmic("alerts", "list") == 1
    assert "cosmic catalogue backup --to FILE" in capsys.readouterr().err
    assert cosmic("catalogue", "upgrade") == 0
    newest = schema.revisions()[-1]
    assert f"was brought from revision 0005 to {newest}." in capsys.readouterr().out
    assert cosmic("catalogue", "upgrade") == 0
    assert f"is at revision {newest}, the newest." in capsys.readouterr().out


@pytest.mark.parametrize("command", ["copy", "role", "backup", "restore", "upgrade"])
def test_every_command_teaches_by_an_example(command: str, cosmic: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert cosmic("catalogue", command, "--help") == 0
    assert f"cosmic catalogue {command}" in " ".join(capsys.readouterr().out.split()).replace(
        "catalogue \n", "catalogue "
    )
