"""The page of a comparison with the model in use: drift.json to drift.html. Computes nothing, needs no network."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cosmic.facts.drift import DriftKind, DriftReport, DriftVerdict
from cosmic.facts.file import facts_json, write_whole
from cosmic.reporting.page import environment
from cosmic.reporting.shown import At

NAME: Final = "drift.html"
JSON: Final = "drift.json"
TODO: Final = {
    DriftVerdict.FINE: "Nothing is to be done.",
    DriftVerdict.WATCH: "Somebody should look; nothing has to be done yet.",
    DriftVerdict.RETRAIN: "Train again with the new rows: the sky, or its mixture, is another one than the model knows.",
    DriftVerdict.STOP: "Look at the source first: these rows look wrong. Neither train on them nor publish answers for them.",
}
KINDS: Final = {
    DriftKind.COVERAGE: "Sky and magnitudes that the model has not seen",
    DriftKind.CALIBRATION: "Colours of all classes alike: zero points",
    DriftKind.FEATURE: "Features, by class",
    DriftKind.LABELS: "Shares of labels",
    DriftKind.VOTES: "Volunteers' votes",
    DriftKind.PREDICTIONS: "What the model predicts",
    DriftKind.CONFIDENCE: "How sure the model is",
    DriftKind.MISSING: "Missing values",
}
"""Kinds in the order of the page."""


def build_drift(report: DriftReport, folder: Path) -> Path:
    """Write drift.json and drift.html to a folder and return the path of the page. The same report gives the same bytes."""
    write_whole(folder / JSON, facts_json(report).encode())
    return write_whole(folder / NAME, render_drift(report).encode())


def render_drift(report: DriftReport) -> str:
    """Return the page of a report, as it is written."""
    text = facts_json(report)
    report, f = DriftReport.model_validate_json(text), At(json.loads(text))
    records = report.found.records
    worst = sorted((at for at, one in enumerate(records) if one.verdict.rank), key=lambda at: -records[at].verdict.rank)
    sections = [
        (title, _places(f, (at for at, one in enumerate(records) if one.kind is kind and one.where == "all")))
        for kind, title in KINDS.items()
    ]
    local = _places(f, (at for at, one in enumerate(records) if one.where != "all"))
    return environment().get_template("drift_page.html.j2").render(
        f=f, todo=TODO[report.found.verdict], changed=_places(f, worst), local=local,
        sections=[(title, rows) for title, rows in sections if rows],
    )  # fmt: skip


def _places(f: At, places: Iterable[int]) -> list[At]:
    return [f["found"]["records"][at] for at in places]
