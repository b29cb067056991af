"""The published grid, ours beside the study's way: `python -m benchmarks.study --rows N`.

Both fit and predict the validation rows of the same matrices of a simulated sky, unit by unit, one after the other in
one process; what training scores cost is left out of both. Prints, by family, the CPU seconds and the wall clock of
both, their ratios, and the largest difference of weighted and of macro F1 of any row, and who did the work. Each unit is
written to `--out` when it is done, and is not run again: a run that was stopped goes on.

Machines are noisy: read ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before numpy comes

import pyarrow as pa

from benchmarks.study_plain import plain_row
from cosmic.columns import OBJECT_SCHEMA
from cosmic.identity import link
from cosmic.models.rebalance import NEIGHBOURS
from cosmic.objects import object_keys
from cosmic.records import MagnitudeSystem, Sky, Snapshot, SplitName, Task
from cosmic.snapshots import freeze
from cosmic.splits import SALT
from cosmic.study.accelerated import nearest
from cosmic.study.matrices import Matrix, Order, PreparedMatrix, prepare_matrix, study_rows
from cosmic.study.published import TASKS as STUDIED
from cosmic.study.published import Balance, Family, LogisticSetting, study_grid
from cosmic.study.units import Speed, Unit, run_unit, units

SMALLEST: Final = 1_000 / 1_089_273
"""The study's smallest class as a share of its rows."""
SAGA: Final = "logistic-saga"
ALONE: Final = (SAGA, Family.SVM, Family.FFNN)
"""Families that nothing accelerates; the table shows them apart."""


@dataclass(frozen=True)
class Line:
    """One unit, both ways; `rows` of it ran, and `not_run` says why the others did not."""

    unit: str
    family: str
    rows: int
    engine: str
    ours_cpu_s: float
    ours_wall_s: float
    plain_cpu_s: float
    plain_wall_s: float
    f1: float
    f1_macro: float
    not_run: str | None = None


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


def matrices(folder: Path, rows: int, tasks: Iterable[Task], balances: Iterable[Balance]) -> list[PreparedMatrix]:
    """Return the matrices of tasks and balances, in our order of scaling, by the split of the sky."""
    found = []
    frozen = snapshot(folder, rows)
    for task in tasks:
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
        found += [
            prepare_matrix(
                prepared,
                balance=balance,
                order=Order.SCALE_FIRST,
                seed=0,
                folder=folder / "matrices",
                neighbours=nearest(NEIGHBOURS + 1, threads=2),
            )
            for balance in balances
        ]
    return found


def family_of(unit: Unit) -> str:
    """Return the family of a unit; saga, which nothing answers for, is one of its own."""
    setting = unit.rows[0].setting
    return SAGA if isinstance(setting, LogisticSetting) and setting.solver == "saga" else unit.rows[0].family.value


def compare(unit: Unit, matrix: Matrix, *, speed: Speed, threads: int) -> Line:
    """Return one unit, run by ours and then row by row."""
    ours = run_unit(unit, matrix, seed=0, speed=speed, threads=threads, train_scores=False)
    first = unit.rows[0]
    name = f"{first.task}/{first.balance}/{unit.kind}/{'+'.join(row.key.rsplit('/', 1)[1] for row in unit.rows)}"
    ran = [(row, mine) for row, mine in zip(unit.rows, ours, strict=True) if mine.validation]
    reasons = {mine.not_run for mine in ours if mine.not_run}
    reason = f"{len(ours) - len(ran)} of {len(ours)} rows: {', '.join(sorted(map(str, reasons)))}" if reasons else None
    cost = next((mine.fit + mine.read_validation for _, mine in ran if mine.fit and mine.read_validation), None)
    if cost is None:
        return Line(name, family_of(unit), 0, ours[0].engine, 0, 0, 0, 0, 0, 0, reason)
    plain = [plain_row(row, matrix, seed=0) for row, _ in ran]
    pairs = [(mine.validation, theirs.scores) for (_, mine), theirs in zip(ran, plain, strict=True) if mine.validation]
    return Line(
        name,
        family_of(unit),
        len(ran),
        " + ".join(sorted({mine.engine for _, mine in ran})),
        cost.cpu_s,
        cost.wall_s,
        sum(each.cost.cpu_s for each in plain),
        sum(each.cost.wall_s for each in plain),
        _largest([mine.f1 - theirs.f1 for mine, theirs in pairs]),
        _largest([mine.f1_macro - theirs.f1_macro for mine, theirs in pairs]),
        reason,
    )


def _largest(differences: list[float]) -> float:
    return max(differences, key=abs)


def table(lines: list[Line]) -> str:
    """Return the families side by side; what nothing accelerates stands apart, below the sums of all and of the rest."""
    text = [
        f"{'family':16}{'rows':>5}{'plain cpu':>11}{'ours cpu':>10}{'ratio':>7}{'plain wall':>12}{'ours wall':>11}"
        f"{'ratio':>7}{'dF1':>9}{'dF1 macro':>11}  engine"
    ]
    groups: dict[str, list[Line]] = {}
    for line in lines:
        if line.rows:
            name = f"{line.family} *" if line.family in ALONE else line.family
            groups.setdefault(name, []).append(line)
    gained = [line for name, members in groups.items() if not name.endswith("*") for line in members]
    groups["all"], groups["all but *"] = [line for line in lines if line.rows], gained
    for name, members in groups.items():
        if not members:
            continue
        plain_cpu, ours_cpu = sum(m.plain_cpu_s for m in members), sum(m.ours_cpu_s for m in members)
        plain_wall, ours_wall = sum(m.plain_wall_s for m in members), sum(m.ours_wall_s for m in members)
        text.append(
            f"{name:16}{sum(m.rows for m in members):5}{plain_cpu:11.1f}{ours_cpu:10.1f}{plain_cpu / ours_cpu:7.2f}"
            f"{plain_wall:12.1f}{ours_wall:11.1f}{plain_wall / ours_wall:7.2f}{_largest([m.f1 for m in members]):9.4f}"
            f"{_largest([m.f1_macro for m in members]):11.4f}  {', '.join(sorted({m.engine for m in members}))}"
        )
    text += [f"not run: {line.unit}: {line.not_run}" for line in lines if line.not_run]
    return "\n".join(text)


def main() -> None:
    """Run what is asked for and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="objects of the simulated sky (default 100000)")
    parser.add_argument("--task", action="append", choices=[*STUDIED], help="some tasks; all by default")
    parser.add_argument("--balance", action="append", choices=["smote", "rarest"])
    parser.add_argument("--family", action="append", choices=[*Family, SAGA])
    parser.add_argument("--speed", choices=[*Speed], default=Speed.FAST)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, help="JSON lines of units that are done; a run goes on from there")
    parser.add_argument("--folder", type=Path, help="where matrices are kept; a temporary one by default")
    asked = parser.parse_args()
    done = _read(asked.out)
    with tempfile.TemporaryDirectory(prefix="cosmic-study-") as temporary:
        made = matrices(
            asked.folder or Path(temporary),
            asked.rows,
            [Task(name) for name in asked.task or STUDIED],
            [Balance(name) for name in asked.balance or ("smote", "rarest")],
        )
        lines = []
        for prepared in made:
            if prepared.path is None:
                print(f"{prepared.task}, {prepared.balance}: not run, {prepared.not_run}")
                continue
            matrix = Matrix.load(prepared)
            print(f"{prepared.task}, {prepared.balance}: {matrix.X.shape} fitted, {len(matrix.X_validation)} predicted")
            here = [row for row in study_grid() if (row.task, row.balance) == (prepared.task, prepared.balance)]
            for unit in units(here, converged=False):
                if asked.family and family_of(unit) not in asked.family:
                    continue
                key = unit.key(prepared, seed=0, speed=Speed(asked.speed))
                if key not in done:
                    done[key] = compare(unit, matrix, speed=Speed(asked.speed), threads=asked.threads)
                    _append(asked.out, key, done[key])
                lines.append(done[key])
    print(table(lines))
    unit_of_memory = 1e6 if sys.platform == "darwin" else 1e3
    print(
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit_of_memory:,.0f} MB, both ways together"
    )


def _read(path: Path | None) -> dict[str, Line]:
    if path is None or not path.exists():
        return {}
    return {key: Line(**line) for key, line in map(json.loads, path.read_text("utf-8").splitlines())}


def _append(path: Path | None, key: str, line: Line) -> None:
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([key, asdict(line)]) + "\n")


if __name__ == "__main__":
    main()
