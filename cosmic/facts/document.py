"""What a run found, as it stands in facts.json (schema_version 1). Computes nothing, draws nothing, reads no clock.

The report is built from these facts alone, and two runs are equal when their facts are, with `run`, `machine`, every
`*_s` and `peak_mb` set aside (`cosmic.facts.file.facts_equal`). So whatever depends on what happened before, ingest
counts excepted, lives under `run`. A figure that does not exist is null, never NaN. Averages over classes are weighted
by class size unless the name says macro.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from cosmic.facts.blocks import (
    ArmPair,
    ArrayFile,
    Comparison,
    Coverage,
    Hierarchy,
    IngestFacts,
    LabelFacts,
    Note,
    PublishedRow,
    Selection,
    SkyMap,
    SnapshotFacts,
    Source,
    SplitFacts,
)
from cosmic.facts.claims import PublishedClaim
from cosmic.facts.exploration import Exploration
from cosmic.facts.grid import GridResult, GridTest, PrintedGridRow
from cosmic.facts.images import ImageStudy
from cosmic.facts.results import Best, Block, Result
from cosmic.facts.search import Search, SearchTurn


class Previous(Block):
    """What changed since the run before of the same catalogue. Null where it cannot be known.

    `differs` says in words how that run was set up otherwise (filter, split, magnitudes); its models are not compared
    then. `classes_new` and `classes_gone` are, by task, labels that are kept now and were not, and the reverse.
    """

    id: str
    date: str
    started: str | None = None
    snapshot: str
    differs: tuple[str, ...] = ()
    classes_new: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    classes_gone: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    objects_new: int | None = None
    objects_changed_class: int | None = None
    objects_changed: int | None = None
    labels_changed: int | None = None
    features_changed: int | None = None
    quarantined_before: int | None = None
    comparisons: tuple[Comparison, ...] = ()


class SavedModel(Block):
    """A model on disk: its file and that of its predictions, relative to the home, and the sha256 of the first."""

    task: str
    arm: str
    file: str
    sha256: str
    predictions: str | None = None


class Run(Block):
    """This run. Not compared between runs. `remark` says what a survey had to bring. Times are ISO 8601 in UTC; `minutes` is the whole run.

    `pages_since` is when each page of the catalogue was first ingested, by its sha256; `earlier_pages` are the names of
    those that this run did not read and its command alone does not bring.
    """

    id: str
    date: str
    started: str
    finished: str | None = None
    total_s: float | None = None
    minutes: float | None = None
    command: str
    citation: str
    cosmic: str
    database: str | None = None
    catalogue: str | None = None
    runner: str | None = None
    pages_since: dict[str, str] = Field(default_factory=dict)
    earlier_pages: tuple[str, ...] = ()
    new_objects: int | None = None
    sky_new: ArrayFile | None = None
    steps_cached: int | None = None
    steps_run: int | None = None
    models: tuple[SavedModel, ...] = ()
    previous: Previous | None = None
    notes: tuple[Note, ...] = ()
    remark: str | None = None
    searched: tuple[SearchTurn, ...] = ()


class Machine(Block):
    """The computer and the libraries. Not compared between runs."""

    cores: int | None = None
    memory_mb: float | None = None
    system: str | None = None
    python: str | None = None
    versions: dict[str, str] = Field(default_factory=dict)


class Facts(Block):
    """Everything in facts.json. The order of `results` is task, arm, model, rebalancing as in `cosmic.records`.

    `class_counts` and `dropped_classes` count the objects of the snapshot by task and label.
    """

    schema_version: Literal[1] = 1
    purity_target: float = 0.95
    interval_level: float = 0.95
    seed: int
    filter: str = "none"
    run: Run
    machine: Machine
    source: Source
    ingest: IngestFacts
    snapshot: SnapshotFacts
    split: SplitFacts
    class_counts: dict[str, dict[str, int]] = Field(default_factory=dict)
    dropped_classes: dict[str, dict[str, int]] = Field(default_factory=dict)
    labels: tuple[LabelFacts, ...] = ()
    results: tuple[Result, ...] = ()
    best: tuple[Best, ...] = ()
    arms: tuple[ArmPair, ...] = ()
    selections: tuple[Selection, ...] = ()
    hierarchy: tuple[Hierarchy, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    sky: SkyMap | None = None
    searches: tuple[Search, ...] = ()
    exploration: tuple[Exploration, ...] = ()
    images: tuple[ImageStudy, ...] = ()
    grid: tuple[GridResult, ...] = ()
    grid_test: tuple[GridTest, ...] = ()
    published_study: tuple[PublishedRow, ...] = ()
    published_grid: tuple[PrintedGridRow, ...] = ()
    published_claims: tuple[PublishedClaim, ...] = ()
    notes: tuple[Note, ...] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        pointers = [*(b.result for b in self.best), *(s.result for s in self.selections)]
        pointers += [n.result for h in self.hierarchy for n in h.nodes if n.result is not None]
        wrong = [p for p in pointers if not 0 <= p < len(self.results)]
        if wrong:
            raise ValueError(f"result index {wrong[0]} points beyond the {len(self.results)} results")
        if self.source.simulated != (self.snapshot.sky == "simulated"):
            raise ValueError("source.simulated and snapshot.sky disagree about which sky this is")
        shown = bool(self.published_study or self.published_claims or self.published_grid)
        shown = shown or any(r.published for r in self.results) or any(r.published for r in self.grid_test)
        if self.source.simulated and shown:
            raise ValueError("a published figure stands beside a simulated sky; leave `published` null there")
        if any(each.simulated != self.source.simulated for each in self.exploration):
            raise ValueError("exploration.simulated and source.simulated disagree about which sky this is")
        return self
