"""A network for as many epochs as it wants, whatever that takes: `python -m benchmarks.image_networks --images DIR --folder DIR`.

The study trained its networks for 50 epochs, which no budget of minutes allows. This does, on the training part of a run's own
split, and prints the scores of every part with intervals. State is stored after each epoch in `--folder`, so a run that was
stopped goes on there; one that is done is only scored. `--half` multiplies in bfloat16 (weights, sums and Adam stay float32),
which takes two thirds of the time here.
"""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path

if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before numpy comes

from cosmic.facts.results import Result, Scores
from cosmic.images import labelling, listing, pixels, scoring
from cosmic.images.networks import running, stored, training
from cosmic.images.networks.feeding import CUTS
from cosmic.images.records import ImageData, ImageScored, Preprocessing, Scheme
from cosmic.models.network import keras_library
from cosmic.records import Model, SplitName

MIN_CLASS_SIZE = 30


def labelled(
    images: Path, labels: Path | None, scheme: Scheme | None, *, salt: str, folder: Path, threads: int
) -> ImageData:
    """Return the images of a folder with labels and parts, exactly as a run has them."""
    plain = CUTS[Preprocessing.PLAIN]
    found = listing.from_folder(images, labels, folder=folder)
    seen = pixels.make_pixels(found, size=plain.size, crop=plain.crop, folder=folder, workers=threads)
    return labelling.label(
        seen, scheme=scheme, min_class_size=MIN_CLASS_SIZE, split=SplitName.SKY, salt=salt, seed=0, folder=folder
    )


def trained(
    data: ImageData,
    model: Model,
    *,
    images: Path,
    labels: Path | None,
    epochs: int | None,
    budget: float | None,
    seed: int,
    threads: int,
    folder: Path,
    networks: Path,
) -> ImageScored:
    """Return a network trained on the training part, scored on all; its states lie in a folder of their own."""
    recipe = training.recipe_of(model)
    cut = CUTS[recipe.preprocessing]
    found = listing.from_folder(images, labels, folder=folder)
    own = pixels.make_pixels(found, size=cut.size, crop=cut.crop, folder=folder, workers=threads)
    wanted = epochs or (None if budget else recipe.epochs)
    order = running.Order(model, data.id, seed, recipe, epochs=wanted, budget=budget, threads=threads)
    fit = stored.fit_network(
        labelling.load(data, own), order, scheme=data.scheme, folder=networks, report=stored.log_pace(order)
    )
    return scoring.score_fit(fit, labelling.load(data), split=data.split, resamples=1_000, seed=seed, folder=networks)


def line(name: str, scores: Scores | None) -> str:
    """Return one part's scores in words."""
    if scores is None:
        return f"{name:>10}: not scored"
    figures = []
    for key, named in (("accuracy", "accuracy"), ("f1_macro", "macro F1")):
        ends = scores.interval.get(key)
        between = f" ({ends[0]:.3f} to {ends[1]:.3f})" if ends else ""
        figures.append(f"{named} {getattr(scores, key):.3f}{between}")
    return f"{name:>10}: {', '.join(figures)}"


def main() -> None:
    """Train, score and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.image_networks", description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--label-scheme", type=Scheme, choices=[*Scheme])
    parser.add_argument("--model", type=Model, default=Model.CNN)
    parser.add_argument("--epochs", type=int, help="the network's own number by default: 50 for the study's")
    parser.add_argument("--minutes", type=float, help="a budget instead: as many epochs as fit")
    parser.add_argument("--salt", default="cosmic-41")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--half", action="store_true", help="multiply in bfloat16")
    parser.add_argument("--folder", type=Path, required=True, help="where pixels, state and result are kept")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if asked.half:
        keras_library().mixed_precision.set_global_policy("mixed_bfloat16")
    networks = asked.folder / ("half" if asked.half else "whole")
    networks.mkdir(parents=True, exist_ok=True)
    data = labelled(
        asked.images, asked.labels, asked.label_scheme, salt=asked.salt, folder=asked.folder, threads=asked.threads
    )
    if data.not_run is not None:
        parser.error(data.not_run)
    scored = trained(
        data, asked.model, images=asked.images, labels=asked.labels, epochs=asked.epochs,
        budget=asked.minutes and asked.minutes * 60, seed=asked.seed, threads=asked.threads,
        folder=asked.folder, networks=networks,
    )  # fmt: skip
    fit, result = scoring.read_fit(scored.fitted), Result.model_validate_json(scored.result.read_bytes())
    print(
        f"{asked.model}{', bfloat16' if asked.half else ''}: {len(fit.history)} epochs on {result.n_train} images, the weights of epoch {fit.best_epoch}; "
        f"{fit.cpu_s:.0f} CPU s, {fit.wall_s:.0f} s; {data.split} split, salt {asked.salt}, seed {asked.seed}"
    )
    for name, scores in (("train", result.train), ("validation", result.validation), ("test", result.test)):
        print(line(name, scores))


if __name__ == "__main__":
    main()
