"""The rehearsal of faults as tables in a terminal. Computes nothing but sums over skies."""

from __future__ import annotations

import sys
from collections import Counter

from rich.console import Console
from rich.table import Table

from flows.rehearsing import NOT_CAUGHT, Rehearsal, Tried

_LONGEST = 90


def show(found: Rehearsal, console: Console | None = None) -> None:
    """Print a line a fault, over all skies, then the false alarms."""
    console = console or Console(width=None if sys.stdout.isatty() else 150)
    table = Table(
        title=f"Faults planted in night {found.before} of {len(found.seeds)} skies of {found.rows:,} rows a night",
        caption="right, wrong: rows in quarantine that the fault touched, and that it did not",
    )
    for name in ("fault", "caught by", "touched", "right", "wrong", "reached the catalogue", "alerts"):
        table.add_column(name, justify="left" if name in ("fault", "caught by", "alerts") else "right")
    for fault in dict.fromkeys(one.fault for one in found.tried):
        own = [one for one in found.tried if one.fault == fault]
        table.add_row(fault, _counted(own), *(f"{sum(getattr(one, name) for one in own):,}" for name in
                      ("planted", "right", "wrong", "reached")), _alerts(own))  # fmt: skip
    console.print(table)
    for one in found.tried:
        if one.caught_by == NOT_CAUGHT:
            told = f"{one.reached:,} touched rows and {one.stored:,} in all are in the catalogue, and nobody was told"
            console.print(f"Not caught: {one.fault}, seed {one.seed}: {told}.", style="bold")
    console.print(
        f"{found.sound} sound nights: {len(found.false_alarms)} false alarms; {found.sound_quarantined:,} of "
        f"{found.sound * found.rows:,} rows in quarantine."
    )
    for alarm in found.false_alarms[:10]:
        console.print(f"- {alarm}"[:_LONGEST])
    console.print("As meant." if found.as_meant else "Not as meant: something escaped that a check is meant to catch.")


def _counted(own: list[Tried]) -> str:
    return ", ".join(f"{name} {n}/{len(own)}" for name, n in Counter(one.caught_by for one in own).most_common())


def _alerts(own: list[Tried]) -> str:
    counted = Counter(check for one in own for check in one.signals)
    return ", ".join(f"{check} {n}" for check, n in counted.most_common()) or "none"
