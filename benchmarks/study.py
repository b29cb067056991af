"""The published grid, ours beside the study's way: `python -m benchmarks.study --rows N`.

Both fit and predict the validation rows of the same matrices of a simulated sky, unit by unit, one after the other, each
way in a process of its own, so that the peak memory of each is its own; the sky is made in a third. What training scores
cost is left out of both. Prints, by family, the CPU seconds and the wall clock of both, their ratios, the largest
difference of weighted and of macro F1 of any row, and who did the work. Each unit is written to `--out` when it is done,
and is not run again: a run that was stopped goes on.

Machines are noisy: read ratios. `python -m benchmarks.study_tables FILE …` prints the tables of `--out` files again, and
how the costs grow from one to the next.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before numpy comes

import numpy as np

from benchmarks.study_matrices import Made, made
from benchmarks.study_plain import Plain, plain_row
from benchmarks.study_tables import SAGA, Line, append, family_of, peak_mb, read, smote_line, table
from cosmic.facts.grid import GridResult
from cosmic.records import Task
from cosmic.study import accelerated
from cosmic.study.matrices import Matrix, PreparedMatrix
from cosmic.study.published import TASKS, Balance, Family, GridRow, study_grid
from cosmic.study.units import Kind, Speed, Unit, run_unit, units

ORDER: Final = (
    Family.KNN,
    Family.RANDOM_FOREST,
    Family.DECISION_TREE,
    Family.LOGISTIC,
    Family.SVM,
    Family.FFNN,
    SAGA,
)
"""What is run first: where there is something to gain."""


@lru_cache(maxsize=1)
def _load(prepared: PreparedMatrix) -> Matrix:
    return Matrix.load(prepared)


def ours(unit: Unit, prepared: PreparedMatrix, speed: Speed, threads: int) -> tuple[tuple[GridResult, ...], float]:
    """Return the results of a unit, and the peak memory of this process."""
    if unit.kind is Kind.NETWORK:
        import tensorflow  # noqa: F401  # what it takes to import is nobody's fit
    found = run_unit(unit, _load(prepared), seed=0, speed=speed, threads=threads, train_scores=False)
    return found, peak_mb()


def theirs(rows: list[GridRow], prepared: PreparedMatrix) -> tuple[list[Plain], float]:
    """Return what plain fits gave, and the peak memory of this process."""
    return [plain_row(row, _load(prepared), seed=0) for row in rows], peak_mb()


def _imported() -> None:
    """Import whatever fits, once: what that takes is nobody's fit."""
    import sklearn.ensemble
    import sklearn.multiclass
    import sklearn.neighbors
    import sklearn.svm
    import sklearn.tree  # noqa: F401

    if accelerated.missing() is None:
        accelerated.nearest(1, threads=1).fit(np.eye(3)).kneighbors(np.eye(3))
        accelerated.forest(trees=1, depth=1, bootstrap=True, balanced=False, seed=0)


def apart(first: Callable[[], None] | None = None) -> ProcessPoolExecutor:
    """Return one process that starts from nothing."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=first)


def compare(
    unit: Unit, matrix: Made, *, speed: Speed, threads: int, mine: ProcessPoolExecutor, plain: ProcessPoolExecutor
) -> Line:
    """Return one unit, run by ours and then row by row."""
    results, ours_mb = mine.submit(ours, unit, matrix.matrix, speed, threads).result()
    ran = [(row, result) for row, result in zip(unit.rows, results, strict=True) if result.validation]
    reasons = ", ".join(sorted({result.not_run for result in results if result.not_run}))
    answers, plain_mb = plain.submit(theirs, [row for row, _ in ran], matrix.matrix).result() if ran else ([], 0.0)
    cost = next((each.fit + each.read_validation for _, each in ran if each.fit and each.read_validation), None)
    pairs = [(each.validation, its.scores) for (_, each), its in zip(ran, answers, strict=True) if each.validation]
    first = unit.rows[0]
    return Line(
        unit=f"{first.task}/{first.balance}/{unit.kind}/{'+'.join(row.key.rsplit('/', 1)[1] for row in unit.rows)}",
        family=family_of(unit),
        rows=len(ran),
        fitted=matrix.fitted,
        engine=" + ".join(sorted({result.engine for _, result in ran})),
        ours_cpu_s=cost.cpu_s if cost else 0.0,
        ours_wall_s=cost.wall_s if cost else 0.0,
        plain_cpu_s=sum(each.cost.cpu_s for each in answers),
        plain_wall_s=sum(each.cost.wall_s for each in answers),
        f1=_largest([one.f1 - two.f1 for one, two in pairs]),
        f1_macro=_largest([one.f1_macro - two.f1_macro for one, two in pairs]),
        ours_mb=ours_mb,
        plain_mb=plain_mb,
        not_run=f"{len(results) - len(ran)} of {len(results)} rows: {reasons}" if reasons else None,
    )


def _largest(differences: list[float]) -> float:
    return max(differences, key=abs, default=0.0)


def main() -> None:
    """Run what is asked for and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="objects of the simulated sky (default 100000)")
    parser.add_argument("--task", action="append", choices=[*TASKS], help="some tasks; all by default")
    parser.add_argument("--balance", action="append", choices=["smote", "rarest"])
    parser.add_argument("--family", action="append", choices=[*Family, SAGA])
    parser.add_argument("--speed", choices=[*Speed], default=Speed.FAST)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, help="JSON lines of units that are done; a run goes on from there")
    parser.add_argument(
        "--folder", type=Path, help="where the sky and its matrices are kept; a temporary one by default"
    )
    asked = parser.parse_args()
    tasks = [Task(name) for name in asked.task or TASKS]
    balances = [Balance(name) for name in asked.balance or ("smote", "rarest")]
    done, lines = read(asked.out), []
    with tempfile.TemporaryDirectory(prefix="cosmic-study-") as temporary:
        with apart() as maker:
            matrices = maker.submit(made, asked.folder or Path(temporary), asked.rows, tasks, balances).result()
        for each in matrices:
            print(
                f"{each.matrix.task}, {each.matrix.balance}: {each.matrix.not_run or f'{each.fitted:,} rows to fit on'}"
            )
            if each.plain and each.ours:
                key = f"smote {each.matrix.id}"
                if key not in done:
                    done[key] = smote_line(each)
                    append(asked.out, key, done[key])
                lines.append(done[key])
        work = [
            (unit, each)
            for each in matrices
            if each.matrix.path is not None
            for unit in units(
                (r for r in study_grid() if (r.task, r.balance) == (each.matrix.task, each.matrix.balance)),
                converged=False,
            )
            if not asked.family or family_of(unit) in asked.family
        ]
        speed = Speed(asked.speed)
        with apart(_imported) as mine, apart(_imported) as plain:
            for unit, each in sorted(work, key=lambda pair: ORDER.index(family_of(pair[0]))):
                key = unit.key(each.matrix, seed=0, speed=speed)
                if key not in done:
                    done[key] = compare(unit, each, speed=speed, threads=asked.threads, mine=mine, plain=plain)
                    append(asked.out, key, done[key])
                    print(
                        f"{done[key].unit}: {done[key].plain_cpu_s:.1f} / {done[key].ours_cpu_s:.1f} CPU s", flush=True
                    )
                lines.append(done[key])
    print(table(lines))


if __name__ == "__main__":
    main()
