"""One matrix for a task and what is done about class sizes: made once, read by every model of the grid. Fits no model.

It holds the rows that models are fitted on and the validation rows; test rows are not in it, so that nothing can be
chosen by them. Every feature set is read from it by a linear map, so SMOTE runs once.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from cosmic import artefacts
from cosmic.datasets import Dataset, prepare
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.features import Recipe
from cosmic.models.rebalance import Rebalanced, rebalance
from cosmic.records import Arm, Prepared, Rebalancing, Sky, Snapshot, SplitName, Task
from cosmic.study.published import Balance, FeatureSet

if TYPE_CHECKING:
    from sklearn.neighbors import NearestNeighbors

COMPONENTS: Final = 3
"""Principal components of X7."""
_REDSHIFT, _G_I = "redshift_log", "g-i_p"
_METHODS: Final = {
    Balance.SMOTE: Rebalancing.SMOTE,
    Balance.RAREST: Rebalancing.RAREST,
    Balance.NONE: Rebalancing.NONE,
    Balance.CLASS_WEIGHT: Rebalancing.NONE,
}
_log = logging.getLogger(__name__)


class Order(StrEnum):
    """Whether the scaler learns from natural training rows, or as in the study from those that rebalancing made."""

    SCALE_FIRST = "scale-first"
    STUDY = "rebalance-first"


class MatrixCard(BaseModel):
    """What a matrix is. Travels inside its file.

    `mean` and `scale` of each feature are what the scaler learnt, in the feature's own unit; `components` (three rows,
    of scaled features) and `centre` are those of X7. `n_train` counts natural training rows, `n_fitted` those after
    rebalancing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    prepared: str
    task: Task
    sky: Sky
    split: SplitName
    salt: str
    seed: int
    balance: Balance
    order: Order
    labels: tuple[str, ...]
    features: tuple[str, ...]
    n_train: int
    n_fitted: int
    n_validation: int
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    components: tuple[tuple[float, ...], ...]
    centre: tuple[float, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparedMatrix:
    """A matrix on disk, named by its content; or the reason there is none."""

    id: str
    path: Path | None
    task: Task
    balance: Balance
    order: Order
    not_run: str | None = None
    n_fitted: int = 0


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix in memory.

    Parameters
    ----------
    id : str
        sha256 of its file.
    card : MatrixCard
        What it is.
    X, y : numpy.ndarray
        Rows to fit on: scaled features, float64, shape (n, d), and indices into ``card.labels``, shape (n,).
    X_validation, y_validation : numpy.ndarray
        The same of the validation part, in its natural proportions.
    features : FeatureSet
        Which feature set X is.
    """

    id: str
    card: MatrixCard
    X: NDArray[np.float64]
    y: NDArray[np.int64]
    X_validation: NDArray[np.float64]
    y_validation: NDArray[np.int64]
    features: FeatureSet = FeatureSet.X0

    def reading(self, features: FeatureSet) -> Matrix:
        """Return the same rows in another feature set, from X0.

        Raises
        ------
        ConfigError
            If these rows lack a feature of the set.
        """
        if features is self.features:
            return self
        if self.features is not FeatureSet.X0:
            raise ConfigError(f"{features} is read from X0, and this matrix is {self.features}; read it from X0.")
        return dataclasses.replace(
            self,
            X=as_set(self.X, self.card, features),
            X_validation=as_set(self.X_validation, self.card, features),
            features=features,
        )

    @classmethod
    def load(cls, prepared: PreparedMatrix) -> Self:
        """Return the matrix in a file.

        Raises
        ------
        ConfigError
            If the record says that there is none.
        ArtefactCorrupt
            If the file is missing, changed, or of another version.
        """
        if prepared.path is None:
            raise ConfigError(f"{prepared.task}, {prepared.balance} has no matrix: {prepared.not_run}.")
        with pa.memory_map(str(artefacts.check(prepared.path))) as source:
            table = pa.ipc.open_file(source).read_all()
            try:
                card = MatrixCard.model_validate_json(table.schema.metadata[b"card"])
            except (KeyError, TypeError, ValidationError) as exc:
                raise ArtefactCorrupt(
                    f"the matrix {prepared.path} was written by another version of Cosmic. "
                    "Run the same command again: the step that makes it will run anew."
                ) from exc
            X = np.column_stack([table[f"x{at}"].to_numpy() for at in range(len(card.features))])
            y = table["y"].to_numpy().astype(np.int64)
        n = card.n_fitted
        return cls(prepared.id, card, X[:n], y[:n], X[n:], y[n:])


def study_rows(
    snapshot: Snapshot,
    *,
    task: Task,
    split: SplitName,
    salt: str,
    seed: int,
    min_class_size: int,
    filter: str,
    folder: Path,
) -> Prepared:
    """Return the data set of the study's features for a task; stars without ELODIE values have the other five.

    See `cosmic.datasets.prepare`; ``prepared.features`` says which features there are.
    """
    found = prepare(
        snapshot,
        task=task,
        arm=Arm.PUBLISHED,
        split=split,
        salt=salt,
        seed=seed,
        min_class_size=min_class_size,
        filter=filter,
        folder=folder,
    )
    if task is not Task.STAR or found.not_run is None or "ELODIE" not in found.not_run:
        return found
    # the superclass's recipe: the published features without those of ELODIE
    five = Recipe(Task.SUPERCLASS, Arm.PUBLISHED, snapshot.system)
    return prepare(
        snapshot,
        task=task,
        arm=Arm.PUBLISHED,
        split=split,
        salt=salt,
        seed=seed,
        min_class_size=min_class_size,
        filter=filter,
        folder=folder,
        recipe=five,
    )


def prepare_matrix(
    prepared: Prepared,
    *,
    balance: Balance,
    order: Order,
    seed: int,
    folder: Path,
    neighbours: NearestNeighbors | None = None,
) -> PreparedMatrix:
    """Return the matrix of a data set, written to `folder` under its own sha256, or why there is none.

    Parameters
    ----------
    seed : int
        Of rebalancing.
    neighbours : NearestNeighbors, optional
        See `cosmic.models.rebalance.rebalance`.
    """
    if prepared.path is None:
        said = f"{prepared.id}\0{balance}\0{order}\0{seed}"
        key = hashlib.sha256(said.encode()).hexdigest()
        return PreparedMatrix(key, None, prepared.task, balance, order, prepared.not_run)
    card, table = _assemble(prepared, balance=balance, order=order, seed=seed, neighbours=neighbours)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    content = sink.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    path = artefacts.write(folder / f"{digest}.arrow", lambda part: part.write_bytes(content))
    _log.info("%s, %s: %d rows to fit on", prepared.task, balance, card.n_fitted)
    return PreparedMatrix(digest, path, prepared.task, balance, order, n_fitted=card.n_fitted)


def _assemble(
    prepared: Prepared, *, balance: Balance, order: Order, seed: int, neighbours: NearestNeighbors | None
) -> tuple[MatrixCard, pa.Table]:
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    data = Dataset.load(cast(Path, prepared.path))
    train, validation = data.within("train"), data.within("validation")
    natural, method = data.X[train], _METHODS[balance]
    if order is Order.SCALE_FIRST:
        scaler = StandardScaler().fit(natural)
        learnt = scaler.transform(natural)
        rows = rebalance(learnt, data.y[train], method=method, seed=seed, neighbours=neighbours)
    else:
        rows = rebalance(natural, data.y[train], method=method, seed=seed, neighbours=neighbours)
        scaler = StandardScaler().fit(rows.X)
        learnt = scaler.transform(rows.X)
        rows = Rebalanced(learnt, rows.y, rows.notes)
    components = PCA(min(COMPONENTS, learnt.shape[1])).fit(learnt)
    card = MatrixCard(
        prepared=prepared.id,
        task=prepared.task,
        sky=data.card.sky,
        split=data.card.split,
        salt=data.card.salt,
        seed=seed,
        balance=balance,
        order=order,
        labels=data.card.labels,
        features=data.card.features,
        n_train=len(train),
        n_fitted=len(rows.y),
        n_validation=len(validation),
        mean=tuple(map(float, scaler.mean_)),
        scale=tuple(map(float, scaler.scale_)),
        components=tuple(tuple(map(float, row)) for row in components.components_),
        centre=tuple(map(float, components.mean_)),
        notes=rows.notes,
    )
    X = np.vstack([rows.X, scaler.transform(data.X[validation])])
    y = np.concatenate([rows.y, data.y[validation]])
    columns = {"y": pa.array(y.astype(np.int16))} | {f"x{at}": pa.array(X[:, at]) for at in range(X.shape[1])}
    return card, pa.table(columns).replace_schema_metadata({"card": card.model_dump_json()})


def as_set(X: NDArray[np.float64], card: MatrixCard, features: FeatureSet) -> NDArray[np.float64]:
    """Return scaled rows, shape (n, d), in a feature set of the study.

    X0 all features; X1 redshift; X2 redshift and g-i; X3 all, weighted (redshift a half and the others the other half
    in equal parts; for stars redshift nothing); X7 the first three principal components.

    Raises
    ------
    ConfigError
        If a feature of the set is not among those of the card.
    """
    if features is FeatureSet.X0:
        return X
    if features is FeatureSet.X7:
        return cast(NDArray[np.float64], (X - np.array(card.centre)) @ np.array(card.components).T)
    needed = (_REDSHIFT, _G_I) if features is FeatureSet.X2 else (_REDSHIFT,)
    if lacking := [name for name in needed if name not in card.features]:
        raise ConfigError(
            f"the feature set {features} needs {', '.join(lacking)}, and the features are {', '.join(card.features)}. "
            "Use rows with redshift, or the set X0."
        )
    if features is FeatureSet.X3:
        share = 0.0 if card.task is Task.STAR else 0.5
        others = (1.0 - share) / (len(card.features) - 1)
        return np.multiply(X, [share if name == _REDSHIFT else others for name in card.features])
    return np.ascontiguousarray(X[:, [card.features.index(name) for name in needed]])
