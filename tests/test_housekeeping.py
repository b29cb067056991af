"""Old files go, and with them nothing that the catalogue, a model in use or the newest report needs."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cosmic.artefacts import intact, write
from cosmic.home import Home
from cosmic.housekeeping import Keep, Old, find, remove, summary
from cosmic.records import Sky

NOW = datetime(2026, 6, 1, tzinfo=UTC)
KEEP = Keep(reports=100, pages=80, snapshots=60, models=40, artefacts=20)
AGES = {"reports/run-1/report.html": 100, "pages/0a.csv": 80, "snapshots/0b.parquet": 60, "models/m/model.skops": 40,
        "fits/0c/fit.json": 20, "judged/0d.valid.parquet": 20, "datasets/0e.parquet": 20, "pictures/0f.npy": 20}  # fmt: skip
"""Files of each kind, and after how many days they may go."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, Sky.REAL)


def lay(home: Home, name: str, *, days: float) -> Path:
    path = write(home.root / home.sky / name, lambda part: part.write_text("x" * 10))
    for one in (path, path.with_name(f"{path.name}.sha256")):
        when = (NOW - timedelta(days=days)).timestamp()
        os.utime(one, (when, when))
    return path


def found(home: Home, *needed: Path) -> set[str]:
    return {
        one.path.relative_to(home.root / home.sky).as_posix() for one in find(home, needed=needed, keep=KEEP, now=NOW)
    }


@pytest.mark.parametrize(("name", "days"), AGES.items())
def test_a_file_goes_when_it_is_older_than_its_kind_is_kept(home: Home, name: str, days: int) -> None:
    shown = "reports/run-1" if name.startswith("reports") else name
    lay(home, name, days=days - 1)
    assert found(home) == set()
    path = lay(home, name, days=days + 1)
    assert found(home) == {shown}
    assert found(home, path.parent if shown != name else path) == set(), "what is needed stays, however old"


def test_files_of_no_kind_stay(home: Home) -> None:
    for name in (
        "catalogue.db",
        "images/0a.jpg",
        "votes/0b.parquet",
        "signals/one.json",
        "retrained/one.json",
        "pages/0a.manifest.json",
    ):
        lay(home, name, days=10_000)
    assert found(home) == set()


def test_what_a_killed_process_left_unfinished_goes_after_a_day(home: Home) -> None:
    lay(home, "fits/.0a.json.12-ab.part", days=0.5)
    assert found(home) == set()
    lay(home, "fits/.0a.json.12-ab.part", days=2)
    assert found(home) == {"fits/.0a.json.12-ab.part"}


def test_a_report_is_as_old_as_its_newest_file(home: Home) -> None:
    lay(home, "reports/run-1/facts.json", days=400)
    lay(home, "reports/run-1/report.html", days=1)
    assert found(home) == set()


def test_removing_takes_digests_along_and_leaves_the_rest_whole(home: Home) -> None:
    old, young = lay(home, "fits/0a/old.json", days=50), lay(home, "fits/0a/young.json", days=1)
    lay(home, "reports/run-1/report.html", days=400)
    going = find(home, needed=(), keep=KEEP, now=NOW)
    assert "Would remove 2 files" in summary(going, removed=False)
    assert old.exists()
    remove(going)
    remove(going)  # a second time, as after a kill
    assert sorted(path.name for path in (home.fits / "0a").iterdir()) == ["young.json", "young.json.sha256"]
    assert intact(young)
    assert not (home.reports / "run-1").exists()
    assert find(home, needed=(), keep=KEEP, now=NOW) == ()


def test_the_summary_counts_files_and_bytes_by_kind() -> None:
    told = summary(
        [Old("pages", Path("a"), 1000), Old("pages", Path("b"), 500), Old("fits", Path("c"), 1)], removed=True
    )
    assert told.splitlines() == ["Removed 3 files, 1,501 bytes:", "  fits: 1, 1 bytes", "  pages: 2, 1,500 bytes"]
    assert summary([], removed=True) == "Nothing is old enough to be removed."
