"""What a model said about validation and test rows, on disk. Judges nothing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cosmic import artefacts
from cosmic.facts.results import Part
from cosmic.splits import PARTS


@dataclass(frozen=True, slots=True)
class Predictions:
    """Probabilities of n objects for k labels.

    Parameters
    ----------
    labels : tuple of str
        The k labels.
    keys, blocks : pyarrow.Array
        Text, shape (n,): object and unit of resampling.
    part : numpy.ndarray
        Shape (n,): index into `cosmic.splits.PARTS`.
    y : numpy.ndarray
        Shape (n,): index of the true label.
    p : numpy.ndarray
        Shape (n, k): probabilities.
    r : numpy.ndarray
        Shape (n,): r magnitude.
    """

    labels: tuple[str, ...]
    keys: pa.Array
    blocks: pa.Array
    part: NDArray[np.int8]
    y: NDArray[np.int64]
    p: NDArray[np.float64]
    r: NDArray[np.float64]

    @property
    def answer(self) -> NDArray[np.int64]:
        """Index of the most probable label, shape (n,)."""
        return np.asarray(np.argmax(self.p, axis=1), np.int64)

    def within(self, part: Part) -> Predictions:
        """Return the predictions of one part."""
        keep = self.part == PARTS.index(part)
        mask = pa.array(keep)
        return Predictions(
            self.labels, self.keys.filter(mask), self.blocks.filter(mask), self.part[keep], self.y[keep], self.p[keep],
            self.r[keep],
        )  # fmt: skip

    def digest(self) -> str:
        """Return the sha256 of everything here, free of any file format."""
        sha = hashlib.sha256(json.dumps(self.labels).encode())
        for texts in (self.keys, self.blocks):
            sha.update(json.dumps(texts.to_pylist()).encode())
        for values in (self.part, self.y, self.p, self.r):
            sha.update(np.ascontiguousarray(values).tobytes())
        return sha.hexdigest()

    def write(self, path: Path) -> Path:
        """Return `path` after writing there, as Parquet."""
        columns = {
            "object_key": self.keys,
            "block": self.blocks,
            "part": pa.array(self.part),
            "y": pa.array(self.y.astype(np.int32)),
            "r": pa.array(self.r),
        }
        columns |= {f"p{index}": pa.array(self.p[:, index]) for index in range(len(self.labels))}
        table = pa.table(columns).replace_schema_metadata({"labels": json.dumps(self.labels)})
        return artefacts.write(path, lambda part: pq.write_table(table, part, compression="zstd"))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the predictions in a file.

        Raises
        ------
        ArtefactCorrupt
            If the file is missing or differs from its digest.
        """
        table = pq.read_table(artefacts.check(path))
        labels = tuple(json.loads(table.schema.metadata[b"labels"]))
        return cls(
            labels=labels,
            keys=table["object_key"].combine_chunks(),
            blocks=table["block"].combine_chunks(),
            part=table["part"].to_numpy(),
            y=table["y"].to_numpy().astype(np.int64),
            p=np.column_stack([table[f"p{index}"].to_numpy() for index in range(len(labels))]),
            r=table["r"].to_numpy(),
        )
