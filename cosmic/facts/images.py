"""What a run learned from images of galaxies, as it stands in facts.json. Computes nothing.

Scores are those of `cosmic.facts.results.Result`, to which every fit here points; this is what is told besides: epochs,
layers, cost, examples, and how far volunteers themselves agree.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cosmic.facts.blocks import ArrayFile, LabelFacts
from cosmic.facts.results import Block, Interval, Scores


class ImagesRead(Block):
    """What was decoded: `images` usable ones of `galaxies` galaxies; `bad` counts those set apart, by reason.

    `sides` counts images by their width in pixels. `crop` is the side of the square that is kept, in units of the image's.
    """

    origin: str
    simulated: bool
    images: int
    galaxies: int
    bad: dict[str, int] = Field(default_factory=dict)
    sides: dict[str, int] = Field(default_factory=dict)
    size: int
    crop: float
    decoder: str


class Epoch(Block):
    """One pass over the training images. Losses are cross-entropies, nats; a refit has no validation."""

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    validation_f1_macro: float | None = None
    cpu_s: float | None = None


class Layer(Block):
    """One layer of a network: its output without the batch, and its parameters."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


class ImageFit(Block):
    """One model of images. `result` is its index in results; null until it is scored.

    `weights` says where a network began: at random, or from whose weights. `images` is what it was trained on, copies not
    counted. `stopped` says why training ended. `views` are the rotations and flips that an answer is averaged over.
    `refit` models were trained on training and validation images after they were chosen; validation scores nothing then.
    `parts` are the ids of the fits that an average is of.
    """

    id: str
    scheme: str
    model: str
    result: int | None = None
    preprocessing: str
    size: int
    crop: float
    loss: str | None = None
    weights: str | None = None
    images: int
    parameters: int | None = None
    trainable: int | None = None
    layers: tuple[Layer, ...] = ()
    batch: int | None = None
    epochs_planned: int | None = None
    best_epoch: int | None = None
    stopped: str | None = None
    views: int = 1
    refit: bool = False
    seed: int
    parts: tuple[str, ...] = ()
    cpu_s: float | None = None
    wall_s: float | None = None
    trained_images_a_cpu_s: float | None = None
    answered_images_a_cpu_s: float | None = None
    history: tuple[Epoch, ...] = ()
    notes: tuple[str, ...] = ()


class Stratum(Block):
    """Test images of which something lies in [lo, hi): how often a model is right, and how often volunteers would be."""

    by: Literal["agreement", "size", "magnitude", "votes"]
    unit: str
    lo: float
    hi: float
    n: int
    accuracy: float | None = None
    interval: Interval | None = None
    ceiling: float | None = None


class LabelCeiling(Block):
    """How often volunteers, asked again, would give the same label: what no model can be trusted beyond.

    The votes of each of n galaxies are drawn anew `draws` times from their own fractions, led along the tree, and the label's
    rule is applied again. `overall` is the share of equal labels, `balanced` the mean of the shares of each label, `by_votes`
    the share by number of people who classified the galaxy. `source` says whose votes they are. These take the observed
    fractions as the truth, which is too kind: `corrected` draws the truth first, from what the votes leave open, and another
    panel from that; `endless` compares with the label that endless votes would give.
    """

    scheme: str
    source: str
    n: int
    draws: int
    seed: int
    overall: float
    balanced: float
    corrected: float | None = None
    corrected_balanced: float | None = None
    endless: float | None = None
    endless_balanced: float | None = None
    interval: dict[str, Interval] = Field(default_factory=dict)
    per_label: dict[str, float] = Field(default_factory=dict)
    counts: dict[str, int] = Field(default_factory=dict)
    by_votes: tuple[Stratum, ...] = ()
    notes: tuple[str, ...] = ()


class Example(Block):
    """A test image: row of the file of pictures, its galaxy, its label, and what the model said with which probability.

    `saliency` is the row of the file of maps that shows where a part that is covered changes the answer; null without.
    """

    kind: Literal["surest right", "surest wrong"]
    picture: int
    image: str
    label: str
    answer: str
    probability: float
    saliency: int | None = None


class Examples(Block):
    """Some test images of every class with the answers of one fit. Files lie beside facts.json."""

    fit: str
    pictures: ArrayFile
    maps: ArrayFile | None = None
    shown: tuple[Example, ...]


class Trial(Block):
    """One of several fits on the same fold and seed."""

    fold: int
    seed: int
    accuracy: float
    f1_macro: float


class Transfer(Block):
    """Whether a network that learned other labels first does better: the same folds and seeds both ways, paired.

    `left_out` of the first images show galaxies that the run's own show too, and were not learned. `difference` is of the mean
    accuracy, pretrained less from scratch; `p_value` is of the corrected resampled t-test over folds and seeds (Nadeau &
    Bengio 2003), two-sided.
    """

    scheme: str
    classes: tuple[str, ...]
    images: int
    left_out: int = 0
    pretrained_on: str
    folds: int
    seeds: int
    epochs: int
    scratch: tuple[Trial, ...]
    pretrained: tuple[Trial, ...]
    difference: float
    interval: Interval
    p_value: float
    difference_f1_macro: float
    interval_f1_macro: Interval
    p_value_f1_macro: float


class Apart(Block):
    """Accuracy of one answer less that of another on the same test galaxies, with an interval over galaxies or sky cells."""

    what: Literal["both less image", "both less table", "image less table"]
    accuracy: float
    interval: Interval | None = None
    f1: float
    f1_interval: Interval | None = None


class Fusion(Block):
    """What image and table say of the galaxies that have both, weighed into one answer, beside each alone.

    `weights` are of the image's answer, the table's, and how common a label is, fitted on `n_validation` galaxies. `image` is
    the id of a fit that has not seen the validation part; `table_arm` and `table_model` are of the best model of galaxies from
    the table. All scores are of the same test galaxies and the labels that both models know.
    """

    image: str
    table_arm: str
    table_model: str
    labels: tuple[str, ...] = ()
    weights: tuple[float, float, float] | None = None
    n_validation: int = 0
    n_test: int = 0
    left_out: dict[str, int] = Field(default_factory=dict)
    of_image: Scores | None = None
    of_table: Scores | None = None
    of_both: Scores | None = None
    apart: tuple[Apart, ...] = ()
    not_run: str | None = None


class ImageStudy(Block):
    """Everything a run learned from images with labels of one scheme; `dropped` classes were too small."""

    scheme: str
    read: ImagesRead
    labels: LabelFacts | None = None
    dropped: dict[str, int] = Field(default_factory=dict)
    budget_minutes: float | None = None
    fits: tuple[ImageFit, ...] = ()
    chosen: str | None = None
    ceiling: LabelCeiling | None = None
    strata: tuple[Stratum, ...] = ()
    examples: Examples | None = None
    transfer: Transfer | None = None
    fusion: Fusion | None = None
    notes: tuple[str, ...] = ()
    not_run: str | None = None
