"""What reading and drawing images costs, and which galaxies two sets share: `python -m benchmarks.images input|drawn|shared …`.

`input` decodes all images of a folder into a new memory map, once for each size and crop: files read, digests, checks,
duplicates and the seal of what was written included. Prints images per CPU-second (user and system, all threads) and per
second of wall clock. `shared` compares the images of `--images` with those of `--others`, as wholes and as the central 224/424
of the others, and prints how many of the first are how like one of the second. `drawn` draws the galaxies of a simulated sky at
128 px and stores each as a JPEG. Machines are noisy: read it more than once; `--repeat` takes the least CPU time of several.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Final

import pyarrow as pa

from cosmic.images.alike import LEAST, most_alike
from cosmic.images.decode import decoder
from cosmic.images.listing import from_folder
from cosmic.images.pixels import load, make_pixels, read_rows
from cosmic.images.simulated import SIZE, simulated_list
from cosmic.simulation import simulate_shown_galaxies

SQUARES: Final = ((64, 240 / 424), (96, 240 / 424), (64, 1.0), (224, 224 / 424), (224, 1.0))
"""Size in px, and the crop in units of the image's side."""


def read_images(images: Path, labels: Path | None, *, workers: int, repeat: int) -> None:
    """Print what it costs to decode a folder of images at several sizes."""
    print(f"{decoder()}; {workers} threads, load {os.getloadavg()[0]:.1f}")
    print(f"{'px':>4}{'crop':>7}{'images':>8}{'bad':>5}{'CPU s':>8}{'per CPU-s':>11}{'per s':>8}")
    for size, crop in SQUARES:
        best: tuple[float, float] | None = None
        for _ in range(repeat):
            with tempfile.TemporaryDirectory() as folder:
                listing = from_folder(images, labels, folder=Path(folder))
                cpu, wall = time.process_time(), time.perf_counter()
                made = make_pixels(listing, size=size, crop=crop, folder=Path(folder), workers=workers)
                took = time.process_time() - cpu, time.perf_counter() - wall
            best = took if best is None else min(best, took)
        assert best is not None
        n = listing.images
        print(f"{size:>4}{crop:>7.3f}{n:>8}{n - made.images:>5}{best[0]:>8.2f}{n / best[0]:>11.0f}{n / best[1]:>8.0f}")


def compare(images: Path, labels: Path | None, others: Path, other_labels: Path | None) -> None:
    """Print how alike the images of two folders are, for two ways that one may have been made of the other."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = make_pixels(from_folder(images, labels, folder=folder), size=64, crop=1.0, folder=folder)
        listing = from_folder(others, other_labels, folder=folder)
        print(f"{'others':>14}{'above 0.99':>12}   the 30 highest correlations")
        for called, crop in (("whole", 1.0), ("central 224/424", 224 / 424)):
            other = make_pixels(listing, size=64, crop=crop, folder=folder)
            _, correlation = most_alike(
                load(one)[read_rows(one)["place"].to_numpy()], load(other)[read_rows(other)["place"].to_numpy()]
            )
            highest = " ".join(f"{value:.4f}" for value in sorted(correlation.tolist(), reverse=True)[:30])
            print(f"{called:>14}{int((correlation > LEAST).sum()):>12}   {highest}")


def draw(rows: int, *, workers: int) -> None:
    """Print what it costs to draw a simulated sky's galaxies."""
    keys = [
        f"spec:{one.zfill(20)}"
        for shown in simulate_shown_galaxies(rows=rows, seed=0)
        for one in shown.spec_obj_id.to_pylist()
    ]
    objects = pa.table({"object_key": keys, "block": keys})
    with tempfile.TemporaryDirectory() as name:
        cpu, wall = time.process_time(), time.perf_counter()
        made = simulated_list(
            objects, rows=rows, seed=0, store=Path(name), folder=Path(name), workers=workers, report=lambda *_: None
        )
        took, waited = time.process_time() - cpu, time.perf_counter() - wall
    n = made.images
    print(f"{n:,} galaxies of {rows:,} rows drawn at {SIZE} px, {workers} threads, load {os.getloadavg()[0]:.1f}: "
          f"{took:.1f} CPU s, {waited:.1f} s; {n / took:.0f} per CPU-s, {n / waited:.0f} per s")  # fmt: skip


def main() -> None:
    """Run the measurement that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.images", description=__doc__)
    asked = parser.add_subparsers(dest="what", required=True)
    reading = asked.add_parser("input", help="decode a folder of images")
    reading.add_argument("--images", type=Path, required=True)
    reading.add_argument("--labels", type=Path)
    reading.add_argument("--workers", type=int, default=2)
    reading.add_argument("--repeat", type=int, default=1)
    shared = asked.add_parser("shared", help="compare two folders of images")
    for option in ("--images", "--others"):
        shared.add_argument(option, type=Path, required=True)
    for option in ("--labels", "--other-labels"):
        shared.add_argument(option, type=Path)
    drawing = asked.add_parser("drawn", help="draw the galaxies of a simulated sky")
    drawing.add_argument(
        "--rows", type=int, default=34_000, help="of the sky; three in ten are galaxies that are drawn"
    )
    drawing.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.what == "drawn":
        draw(arguments.rows, workers=arguments.workers)
        return
    if arguments.what == "shared":
        compare(arguments.images, arguments.labels, arguments.others, arguments.other_labels)
        return
    read_images(arguments.images, arguments.labels, workers=arguments.workers, repeat=arguments.repeat)


if __name__ == "__main__":
    main()
