"""Whether a model sees what the model of the run before saw. Compares names of features; scores nothing."""

from __future__ import annotations

from collections.abc import Sequence

from cosmic.facts import Facts, Note
from cosmic.features import is_corrected
from cosmic.records import Kept


def other_inputs(before: Facts, kept: Sequence[Kept]) -> tuple[Note, ...]:
    """Return a warning for each kept model that sees other features than that of the run before."""
    theirs = {(result.task, result.arm): result.features for result in before.results if result.features}
    found = []
    for one in kept:
        features, ours = theirs.get((one.task, one.arm), one.prepared.features), one.prepared.features
        if features == ours:
            continue
        what = "the model sees other features than in the run before"
        if is_corrected(features) != is_corrected(ours):
            now, then = ("are", "were not") if is_corrected(ours) else ("are not", "were")
            what = f"magnitudes {now} corrected for extinction, and {then} in the run before"
        text = f"{one.arm}: {what}, so the comparison with it is one of different inputs."
        found.append(Note(level="warning", text=text, task=one.task))
    return tuple(found)
