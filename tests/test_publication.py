"""Reports are put where people read them: whole, page last, arrays left at home; what cannot be reached is explained."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from cosmic.errors import ConfigError, TransientSourceError
from cosmic.publication import Place
from cosmic.records import Report, Sky


@pytest.fixture
def made(tmp_path: Path) -> Report:
    folder, latest = tmp_path / "home" / "real" / "reports" / "run-1", tmp_path / "home" / "reports" / "latest"
    for place in (folder, latest):
        place.mkdir(parents=True)
        for name in ("report.html", "study.html", "facts.json", "0a.npy", ".report.html.part"):
            (place / name).write_text(f"{name} of {place.name}")
    return Report("run-1", folder / "report.html", folder / "facts.json", latest / "report.html", "", "", "")


def test_a_report_and_the_newest_one_are_published(made: Report, tmp_path: Path) -> None:
    place = Place(str(tmp_path / "there"), "https://example.org/cosmic/")
    place.publish(made, sky=Sky.REAL)
    place.publish(made, sky=Sky.REAL)
    there = sorted(path.relative_to(tmp_path / "there").as_posix() for path in (tmp_path / "there").rglob("*.*"))
    names = ("facts.json", "report.html", "study.html")
    assert there == sorted([*(f"real/run-1/{name}" for name in names), *(f"latest/{name}" for name in names)])
    assert place.link(made, sky=Sky.REAL) == "https://example.org/cosmic/real/run-1/report.html"


def test_any_place_that_fsspec_reaches_will_do(made: Report) -> None:
    Place("memory://cosmic/reports").publish(made, sky=Sky.REAL)
    system = fsspec.filesystem("memory")
    assert system.cat("/cosmic/reports/real/run-1/report.html") == b"report.html of run-1"
    system.rm("/cosmic", recursive=True)


def test_without_a_place_or_an_address_there_is_no_link(made: Report, tmp_path: Path) -> None:
    Place().publish(made, sky=Sky.REAL)
    assert Place(None, "https://example.org").link(made, sky=Sky.REAL) is None
    assert Place(str(tmp_path)).link(made, sky=Sky.REAL) is None


def test_a_place_that_needs_what_is_not_installed_says_what_to_install(
    made: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)  # as where it is not installed
    with pytest.raises(ConfigError, match=r"s3://, which needs a library .* 'cosmic-retrain\[s3\]'"):
        Place("s3://bucket/cosmic").publish(made, sky=Sky.REAL)
    with pytest.raises(ConfigError, match="nonsense://, which is no place"):
        Place("nonsense://bucket").publish(made, sky=Sky.REAL)


def test_a_place_that_cannot_be_written_is_for_later_and_no_secret_is_told(made: Report, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TransientSourceError, match="could not be published") as failed:
        Place(f"{tmp_path / 'file'}/token-swordfish").publish(made, sky=Sky.REAL)
    assert "swordfish" not in str(failed.value)
