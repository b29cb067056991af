"""The weighted average of what several models of images say, leaning to rare labels where that helps. Trains no model.

Weights and lean are chosen on validation alone.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosmic import artefacts
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.facts.images import ImageFit
from cosmic.images.data import LabelledImages
from cosmic.images.records import ImageFitted
from cosmic.images.shape_trees import log_loss, save_probabilities
from cosmic.splits import PARTS

MODEL: Final = "ensemble"
WEIGHTS: Final = "weights.json"
STEPS: Final = 5000
"""Rounds of expectation maximisation at most; models that say much the same need many."""
_STILL: Final = 1e-8
"""Change of a weight in a round after which none will move any more."""
LEANS: Final = (0.0, 0.1, 0.2, 0.3, 0.4)
"""Powers of a label's share that answers may be divided by; at 1 all labels would count as equally common."""
_LEAST: Final = 1e-12
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Weighing:
    """How answers become one: the weight of each part by the id of its fit, the lean, and the share of each label in training."""

    parts: dict[str, float]
    lean: float
    shares: tuple[float, ...]

    def together(self, answers: Sequence[NDArray[np.floating]]) -> NDArray[np.float32]:
        """Return one answer, shape (n, k), from those of the parts in their order."""
        p = average(answers, np.array(list(self.parts.values())))
        return leaning(p, np.array(self.shares), self.lean)


def leaning(p: NDArray[np.floating], shares: NDArray[np.float64], lean: float) -> NDArray[np.float32]:
    """Return probabilities divided by a power of each label's share, shape (n, k) (logit adjustment, Menon et al. 2021).

    A model that learns from few images of a label says it too seldom: smoothed targets and small leaves pull it to the
    common ones. What is best for accuracy and what is best for the mean over labels then part.
    """
    if lean == 0:
        return np.asarray(p, np.float32)
    leant = p.astype(np.float64) * np.maximum(shares, _LEAST) ** -lean
    return np.asarray(leant / leant.sum(axis=1, keepdims=True), np.float32)


def lean_of(y: NDArray[np.int64], p: NDArray[np.floating], shares: NDArray[np.float64]) -> float:
    """Return the lean with the highest mean of weighted and macro F1; the least of equals."""
    from sklearn.metrics import f1_score

    def worth(lean: float) -> float:
        answer = leaning(p, shares, lean).argmax(axis=1)
        return float(sum(f1_score(y, answer, average=how, zero_division=0) for how in ("weighted", "macro")))

    return max(LEANS, key=worth)


def weights_of(y: NDArray[np.int64], answers: Sequence[NDArray[np.floating]]) -> NDArray[np.float64]:
    """Return the weights, shape (m,), with which the average of m models' probabilities has the least log loss.

    Those of a mixture of known parts, by expectation maximisation (Dempster, Laird & Rubin 1977): the log loss of an average
    is convex in its weights, so there is one answer, whatever the start. Macro F1 would jump with single images of a rare
    class, and would not say how sure the average should be.

    Parameters
    ----------
    y : numpy.ndarray
        Index of the true label, shape (n,), of validation images.
    answers : sequence of numpy.ndarray
        Probabilities by each model, shape (n, k).
    """
    likely = np.maximum(np.column_stack([np.take_along_axis(p, y[:, None], axis=1) for p in answers]), _LEAST)
    likely = likely.astype(np.float64)
    weights = np.full(len(answers), 1 / len(answers))
    for _ in range(STEPS):
        share = likely * weights
        before, weights = weights, (share / share.sum(axis=1, keepdims=True)).mean(axis=0)
        if np.abs(weights - before).max() < _STILL:
            break
    return weights


def average(answers: Sequence[NDArray[np.floating]], weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the weighted mean of probabilities, shape (n, k), float32."""
    total = sum(weight * p.astype(np.float64) for weight, p in zip(weights, answers, strict=True))
    return np.asarray(total, np.float32)


def ensemble(
    data: LabelledImages,
    fits: Sequence[ImageFitted],
    *,
    seed: int,
    folder: Path,
    like: ImageFitted | None = None,
    clock: Callable[[], float] = time.process_time,
) -> ImageFitted:
    """Return the weighted average of two or more fits on the same labelled images, with weights chosen on validation.

    Parameters
    ----------
    seed : int
        Of the run; nothing is drawn here.
    like : ImageFitted, optional
        An average of models of the same families, whose weights are taken: where the models were trained on validation images
        too, nothing is left to choose by.
    clock : callable
        CPU-seconds, for the cost, which counts that of the parts too.

    Raises
    ------
    ConfigError
        If there are fewer than two fits, no validation images, or answers of other images.
    """
    if len(fits) < 2:
        raise ConfigError(f"an average needs two models, not {len(fits)}; name another one.")
    validation = np.flatnonzero(data.part == PARTS.index("validation"))
    if not len(validation):
        raise ConfigError("no labelled image is of the validation part, so no weights can be chosen; give more images.")
    started = clock()
    answers = [_answers(fit, shape=(len(data.rows), len(data.names))) for fit in fits]
    parts = [ImageFit.model_validate_json(artefacts.check(fit.facts).read_bytes()) for fit in fits]
    y = data.codes[validation]
    refit = any(part.refit for part in parts)
    if refit and like is None:
        raise ConfigError(
            "models that were trained on validation images cannot be weighed by them; give earlier weights."
        )
    common = np.bincount(data.codes[data.part == PARTS.index("train")], minlength=len(data.names))
    shares = common / common.sum()
    if like is None:
        weights = weights_of(y, [p[validation] for p in answers])
        lean = lean_of(y, average([p[validation] for p in answers], weights), shares)
    else:
        before = read_weighing(like)
        weights, lean, shares = np.array(list(before.parts.values())), before.lean, np.array(before.shares)
    weighing = Weighing(
        dict(zip([fit.id for fit in fits], weights.tolist(), strict=True)), lean, tuple(shares.tolist())
    )
    p = weighing.together(answers)
    losses = [log_loss(y, one[validation]) for one in (*answers, p)]
    spent = clock() - started
    key = hashlib.sha256(json.dumps([[fit.id for fit in fits], weights.tolist(), lean, seed]).encode()).hexdigest()
    home = folder / key[:32]
    named = [f"{fit.model} {weight:.3f}" for fit, weight in zip(fits, weights, strict=True)]
    alone = [f"{fit.model} {loss:.4f}" for fit, loss in zip(fits, losses[:-1], strict=True)]
    costs = [part.cpu_s for part in parts]
    counts = [part.parameters for part in parts]
    facts = ImageFit(
        id=key,
        scheme=parts[0].scheme,
        model=MODEL,
        preprocessing="that of each part",
        size=parts[0].size,
        crop=parts[0].crop,
        loss="log loss",
        images=max(part.images for part in parts),
        parameters=None if None in counts else sum(count for count in counts if count is not None),
        views=max(part.views for part in parts),
        seed=seed,
        cpu_s=None if None in costs else spent + sum(cost for cost in costs if cost is not None),
        answered_images_a_cpu_s=_together([part.answered_images_a_cpu_s for part in parts]),
        refit=refit,
        parts=tuple(fit.id for fit in fits),
        notes=(
            (
                f"weights {', '.join(named)}: the least log loss on {len(y)} images of validation",
                f"answers lean to rare labels by {lean:g} (divided by that power of a label's share): the highest mean of weighted "
                f"and macro F1 there, of {', '.join(f'{one:g}' for one in LEANS)}",
                f"log loss there {losses[-1]:.4f}; alone {', '.join(alone)}",
            )
            if like is None
            else (
                f"weights {', '.join(named)} and lean {lean:g}, as they were chosen before the parts were trained on validation "
                "images too",
            )
        ),
    )
    artefacts.write(home / WEIGHTS, lambda part: part.write_text(json.dumps(asdict(weighing)), "utf-8"))
    _log.info("average of %s, log loss %.4f on %d images of validation", ", ".join(named), losses[-1], len(y))
    return ImageFitted(
        id=key,
        model=MODEL,
        file=home / WEIGHTS,
        probabilities=save_probabilities(p, home),
        facts=artefacts.write(
            home / "facts.json", lambda part: part.write_text(facts.model_dump_json(indent=1), "utf-8")
        ),
    )


def read_weighing(fitted: ImageFitted) -> Weighing:
    """Return how a stored average was made."""
    told = json.loads(artefacts.check(fitted.folder / WEIGHTS).read_text("utf-8"))
    return Weighing(told["parts"], told["lean"], tuple(told["shares"]))


def _answers(fit: ImageFitted, *, shape: tuple[int, int]) -> NDArray[np.float32]:
    try:
        p: NDArray[np.float32] = np.load(artefacts.check(fit.probabilities), allow_pickle=False)
    except ValueError as exc:
        raise ArtefactCorrupt(f"{fit.probabilities} holds no probabilities: {exc}. Train {fit.model} again.") from exc
    if p.shape != shape:
        raise ConfigError(f"{fit.model} answered {p.shape}, the labelled images are {shape}: train it on these images.")
    return p


def _together(speeds: Sequence[float | None]) -> float | None:
    """Return images a CPU-second where every part answers each; None where one is not known."""
    known = [speed for speed in speeds if speed]
    return 1 / sum(1 / speed for speed in known) if len(known) == len(speeds) else None
