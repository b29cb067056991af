"""From the records of a run to its facts. Reads files of ours, computes counts, draws nothing and judges nothing."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cosmic import __version__, artefacts
from cosmic import facts as f
from cosmic.catalogue import StoredPage
from cosmic.datasets import Dataset, part_codes
from cosmic.evaluation.dossier import Details, Pairs
from cosmic.facts.file import count_cells, write_array, write_facts
from cosmic.identity import NSIDE
from cosmic.images.records import Imaged
from cosmic.records import (
    Composed,
    CutoutsTaken,
    HeldOut,
    Ingest,
    JudgedPage,
    Kept,
    Paired,
    Prepared,
    Scored,
    Searched,
    Sky,
    Snapshot,
    SplitName,
    Task,
    Volunteers,
)
from cosmic.reporting import ingest_notes, notes, origins, searches, since
from cosmic.reporting.assemble_images import best_of_images, image_results, image_studies
from cosmic.reporting.assemble_study import study_facts
from cosmic.reporting.best import best_per_arm
from cosmic.reporting.inputs import other_inputs
from cosmic.reporting.published import published_for, published_study
from cosmic.reporting.skycounts import cells_of, count_sky
from cosmic.settings import PipelineOptions
from cosmic.splits import PARTS
from cosmic.study.records import Studied
from cosmic.task_cards import task_cards

log = logging.getLogger(__name__)

_LIBRARIES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "imbalanced-learn",
    "pyarrow",
    "pandas",
    "great-expectations",
    "prefect",
)
_OPTIONAL = ("tensorflow", "scikit-learn-intelex")
"""Libraries of extras, which may be missing."""


@dataclass(frozen=True, slots=True)
class RunRecords:
    """Everything that the steps of one run handed back."""

    judged: tuple[JudgedPage, ...]
    ingest: Ingest
    snapshot: Snapshot
    prepared: tuple[Prepared, ...]
    scored: tuple[Scored, ...]
    kept: tuple[Kept, ...]
    composed: tuple[Composed, ...]
    paired: tuple[Paired, ...]
    held_out: tuple[HeldOut, ...]
    steps_run: int
    steps_cached: int
    remark: str = ""
    volunteers: Volunteers | None = None
    cutouts: CutoutsTaken | None = None
    studied: Studied | None = None
    searched: tuple[Searched, ...] = ()
    imaged: Imaged | None = None


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """Which run of which flow it was, when it started and ended, the command that gives it again, where it wrote."""

    id: str
    flow: str
    started: datetime
    finished: datetime
    command: str
    database: str
    catalogue: str


def assemble(
    records: RunRecords,
    identity: RunIdentity,
    *,
    options: PipelineOptions,
    salt: str,
    resamples: int,
    pages: Sequence[StoredPage],
    root: Path,
    reports: Path,
) -> Path:
    """Return the facts.json of a run, written to a folder of `reports` named after the run, with its arrays beside it.

    Parameters
    ----------
    pages : sequence of StoredPage
        Every page that the catalogue was built from.
    root : Path
        The home, which paths in the facts are relative to.
    reports : Path
        The folder of all reports of this sky.
    """
    folder = reports / identity.id
    folder.mkdir(parents=True, exist_ok=True)
    rows = pq.read_table(records.snapshot.path, columns=["object_key", "block", "ra", "dec"])
    part = (
        part_codes(rows, split=options.split, salt=salt, seed=options.seed) if rows.num_rows else np.zeros(0, np.int8)
    )
    results = (*_results(records, sky=records.snapshot.sky), *image_results(records.imaged))
    at = {(r.task, r.arm, r.model, r.rebalancing, r.searched): index for index, r in enumerate(results)}
    cards = task_cards(records.prepared)
    split = _split(part, options, salt=salt)
    counts: dict[str, dict[str, int]] = {
        task: {label: sum(p.n for p in parts.values()) for label, parts in card.label_facts.parts.items()}
        for task, card in cards.items()
        if card.label_facts.parts
    }
    now = since.Setup(options.filter, split, options.seed, records.snapshot.system, counts)
    before = since.last_report(reports, catalogue=identity.catalogue, now=now)
    changed, previous, inputs = None, None, tuple[f.Note, ...]()
    if before is not None:
        changed = since.changes(
            records.snapshot, root / records.snapshot.sky / "snapshots" / f"{before.snapshot.id}.parquet"
        )
        inputs = other_inputs(before, records.kept)
        previous = since.previous(before, changed, records.kept, now=now, root=root, resamples=resamples)
    study = study_facts(records.studied, sky=records.snapshot.sky)
    facts = f.Facts(
        seed=options.seed,
        filter=options.filter,
        run=_run(
            records,
            identity,
            changed,
            rows,
            previous=previous,
            inputs=inputs,
            pages=pages,
            root=root,
            folder=folder,
            options=options,
        ),
        machine=f.Machine(
            cores=os.cpu_count(),
            memory_mb=psutil.virtual_memory().total / 1e6,
            system=f"{platform.system()} {platform.machine()}",
            python=platform.python_version(),
            versions={name: found for name in (*_LIBRARIES, *_OPTIONAL) if (found := _version(name))},
        ),
        source=origins.source_of(records.judged, records.ingest, records.snapshot, options=options),
        ingest=f.IngestFacts(
            **{name: getattr(records.ingest, name) for name in ("rows", "valid", "quarantined", "inserted", "updated")},
            unchanged=records.ingest.unchanged,
            superseded=records.ingest.superseded,
            erased=records.ingest.erased,
            reasons=records.ingest.reasons,
        ),
        snapshot=f.SnapshotFacts(
            id=records.snapshot.id,
            rows=records.snapshot.rows,
            system=records.snapshot.system,
            sky=records.snapshot.sky.value,
            pages=origins.stored_pages(pages),
            offset=None if records.snapshot.offset is None else f.OffsetFacts(**asdict(records.snapshot.offset)),
        ),
        split=split,
        class_counts=counts,
        dropped_classes={task: card.dropped for task, card in cards.items() if card.dropped},
        labels=tuple(card.label_facts for card in cards.values()),
        results=results,
        best=(*best_per_arm(results), *best_of_images(records.imaged, results)),
        arms=tuple(pair for one in records.paired for pair in _pairs(one)),
        selections=tuple(
            selection.model_copy(update={"result": at[_key(one)]})
            for one in records.kept
            for selection in _details(one).selections
        ),
        hierarchy=_hierarchy(records.composed, records.kept, at),
        coverage=tuple(_details(one).coverage for one in _honest(records.kept)),
        sky=count_sky(rows, part if options.split is SplitName.SKY else None, records.judged, folder=folder),
        exploration=study.exploration,
        images=image_studies(records.imaged, results, folder=folder),
        grid=study.grid,
        grid_test=study.grid_test,
        published_grid=study.published_grid,
        published_claims=study.published_claims,
        searches=tuple(searches.of(one, results) for one in records.searched),
        published_study=() if records.snapshot.sky is Sky.SIMULATED else published_study(),
        notes=(
            *notes.of_pages(records.judged),
            *notes.of_volunteers(records.volunteers),
            *notes.of_cutouts(records.cutouts),
            *notes.of_snapshot(records.snapshot),
            *ingest_notes.of_pages_together(records.ingest),
            *notes.of_data_sets(records.prepared),
            *notes.of_nodes(options.task, records.snapshot.sky),
            *notes.of_fits(results),
            *notes.of_held_out(results),
        ),
    )
    return write_facts(facts, folder)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        if name in _OPTIONAL:
            return None
        raise


def _split(part: NDArray[np.int8], options: PipelineOptions, *, salt: str) -> f.SplitFacts:
    by_sky = options.split is SplitName.SKY
    return f.SplitFacts(
        name=options.split,
        salt=salt if by_sky else None,
        nside=NSIDE if by_sky else None,
        parts={
            name: f.Portion(n=int((part == code).sum()), share=float((part == code).mean()))
            for code, name in enumerate(PARTS)
            if len(part)
        },
    )


def _results(records: RunRecords, *, sky: Sky) -> tuple[f.Result, ...]:
    """Every model in the order task, arm, model, rebalancing; a task and arm that was not run has its reason."""
    found: list[f.Result] = []
    for one in records.prepared:
        if one.not_run is not None:
            found.append(f.Result(task=one.task, arm=one.arm, not_run=one.not_run))
            continue
        best = next((kept for kept in records.kept if (kept.task, kept.arm) == (one.task, one.arm)), None)
        dropped = Dataset.load(one.path).card.untrained if one.path is not None else {}
        found += [
            _result(scored, best, records.held_out, dropped, sky=sky)
            for scored in records.scored
            if (scored.task, scored.arm) == (one.task, one.arm)
        ]
    return tuple(found)


def _result(
    scored: Scored, best: Kept | None, held_out: Sequence[HeldOut], dropped: dict[str, int], *, sky: Sky
) -> f.Result:
    result = f.Result.model_validate_json(artefacts.check(scored.result).read_bytes())
    changes: dict[str, object] = {"dropped_classes": dropped}
    # without one of the classes the question is another one, and the study's figure no equal
    if sky is Sky.REAL and result.arm == "published" and result.model is not None and not dropped:
        changes["published"] = published_for(result.task, result.model)
    if best is not None and best.scored == scored:
        changes["importance_kind"] = "permutation"
        changes["importance"] = _details(best).importance
        changes["holdout"] = tuple(
            f.Holdout.model_validate_json(artefacts.check(one.path).read_bytes())
            for one in held_out
            if (one.task, one.arm) == (scored.task, scored.arm)
        )
    return result.model_copy(update=changes)


def _key(kept: Kept) -> tuple[str, str, str, str, bool]:
    return kept.task, kept.arm, kept.scored.model, kept.scored.rebalancing, kept.scored.searched


def _details(kept: Kept) -> Details:
    return Details.model_validate_json(artefacts.check(kept.details).read_bytes())


def _pairs(paired: Paired) -> tuple[f.ArmPair, ...]:
    return Pairs.model_validate_json(artefacts.check(paired.path).read_bytes()).pairs


def _honest(kept: Sequence[Kept]) -> list[Kept]:
    """One kept model a task: the photometric one where there is one, since its range is what users ask about."""
    chosen: dict[Task, Kept] = {}
    for one in kept:
        if one.task not in chosen or one.arm == "photometric":
            chosen[one.task] = one
    return list(chosen.values())


def _hierarchy(
    composed: Sequence[Composed], kept: Sequence[Kept], at: dict[tuple[str, str, str | None, str | None, bool], int]
) -> tuple[f.Hierarchy, ...]:
    index = {(one.task.value, one.arm.value): at[_key(one)] for one in kept}
    found = []
    for one in composed:
        facts = f.Hierarchy.model_validate_json(artefacts.check(one.path).read_bytes())
        nodes = tuple(
            node if node.not_run else node.model_copy(update={"result": index[node.task, facts.arm]})
            for node in facts.nodes
        )
        found.append(facts.model_copy(update={"nodes": nodes}))
    return tuple(found)


def _run(
    records: RunRecords,
    identity: RunIdentity,
    changed: since.Changes | None,
    rows: pa.Table,
    *,
    previous: f.Previous | None,
    inputs: Sequence[f.Note],
    pages: Sequence[StoredPage],
    root: Path,
    folder: Path,
    options: PipelineOptions,
) -> f.Run:
    seconds = (identity.finished - identity.started).total_seconds()
    new = None
    if changed is not None:
        fresh = rows.filter(pc.is_in(rows["object_key"], value_set=changed.new))
        new = write_array(count_cells(cells_of(fresh)), folder)
    others = origins.pages_elsewhere(records.judged, pages, options=options)
    return f.Run(
        id=identity.id,
        date=identity.started.date().isoformat(),
        started=_iso(identity.started),
        finished=_iso(identity.finished),
        total_s=seconds,
        minutes=seconds / 60,
        command=identity.command,
        citation=(
            f"Cosmic {__version__}, run {identity.id}, snapshot {records.snapshot.id[:12]}. "
            + (
                "Simulated sky."
                if records.snapshot.sky is Sky.SIMULATED
                else "Data: Sloan Digital Sky Survey (acknowledge SDSS as it asks)."
            )
        ),
        cosmic=__version__,
        database=identity.database,
        catalogue=identity.catalogue,
        runner="local",
        new_objects=records.ingest.inserted if changed is None else len(changed.new),
        sky_new=new,
        steps_cached=records.steps_cached,
        steps_run=records.steps_run,
        models=tuple(
            f.SavedModel(
                task=one.task,
                arm=one.arm,
                file=_relative(one.model, root),
                sha256=one.sha256,
                predictions=_relative(one.scored.fitted.predictions, root),
            )
            for one in records.kept
        ),
        pages_since={page.id: _iso(page.since) for page in pages},
        earlier_pages=others,
        previous=previous,
        remark=records.remark or None,
        searched=tuple(searches.turn(one) for one in records.searched),
        notes=(
            *notes.of_earlier_ingests(records.ingest.earlier, others, survey=options.source == "skyserver"),
            *ingest_notes.of_updates(records.ingest),
            *inputs,
        ),
    )


def _relative(path: Path, root: Path) -> str:
    absolute = root.absolute()
    return path.relative_to(absolute).as_posix() if path.is_relative_to(absolute) else str(path)


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
