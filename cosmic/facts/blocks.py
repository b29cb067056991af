"""What a run says of its data and of what its models select, as it stands in facts.json. Computes nothing.

The blocks of one trained model are in `cosmic.facts.results`, the whole file is `cosmic.facts.document.Facts`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cosmic.facts.results import Block, Interval, Part

# --------------------------------------------------------------------------------- what the data look like


class ArrayFile(Block):
    """An array in a ``.npy`` file beside facts.json, named by its sha256."""

    file: str
    sha256: str
    rows: int


class Source(Block):
    """Where the rows came from. `names` are file names, or the names of pages; `pages` are the stored bytes.

    `columns` is the file column behind each column of ours, as far as all pages agree; where they differ, each page
    has the rest of its own.
    """

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
    """One stored page: the sha256 of its bytes, its size in bytes, its rows, and columns that other pages name otherwise."""

    name: str
    sha256: str
    kind: str
    size: int
    rows: int | None = None
    columns: dict[str, str] = Field(default_factory=dict)


class IngestFacts(Block):
    """What the contract and the catalogue did with the rows of this run.

    inserted + updated + unchanged = valid. `superseded` of the unchanged are rows that another file of this run
    contradicts and replaces. `erased` counts, by column, stored values that updated rows could not keep.
    """

    rows: int
    valid: int
    quarantined: int
    inserted: int
    updated: int
    unchanged: int
    superseded: int = 0
    erased: dict[str, int] = Field(default_factory=dict)
    reasons: dict[str, int] = Field(default_factory=dict)


class SnapshotFacts(Block):
    """The frozen rows that the models saw.

    `pages` are all pages that the catalogue was built from, by name and sha256; those of this run are in
    `Source.pages`.
    """

    id: str
    rows: int
    system: str
    sky: Literal["real", "simulated"]
    pages: tuple[PageFacts, ...] = ()


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


class ArmPair(Block):
    """The best models of two arms of one task on the n test objects that both answered.

    `difference` is `f1` less `f1_other`, with an interval that resamples sky cells, both models together. Scores of
    two arms stand on different objects where a column is missing for some; these stand on the same.
    """

    task: str
    arm: str
    other: str
    n: int
    f1: float | None = None
    f1_other: float | None = None
    difference: float | None = None
    interval: Interval | None = None
    not_run: str | None = None


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
