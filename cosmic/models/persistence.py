"""Models on disk: skops with an allow-list, a digest, and rows that must be answered as before. Never a pickle.

A model is a folder with ``model.skops`` and ``model.json``, its card: what it is, what trained it, the digest of its
bytes, and a few stored rows with their probabilities. Loading checks the digest before a byte is interpreted.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import zipfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from cosmic import array_files, artefacts, features
from cosmic.errors import ArtefactCorrupt, NotServable
from cosmic.facts.results import Setting
from cosmic.features import Recipe
from cosmic.records import MagnitudeSystem, Model, Rebalancing, Sky, SplitName

TRUSTED: Final = (
    "sklearn.tree._tree.Tree",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "cosmic.models.network_classifier.NetworkClassifier",
)
"""Types beyond those that skops knows which our families need. A file with any other type is refused."""
TOLERANCE: Final = 1e-6
"""Largest difference of a probability of the stored rows."""
_LIBRARIES: Final = ("numpy", "scikit-learn", "skops")
_RETRAIN: Final = "Train it again: run the same command, or restore the folder from a copy."


class Estimator(Protocol):
    """A fitted classifier on feature matrices of shape (n, d)."""

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return probabilities, shape (n, k)."""
        ...


class Origin(BaseModel):
    """What a model is and what trained it. `majority` is the most frequent label of its training rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Model
    rebalancing: Rebalancing
    recipe: Recipe
    labels: tuple[str, ...]
    features: tuple[str, ...]
    units: tuple[str, ...]
    snapshot: str
    prepared: str
    sky: Sky
    split: SplitName
    salt: str
    seed: int
    hyperparameters: dict[str, Setting]
    n_train: int
    majority: str


class Proof(BaseModel):
    """What shows that an estimator on disk is the one that was saved.

    Parameters
    ----------
    digest : str
        sha256 of ``model.skops``.
    versions : dict
        Libraries that wrote it.
    probe, probe_answers : tuple
        A few feature rows and the probabilities that the model gave them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: str
    versions: dict[str, str]
    probe: tuple[tuple[float, ...], ...]
    probe_answers: tuple[tuple[float, ...], ...]


class ModelCard(Origin, Proof):
    """The card of a stored model: what it is, and the proof that it is unchanged."""

    schema_version: int = 1


@dataclass(frozen=True, slots=True)
class Probabilities:
    """Answers for n rows.

    Parameters
    ----------
    labels : tuple of str
        The k labels.
    values : numpy.ndarray
        Shape (n, k); NaN in rows that lack a value which the model needs.
    answered : numpy.ndarray
        Shape (n,): rows that have an answer.
    """

    labels: tuple[str, ...]
    values: NDArray[np.float64]
    answered: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A fitted model that answers catalogue rows."""

    card: ModelCard
    estimator: Estimator

    def predict_proba(self, rows: pa.Table, *, system: MagnitudeSystem) -> Probabilities:
        """Return P(label) for rows in canonical columns; a row that lacks a value has no answer.

        Raises
        ------
        NotServable
            If u g r i z are in another magnitude system than the one it was trained on.
        """
        trained = self.card.recipe.system
        if system is not trained:
            raise NotServable(
                f"the {self.card.recipe.task} model {self.card.digest[:12]} was trained on {trained} magnitudes and "
                f"cannot answer {system} magnitudes. Give it {trained} magnitudes, or train a model on {system} ones."
            )
        matrix = features.build(rows, self.card.recipe)
        values = np.full((rows.num_rows, len(self.card.labels)), np.nan)
        if matrix.complete.any():
            values[matrix.complete] = self.estimator.predict_proba(matrix.values[matrix.complete])
        return Probabilities(self.card.labels, values, matrix.complete)


def save(estimator: Estimator, origin: Origin, *, probe: NDArray[np.float64], folder: Path) -> Path:
    """Return the path of ``model.skops`` in `folder` after writing it and its card.

    Parameters
    ----------
    probe : numpy.ndarray
        A few feature rows, shape (m, d), that are answered again at every load.
    """
    path, proof = save_estimator(estimator, probe=probe, folder=folder)
    card = ModelCard(**dict(origin), **dict(proof))
    artefacts.write(folder / "model.json", lambda part: part.write_text(card.model_dump_json(indent=1), "utf-8"))
    return path


def save_estimator(estimator: Estimator, *, probe: NDArray[np.float64], folder: Path) -> tuple[Path, Proof]:
    """Return the path of ``model.skops`` in `folder` after writing it, and its proof, which goes into the model's card."""
    content = to_bytes(estimator)
    proof = Proof(
        digest=hashlib.sha256(content).hexdigest(),
        versions={"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}},
        probe=tuple(map(tuple, probe.tolist())),
        probe_answers=tuple(map(tuple, estimator.predict_proba(probe).tolist())),
    )
    return artefacts.write(folder / "model.skops", lambda part: part.write_bytes(content)), proof


def load(path: Path) -> TrainedModel:
    """Return the model in ``model.skops``, with its card beside it.

    Raises
    ------
    ArtefactCorrupt
        If a file is missing or differs from its digest, holds a type that is not on the allow-list, or does not
        answer its stored rows as it did when it was saved.
    NotServable
        If another minor version of scikit-learn wrote it.
    """
    card = read_card(path.with_name("model.json"))
    return TrainedModel(card, load_estimator(path, card))


def load_estimator(path: Path, card: Proof) -> Estimator:
    """Return the estimator in ``model.skops`` after every check that `load` makes."""
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        content = path.read_bytes()
    except FileNotFoundError as exc:
        raise ArtefactCorrupt(f"the model {path} is missing. {_RETRAIN}") from exc
    if hashlib.sha256(content).hexdigest() != card.digest:
        raise ArtefactCorrupt(f"the model {path} differs from its digest {card.digest[:12]}…. {_RETRAIN}")
    wrote, runs = card.versions.get("scikit-learn", "unknown"), version("scikit-learn")
    if wrote.split(".")[:2] != runs.split(".")[:2]:
        raise NotServable(f"the model {path} was written with scikit-learn {wrote}; this is {runs}. Train it again.")
    try:
        with array_files.PARSING:
            estimator: Estimator = skops.io.loads(content, trusted=list(TRUSTED))
    except UntrustedTypesFoundException as exc:
        raise ArtefactCorrupt(f"the model {path} holds types that no model of ours has: {exc}. {_RETRAIN}") from exc
    answers = estimator.predict_proba(np.array(card.probe))
    if not np.allclose(answers, np.array(card.probe_answers), rtol=0.0, atol=TOLERANCE):
        raise ArtefactCorrupt(f"the model {path} no longer answers its stored rows as it did when saved. {_RETRAIN}")
    return estimator


def read_card(path: Path) -> ModelCard:
    """Return the card in ``model.json``.

    Raises
    ------
    ArtefactCorrupt
        If it is missing, or is no card of this version.
    """
    try:
        return ModelCard.model_validate_json(path.read_bytes())
    except FileNotFoundError as exc:
        raise ArtefactCorrupt(f"the model card {path} is missing. {_RETRAIN}") from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ArtefactCorrupt(f"{path} is no model card of this version: {where}: {first['msg']}. {_RETRAIN}") from exc


def to_bytes(estimator: Estimator) -> bytes:
    """Return the skops file of an estimator; equal estimators give equal bytes.

    skops names its parts after memory addresses and stamps them with the time: parts are renumbered in the order of
    the schema, and times left out.
    """
    import skops.io

    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(estimator))) as archive:
        schema = json.loads(archive.read("schema.json"))
        arrays = {name: archive.read(name) for name in archive.namelist() if name != "schema.json"}
    numbers: dict[int, int] = {}
    files: dict[str, str] = {}
    _renumber(schema, numbers, files)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for old, new in files.items():
            archive.writestr(_timeless(new), arrays[old])
        archive.writestr(_timeless("schema.json"), json.dumps(schema))
    return packed.getvalue()


def _timeless(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)  # dated 1980-01-01
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _renumber(node: object, numbers: dict[int, int], files: dict[str, str]) -> None:
    """Replace addresses in a schema by 0, 1, 2… and file names by the number of what they hold, in place."""
    if isinstance(node, list):
        for item in node:
            _renumber(item, numbers, files)
    elif isinstance(node, dict):
        for key in node:
            if key == "__id__":
                node[key] = numbers.setdefault(node[key], len(numbers))
            elif key == "file":
                node[key] = files.setdefault(node[key], f"{len(files)}{Path(node[key]).suffix}")
            else:
                _renumber(node[key], numbers, files)
