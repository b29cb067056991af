"""What a run found, as it stands in facts.json (schema_version 1). Computes nothing, draws nothing, reads no clock.

The report is built from these facts alone, and two runs are equal when their facts are, with `run`, `machine`, every
`*_s` and `peak_mb` set aside (`cosmic.reporting.facts_file.facts_equal`). So whatever depends on what happened before,
ingest counts excepted, lives under `run`. A figure that does not exist is null, never NaN. Averages over classes are
weighted by class size unless the name says macro.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from cosmic.reporting.results import (
    Best,
    Block,
    ClassScore,
    Confusion,
    Holdout,
    Importance,
    Interval,
    Part,
    Published,
    Result,
    Scores,
    Setting,
    TreeNode,
)

__all__ = [
    "ArrayFile",
    "Best",
    "Block",
    "ClassScore",
    "Comparison",
    "Confusion",
    "Coverage",
    "CurveBin",
    "Facts",
    "Hierarchy",
    "HierarchyNode",
    "Holdout",
    "Importance",
    "IngestFacts",
    "Interval",
    "LabelFacts",
    "Machine",
    "Note",
    "PageFacts",
    "Part",
    "Portion",
    "Previous",
    "Published",
    "PublishedRow",
    "Result",
    "Run",
    "SavedModel",
    "Scores",
    "Selection",
    "Setting",
    "SkyMap",
    "SnapshotFacts",
    "Source",
    "SplitFacts",
    "TreeNode",
]
# --------------------------------------------------------------------------------- what the data look like


class ArrayFile(Block):
    """An array in a ``.npy`` file beside facts.json, named by its sha256."""

    file: str
    sha256: str
    rows: int


class Source(Block):
    """Where the rows came from. `names` are file names, or the names of pages; `pages` are the stored bytes."""

    kind: str
    simulated: bool
    names: tuple[str, ...] = ()
    release: int | None = None
    query: str | None = None
    rows: int | None = None
    seed: int | None = None
    faults: tuple[str, ...] = ()
    system: str | None = None
    unit: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    pages: tuple[PageFacts, ...] = ()


class PageFacts(Block):
    """One stored page: the sha256 of its bytes, its size in bytes and its rows."""

    name: str
    sha256: str
    kind: str
    size: int
    rows: int | None = None


class IngestFacts(Block):
    """What the contract and the catalogue did with the rows of this run."""

    rows: int
    valid: int
    quarantined: int
    inserted: int
    updated: int
    unchanged: int
    reasons: dict[str, int] = Field(default_factory=dict)


class SnapshotFacts(Block):
    """The frozen rows that the models saw."""

    id: str
    rows: int
    system: str
    sky: Literal["real", "simulated"]


class Portion(Block):
    """A number of objects and its share (0 to 1) of the whole it belongs to."""

    n: int
    share: float


class SplitFacts(Block):
    """How objects were divided. `parts` are shares of the snapshot."""

    name: str
    salt: str | None = None
    nside: int | None = None
    parts: dict[Part, Portion] = Field(default_factory=dict)


class LabelFacts(Block):
    """How the labels of one task came about.

    `parts` gives, for each label kept, its objects in each part and their share of that label; `excluded` counts rows
    that got no label, by reason (such as ``{"CV": 12, "clean-class rule": 340}``).
    """

    task: str
    rule: str
    min_class_size: int | None = None
    parts: dict[str, dict[Part, Portion]] = Field(default_factory=dict)
    excluded: dict[str, int] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Coverage(Block):
    """The range of one column, in `unit`, in which a task was tested, and how many catalogue rows lie outside.

    `lo` and `hi` are the 0.5 and 99.5 percentiles of the test part.
    """

    task: str
    column: str
    unit: str
    lo: float
    hi: float
    n_test: int
    n_catalogue: int
    n_below: int
    n_above: int


class SkyMap(Block):
    """Objects per HEALPix cell (nested order, ICRS): arrays of int64, shape (cells, 2), columns cell and count."""

    nside: int
    catalogue: ArrayFile | None = None
    quarantined: ArrayFile | None = None
    test: ArrayFile | None = None
    n_catalogue: int
    n_quarantined: int = 0
    n_test: int = 0
    n_without_position: int = 0


# ------------------------------------------------------------------------------- what astronomers select by


class CurveBin(Block):
    """Completeness and purity of a selection for r magnitudes in [r_lo, r_hi); n true members, n_selected chosen."""

    r_lo: float
    r_hi: float
    n: int
    n_selected: int
    completeness: float | None = None
    purity: float | None = None
    interval: dict[str, Interval] = Field(default_factory=dict)


class Selection(Block):
    """Choosing one class by ``P(label) > threshold``.

    The threshold is the smallest that reaches `purity_target` on validation; completeness and purity are those of
    the test part. `n` counts true members and `n_selected` the chosen objects of the test part. `result` is the
    index of the model in results.
    """

    task: str
    arm: str
    label: str
    result: int
    threshold: float | None = None
    completeness: float | None = None
    purity: float | None = None
    validation_completeness: float | None = None
    validation_purity: float | None = None
    n: int
    n_selected: int | None = None
    interval: dict[str, Interval] = Field(default_factory=dict)
    curve: tuple[CurveBin, ...] = ()
    not_run: str | None = None


class HierarchyNode(Block):
    """One model of a composed hierarchy: its task and its index in results, or why it is not there."""

    task: str
    result: int | None = None
    not_run: str | None = None


class Hierarchy(Block):
    """Superclass and subclass models composed on the same test objects (Silla and Freitas 2011), per arm."""

    arm: str
    nodes: tuple[HierarchyNode, ...] = ()
    precision: float | None = None
    recall: float | None = None
    f: float | None = None
    n: int | None = None
    interval: dict[str, Interval] = Field(default_factory=dict)
    not_run: str | None = None


class PublishedRow(Block):
    """One row of the published test table, with what the figure really is."""

    task: str
    data: str
    model: str
    run_time_s: float | None = None
    accuracy: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    note: str | None = None


class Note(Block):
    """Something a reader should know, in words; `task` where it concerns one task alone."""

    level: Literal["note", "warning"] = "note"
    text: str
    task: str | None = None


# ------------------------------------------------------------------------------------ this run and the last


class Comparison(Block):
    """The model of the run before and of this run on the same n test objects; `difference` is now less before."""

    task: str
    arm: str
    n: int
    f1_before: float | None = None
    f1_now: float | None = None
    difference: float | None = None
    interval: Interval | None = None
    not_run: str | None = None


class Previous(Block):
    """What changed since the run before. Null where it cannot be known."""

    id: str
    date: str
    snapshot: str
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
    """This run. Not compared between runs. Times are ISO 8601 in UTC; `minutes` is the whole run."""

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
    new_objects: int | None = None
    sky_new: ArrayFile | None = None
    steps_cached: int | None = None
    steps_run: int | None = None
    models: tuple[SavedModel, ...] = ()
    previous: Previous | None = None
    notes: tuple[Note, ...] = ()


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
    selections: tuple[Selection, ...] = ()
    hierarchy: tuple[Hierarchy, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    sky: SkyMap | None = None
    published_study: tuple[PublishedRow, ...] = ()
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
        if self.source.simulated and (self.published_study or any(r.published for r in self.results)):
            raise ValueError("a published figure stands beside a simulated sky; leave `published` null there")
        return self
