"""What the page calls tasks, arms, models and classes. Unknown ids are shown as they are."""

from __future__ import annotations

from typing import Final

TASKS: Final = {
    "superclass": "superclass",
    "star": "star letter",
    "galaxy": "galaxy (table)",
    "galaxy-spectral": "galaxy (spectral)",
    "galaxy-image": "galaxy (image)",
}
ARMS: Final = {
    "published": "same inputs as published",
    "no-leak": "published inputs without the leak",
    "photometric": "without a spectrum",
    "photometric+shape": "without a spectrum, with shape",
    "morphometric": "without a spectrum, with morphology",
    "photometric+external": "without a spectrum, with other surveys",
    "magnitude-matched": "without a spectrum, classes equally bright",
    "images": "from images",
    "images+table": "from images and the table",
}
ARMS_SHORT: Final = {
    "published": "same inputs",
    "no-leak": "without the leak",
    "photometric": "no spectrum",
    "photometric+shape": "no spectrum, shape",
    "morphometric": "no spectrum, morphology",
    "photometric+external": "no spectrum, other surveys",
    "magnitude-matched": "equally bright",
    "images": "image",
    "images+table": "image and table",
}
ABOUT: Final = {
    "galaxy-spectral": "What the arms measure here: the study has no such node. With its inputs, redshift says which lines "
    "the spectrograph can show, and with brightness how luminous a galaxy is; it comes from the very spectrum that is "
    "classified, so that score is no forecast for objects without one. Without the leak are left three colours and "
    "brightness, which also carries how galaxies of each class were selected. Without a spectrum is what an observer of "
    "images alone can expect: colours tell old from young stars, and say less of an active nucleus; shape adds how "
    "extended a galaxy is.",
}
"""What the arms of a task measure, where no published score says it."""
MODELS: Final = {
    "logistic": "logistic regression",
    "decision_tree": "decision tree",
    "random_forest": "random forest",
    "extra_trees": "extremely random trees",
    "knn": "nearest neighbours",
    "svm": "support vector machine",
    "ffnn": "feed-forward network",
    "boosting": "gradient boosting",
    "ensemble": "average of trees, boosting and a network",
    "majority": "always the largest class",
    "cnn": "the study's convolutional network",
    "lstm": "the study's LSTM",
    "resnet50": "ResNet50",
    "compact_cnn": "compact convolutional network",
    "morphology": "trees on numbers of shape",
    "fusion": "image and table, weighed",
}
REBALANCING: Final = {
    "none": "natural classes",
    "smote": "SMOTE",
    "rarest": "cut to the rarest",
    "class-weight": "class weights",
}
PARTS: Final = {"train": "train", "validation": "validation", "test": "test"}
METRICS: Final = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "weighted F1",
    "f1_macro": "macro F1",
    "balanced_accuracy": "balanced accuracy",
}
_COUNTS: Final = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_PLURALS: Final = {
    "galaxy": "galaxies",
    "quasar": "quasars",
    "qso": "quasars",
    "star": "stars",
    "none": "galaxies without lines",
}


def task(name: str) -> str:
    """Return what a node of the hierarchy is called."""
    return TASKS.get(name, name)


def about(name: str) -> str:
    """Return what the arms of a task measure, in words; nothing where the ledger says it."""
    return ABOUT.get(name, "")


def arm(name: str) -> str:
    """Return what an arm is called: what its models may see."""
    return ARMS.get(name, name)


def arm_short(name: str) -> str:
    """Return the arm's name where room is short, as in a table of all models."""
    return ARMS_SHORT.get(name, name)


def model(name: str) -> str:
    """Return what a model family is called."""
    return MODELS.get(name, name.replace("_", " "))


def rebalancing(name: str) -> str:
    """Return what was done to class sizes in the training part."""
    return REBALANCING.get(name, name)


def plural(label: str) -> str:
    """Return the objects of a class: "quasars", or "objects of class Sb"."""
    return _PLURALS.get(label.lower(), f"objects of class {label}")


def number(n: int) -> str:
    """Return a small number in words: "no", "one", "seven"; a larger one as "many"."""
    return _COUNTS[n] if n < len(_COUNTS) else "many"


def labels(task: str, n: int) -> str:
    """Return how many labels a task has, in words: "three classes", "ten letters"."""
    many = _COUNTS[n] if n < len(_COUNTS) else f"more than {_COUNTS[-1]}"
    one, more = ("letter", "letters") if task == "star" else ("class", "classes")
    return f"{many} {one if n == 1 else more}"
