"""The records that cross boundaries: small, frozen, JSON. They hold no rows and do no work."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NewType

from cosmic.facts.results import Setting

PageId = NewType("PageId", str)
"""sha256 of the bytes of a page."""
SnapshotId = NewType("SnapshotId", str)
"""sha256 of the rows in canonical order."""
CatalogueId = NewType("CatalogueId", str)
"""UUID written by the first migration of a catalogue."""


class Sky(StrEnum):
    """Whether rows come from the real sky. The two never share a catalogue."""

    REAL = "real"
    SIMULATED = "simulated"


class MagnitudeSystem(StrEnum):
    """Which of SDSS's magnitudes u g r i z are. Part of the identity of snapshots and models."""

    MODEL = "model"
    PSF = "psf"
    CMODEL = "cmodel"
    PETRO = "petro"
    DEREDDENED = "dereddened"


class MagnitudeUnit(StrEnum):
    """Unit of the brightness columns as they stood in the source."""

    MAGNITUDE = "magnitude"
    NANOMAGGIES = "nanomaggies"


class Task(StrEnum):
    """A node of the hierarchy that a model can be trained for."""

    SUPERCLASS = "superclass"
    STAR = "star"
    GALAXY = "galaxy"
    GALAXY_SPECTRAL = "galaxy-spectral"
    GALAXY_IMAGE = "galaxy-image"


TABLE_TASKS = (Task.SUPERCLASS, Task.STAR, Task.GALAXY, Task.GALAXY_SPECTRAL)
"""Nodes whose models look at rows of a table; the other looks at images."""


class Arm(StrEnum):
    """Which inputs a model may see."""

    PUBLISHED = "published"
    NO_LEAK = "no-leak"
    PHOTOMETRIC = "photometric"
    PHOTOMETRIC_SHAPE = "photometric+shape"
    MORPHOMETRIC = "morphometric"
    PHOTOMETRIC_EXTERNAL = "photometric+external"
    MAGNITUDE_MATCHED = "magnitude-matched"
    IMAGES = "images"
    IMAGES_TABLE = "images+table"


class Model(StrEnum):
    """Model families."""

    LOGISTIC = "logistic"
    DECISION_TREE = "decision_tree"
    RANDOM_FOREST = "random_forest"
    EXTRA_TREES = "extra_trees"
    BOOSTING = "boosting"
    KNN = "knn"
    SVM = "svm"
    FFNN = "ffnn"
    ENSEMBLE = "ensemble"
    CNN = "cnn"
    LSTM = "lstm"
    RESNET50 = "resnet50"
    COMPACT_CNN = "compact_cnn"
    MORPHOLOGY = "morphology"


class Rebalancing(StrEnum):
    """What happens to class sizes, in the training part only."""

    NONE = "none"
    SMOTE = "smote"
    RAREST = "rarest"
    CLASS_WEIGHT = "class-weight"


class SplitName(StrEnum):
    """How objects are divided into train, validation and test."""

    SKY = "sky"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Page:
    """The bytes of one answer of a source, stored before anything reads them.

    `path` holds the bytes as they came; `manifest` is a JSON file beside it (origin, query or path,
    sha256, size, times, library versions).
    """

    id: PageId
    path: Path
    manifest: Path
    origin: str
    kind: str
    size: int
    columns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedPage:
    """A page after its contract: valid and quarantined rows are disjoint and together are all its rows."""

    page: Page
    valid: Path
    quarantined: Path
    report: Path
    rows: int
    n_valid: int
    n_quarantined: int
    reasons: dict[str, int]
    system: MagnitudeSystem
    contract: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two pages of one ingest, by origin, that say different things of `rows` objects in `columns`; the later stands."""

    earlier: str
    later: str
    rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ingest:
    """What one ingest did to the catalogue, as recorded in the same transaction.

    inserted + updated + unchanged = valid. `earlier` rows of the catalogue came before and are in none of the pages.
    `superseded` of the unchanged are contradicted by a later page (`contradictions` says which). `erased` counts, by
    column, stored values of updated rows that the new row could not keep (`cosmic.lending`). `too_rough` rows without
    id and position have too few decimals to be found in other files. `absent` objects, brought earlier from the plates
    that were asked for again, are no longer among their rows. `rounds` are the ids of the ingests of one run that are told
    as one here.
    """

    id: str
    catalogue: CatalogueId
    rows: int
    valid: int
    quarantined: int
    inserted: int
    updated: int
    unchanged: int
    state: str
    reasons: dict[str, int] = field(default_factory=dict)
    earlier: int = 0
    superseded: int = 0
    contradictions: tuple[Contradiction, ...] = ()
    erased: dict[str, int] = field(default_factory=dict)
    too_rough: int = 0
    absent: int = 0
    rounds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offset:
    """A shift between two records of the same objects (`cosmic.offsets`).

    `medians` are of the absolute difference in u g r i z, mag; `like_extinction` says whether they stand to each other
    as Galactic extinction does.
    """

    objects: int
    medians: tuple[float, ...]
    like_extinction: bool


LABELS_KIND = "galaxy-zoo-labels"
"""Kind of a page that brings known objects what volunteers saw, and nothing else."""


@dataclass(frozen=True, slots=True)
class Volunteers:
    """What was stored of Galaxy Zoo 2.

    `labels` is a page that brings each matched object its string, None where no object was matched. `matched` counts
    galaxies by how; `rejected` galaxies and `bad_images` images that were set apart, by reason. `differing` objects keep the string of their own table,
    which is another one than the release has. `unplaced` galaxies have neither a position nor an id of the photometry, so
    nothing can tell which object they are. `soft` is a Parquet file of how sure volunteers were of each object of the
    catalogue (`Catalogue.soft_labels`), `agreement` the mean of its column of that name.
    """

    sources: tuple[str, ...]
    galaxies: int
    matched: dict[str, int]
    rejected: dict[str, int]
    images: int = 0
    bad_images: dict[str, int] = field(default_factory=dict)
    labels: Page | None = None
    differing: int = 0
    unplaced: int = 0
    soft: Path | None = None
    agreement: float | None = None
    acknowledgements: tuple[str, ...] = ()

    @property
    def without_a_place(self) -> str:
        """Return what is to be known of `unplaced` galaxies, in words."""
        return (
            f"{self.unplaced:,} galaxies have neither a position nor a dr8objid, so none can be an object of the catalogue; "
            "their votes and images are kept and can be read (Catalogue.galaxy_images). SkyServer's zoo2MainSpecz has both: "
            "put it beside the release to find their objects."
        )


@dataclass(frozen=True, slots=True)
class CutoutsTaken:
    """What a catalogue holds of a survey's cutouts: usable `images`, and how many were set apart (`bad`), by reason."""

    source: str
    images: int
    bad: dict[str, int]
    acknowledgement: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frozen set of catalogue rows on disk, one an object, in one magnitude system.

    `folded` catalogue rows repeat another one and are not objects of their own; `conflicting` of them have another
    class than the row that stands for them. `offset` is how the magnitudes of folded rows differ to one side from those
    of the rows that stand for them; None where they do not.
    """

    id: SnapshotId
    path: Path
    rows: int
    system: MagnitudeSystem
    sky: Sky
    folded: int = 0
    conflicting: int = 0
    offset: Offset | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A matrix on disk: one task, one arm, labels, split and blocks; or the reason there is none.

    `labels` says what the labelled rows of the task are, in every arm; None for a task that has no labels yet.
    """

    id: str
    path: Path | None
    task: Task
    arm: Arm
    features: tuple[str, ...]
    not_run: str | None = None
    labels: Path | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model on disk with its predictions on validation and test rows, and what it cost."""

    id: str
    model: Path
    predictions: Path
    facts: Path


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of one fit on disk (a `Result` of the facts), and the figure that models are chosen by."""

    fitted: Fitted
    result: Path
    task: Task
    arm: Arm
    model: Model
    rebalancing: Rebalancing
    validation_f1: float | None
    searched: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The best trial of a search, to be fitted like any other model; `settings` are whole."""

    model: Model
    rebalancing: Rebalancing
    settings: dict[str, Setting]


@dataclass(frozen=True, slots=True)
class Searched:
    """What is known of a task and arm after a turn of a search; a `Search` of the facts on disk.

    `before` trials were stored before the turn, which took `seconds`; `enough` says that it has as many as were asked for,
    or that its next fit would not end in time.
    `found` is None where no trial was completed.
    """

    task: Task
    arm: Arm
    path: Path
    trials: int
    pruned: int
    before: int
    seconds: float
    enough: bool
    best: float | None
    found: Found | None


@dataclass(frozen=True, slots=True)
class Kept:
    """The best validated model of a task and arm: its folder's files, and what it looks at and selects."""

    task: Task
    arm: Arm
    scored: Scored
    prepared: Prepared
    model: Path
    card: Path
    sha256: str
    details: Path


@dataclass(frozen=True, slots=True)
class Composed:
    """The models of one arm composed into a hierarchy, scored; a `Hierarchy` of the facts on disk."""

    arm: Arm
    path: Path


@dataclass(frozen=True, slots=True)
class Paired:
    """The arms of one task beside each other on the same test objects; `ArmPair` blocks of the facts on disk."""

    task: Task
    path: Path


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One kept model scored on one hold-out file; a `Holdout` of the facts on disk."""

    task: Task
    arm: Arm
    path: Path


@dataclass(frozen=True, slots=True)
class Report:
    """A report on disk, with its verdict in a sentence and tables as Markdown for other places that show a run."""

    run: str
    html: Path
    facts: Path
    latest: Path
    verdict: str
    counts: str
    scores: str
