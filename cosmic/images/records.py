"""The records of the image half that cross boundaries, and the names of its choices. They hold no pixel and do no work."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from cosmic.records import Sky, SplitName


class Scheme(StrEnum):
    """What a galaxy's label is made of.

    `hubble14`: the study's label of its gz2_class. `clean5`: the literature's five, where volunteers are sure. `votes`: the
    37 vote fractions, from which probabilities of the study's labels follow. `given`: the column as it stands.
    """

    HUBBLE14 = "hubble14"
    CLEAN5 = "clean5"
    VOTES = "votes"
    GIVEN = "given"


class Preprocessing(StrEnum):
    """What is done to an image before a network sees it.

    `study`: the central 224 px, brightness raised by 0.3 of the full range with what exceeds it cut off, divided by 255, as
    the study's code did. `study-slide`: the same with the whole image brought to 224 px, as its slide says. `plain`: the
    central part alone, turned, mirrored and zoomed at random in training.
    """

    STUDY = "study"
    STUDY_SLIDE = "study-slide"
    PLAIN = "plain"


class Loss(StrEnum):
    """What training makes small.

    `cross-entropy`; `balanced`, the same with weights (largest class / class) ** 0.5; `focal`, the same with the weight
    (1 - p) ** 2 of each answer (Lin et al. 2017).
    """

    CROSS_ENTROPY = "cross-entropy"
    BALANCED = "balanced"
    FOCAL = "focal"


@dataclass(frozen=True, slots=True)
class Cut:
    """Which pixels are decoded for a model: their number a side, and the side of the crop in units of the image's."""

    size: int
    crop: float


@dataclass(frozen=True, slots=True)
class ImageList:
    """Which images there are, and what is known of each galaxy; nothing was decoded yet.

    `path` is a Parquet file in `cosmic.images.listing.SCHEMA`; `id` the sha256 of its rows without their paths on disk, so
    that two machines agree. `rejected` counts lines that name no image or no label, by reason.
    """

    id: str
    path: Path
    sky: Sky
    origin: str
    images: int
    rejected: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pixels:
    """Images decoded once: uint8, shape (N, size, size, 3), in a ``.npy`` that is read through a memory map.

    `rows` is a Parquet file with the line of the list of each usable image, its sha256 and its place in `path`; `bad` one of
    those that were set apart, with the reason; `images` counts the usable ones of N. `crop` is the side of the square about the middle, in units of the image's.
    """

    id: str
    path: Path
    rows: Path
    bad: Path
    images: int
    size: int
    crop: float
    sky: Sky
    origin: str
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImageData:
    """Labelled pixels on disk: label, part of the split, block and votes of each; or the reason there are none."""

    id: str
    path: Path | None
    pixels: Pixels
    scheme: Scheme
    split: SplitName
    names: tuple[str, ...] = ()
    dropped: dict[str, int] = field(default_factory=dict)
    not_run: str | None = None


@dataclass(frozen=True, slots=True)
class ImageFitted:
    """A model of images on disk, and what it said of every labelled image.

    `probabilities` is a ``.npy`` of float32, shape (n, k), in the order of the labelled rows; `facts` an `ImageFit` of the
    facts, without scores.
    """

    id: str
    model: str
    file: Path
    probabilities: Path
    facts: Path

    @property
    def folder(self) -> Path:
        """Return the folder that the model's files lie in."""
        return self.file.parent


@dataclass(frozen=True, slots=True)
class ImageScored:
    """The scores of one model of images on disk (a `Result` of the facts), and the figure that models are chosen by."""

    fitted: ImageFitted
    result: Path
    validation_f1: float | None


@dataclass(frozen=True, slots=True)
class ImageHeld:
    """Final models scored on one folder set aside: the id of each fit, and a `Holdout` of the facts on disk."""

    scores: tuple[tuple[str, Path], ...]


@dataclass(frozen=True, slots=True)
class Imaged:
    """Everything that the image steps of one run handed back.

    `study` is an `ImageStudy` of the facts on disk, whose fits point at no result yet; `pictures` and `maps` are ``.npy``
    files of the examples in it. `chosen` is the id of the fit that is best on validation, or of its refit.
    """

    study: Path | None
    scored: tuple[ImageScored, ...] = ()
    chosen: str | None = None
    pictures: Path | None = None
    maps: Path | None = None
    not_run: str | None = None
    held: tuple[ImageHeld, ...] = ()
