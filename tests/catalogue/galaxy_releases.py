"""Small releases of Galaxy Zoo 2 and objects that they may be of, for tests. Asserts nothing."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image as Pillow

from cosmic.catalogue import Catalogue
from cosmic.galaxies import take_release
from cosmic.galaxyzoo.grammar import build_strings
from cosmic.galaxyzoo.release import find_release
from cosmic.galaxyzoo.volunteers import simulate_votes
from cosmic.galaxyzoo.votes import fraction_array
from cosmic.home import Home
from cosmic.intake import judge_page
from cosmic.records import JudgedPage, Page, Volunteers
from cosmic.sources.base import PageStore
from cosmic.sources.parsing import parse_page
from expectations.objects import OBJECTS
from tests.galaxyzoo.made import hart16_csv

Rows = list[dict[str, Any]]
FIRST = 587722981741363294
"""Of the galaxies that `hart16_csv` makes."""


def fill(catalogue: Catalogue, home: Home, places: list[tuple[float, float]]) -> None:
    """Ingest a galaxy at each place."""
    lines = ["plate,mjd,fiberid,ra,dec,u,g,r,i,z,redshift,class"]
    for at, (ra, dec) in enumerate(places):
        lines.append(f"300,51900,{at + 1},{ra},{dec},18.{at},17.2,16.5,16.1,15.9,0.05,GALAXY")
    ingest(catalogue, home, PageStore(home.pages).add([("\n".join(lines) + "\n").encode()], suffix=".csv",
                                                      kind="files", origin="objects.csv", columns=(("unit", "magnitude"),)))  # fmt: skip


def ingest(catalogue: Catalogue, home: Home, page: Page) -> JudgedPage:
    from cosmic.contracts import Limits

    judged = judge_page(page, parse=parse_page, suite=OBJECTS, limits=Limits(), folder=home.judged)
    catalogue.ingest([judged])
    return judged


def release(folder: Path, count: int, *, images: bool = True) -> tuple[Path, list[str]]:
    """Write a release of galaxies 10 arcsec apart, each with an image but the last; return their strings too."""
    folder.mkdir(exist_ok=True)
    fractions = fraction_array(
        simulate_votes(pa.array(["Ee", "Sc", "Er"] * count)[:count], seed=1), "debiased_fractions"
    )
    strings = build_strings(fractions).to_pylist()
    table = hart16_csv(folder / "gz2_hart16.csv", fractions, strings)
    lines = table.read_text().splitlines()
    table.write_text("\n".join([lines[0], *(line.replace("160.5,-0.7", f"160.5,{dec(at)}") for at, line in enumerate(lines[1:]))]) + "\n")  # fmt: skip
    names = ["objid,sample,asset_id", *(f"{FIRST + at},original,{at + 1}" for at in range(count))]
    (folder / "gz2_filename_mapping.csv").write_text("\n".join(names) + "\n")
    if images:
        (folder / "images").mkdir(exist_ok=True)
        for at in range(count - 1):
            pixels = np.random.default_rng(at).integers(0, 255, (80, 80, 3), dtype=np.uint8)
            picture = io.BytesIO()
            Pillow.fromarray(pixels).save(picture, "JPEG")
            (folder / "images" / f"{at + 1}.jpg").write_bytes(picture.getvalue())
    return folder, strings


def dec(at: int) -> float:
    return round(-0.7 + at * 10 / 3600, 6)


def take(catalogue: Catalogue, folder: Path, home: Home) -> Volunteers:
    found = take_release(catalogue, find_release(folder), home=home)
    if found.labels is not None:
        ingest(catalogue, home, found.labels)
    return found
