"""The latest report is whole at every moment and is the newest."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic.errors import ArtefactCorrupt
from cosmic.reporting.latest import publish_latest


def _report(folder: Path, text: str, *arrays: str) -> Path:
    folder.mkdir()
    for name in ("report.html", "facts.json", *arrays):
        (folder / name).write_text(f"{name} {text}")
    (folder / ".facts.json.17.part").write_text("left by a kill")
    return folder


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_newest_report_takes_the_place_of_the_last(tmp_path: Path) -> None:
    latest = tmp_path / "reports" / "latest"
    html = publish_latest(_report(tmp_path / "one", "one", "a.npy", "b.npy"), latest)
    assert (html, html.read_text()) == (latest / "report.html", "report.html one")
    assert _names(latest) == ["a.npy", "b.npy", "facts.json", "report.html"]
    publish_latest(_report(tmp_path / "two", "two", "b.npy", "c.npy"), latest)
    assert _names(latest) == ["b.npy", "c.npy", "facts.json", "report.html"]
    assert {path.read_text().split()[1] for path in latest.iterdir()} == {"two"}


def test_publishing_twice_changes_nothing(tmp_path: Path) -> None:
    report = _report(tmp_path / "one", "one", "a.npy")
    publish_latest(report, tmp_path / "latest")
    publish_latest(report, tmp_path / "latest")
    assert _names(tmp_path / "latest") == ["a.npy", "facts.json", "report.html"]


@pytest.mark.parametrize("lost", ["report.html", "facts.json"])
def test_an_incomplete_report_is_refused_and_the_last_one_stays(lost: str, tmp_path: Path) -> None:
    publish_latest(_report(tmp_path / "one", "one"), tmp_path / "latest")
    broken = _report(tmp_path / "two", "two")
    (broken / lost).unlink()
    with pytest.raises(ArtefactCorrupt, match=lost):
        publish_latest(broken, tmp_path / "latest")
    assert (tmp_path / "latest" / "report.html").read_text() == "report.html one"


def test_a_kill_at_any_write_leaves_a_whole_report_and_publishing_again_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_replace = Path.replace
    two = _report(tmp_path / "two", "two", "c.npy")
    for survived in range(3):
        latest = tmp_path / f"latest{survived}"
        publish_latest(_report(tmp_path / f"one{survived}", "one", "a.npy"), latest)
        left = [survived]

        def dying(self: Path, target: Path, left: list[int] = left) -> Path:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return real_replace(self, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", dying)
            with pytest.raises(KeyboardInterrupt):
                publish_latest(two, latest)
        assert (latest / "report.html").read_text() == "report.html one"
        publish_latest(two, latest)
        assert _names(latest) == ["c.npy", "facts.json", "report.html"]
        assert (latest / "report.html").read_text() == "report.html two"
