"""Faults through real runs: the incident that each opens, what is set apart rightly, and silence on sound nights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cosmic.catalogue import open_catalogue
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.planted import FaultName
from cosmic.records import Sky
from cosmic.simulation.faults import Catcher
from flows.rehearsing import NOT_CAUGHT, Night, Rehearsal, Tried, play, rehearse
from tests.alerts.receivers import web_hook

pytestmark = pytest.mark.usefixtures("prefect_server")

ROWS = 1500
EXACT = (FaultName.DUPLICATED_STRIPE, FaultName.SENTINEL_BURSTS)
INCIDENT = {
    FaultName.FLUX_BAND: {"page-refused"},
    FaultName.DUPLICATED_STRIPE: {"rows-repeated"},
    FaultName.RENAMED_COLUMN: {"catalogue-refused", "page-refused", "page-unreadable"},  # by which column it is
    FaultName.FLIPPED_LABELS: {"rows-quarantined"},
    FaultName.MISSING_BAND: {"page-unreadable"},
    FaultName.SENTINEL_BURSTS: {"rows-quarantined"},
    FaultName.SWAPPED_BANDS: {"page-refused"},
    FaultName.ROUNDED_IDS: {"page-refused"},
    FaultName.TRUNCATED_PAGE: {"page-unreadable"},
    FaultName.SHIFTED_ZERO_POINT: {"drift"},
    FaultName.DRIFTING_CLASSES: {"drift"},
}
"""Of each fault, written down a second time."""
REFUSED = (FaultName.FLUX_BAND, FaultName.RENAMED_COLUMN, FaultName.MISSING_BAND, FaultName.SWAPPED_BANDS,
           FaultName.ROUNDED_IDS, FaultName.TRUNCATED_PAGE)  # fmt: skip


@pytest.fixture(scope="module")
def found(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """Every fault after three nights, then thirty nights without any."""
    return rehearse(root=tmp_path_factory.mktemp("rehearsal"), rows=ROWS, seeds=(0,), before=3, sound=30)


@pytest.mark.slow
def test_each_fault_opens_exactly_its_incident(found: Rehearsal) -> None:
    assert found.as_meant
    by_fault = {FaultName(one.fault): one for one in found.tried}
    assert set(by_fault) == set(FaultName) == set(INCIDENT)
    for fault, checks in INCIDENT.items():
        one = by_fault[fault]
        assert len(one.signals) == 1, one
        assert set(one.signals) <= checks, one
        assert one.wrong == 0, one
        assert (one.stored == 0) == (fault in REFUSED), one
    for fault in EXACT:
        one = by_fault[fault]
        assert one.reached == 0
        assert one.planted - 3 <= one.right <= one.planted  # a few would be in quarantine without it too
    flipped = by_fault[FaultName.FLIPPED_LABELS]
    assert 0.4 * flipped.planted < flipped.right < flipped.planted
    assert "ends within data row" in by_fault[FaultName.TRUNCATED_PAGE].check


@pytest.mark.slow
def test_thirty_nights_without_a_fault_open_nothing(found: Rehearsal) -> None:
    assert found.false_alarms == ()
    assert found.sound == 30
    assert found.sound_quarantined > 0  # the sky has flaws of its own, and they are no alarm


@pytest.mark.slow
def test_a_catalogue_grows_by_the_nights_of_one_sky_and_begins_anew_with_another(tmp_path: Path) -> None:
    def held() -> int:
        with open_catalogue(Home(tmp_path, Sky.SIMULATED), Settings(database_url=None)) as catalogue:
            return int(catalogue.rows().num_rows)

    def night(number: int, *, seed: int = 5, faults: tuple[str, ...] = ()) -> int:
        played = play(Night(1000, seed, number, faults), root=tmp_path)
        assert played.ingest is not None
        return played.ingest.inserted

    first = night(0)
    second = night(1, faults=("sentinel-bursts@1",))
    assert held() == first + second
    assert night(0) == 0
    assert held() == first + second
    healed = night(1)  # the same night without the fault is another sky
    assert held() == healed > second
    other = night(0, seed=6)
    assert held() == other


def test_neither_the_team_s_database_nor_its_people_notice_a_rehearsal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_hook() as hook:
        monkeypatch.setenv("COSMIC_DATABASE_URL", f"sqlite:///{tmp_path / 'team.db'}")
        monkeypatch.setenv("COSMIC_ALERT_URLS", hook.address)
        assert play(Night(1000, 1), root=tmp_path / "own").incidents == ()
        played = play(Night(1000, 1, 1, ("truncated-page",)), root=tmp_path / "own")
        assert [(one.check, one.table) for one in played.incidents] == [("page-unreadable", "objects from simulated")]
        assert hook.asked == 0
    assert not (tmp_path / "team.db").exists()
    pages = Home(tmp_path / "own", Sky.SIMULATED).pages
    (told,) = pages.glob("*.truth.json")  # beside the faulty page alone
    assert list(json.loads(told.read_text())["faults"]) == ["truncated-page"]


def tried(fault: FaultName, caught_by: str, expected: Catcher, *signals: str) -> Tried:
    return Tried(str(fault), 0, (str(expected),), caught_by, "", 9, 0, 0, 9, 9, signals)


def test_what_escapes_or_tells_nobody_or_tells_twice_is_not_as_meant() -> None:
    escaped = tried(FaultName.SWAPPED_BANDS, NOT_CAUGHT, Catcher.PAGE)
    assert not escaped.as_meant
    assert not tried(FaultName.SHIFTED_ZERO_POINT, NOT_CAUGHT, Catcher.DRIFT).as_meant
    assert tried(FaultName.SHIFTED_ZERO_POINT, "drift", Catcher.DRIFT, "drift").as_meant
    assert not tried(FaultName.SWAPPED_BANDS, "page contract", Catcher.PAGE).as_meant  # caught, and nobody was told
    assert tried(FaultName.SWAPPED_BANDS, "page contract", Catcher.PAGE, "page-refused").as_meant
    twice = tried(FaultName.SWAPPED_BANDS, "page contract", Catcher.PAGE, "page-refused", "rows-quarantined")
    assert not twice.as_meant
    calm = Rehearsal(ROWS, (0,), 1, (), 3)
    assert calm.as_meant
    assert not Rehearsal(ROWS, (0,), 1, (), 3, ("night 1: rows-quarantined",)).as_meant
    assert not Rehearsal(ROWS, (0,), 1, (escaped,), 3).as_meant


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    import typer

    from flows.rehearse import main

    (tmp_path / "mine").write_text("x")
    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, ["--home", str(tmp_path)])
    assert result.exit_code == 1
    assert "is not an empty folder" in result.output
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]
