"""Galaxy images in a run of the whole pipeline: alone, twice, with images set aside, and on the simulated sky."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from cosmic import artefacts
from cosmic.catalogue import open_catalogue
from cosmic.facts.file import facts_equal
from cosmic.home import Home
from cosmic.images.networks.architectures import missing
from cosmic.machine import Settings
from cosmic.records import Arm, Model, SplitName, Task
from cosmic.reporting.check import numbers_not_in_facts
from cosmic.settings import PipelineOptions
from cosmic.simulation.pictures import render
from tests.flows.runs import RunPipeline

pytestmark = pytest.mark.slow
LABELS = ("Er", "Sen", "Sc")


def folder_of(path: Path, n: int, *, first: int = 0) -> Path:
    """Write n pictures of three labels with their table, and return the folder that holds both."""
    (path / "images").mkdir(parents=True)
    lines = ["galaxy_id,label"]
    for at in range(first, first + n):
        label = LABELS[at % len(LABELS)]
        picture = render(label, key=str(at), seed=1, r=15.0 + at % 3, r90=6.0 + at % 5, size=96)
        Image.fromarray(picture).save(path / "images" / f"{at}.jpg", quality=92)
        lines.append(f"{at},{label}")
    (path / "labels.csv").write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.skipif(missing() is not None, reason="the extra neural is not installed")
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras, where it stores weights
def test_images_alone_are_learned_told_and_remembered(run_pipeline: RunPipeline, tmp_path: Path) -> None:
    here = folder_of(tmp_path / "here", 150)
    aside = folder_of(tmp_path / "aside", 30, first=140)
    shutil.copy(here / "images" / "3.jpg", here / "images" / "999.jpg")  # the same picture under another id
    with (here / "labels.csv").open("a") as table:
        table.write("999,Er\n998,Er\n")
    options = PipelineOptions(
        home=tmp_path / "home", images=here / "images", image_epochs=2, min_class_size=5, holdout=(aside,),
        split=SplitName.RANDOM,
    )  # fmt: skip
    first = run_pipeline(options)
    study = first.facts.images[0]
    assert study.read.bad == {"the same file as another image": 1}
    assert [fit.model for fit in study.fits][:3] == ["compact_cnn", "morphology", "ensemble"]
    best = next(one for one in first.facts.best if one.task == "galaxy-image")
    chosen = first.facts.results[best.result]
    assert study.fits[[fit.id for fit in study.fits].index(str(study.chosen))].result == best.result
    assert chosen.test is not None
    assert (chosen.test.accuracy or 0) > 0.8
    held = chosen.holdout[0]
    assert (held.n_rows, held.n_trained_on > 0, held.n + held.n_trained_on) == (30, True, 30)
    page = first.report.html.with_name("images.html")
    assert numbers_not_in_facts(page.read_text(encoding="utf-8"), first.facts) == []
    assert numbers_not_in_facts(first.report.html.read_text(encoding="utf-8"), first.facts) == []
    assert (first.report.latest.parent / "images.html").exists()
    again = run_pipeline(options)
    assert facts_equal(first.facts, again.facts) == []
    assert again.facts.run.steps_run is not None
    assert again.facts.run.steps_run < (first.facts.run.steps_run or 0)


def test_image_and_table_are_weighed_where_galaxies_have_both(run_pipeline: RunPipeline, tmp_path: Path) -> None:
    options = PipelineOptions(
        home=tmp_path / "home", rows=3_000, task=(Task.GALAXY, Task.GALAXY_IMAGE), arm=(Arm.PHOTOMETRIC, Arm.IMAGES),
        model=(Model.MORPHOLOGY, Model.DECISION_TREE), min_class_size=25,
    )  # fmt: skip
    ran = run_pipeline(options)
    fusion = ran.facts.images[0].fusion
    assert fusion is not None
    assert fusion.of_both is not None
    assert fusion.of_table is not None
    assert fusion.n_test > 30
    assert [one.what for one in fusion.apart] == ["both less image", "both less table", "image less table"]
    together = next(one for one in ran.facts.results if one.arm == "images+table")
    assert together.test == fusion.of_both
    page = ran.report.html.with_name("images.html").read_text(encoding="utf-8")
    assert "Image and table together" in page
    for html in (page, ran.report.html.read_text(encoding="utf-8")):
        assert numbers_not_in_facts(html, ran.facts) == []


def test_galaxies_of_the_simulated_sky_are_drawn_and_learned_with_a_ceiling(
    run_pipeline: RunPipeline, tmp_path: Path
) -> None:
    options = PipelineOptions(
        home=tmp_path / "home", rows=2_000, task=(Task.GALAXY_IMAGE,), model=(Model.MORPHOLOGY,), min_class_size=25
    )  # fmt: skip
    ran = run_pipeline(options)
    study = ran.facts.images[0]
    assert study.read.simulated
    assert study.ceiling is not None
    assert 0.5 < study.ceiling.overall < 1
    assert {one.by for one in study.strata} >= {"agreement", "votes", "size", "magnitude"}
    assert "0.5109" not in ran.report.html.with_name("images.html").read_text(encoding="utf-8")
    with open_catalogue(Home(options.home, options.sky), Settings()) as catalogue:
        (kept,) = catalogue.models(Task.GALAXY_IMAGE)
    assert (kept.id, kept.family, kept.snapshot) == (study.chosen, Model.MORPHOLOGY, ran.facts.snapshot.id)
    assert artefacts.sha256_of(kept.path) == kept.digest
