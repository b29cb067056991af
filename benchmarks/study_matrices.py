"""Matrices of a simulated sky for `benchmarks.study`, and what SMOTE costs with and without fast neighbours.

Runs in a process of its own, so that the memory that a sky takes to draw is not counted as the grid's. Fits no model.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cosmic.columns import OBJECT_SCHEMA
from cosmic.datasets import Dataset
from cosmic.facts.grid import Cost
from cosmic.identity import link
from cosmic.models.rebalance import NEIGHBOURS, rebalance
from cosmic.objects import object_keys
from cosmic.records import MagnitudeSystem, Prepared, Rebalancing, Sky, Snapshot, SplitName, Task
from cosmic.snapshots import freeze
from cosmic.splits import SALT
from cosmic.study.accelerated import nearest
from cosmic.study.matrices import Order, PreparedMatrix, prepare_matrix, study_rows
from cosmic.study.published import Balance
from cosmic.study.units import Clocks

SMALLEST: Final = 1_000 / 1_089_273
"""The study's smallest class as a share of its rows."""


@dataclass(frozen=True)
class Made:
    """A matrix; for SMOTE also what plain scikit-learn's neighbours and ours took, and the share of its rows that differ."""

    matrix: PreparedMatrix
    fitted: int
    plain: Cost | None = None
    ours: Cost | None = None
    other_rows: float = 0.0


def made(folder: Path, rows: int, tasks: list[Task], balances: list[Balance]) -> list[Made]:
    """Return the matrices of tasks and balances, in our order of scaling, by the split of the sky; made once a folder."""
    wanted = [(task, balance) for task in tasks for balance in balances]
    kept = {pair: folder / f"{rows}-{pair[0]}-{pair[1]}.json" for pair in wanted}
    if missing := [pair for pair in wanted if not kept[pair].exists()]:
        frozen = snapshot(folder, rows)
        for task in dict.fromkeys(task for task, _ in missing):
            prepared = study_rows(
                frozen,
                task=task,
                split=SplitName.SKY,
                salt=SALT,
                seed=0,
                min_class_size=max(20, round(SMALLEST * rows)),
                filter="none",
                folder=folder / "datasets",
            )
            for balance in [balance for asked, balance in missing if asked is task]:
                kept[task, balance].write_text(_written(_made(prepared, balance, folder)), "utf-8")
    return [_read(kept[pair]) for pair in wanted]


def _written(made: Made) -> str:
    said = asdict(dataclasses.replace(made, plain=None, ours=None)) | {
        name: cost and cost.model_dump() for name, cost in (("plain", made.plain), ("ours", made.ours))
    }
    return json.dumps(said, default=str)


def _read(path: Path) -> Made:
    said = json.loads(path.read_text("utf-8"))
    of = said["matrix"]
    return Made(
        PreparedMatrix(
            of["id"],
            Path(of["path"]) if of["path"] else None,
            Task(of["task"]),
            Balance(of["balance"]),
            Order(of["order"]),
            of["not_run"],
        ),
        said["fitted"],
        Cost(**said["plain"]) if said["plain"] else None,
        Cost(**said["ours"]) if said["ours"] else None,
        said["other_rows"],
    )


def _made(prepared: Prepared, balance: Balance, folder: Path) -> Made:
    search = nearest(NEIGHBOURS + 1, threads=2)
    matrix = prepare_matrix(
        prepared, balance=balance, order=Order.SCALE_FIRST, seed=0, folder=folder / "matrices", neighbours=search
    )
    if matrix.path is None or prepared.path is None:
        return Made(matrix, 0)
    X, y = _scaled(prepared.path)
    rows, ours = _timed(lambda: rebalance(X, y, method=Rebalancing(balance), seed=0, neighbours=search).X)
    if balance is not Balance.SMOTE:
        return Made(matrix, len(rows))
    theirs, plain = _timed(lambda: rebalance(X, y, method=Rebalancing.SMOTE, seed=0).X)
    return Made(matrix, len(rows), plain, ours, float(np.mean(~np.isclose(rows, theirs).all(axis=1))))


def _scaled(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    from sklearn.preprocessing import StandardScaler

    data = Dataset.load(path)
    train = data.within("train")
    return StandardScaler().fit_transform(data.X[train]), data.y[train]


def _timed(work: Callable[[], NDArray[np.float64]]) -> tuple[NDArray[np.float64], Cost]:
    clocks = Clocks()
    wall, cpu = clocks.wall(), clocks.cpu()
    found = work()
    return found, Cost(wall_s=clocks.wall() - wall, cpu_s=clocks.cpu() - cpu)


def snapshot(folder: Path, rows: int) -> Snapshot:
    """Return a snapshot of a simulated sky, its rows as they were drawn: no contract, no catalogue."""
    from cosmic.sources.base import PageStore
    from cosmic.sources.simulated import SimulatedSource

    source = SimulatedSource(rows, 0)
    drawn = pa.concat_tables(source.parse(page).rows for page in source.pages(PageStore(folder / "pages")))
    drawn = drawn.append_column("object_key", object_keys(drawn))
    columns = {
        field.name: drawn[field.name] if field.name in drawn.column_names else pa.nulls(drawn.num_rows, field.type)
        for field in [*OBJECT_SCHEMA, pa.field("block", pa.string())]
    }
    drawn = pa.table(columns).sort_by("object_key")
    links = link(drawn)
    drawn = drawn.set_column(drawn.column_names.index("block"), "block", links.block)
    drawn = drawn.append_column("same_as", links.same_as)
    return freeze(drawn, folder=folder / "snapshots", system=MagnitudeSystem.MODEL, sky=Sky.SIMULATED)
