"""A run that brings cutouts is killed and started again as a person would: no image is asked for twice but a batch."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from cosmic.cutouts import BATCH
from cosmic.settings import PipelineOptions
from flows.cutouts import CutoutPace
from tests.flows.drill import run, running
from tests.flows.surveying import catalogue_of
from tests.skyserver.faults import Fault, Wrong
from tests.skyserver.server import serve
from tests.skyserver.survey import Survey

HERE = {"plate": 300, "mjd": 51900, "fiberID": 1, "ra": 160.5, "dec": 0.0, "class": "GALAXY", "redshift": 0.1}


def galaxies(path: Path, n: int) -> Path:
    """Write galaxies 4 arcsec apart as a table."""
    lines = [
        "plate,mjd,fiberid,ra,dec,modelMag_u,modelMag_g,modelMag_r,modelMag_i,modelMag_z,redshift,class,petroR90_r"
    ]
    lines += [
        f"300,51900,{at + 1},{160.5 + at * 4 / 3600:.6f},0.0,{18.2 + at / 1000:.5f},17.2,16.5,16.1,15.9,0.05,GALAXY,6.0"
        for at in range(n)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_pace_says_how_far_it_is_and_how_long_the_rest_takes() -> None:
    pace = CutoutPace(200)
    pace.started -= 30
    pace.count(50, {"image: blank": 2})
    assert pace.words() == "50 of 200 cutouts, 2 set apart, 100 a minute, about 2 min left"


def test_the_dry_run_says_what_cutouts_take_and_asks_nothing(tmp_path: Path) -> None:
    from cosmic.machine import Settings
    from flows.plan import plan

    options = PipelineOptions(path=(galaxies(tmp_path / "g.csv", 3),), cutouts=570, home=tmp_path / "home")
    told = plan(options, Settings(skyserver_url="http://127.0.0.1:9"), training=False)
    line = next(line for line in told.splitlines() if line.startswith("cutouts"))
    assert "570 would be about 14.2 MB and, at 57 a minute, at least 10 min, from http://127.0.0.1:9" in line
    assert not options.home.exists()


@pytest.mark.slow
def test_a_killed_run_goes_on_with_what_it_has(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    n, settings = 300, {"COSMIC_CUTOUTS_A_MINUTE": "60000"}
    command = ("--path", str(galaxies(folder / "g.csv", n)), "--cutouts", str(n))
    home = folder / "cosmic"

    def images(survey: Survey) -> int:
        return sum(one.kind == "cutout" and one.sent > 0 for one in survey.log.requests)

    with serve([HERE], faults=[Fault(Wrong.BLANK, after=20), Fault(Wrong.UNAVAILABLE, after=30)]) as survey:
        settings["COSMIC_SKYSERVER_URL"] = survey.url
        with running(*command, folder=folder, flow="ingest", **settings) as started:
            started.wait_until(lambda: images(survey) > 2 * BATCH)
            started.kill_group(signal.SIGKILL)
        monkeypatch.delenv("COSMIC_DATABASE_URL", raising=False)
        with catalogue_of(home) as catalogue:
            taken = catalogue.cutouts(release=17)
            assert BATCH <= taken.images + sum(taken.bad.values()) < n
        again = run("-m", "flows.ingest", *command, folder=folder, **settings)
        assert again.returncode == 0, again.stderr
        assert "set apart: 1 image: blank" in again.stdout
        with catalogue_of(home) as catalogue:
            taken = catalogue.cutouts(release=17)
        assert (taken.images, taken.bad) == (n - 1, {"image: blank": 1})
        assert images(survey) <= n + BATCH + 2, "at most a batch is asked for again"
        survey.log.clear()
        third = run("-m", "flows.ingest", *command, folder=folder, **settings)
        assert third.returncode == 0, third.stderr
        assert survey.log.requests == ()
