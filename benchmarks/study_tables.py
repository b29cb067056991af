"""The tables of `benchmarks.study`: families side by side, and how costs grow with rows. Runs no fit.

`python -m benchmarks.study_tables FILE …` prints them from files that `--out` wrote, the smallest sky first.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.study_matrices import Made
from cosmic.study.published import Family, LogisticSetting
from cosmic.study.units import Unit

SAGA: Final = "logistic-saga"
SMOTE: Final = "SMOTE"
ALONE: Final = (SAGA, Family.SVM, Family.FFNN)
"""Families that the accelerator does nothing for; the table shows them apart."""


@dataclass(frozen=True)
class Line:
    """One unit, both ways; `rows` of it ran, on `fitted` training rows, and `not_run` says why the others did not.

    `ours_mb` and `plain_mb` are the peaks of the two processes until then. For SMOTE, `f1` is the share of its rows that
    differ.
    """

    unit: str
    family: str
    rows: int
    fitted: int
    engine: str
    ours_cpu_s: float
    ours_wall_s: float
    plain_cpu_s: float
    plain_wall_s: float
    f1: float
    f1_macro: float
    ours_mb: float = 0.0
    plain_mb: float = 0.0
    not_run: str | None = None


def family_of(unit: Unit) -> str:
    """Return the family of a unit; saga is one of its own."""
    setting = unit.rows[0].setting
    return SAGA if isinstance(setting, LogisticSetting) and setting.solver == "saga" else unit.rows[0].family.value


def smote_line(made: Made) -> Line:
    """Return what SMOTE took for one task."""
    assert made.ours is not None
    assert made.plain is not None
    return Line(
        unit=f"{made.matrix.task}/smote",
        family=SMOTE,
        rows=0,
        fitted=made.fitted,
        engine="",
        ours_cpu_s=made.ours.cpu_s,
        ours_wall_s=made.ours.wall_s,
        plain_cpu_s=made.plain.cpu_s,
        plain_wall_s=made.plain.wall_s,
        f1=made.other_rows,
        f1_macro=0.0,
    )


def peak_mb() -> float:
    """Return the peak memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def groups(lines: list[Line]) -> dict[str, list[Line]]:
    """Return the lines of each family, of all, and of all but those that nothing accelerates."""
    found: dict[str, list[Line]] = {}
    ran = [line for line in lines if line.rows]
    for line in ran:
        found.setdefault(f"{line.family} *" if line.family in ALONE else line.family, []).append(line)
    if rest := [line for line in ran if line.family not in ALONE]:
        found["all but *"] = rest
    if ran:
        found["all"] = ran
    return found


def table(lines: list[Line]) -> str:
    """Return the families side by side; what nothing accelerates is marked."""
    text = [
        f"{'family':16}{'rows':>5}{'plain cpu':>11}{'ours cpu':>10}{'ratio':>7}{'plain wall':>12}{'ours wall':>11}"
        f"{'ratio':>7}{'dF1':>9}{'dF1 macro':>11}  engine"
    ]
    for name, members in groups(lines).items():
        text.append(
            f"{name:16}{sum(m.rows for m in members):5}{_sides(members)}{_largest([m.f1 for m in members]):9.4f}"
            f"{_largest([m.f1_macro for m in members]):11.4f}  {', '.join(sorted({m.engine for m in members}))}"
        )
    if smote := [line for line in lines if line.family == SMOTE]:
        others = max(line.f1 for line in smote)
        text.append(f"{SMOTE:16}{len(smote):5}{_sides(smote)}  at most {others:.2%} of the rows are others")
    if ran := [line for line in lines if line.rows]:
        text.append(
            f"peak memory: ours {max(m.ours_mb for m in ran):,.0f} MB, plain {max(m.plain_mb for m in ran):,.0f} MB, "
            "each in a process of its own"
        )
    text += [f"not run: {line.unit}: {line.not_run}" for line in lines if line.not_run]
    return "\n".join(text)


def _sides(members: list[Line]) -> str:
    plain_cpu, ours_cpu = sum(m.plain_cpu_s for m in members), sum(m.ours_cpu_s for m in members)
    plain_wall, ours_wall = sum(m.plain_wall_s for m in members), sum(m.ours_wall_s for m in members)
    return (
        f"{plain_cpu:11.1f}{ours_cpu:10.1f}{plain_cpu / ours_cpu:7.2f}"
        f"{plain_wall:12.1f}{ours_wall:11.1f}{plain_wall / ours_wall:7.2f}"
    )


def growth(skies: list[list[Line]]) -> str:
    """Return by family the exponent with which CPU seconds grow: the slope of their log against the log of rows fitted.

    One line a family, of the units that every file has; the rest is left out, so that only like is compared.
    """
    shared = set.intersection(*({line.unit for line in sky if line.rows} for sky in skies))
    if not shared:
        return "no exponents: no unit was run in every file"
    kept = [[line for line in sky if line.unit in shared] for sky in skies]
    rows = [sum(line.fitted for line in sky) for sky in kept]
    text = [f"{'family':16}{'plain':>8}{'ours':>8}  exponents of CPU seconds over {len(skies)} skies"]
    for name in groups(kept[0]):
        members = [groups(sky)[name] for sky in kept]

        def slope(cost: Callable[[Line], float], members: list[list[Line]] = members) -> float:
            return float(np.polyfit(np.log(rows), np.log([sum(map(cost, of)) for of in members]), 1)[0])

        text.append(f"{name:16}{slope(lambda m: m.plain_cpu_s):8.2f}{slope(lambda m: m.ours_cpu_s):8.2f}")
    return "\n".join(text)


def _largest(differences: list[float]) -> float:
    return max(differences, key=abs, default=0.0)


def read(path: Path | None) -> dict[str, Line]:
    """Return the lines of a file by their keys."""
    if path is None or not path.exists():
        return {}
    return {key: Line(**line) for key, line in map(json.loads, path.read_text("utf-8").splitlines())}


def append(path: Path | None, key: str, line: Line) -> None:
    """Write a line behind the others."""
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([key, asdict(line)]) + "\n")


def main() -> None:
    """Print the table of each file, and the exponents where there are several."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study_tables", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    files = parser.parse_args().files
    skies = [list(read(path).values()) for path in files]
    for path, lines in zip(files, skies, strict=True):
        print(f"{path}\n{table(lines)}\n")
    if len(skies) > 1:
        print(growth(skies))


if __name__ == "__main__":
    main()
