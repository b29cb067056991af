"""The pictures of the simulated sky's galaxies, drawn once and kept, as a list of images. Marked simulated; of no survey."""

from __future__ import annotations

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image as Pillow

from cosmic import artefacts
from cosmic.galaxyzoo.votes import FRACTIONS, best_fractions, list_column
from cosmic.images.listing import SCHEMA, write
from cosmic.images.records import ImageList
from cosmic.records import Sky
from cosmic.simulation import simulate_shown_galaxies
from cosmic.simulation.faults import shares_of
from cosmic.simulation.pictures import VERSION, render

SIZE: Final = 128
"""Side of a picture, px."""
QUALITY: Final = 95
_EVERY: Final = 10.0
_log = logging.getLogger(__name__)

Report = Callable[[int, int], object]
"""Told how many pictures are there, of how many."""


def simulated_list(
    objects: pa.Table,
    *,
    rows: int,
    seed: int,
    night: int = 0,
    faults: Sequence[str] = (),
    store: Path,
    folder: Path,
    workers: int = 2,
    report: Report | None = None,
) -> ImageList:
    """Return the list of a simulated sky's galaxies that volunteers saw, each drawn unless its picture is there.

    Parameters
    ----------
    objects : pyarrow.Table
        The sky's rows in the catalogue: ``object_key`` and ``block``; others are passed over.
    rows, seed, night : int
        The sky; of one that grows, the galaxies of this night.
    faults : sequence of str
        What is planted in it: other shares of classes are other galaxies.
    store : Path
        Where pictures are kept, as JPEG, by a digest of what decides them.
    workers : int
        Threads.
    """
    blocks = dict(zip(objects["object_key"].to_pylist(), objects["block"].to_pylist(), strict=True))
    parts = []
    for shown in simulate_shown_galaxies(rows=rows, seed=seed, shares=shares_of(faults, night), night=night):
        keys = [f"spec:{one.zfill(20)}" for one in shown.spec_obj_id.to_pylist()]
        votes = shown.votes
        table = pa.table(
            {
                "image": votes["galaxy"],
                "galaxy": votes["galaxy"],
                "object_key": pa.array(keys),
                "block": pa.array([blocks.get(key) for key in keys], pa.string()),
                "gz2_class": votes["gz2_class"],
                "total_classifications": votes["total_classifications"].cast(pa.int64()),
                "r": pa.array(shown.r),
                "petro_r90": pa.array(shown.r90),
                "fractions": list_column(best_fractions(votes), FRACTIONS, rows=votes.num_rows),
                "true": shown.labels,
            }
        )
        parts.append(table.filter(pc.is_valid(table["block"])))
    table = pa.concat_tables(parts)
    paths = _draw(table, seed=seed, store=store, workers=workers, report=report or _log_pace())
    table = table.append_column("path", pa.array([str(path) for path in paths]))
    table = table.append_column("stamp", pa.array([path.stem for path in paths]))
    return write(
        table.select([name for name in SCHEMA.names if name in table.column_names]),
        sky=Sky.SIMULATED, origin=f"the simulated sky of {rows:,} rows, seed {seed}", rejected=Counter(), folder=folder,
    )  # fmt: skip


def _draw(table: pa.Table, *, seed: int, store: Path, workers: int, report: Report) -> list[Path]:
    galaxies = list(zip(*(table[name].to_pylist() for name in ("galaxy", "true", "r", "petro_r90")), strict=True))

    def draw(one: tuple[str, str, float, float]) -> Path:
        galaxy, label, r, r90 = one
        what = f"{VERSION}:{seed}:{galaxy}:{label}:{r!r}:{r90!r}:{SIZE}:{QUALITY}"
        digest = hashlib.sha256(what.encode()).hexdigest()
        path = store / "simulated" / digest[:2] / f"{digest}.jpg"
        if not path.exists():  # written whole or not at all
            picture = Pillow.fromarray(render(label, key=galaxy, seed=seed, r=r, r90=r90, size=SIZE))
            artefacts.write(path, lambda part: picture.save(part, "JPEG", quality=QUALITY), sealed=False)
        return path

    paths = []
    with ThreadPoolExecutor(workers) as pool:
        for path in pool.map(draw, galaxies):
            paths.append(path)
            report(len(paths), len(galaxies))
    return paths


def _log_pace() -> Report:
    started = said = time.perf_counter()

    def tell(done: int, total: int) -> None:
        nonlocal said
        now = time.perf_counter()
        if now - said > _EVERY:
            said = now
            _log.info("drawing galaxies: %d of %d, %.0f s left", done, total, (now - started) / done * (total - done))

    return tell
