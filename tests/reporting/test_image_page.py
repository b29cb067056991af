"""The page of galaxy images: every number is a fact, the ceiling is told, published figures stand beside the real sky alone."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from cosmic import facts as f
from cosmic.facts import images as fi
from cosmic.facts.file import write_facts
from cosmic.reporting.cards import cards
from cosmic.reporting.check import numbers_not_in_facts
from cosmic.reporting.image_page import build_images, render_images
from cosmic.reporting.shown import plain
from cosmic.reporting.verdict import verdict
from tests.reporting.sample_facts import sample_facts

NAMES = ("Er", "Sc", "SBb")


def scores(accuracy: float) -> f.Scores:
    counts = tuple(tuple(40 if i == j else 5 for j in range(3)) for i in range(3))
    return f.Scores(
        accuracy=accuracy, precision=accuracy, recall=accuracy, f1=accuracy, f1_macro=accuracy - 0.05,
        balanced_accuracy=accuracy - 0.02, majority=0.41, majority_f1=0.24, majority_f1_macro=0.19, balanced=1 / 3,
        log_loss=0.5, brier=0.3, per_class={name: f.ClassScore(precision=0.8, recall=0.8, f1=0.8, n=50) for name in NAMES},
        interval={"accuracy": (accuracy - 0.03, accuracy + 0.03), "f1_macro": (0.6, 0.8), "balanced_accuracy": (0.6, 0.9)},
        confusion=f.Confusion(labels=NAMES, counts=counts),
    )  # fmt: skip


def fit(name: str, result: int, **changed: object) -> fi.ImageFit:
    history = tuple(
        fi.Epoch(epoch=e, loss=1 / e, accuracy=0.3 + 0.1 * e, validation_loss=1 / e, validation_accuracy=0.3 + 0.08 * e)
        for e in (1, 2, 3)
    )
    given: dict[str, object] = {
        "id": f"{name}-{result}", "scheme": "hubble14", "model": name, "result": result, "preprocessing": "plain", "size": 96,
        "crop": 0.85, "images": 300, "seed": 0, "cpu_s": 120.5, "parameters": 318_117, "trainable": 317_253, "views": 8,
        "answered_images_a_cpu_s": 400.0, "history": history, "best_epoch": 3, "epochs_planned": 3,
        "layers": (fi.Layer(name="conv2d", kind="Conv2D", shape=(32, 32, 32), parameters=2_400),),
    }  # fmt: skip
    return fi.ImageFit.model_validate(given | changed)


def sample(folder: Path, *, simulated: bool) -> f.Facts:
    facts = sample_facts(folder, simulated=simulated)
    first = len(facts.results)
    results = tuple(
        f.Result(task="galaxy-image", arm="images", model=model, n_test=150, n_train=300, seed=0, split="sky",
                 validation=None if refit else scores(0.8), test=scores(accuracy))
        for model, accuracy, refit in (("compact_cnn", 0.78, False), ("cnn", 0.51, False), ("compact_cnn", 0.79, True))
    )  # fmt: skip
    fits = (fit("compact_cnn", first), fit("cnn", first + 1, size=224), fit("compact_cnn", first + 2, refit=True))
    pictures = np.random.default_rng(0).integers(0, 255, (2, 96, 96, 3), dtype=np.uint8)
    np.save(folder / "pictures.npy", pictures)
    np.save(folder / "maps.npy", np.random.default_rng(0).normal(0, 0.1, (1, 8, 8)).astype(np.float32))
    examples = fi.Examples(
        fit=fits[2].id,
        pictures=f.ArrayFile(file="pictures.npy", sha256="0" * 64, rows=2),
        maps=f.ArrayFile(file="maps.npy", sha256="0" * 64, rows=1),
        shown=(
            fi.Example(
                kind="surest right", picture=0, image="17", label="Er", answer="Er", probability=0.98, saliency=0
            ),
            fi.Example(kind="surest wrong", picture=1, image="18", label="Er", answer="Sc", probability=0.71),
        ),
    )
    limit = fi.LabelCeiling(
        scheme="hubble14", source="votes", n=742, draws=20, seed=0, overall=0.85, balanced=0.8, corrected=0.79,
        corrected_balanced=0.77, interval={"corrected": (0.77, 0.81)}, per_label={"Er": 0.9},
        by_votes=(fi.Stratum(by="votes", unit="volunteers", lo=35, hi=45, n=300, accuracy=0.8, interval=(0.75, 0.85)),),
    )  # fmt: skip
    strata = (
        fi.Stratum(by="agreement", unit="p", lo=0.5, hi=0.6, n=40, accuracy=0.6, interval=(0.4, 0.7), ceiling=0.7),
    )
    study = fi.ImageStudy(
        scheme="hubble14",
        read=fi.ImagesRead(origin="images", simulated=simulated, images=750, galaxies=742, bad={"blank": 5}, size=96, crop=0.85, decoder="some"),
        fits=fits, chosen=fits[2].id, ceiling=limit, strata=strata, examples=examples, budget_minutes=10.0,
    )  # fmt: skip
    best = f.Best(task="galaxy-image", arm="images", result=first + 2, model="compact_cnn", rebalancing="")
    return facts.model_copy(
        update={"results": (*facts.results, *results), "images": (study,), "best": (*facts.best, best)}
    )


@pytest.fixture(scope="module", params=["real", "simulated"])
def sampled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[f.Facts, str, Path]:
    folder = tmp_path_factory.mktemp(request.param)
    facts = sample(folder, simulated=request.param == "simulated")
    path = build_images(write_facts(facts, folder))
    assert path is not None
    return facts, path.read_text(encoding="utf-8"), folder


def test_every_number_is_a_fact_and_nothing_is_fetched(sampled: tuple[f.Facts, str, Path]) -> None:
    facts, html, folder = sampled
    assert numbers_not_in_facts(html, facts) == []
    led = {address for address in re.findall(r'(?:href|src)="([^#][^"]*)"', html) if not address.startswith("data:")}
    assert led == {"facts.json", "report.html"}
    assert render_images(facts, folder=folder) == html


def test_the_final_model_the_ceiling_and_every_other_model_are_told(sampled: tuple[f.Facts, str, Path]) -> None:
    facts, html, _ = sampled
    first = facts.images[0].fits[0].result
    assert first is not None
    for at in range(3):
        assert f'data-fact="results[{first + at}].test.accuracy"' in html
    assert 'data-fact="images[0].ceiling.corrected"' in html
    assert "trained again" in html
    assert html.count("<img ") == 3
    assert "blank" in html


def test_published_figures_stand_beside_the_real_sky_alone(sampled: tuple[f.Facts, str, Path]) -> None:
    facts, html, _ = sampled
    assert ("What the study printed" in html) == (not facts.source.simulated)


def test_the_card_shows_the_final_model_and_the_ceiling(sampled: tuple[f.Facts, str, Path]) -> None:
    facts, _, _ = sampled
    card = cards(facts)[-1]
    assert (card.node, card.not_run) == ("galaxy-image", None)
    assert card.headline is not None
    assert card.headline.value == pytest.approx(0.77)
    assert [mark.at.value for strip in card.strips for mark in strip.marks if mark.kind == "ceiling"] == [0.77]
    assert "galaxy image" in plain(verdict(facts)).lower()


def test_a_scheme_that_was_not_run_says_why(tmp_path: Path) -> None:
    facts = sample(tmp_path, simulated=False)
    study = facts.images[0].model_copy(
        update={
            "not_run": "no image has a label",
            "fits": (),
            "chosen": None,
            "ceiling": None,
            "strata": (),
            "examples": None,
        }
    )
    shown = facts.model_copy(update={"images": (study,), "best": facts.best[:-1]})
    assert "no image has a label" in render_images(shown, folder=tmp_path)
