"""Faults against the real intake: what catches each, what is set apart rightly, and silence on sound nights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cosmic.alerts.nights import failing
from cosmic.catalogue import open_catalogue
from cosmic.contracts import Limits
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.planted import FaultName
from cosmic.records import Sky
from cosmic.simulation.faults import Catcher
from cosmic.sources.simulated import SimulatedSource
from flows.rehearsing import NOT_CAUGHT, Rehearsal, Tried, play, rehearse

ROWS = 1500
EXACT = (FaultName.DUPLICATED_STRIPE, FaultName.SENTINEL_BURSTS)
REFUSED = (FaultName.FLUX_BAND, FaultName.RENAMED_COLUMN, FaultName.MISSING_BAND, FaultName.SWAPPED_BANDS,
           FaultName.TRUNCATED_PAGE)  # fmt: skip


def rehearsed(
    root: Path, *faults: FaultName, seeds: tuple[int, ...] = (0,), before: int = 1, sound: int = 0
) -> Rehearsal:
    return rehearse(root=root, rows=ROWS, seeds=seeds, before=before, sound=sound, faults=faults, limits=Limits())


@pytest.mark.slow
def test_a_burst_is_set_apart_row_by_row_and_told_and_a_cut_page_never_arrives(tmp_path: Path) -> None:
    burst, cut = rehearsed(tmp_path, FaultName.SENTINEL_BURSTS, FaultName.TRUNCATED_PAGE).tried
    assert (burst.caught_by, burst.wrong, burst.reached) == (Catcher.ROWS, 0, 0)
    assert burst.planted - 3 <= burst.right <= burst.planted  # a few would be in quarantine without it too
    assert burst.signals == ("rows-quarantined",)
    assert burst.stored > 0.9 * ROWS
    assert (cut.caught_by, cut.signals, cut.stored) == (Catcher.PARSE, ("page-unreadable",), 0)
    assert "ends within data row" in cut.check


@pytest.mark.slow
def test_a_catalogue_grows_by_the_nights_of_one_sky_and_begins_anew_with_another(tmp_path: Path) -> None:
    def held() -> int:
        with open_catalogue(Home(tmp_path, Sky.SIMULATED), Settings(database_url=None)) as catalogue:
            return int(catalogue.rows().num_rows)

    def night(number: int, *, seed: int = 5, faults: tuple[str, ...] = ()) -> int:
        source = SimulatedSource(1000, seed, night=number, faults=faults)
        played = play(source, root=tmp_path, limits=Limits(), earlier=())
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


def test_the_database_of_the_team_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSMIC_DATABASE_URL", f"sqlite:///{tmp_path / 'team.db'}")
    play(SimulatedSource(1000, 1), root=tmp_path / "own", limits=Limits(), earlier=())
    assert not (tmp_path / "team.db").exists()
    assert (tmp_path / "own" / "simulated" / "catalogue.db").exists()


def tried(fault: FaultName, caught_by: str, expected: Catcher, *signals: str) -> Tried:
    return Tried(str(fault), 0, (str(expected),), caught_by, "", 9, 0, 0, 9, 9, signals)


def test_what_escapes_or_is_not_told_is_not_as_meant() -> None:
    escaped = tried(FaultName.SWAPPED_BANDS, NOT_CAUGHT, Catcher.PAGE)
    assert not escaped.as_meant
    assert not tried(FaultName.SHIFTED_ZERO_POINT, NOT_CAUGHT, Catcher.DRIFT).as_meant
    assert tried(FaultName.SHIFTED_ZERO_POINT, "drift", Catcher.DRIFT, "drift").as_meant
    assert not tried(FaultName.SWAPPED_BANDS, "page contract", Catcher.PAGE).as_meant  # caught, and nobody was told
    assert tried(FaultName.SWAPPED_BANDS, "page contract", Catcher.PAGE, "page-refused").as_meant
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


@pytest.mark.slow
def test_every_fault_is_caught_by_what_the_table_says_on_two_skies(tmp_path: Path) -> None:
    found = rehearsed(tmp_path, *FaultName, seeds=(0, 1), before=3)
    assert found.as_meant
    again = rehearsed(tmp_path / "again", FaultName.FLIPPED_LABELS, before=3)
    flipped = [one for one in found.tried if one.fault == FaultName.FLIPPED_LABELS]
    assert again.tried[0] == flipped[0]
    for one in found.tried:
        assert one.wrong == 0, one
        if one.fault in EXACT:
            assert one.reached == 0
            assert one.planted - 3 <= one.right <= one.planted
        if one.fault in REFUSED:
            assert (one.stored, len(one.signals)) == (0, 1)
        if one.expected == (Catcher.DRIFT,):
            assert (one.caught_by, one.signals) == (Catcher.DRIFT, ("drift",))
    assert all(0.4 * one.planted < one.right < one.planted for one in flipped)


@pytest.mark.slow
def test_thirty_sound_nights_raise_nothing(tmp_path: Path) -> None:
    found = rehearsed(tmp_path, seeds=(2,), sound=30)
    assert found.false_alarms == ()
    assert found.sound_quarantined > 0  # the sky has flaws of its own, and they are no alarm


@pytest.mark.slow
def test_three_sound_nights_raise_nothing_and_the_truth_lies_beside_a_faulty_page_alone(tmp_path: Path) -> None:
    outcomes = []
    for number in range(3):
        played = play(SimulatedSource(1000, 4, night=number), root=tmp_path, limits=Limits(), earlier=outcomes)
        assert failing(played.signals) == ()
        outcomes.append(played.outcome)
    pages = Home(tmp_path, Sky.SIMULATED).pages
    assert not list(pages.glob("*.truth.*"))
    source = SimulatedSource(1000, 4, night=3, faults=("flipped-labels",))
    played = play(source, root=tmp_path, limits=Limits(), earlier=outcomes)
    assert [one.check for one in failing(played.signals)] == ["rows-quarantined"]
    (told,) = pages.glob("*.truth.json")
    facts = json.loads(told.read_text())
    assert facts["page"] == played.outcome.page
    assert list(facts["faults"]) == ["flipped-labels"]
