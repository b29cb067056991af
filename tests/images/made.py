"""Images made up for tests: small pictures that differ, as files in a folder, with the table that names them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image as Pillow


def picture(seed: int, *, side: int = 96) -> Pillow.Image:
    """Return a smooth picture of its own, side x side px."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    return Pillow.fromarray(coarse).resize((side, side), Pillow.Resampling.BICUBIC)


def encoded(image: Pillow.Image, kind: str = "JPEG", **options: object) -> bytes:
    """Return the bytes of a picture as a file of a kind."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(seed: int = 0, *, side: int = 96) -> bytes:
    """Return the bytes of one of the pictures as JPEG."""
    return encoded(picture(seed, side=side), quality=90)


def image_folder(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write these files into a folder, which may hold folders, and return it."""
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def table(path: Path, header: str, lines: Sequence[str]) -> Path:
    """Write a CSV table and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *lines]) + "\n")
    return path
