"""What reading pixels from disk adds to training: `python -m benchmarks.image_training`.

Trains one network for two epochs on the same drawn images, once from a memory map and once from memory, in turns, and compares
the least CPU time (user and system, all threads) of the second epoch: the first one compiles. Machines are noisy; wall clocks
are shown, not compared.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cosmic.images.data import LabelledImages
from cosmic.images.networks import training
from cosmic.images.networks.feeding import CUTS
from cosmic.images.networks.running import Order
from cosmic.records import Model


def second_epoch(pixels: NDArray[np.uint8], model: Model, *, threads: int, folder: Path) -> tuple[float, float]:
    """Return CPU-seconds of the second epoch, and images a second of wall clock over both."""
    n = len(pixels)
    images = LabelledImages(
        pixels=pixels, rows=np.arange(n), codes=np.arange(n) % 5, part=np.zeros(n, np.int8), names=tuple("abcde"),
        table=pa.table({}),
    )  # fmt: skip
    # a refit asks nothing of validation between epochs, so training alone is measured
    order = Order(model, "drawn", 0, training.recipe_of(model), epochs=2, threads=threads, refit=True)
    _, progress = training.train(images, order, folder=folder)
    return progress.history[1]["cpu_s"], progress.images / progress.wall_s


def main() -> None:
    """Print both, and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.image_training", description=__doc__)
    parser.add_argument("--model", type=Model, default=Model.COMPACT_CNN)
    parser.add_argument("--images", type=int, default=4_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    side = CUTS[training.recipe_of(asked.model).preprocessing].size
    print(f"{asked.model}, {asked.images} images of {side} px, {asked.threads} threads, load {os.getloadavg()[0]:.1f}")
    least: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "pixels.npy"
        shape = (asked.images, side, side, 3)
        np.save(file, np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
        for at in range(asked.repeat):
            for kind, pixels in (("memory map", np.load(file, mmap_mode="r")), ("memory", np.load(file))):
                own = Path(name) / f"{kind}-{at}"
                cpu, speed = second_epoch(pixels, asked.model, threads=asked.threads, folder=own)
                least[kind] = min(least.get(kind, cpu), cpu)
                print(f"{kind:>12}: {cpu:8.2f} CPU s an epoch, {speed:8.0f} images a second")
    print(f"from a memory map takes {least['memory map'] / least['memory']:.3f} of the CPU time from memory")


if __name__ == "__main__":
    main()
