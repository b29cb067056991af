"""From what a comparison found to what people are told. Sends nothing."""

from __future__ import annotations

from typing import Final

from cosmic.alerts.records import Severity, Signal
from cosmic.facts.drift import DriftFacts, DriftVerdict

CHECK: Final = "drift"
SEVERITIES: Final = {
    DriftVerdict.WATCH: Severity.WARNING,
    DriftVerdict.RETRAIN: Severity.ERROR,
    DriftVerdict.STOP: Severity.CRITICAL,
}
_ADVICE: Final = {
    DriftVerdict.WATCH: "Look at the drift page; nothing has to be done yet.",
    DriftVerdict.RETRAIN: "Train again, with the new rows.",
    DriftVerdict.STOP: "Do not train on these rows, nor publish answers for them, before the source was looked at.",
}


def signals(facts: DriftFacts, *, table: str, link: str | None = None, source: str | None = None) -> tuple[Signal, ...]:
    """Return what a comparison says of a table: failing, sound again, or nothing where nothing could be judged.

    Parameters
    ----------
    table : str
        As the other incidents of these rows call it.
    link : str, optional
        Where the drift page is.
    source : str, optional
        What was compared, such as the state of a catalogue: the same source counts once.
    """
    if facts.verdict is DriftVerdict.FINE:
        return (sound(table, source=source),) if facts.tests or not facts.n_new else ()
    return (
        Signal(
            CHECK, table, failing=True, severity=SEVERITIES[facts.verdict],
            summary=f"{facts.summary} {_ADVICE[facts.verdict]}", rows=facts.n_new, link=link, source=source,
        ),
    )  # fmt: skip


def sound(table: str, *, source: str | None = None) -> Signal:
    """Return the signal that a table does not drift: all of it, or all that a model has seen."""
    return Signal(CHECK, table, failing=False, source=source)
