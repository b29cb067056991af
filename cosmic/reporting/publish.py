"""Writes a run's facts and report, and records the run with its models. Computes no figure."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from cosmic import artefacts
from cosmic.catalogue import Catalogue, ModelVersion, Run, StoredPage
from cosmic.facts import Facts, Scores
from cosmic.facts.file import read_facts
from cosmic.facts.results import Result
from cosmic.home import Home
from cosmic.records import Arm, Model, Rebalancing, Report, Task
from cosmic.reporting.assemble import RunIdentity, RunRecords, assemble
from cosmic.reporting.image_page import build_images
from cosmic.reporting.page import build
from cosmic.reporting.shown import plain
from cosmic.reporting.study_page import build_study
from cosmic.reporting.verdict import verdict
from cosmic.settings import PipelineOptions

log = logging.getLogger(__name__)


def publish(
    records: RunRecords,
    identity: RunIdentity,
    *,
    options: PipelineOptions,
    salt: str,
    resamples: int,
    pages: Sequence[StoredPage],
    home: Home,
) -> Report:
    """Return the report of a run, written to its own folder; `publish_latest` copies it to where the newest is.

    Parameters
    ----------
    pages : sequence of StoredPage
        Every page that the catalogue was built from.
    """
    started = time.perf_counter()
    path = assemble(
        records,
        identity,
        options=options,
        salt=salt,
        resamples=resamples,
        pages=pages,
        root=home.root,
        reports=home.reports,
    )
    html = build(path)
    build_study(path)
    build_images(path)
    facts = read_facts(path)
    log.info("report %s in %.1f s", identity.id, time.perf_counter() - started)
    return Report(
        run=identity.id,
        html=html,
        facts=path,
        latest=home.latest / html.name,
        verdict=plain(verdict(facts)),
        counts=_counts(facts),
        scores=scores(facts),
    )


def record_run(
    catalogue: Catalogue, records: RunRecords, identity: RunIdentity, report: Report, *, options: PipelineOptions
) -> None:
    """Record the run, its snapshot and its kept models in the catalogue, each with what it came from.

    Of images it is the final model, unless they were read from a folder alone: then no row of the catalogue is behind it.
    """
    # here, not where it is frozen: that step may be answered from the cache for a catalogue that went back in time
    read_tables = bool(records.ingest.state)  # a run on images alone has no rows to freeze
    if read_tables:
        catalogue.record_snapshot(records.snapshot, state=records.ingest.state)
    given = options.model_dump(mode="json", exclude={"home"}, exclude_defaults=True)
    catalogue.record_run(
        Run(
            id=identity.id,
            flow=identity.flow,
            started=identity.started,
            finished=identity.finished,
            snapshot=records.snapshot.id if read_tables else None,
            report=report.html,
            settings={name: str(value) for name, value in given.items()},
        )
    )
    if read_tables and (found := _image_model(records, identity)) is not None:
        catalogue.record_model(found)
    results = {(r.task, r.arm, r.model, r.rebalancing, r.searched): r for r in read_facts(report.facts).results}
    for one in records.kept:
        result = results[one.task, one.arm, one.scored.model, one.scored.rebalancing, one.scored.searched]
        catalogue.record_model(
            ModelVersion(
                id=one.scored.fitted.id,
                task=one.task,
                arm=one.arm,
                family=one.scored.model,
                rebalancing=one.scored.rebalancing,
                path=one.model,
                digest=one.sha256,
                snapshot=records.snapshot.id,
                metrics=_metrics(one.scored.validation_f1, result),
                trained_at=identity.finished,
                run=identity.id,
            )
        )


def _image_model(records: RunRecords, identity: RunIdentity) -> ModelVersion | None:
    """Return the final model of images, whose galaxies are the snapshot's; None where the run has none."""
    imaged = records.imaged
    final = next((one for one in imaged.scored if one.fitted.id == imaged.chosen), None) if imaged else None
    if final is None:
        return None
    result = Result.model_validate_json(artefacts.check(final.result).read_bytes())
    return ModelVersion(
        id=final.fitted.id,
        task=Task.GALAXY_IMAGE,
        arm=Arm.IMAGES,
        family=Model(final.fitted.model),
        rebalancing=Rebalancing.NONE,
        path=final.fitted.file,
        digest=artefacts.sha256_of(artefacts.check(final.fitted.file)),
        snapshot=records.snapshot.id,
        metrics=_metrics(final.validation_f1, result),
        trained_at=identity.finished,
        run=identity.id,
    )


def _metrics(validation_f1: float | None, result: Result) -> dict[str, float | None]:
    test = result.test
    low, high = (test.interval.get("f1") if test else None) or (None, None)
    return {
        "validation_f1": validation_f1, "test_f1": test.f1 if test else None, "test_f1_low": low, "test_f1_high": high,
        "n_test": result.n_test,
    }  # fmt: skip


def scores(facts: Facts) -> str:
    """Return the scores of the best model of each task and arm as a Markdown table, hold-out files below their model."""
    lines = [
        "| task | arm | model, rebalancing | on | weighted F1 (95 %) | macro F1 | accuracy of the largest class | n |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for best in facts.best:
        result = facts.results[best.result]
        name = f"| {best.task} | {best.arm} | {best.model}, {best.rebalancing} |"
        if result.test is not None:
            lines.append(f"{name} test | {_figures(result.test)} | {result.n_test} |")
        for one in result.holdout:
            path = one.path.replace("|", "\\|")
            told = f" {one.not_run} | | | " if one.not_run is not None else f" {_figures(one)} "
            lines.append(f"{name} {path} |{told}| {one.n} |")
    return "\n".join(lines) if len(lines) > 2 else "No model could be trained."


def _figures(found: Scores) -> str:
    lower_upper = found.interval.get("f1")
    interval = f" ({lower_upper[0]:.3f}–{lower_upper[1]:.3f})" if lower_upper else ""
    figures = [found.f1, found.f1_macro, found.majority]
    f1, macro, majority = ("–" if one is None else f"{one:.3f}" for one in figures)
    return f"{f1}{interval if found.f1 is not None else ''} | {macro} | {majority}"


def _counts(facts: Facts) -> str:
    """What the run read and did, as a Markdown table."""
    ingest, snapshot = facts.ingest, facts.snapshot
    lines = [
        ("rows read", ingest.rows),
        ("valid", ingest.valid),
        ("quarantined", ingest.quarantined),
        ("inserted", ingest.inserted),
        ("updated", ingest.updated),
        ("unchanged", ingest.unchanged),
        ("objects in the snapshot", snapshot.rows),
        ("models trained", sum(result.not_run is None for result in facts.results)),
    ]
    return "\n".join(["| what | number |", "|---|---|", *(f"| {name} | {n} |" for name, n in lines)])
