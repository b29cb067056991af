"""How models of the grid improve: networks by epoch, and families by the setting that counts. Draws; computes no score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cosmic.facts import Facts
from cosmic.facts.grid import GridResult
from cosmic.reporting import style, words
from cosmic.reporting.dots import small
from cosmic.reporting.study_view import StudyTask

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COUNTED: Final = {
    "random_forest": ("n_estimators", "trees"),
    "decision_tree": ("max_depth", "depth of the tree"),
    "knn": ("n_neighbors", "neighbours"),
}
"""The setting of a family that its score is drawn over, and what it counts."""
_BALANCES: Final = {"smote": style.INK, "rarest": style.BAR}


def networks(facts: Facts, rows: tuple[int, ...], *, width: int = 760) -> style.Picture | None:
    """Return the accuracy of each network over its epochs, on fitted and on validation rows, or None without any."""
    shown = [facts.grid[i] for i in rows]
    if not shown:
        return None
    balances = [name for name in _BALANCES if any(one.balance == name for one in shown)]

    def draw(figure: Figure) -> None:
        frames = figure.subplots(1, len(balances), squeeze=False, sharey=True)[0]
        for frame, balance in zip(frames, balances, strict=True):
            here = [one for one in shown if one.balance == balance]
            for at, one in enumerate(here):
                epochs = range(1, len(one.epochs) + 1)
                colour = _LINES[at % len(_LINES)]
                frame.plot(epochs, [epoch.accuracy for epoch in one.epochs], color=colour, lw=1.2, ls=":")
                frame.plot(
                    epochs,
                    [epoch.validation_accuracy for epoch in one.epochs],
                    color=colour,
                    lw=1.6,
                    marker="o",
                    ms=3,
                    label=_named(one),
                )
            frame.set_title(words.rebalancing(balance), fontsize=11)
            frame.set_xlabel("epoch")
            frame.set_xticks(range(1, max(len(one.epochs) for one in here) + 1))
            frame.legend(frameon=False, fontsize=9)
        frames[0].set_ylabel("accuracy (dotted: fitted rows)")

    task = shown[0].task
    last = [f"{_named(one)}, {words.rebalancing(one.balance)}: {_last(one):.3f}" for one in shown]
    alt = f"Accuracy of networks by epoch, {words.task(task)}; validation rows after the last: {'; '.join(last)}."
    return small(style.picture(f"epochs-{task}", width=width, height=300, alt=alt, draw=draw))


_LINES: Final = (style.NEW, style.BAD, style.SAME, style.PUBLISHED, style.INK, style.OLD)


def _named(one: GridResult) -> str:
    return f"{one.setting['activation']}, rate {one.setting['learning_rate']}"


def _last(one: GridResult) -> float:
    return one.epochs[-1].validation_accuracy or 0.0


def settings(facts: Facts, task: StudyTask, *, width: int = 760) -> style.Picture | None:
    """Return the best weighted F1 on validation over trees, depth and neighbours, or None where none ran."""
    lines: dict[str, dict[str, dict[float, float]]] = {}
    for table in task.tuning:
        if table.family in _COUNTED:
            for i in table.rows:
                one = facts.grid[i]
                if one.validation is not None:
                    value = float(str(one.setting[_COUNTED[table.family][0]]))
                    curve = lines.setdefault(table.family, {}).setdefault(one.balance, {})
                    curve[value] = max(curve.get(value, 0.0), one.validation.f1)
    if not lines:
        return None

    def draw(figure: Figure) -> None:
        frames = figure.subplots(1, len(lines), squeeze=False)[0]
        for frame, (family, curves) in zip(frames, lines.items(), strict=True):
            for balance, curve in curves.items():
                at = sorted(curve)
                frame.plot(at, [curve[x] for x in at], color=_BALANCES.get(balance, style.OLD), marker="o", ms=4,
                           label=words.rebalancing(balance))  # fmt: skip
            frame.set_xlabel(_COUNTED[family][1])
            frame.set_title(words.model(family), fontsize=11)
        frames[0].set_ylabel("weighted F1, validation")
        frames[0].legend(frameon=False, fontsize=9)

    said = [f"{words.model(family)} over {_COUNTED[family][1]}, {words.rebalancing(balance)}: "
            + ", ".join(f"{x:g} {curve[x]:.3f}" for x in sorted(curve))
            for family, curves in lines.items() for balance, curve in curves.items()]  # fmt: skip
    alt = f"Best weighted F1 on validation, {words.task(task.name)}; {'; '.join(said)}."
    return small(style.picture(f"settings-{task.name}", width=width, height=260, alt=alt, draw=draw))
