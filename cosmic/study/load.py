"""How heavy each unit of the grid is: in which order to run them, and what is left of them. Runs nothing, reads no clock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cosmic.records import Task
from cosmic.study.published import Balance, LogisticSetting
from cosmic.study.units import Kind, Unit

Sizes = dict[tuple[Task, Balance], int]
"""Rows to fit on, by task and balance; 0 where there is no matrix."""

_SECONDS: Final = {
    Kind.NEIGHBOURS: 1.0,
    Kind.FOREST: 1.5,
    Kind.TREE: 0.4,
    Kind.LOGISTIC: 0.3,
    Kind.PLAIN: 1.5,
    Kind.NETWORK: 0.5,
    Kind.CONVERGED_SVM: 4.0,
}
"""About the seconds that 10,000 rows take on one core; only what they are to one another matters."""
_SAGA: Final = 8.0
_FIXED: Final = 0.05
_COMPILING: Final = 2.0
"""Seconds that any unit takes, and that a network takes before it learns."""


def weight(unit: Unit, sizes: Sizes) -> float:
    """Return about how long a unit takes beside others."""
    first = unit.rows[0]
    seconds = _SECONDS[unit.kind]
    if isinstance(first.setting, LogisticSetting) and first.setting.solver == "saga":
        seconds = _SAGA
    rows = sizes.get((first.task, first.balance), 0)
    fixed = _COMPILING if rows and unit.kind is Kind.NETWORK else _FIXED
    return fixed + seconds * rows / 10_000


def heaviest_first(units: Iterable[Unit], sizes: Sizes) -> tuple[Unit, ...]:
    """Return units in an order in which light ones come last and networks, which wait for one another, lie apart."""
    ordered = sorted(units, key=lambda unit: -weight(unit, sizes))
    alone = [unit for unit in ordered if unit.kind is Kind.NETWORK]
    others = [unit for unit in ordered if unit.kind is not Kind.NETWORK]
    found: list[Unit] = []
    while alone or others:
        found += [pile.pop(0) for pile in (alone, others) if pile]
    return tuple(found)
