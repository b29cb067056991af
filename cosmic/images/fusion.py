"""Image and table on the same galaxies: one answer from both, beside each alone. Trains neither; learns three numbers.

Late fusion: what each model says is weighed, and nothing else of the image or the row is looked at. The weights are
fitted on the validation part, since both models have learned the training part by heart and are too sure there; three numbers
need few galaxies. Models of images and of tables must have the same split, or a galaxy that one learned judges the other.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cosmic.errors import ConfigError
from cosmic.models.predictions import Predictions
from cosmic.splits import PARTS

Floats = NDArray[np.float64]

FEWEST: Final = 30
"""Galaxies of the validation part with both answers, to learn from."""
_LEAST: Final = 1e-6
"""Probability that none is less than: one model that says never is not to silence the other."""
_RIDGE: Final = 1e-3
"""Holds the weights near those of independent answers where few galaxies decide; a loss per galaxy."""
_INDEPENDENT: Final = np.array([1.0, 1.0, -1.0])
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fused:
    """Answers of image, table and both on the same galaxies, in the same order, with labels and truth of the image's.

    Parameters
    ----------
    image, table, both : Predictions
        Of the validation and test galaxies that have an image and a row.
    weights : tuple of float
        Of the image's answer, the table's, and how common a label is: log P is proportional to w1 log P_image + w2
        log P_table + w3 log P_common. Two independent witnesses have 1, 1, -1.
    n_validation : int
        Galaxies that the weights were fitted on.
    left_out : dict
        Galaxies of either that are not here, by reason.
    """

    image: Predictions
    table: Predictions
    both: Predictions
    weights: tuple[float, float, float]
    n_validation: int
    left_out: dict[str, int]


def by_object(said: Predictions, keys: pa.Array) -> Predictions:
    """Return the answers about images with the keys of the catalogue's objects, text, shape (n,), in place of their own.

    Images of no object (null) are left out; of several images of one object the first counts.
    """
    texts = keys.to_pylist()
    firsts = {key: row for row, key in reversed(list(enumerate(texts))) if key}
    rows = np.array(sorted(firsts.values()), np.int64)
    of = _taken(said, rows)
    return Predictions(of.labels, keys.take(pa.array(rows)), of.blocks, of.part, of.y, of.p, of.r)


def fuse(image: Predictions, table: Predictions, common: Floats) -> Fused:
    """Return answers from image and table, matched by object key.

    Parameters
    ----------
    image, table : Predictions
        Of the same split; rows of the training part, if any, are passed over.
    common : numpy.ndarray
        Share of each of the image's labels in its training part, shape (k,).

    Labels that only one of the two models knows are left out, with their galaxies.

    Raises
    ------
    ConfigError
        If the two models share fewer than two labels, differ in the part of a galaxy, or too few galaxies of the validation
        part have both.
    """
    shared = tuple(label for label in image.labels if label in table.labels)
    if len(shared) < 2:
        raise ConfigError(
            f"the models of images ({', '.join(image.labels[:5])}) and of tables ({', '.join(table.labels[:5])}) share "
            f"{len(shared)} labels, and two are needed; give both the same labels, and classes of the same size."
        )
    common = common[[image.labels.index(label) for label in shared]]
    unknown = int((~np.isin(np.array(image.labels)[image.y], shared) & (image.part != PARTS.index("train"))).sum())
    image, table = (_of_labels(_unseen(one), shared) for one in (image, table))
    position = pc.index_in(image.keys, value_set=table.keys)
    have = pc.is_valid(position).to_numpy(zero_copy_only=False)
    image, place = _taken(image, np.flatnonzero(have)), position.filter(pa.array(have)).to_numpy()
    there = _taken(table, place)
    if (differing := int((there.part != image.part).sum())) > 0:
        raise ConfigError(
            f"{differing} of {len(there.y)} galaxies are of another part of the split in the table than among the images, so "
            "one model has learned what the other is tested on; use one split and one salt for both."
        )
    same = there.y == image.y
    left_out = {
        "no row of the table": int((~have).sum()),
        "no image": len(table.y) - int(have.sum()),
        "another label in the table": int((~same).sum()),
        "a label that the model of the table does not know": unknown,
    }
    image, there = _taken(image, np.flatnonzero(same)), _taken(there, np.flatnonzero(same))
    validation = image.part == PARTS.index("validation")
    if (n := int(validation.sum())) < FEWEST:
        raise ConfigError(
            f"{n} galaxies of the validation part have both an image and a row of the table; a fusion needs {FEWEST}."
        )
    terms = np.stack(
        [np.log(np.maximum(p, _LEAST)) for p in (image.p, there.p, np.broadcast_to(common, image.p.shape))], axis=-1
    )
    weights = _fit(terms[validation], image.y[validation])
    scores = terms @ weights
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    both = Predictions(
        image.labels, image.keys, image.blocks, image.part, image.y, p / p.sum(axis=1, keepdims=True), there.r
    )
    _log.info("fused image and table on %d galaxies of validation: weights %s", n, np.round(weights, 3).tolist())
    a, b, c = weights.tolist()
    return Fused(image, there, both, (a, b, c), n, {reason: count for reason, count in left_out.items() if count})


def _fit(terms: Floats, y: NDArray[np.int64]) -> Floats:
    """Return the weights with the least log loss (conditional logit, McFadden 1974), held near independent witnesses."""
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    rows = np.arange(len(y))

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = terms @ weights
        norm = logsumexp(scores, axis=1)
        p = np.exp(scores - norm[:, None])
        away = weights - _INDEPENDENT
        value = (norm - scores[rows, y]).mean() + _RIDGE * away @ away
        slope = (np.einsum("nk,nkt->nt", p, terms) - terms[rows, y]).mean(axis=0) + 2 * _RIDGE * away
        return float(value), slope

    return np.asarray(minimize(loss, _INDEPENDENT, jac=True, method="BFGS").x, np.float64)


def _unseen(predictions: Predictions) -> Predictions:
    return _taken(predictions, np.flatnonzero(predictions.part != PARTS.index("train")))


def _of_labels(of: Predictions, labels: tuple[str, ...]) -> Predictions:
    """Return the answers about objects of these labels, as if there were no other."""
    at = np.array([of.labels.index(label) for label in labels])
    keep = np.flatnonzero(np.isin(of.y, at))
    p = of.p[np.ix_(keep, at)]
    if len(labels) < len(of.labels):
        p = np.maximum(p, _LEAST)
        p = p / p.sum(axis=1, keepdims=True)
    own = _taken(of, keep)
    y = np.argsort(at)[np.searchsorted(np.sort(at), own.y)]
    return Predictions(labels, own.keys, own.blocks, own.part, y, p, own.r)


def _taken(of: Predictions, rows: NDArray[np.intp]) -> Predictions:
    at = pa.array(rows)
    return Predictions(
        of.labels, of.keys.take(at), of.blocks.take(at), of.part[rows], of.y[rows], of.p[rows], of.r[rows]
    )
