"""What a run on images is asked: its options' types, limits and texts, which `cosmic.settings` gives names and defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from cosmic.images.records import Loss, Preprocessing, Scheme
from cosmic.option_texts import length, listed

Images = Annotated[
    Path | None,
    Field(
        description="A folder of galaxy images, for galaxy-image: <id>.jpg or .png, with a table of --labels. Default: the "
        "images that the catalogue has.",
        json_schema_extra={"metavar": "DIR"},
    ),
]
Labels = Annotated[
    Path | None,
    Field(
        description="The table of --images: galaxy_id, asset_id or objid, and label, gz2_class or vote fractions. "
        "Default: labels.csv in that folder or beside it.",
        json_schema_extra={"metavar": "FILE"},
    ),
]
LabelScheme = Annotated[
    Scheme | None,
    Field(
        description="What galaxies are labelled by: hubble14 (the study's, of gz2_class), clean5 (the literature's five, "
        "where volunteers are sure), votes (hubble14 as probabilities), given (the column as it stands). Default: what the "
        "labels are.",
        json_schema_extra={"metavar": "NAME"},
    ),
]
ImageBudget = Annotated[
    str,
    BeforeValidator(length),
    Field(
        description="Time for training on images, such as 10m, 90s or 1h; a number is minutes.",
        json_schema_extra={"metavar": "MINUTES"},
    ),
]
ImageEpochs = Annotated[
    int | None,
    Field(
        ge=1,
        description="Train networks on images for so many epochs, whatever they take; then the result does not depend on "
        "the speed of the machine.",
        json_schema_extra={"metavar": "N"},
    ),
]
ImageLosses = Annotated[
    tuple[Loss, ...],
    NoDecode,
    BeforeValidator(listed),
    Field(
        description="What the compact network makes small: cross-entropy, balanced (rare classes weigh more) or focal (what is "
        "hard weighs more). Of several, which share its time, the best on validation is kept. May be repeated. "
        "Default: cross-entropy.",
        json_schema_extra={"metavar": "NAME"},
    ),
]
ImagePreprocessing = Annotated[
    Literal[Preprocessing.STUDY, Preprocessing.STUDY_SLIDE],
    Field(
        description="What the study's networks see: study (the central 224 of 424 px, as its code did) or study-slide (the "
        "whole image brought to 224 px, as its slide says).",
        json_schema_extra={"metavar": "NAME"},
    ),
]
ImagePretraining = Annotated[
    Path | None,
    Field(
        description="A folder with images/ and labels.csv of other labels: whether a network that learns them first does "
        "better is found by folds and seeds, and told.",
        json_schema_extra={"metavar": "DIR"},
    ),
]
