"""The status page: what a catalogue tells of itself to status.json, and that to one HTML file. Computes no score, needs no network.

It opens from a folder, without a server, and reads on a phone.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from cosmic.alerts.records import Incident
from cosmic.catalogue.chronicle import Chronicle, Ran
from cosmic.facts.file import write_whole
from cosmic.facts.status import IncidentFact, IngestFact, NextRun, RunFact, ScoreFact, ScoreLine, Status
from cosmic.home import Home
from cosmic.records import Sky
from cosmic.reporting import status_figures as figures
from cosmic.reporting.page import environment
from cosmic.reporting.shown import At

RUNS: Final = 20
"""Newest runs that the page shows; status.json says how many came before."""
_RECOVERED: Final = 10
_log = logging.getLogger(__name__)


def status_of(
    chronicle: Chronicle | None,
    *,
    home: Home,
    database: str,
    planned: Sequence[NextRun] = (),
    unplanned: str | None = None,
    published: bool = False,
    now: datetime,
) -> Status:
    """Return the facts of the page; those of a catalogue that is not there yet where `chronicle` is None.

    Parameters
    ----------
    database : str
        Kind of the database, such as ``sqlite``.
    planned : sequence of NextRun
        What runs next by itself.
    unplanned : str, optional
        Why that is not known.
    published : bool
        Whether the page will lie where reports are published, and not in the home.
    """
    told = Status(
        made=now, sky=home.sky, simulated=home.sky is Sky.SIMULATED, database=database, planned=tuple(planned),
        unplanned=unplanned,
    )  # fmt: skip
    if chronicle is None:
        return told
    opened = [one for one in chronicle.incidents if one.recovered is None]
    over = sorted((one for one in chronicle.incidents if one.recovered is not None), key=_end, reverse=True)
    return told.model_copy(
        update={
            "catalogue": chronicle.catalogue,
            "objects": chronicle.objects,
            "runs": tuple(_run(one, home, published=published) for one in chronicle.runs),
            "runs_before": chronicle.runs_before,
            "ingests": tuple(
                IngestFact(
                    when=one.when, rows=one.rows, inserted=one.inserted, objects=one.objects,
                    quarantined=one.quarantined, reasons=one.reasons,
                )
                for one in chronicle.ingests
            ),
            "scores": _scores(chronicle),
            "incidents": tuple(map(_incident, sorted(opened, key=lambda one: (-one.severity.rank, one.opened)))),
            "recovered": tuple(map(_incident, over[:_RECOVERED])),
        }
    )  # fmt: skip


def status_json(status: Status) -> str:
    """Return the text of status.json."""
    return json.dumps(status.model_dump(mode="json"), sort_keys=True, indent=1, allow_nan=False) + "\n"


def write_status(status: Status, folder: Path) -> Path:
    """Write status-SKY.html and the facts behind it to a folder, each whole or not at all; return the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"status-{status.sky}.json", status_json(status).encode())
    path = write_whole(folder / f"status-{status.sky}.html", render_status(status).encode())
    _log.info("status of the %s sky: %s", status.sky, path)
    return path


def render_status(status: Status) -> str:
    """Return the page of these facts."""
    f = At(json.loads(status_json(status)))
    return environment().get_template("status_page.html.j2").render(
        f=f,
        growth=figures.growth(status.ingests),
        apart=figures.quarantine(status.ingests),
        scores=[(f["scores"][at], figures.scores(line, at)) for at, line in enumerate(status.scores)],
        newest=len(status.ingests) - 1,
    )  # fmt: skip


def _run(one: Ran, home: Home, *, published: bool) -> RunFact:
    counts = one.counts or {}
    report = None
    if one.report is not None and Path(one.report).exists():
        # the page lies in <home>/reports, and the whole home may be moved or published
        near = Path(os.path.relpath(one.report, home.latest.parent)).as_posix()
        report = f"{home.sky}/{one.id}/{Path(one.report).name}" if published else near
    took = None if one.finished is None else (one.finished - one.started).total_seconds() / 60
    return RunFact(
        id=one.id, flow=one.flow, started=one.started, finished=one.finished, minutes=took, outcome=one.outcome,
        detail=one.detail, report=report, rows=counts.get("rows"), inserted=counts.get("inserted"),
        updated=counts.get("updated"), quarantined=counts.get("quarantined"),
    )  # fmt: skip


def _scores(chronicle: Chronicle) -> tuple[ScoreLine, ...]:
    lines: dict[tuple[str, str], list[ScoreFact]] = {}
    for one in chronicle.models:
        n = one.metrics.get("n_test")
        lines.setdefault((one.task, one.arm), []).append(
            ScoreFact(
                when=one.trained_at, model=one.family, f1=one.metrics.get("test_f1"),
                low=one.metrics.get("test_f1_low"), high=one.metrics.get("test_f1_high"), n=None if n is None else int(n),
            )
        )  # fmt: skip
    return tuple(ScoreLine(task=task, arm=arm, points=tuple(points)) for (task, arm), points in sorted(lines.items()))


def _incident(one: Incident) -> IncidentFact:
    return IncidentFact(
        check=one.check, table=one.table, number=one.number, severity=one.severity, opened=one.opened,
        recovered=one.recovered, times=one.times, summary=one.summary,
    )  # fmt: skip


def _end(one: Incident) -> datetime:
    return one.recovered or one.opened
