"""The plain mean of what several models of images say, leaning to rare labels where that helps. Trains no model.

The lean is chosen on validation alone. Weights would have to be chosen there too, of a network that is then trained longer and on
more images than the one they were chosen for: such weights trusted the network too little in cross-validation.
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

from cosmic import array_files, artefacts
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.facts.images import ImageFit
from cosmic.images.data import LabelledImages
from cosmic.images.records import ImageFitted
from cosmic.images.shape_trees import log_loss, save_probabilities
from cosmic.splits import PARTS

MODEL: Final = "ensemble"
WEIGHING: Final = "weighing.json"
LEANS: Final = (0.0, 0.1, 0.2, 0.3, 0.4)
"""Powers of a label's share that answers may be divided by; at 1 all labels would count as equally common."""
_LEAST: Final = 1e-12
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Weighing:
    """How answers become one: the id of each fit, the lean, and the share of each label in training."""

    parts: tuple[str, ...]
    lean: float
    shares: tuple[float, ...]

    def together(self, answers: Sequence[NDArray[np.floating]]) -> NDArray[np.float32]:
        """Return one answer, shape (n, k), from those of the parts in their order."""
        return leaning(average(answers), np.array(self.shares), self.lean)


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


def average(answers: Sequence[NDArray[np.floating]]) -> NDArray[np.float32]:
    """Return the mean of probabilities, shape (n, k), float32."""
    return np.asarray(np.mean([p.astype(np.float64) for p in answers], axis=0), np.float32)


def ensemble(
    data: LabelledImages,
    fits: Sequence[ImageFitted],
    *,
    seed: int,
    folder: Path,
    like: ImageFitted | None = None,
    clock: Callable[[], float] = time.process_time,
) -> ImageFitted:
    """Return the average of two or more fits on the same labelled images, with a lean chosen on validation.

    Parameters
    ----------
    seed : int
        Of the run; nothing is drawn here.
    like : ImageFitted, optional
        An average of models of the same families, whose lean is taken: where the models were trained on validation images too,
        nothing is left to choose by.
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
        raise ConfigError("no labelled image is of the validation part, so no lean can be chosen; give more images.")
    started = clock()
    answers = [_answers(fit, shape=(len(data.rows), len(data.names))) for fit in fits]
    parts = [ImageFit.model_validate_json(artefacts.check(fit.facts).read_bytes()) for fit in fits]
    y = data.codes[validation]
    refit = any(part.refit for part in parts)
    if refit and like is None:
        raise ConfigError(
            "models that were trained on validation images can lean by none of them; give an earlier average."
        )
    common = np.bincount(data.codes[data.part == PARTS.index("train")], minlength=len(data.names))
    shares = common / common.sum()
    if like is None:
        lean = lean_of(y, average([p[validation] for p in answers]), shares)
    else:
        before = read_weighing(like)
        lean, shares = before.lean, np.array(before.shares)
    weighing = Weighing(tuple(fit.id for fit in fits), lean, tuple(shares.tolist()))
    p = weighing.together(answers)
    losses = [log_loss(y, one[validation]) for one in (*answers, p)]
    spent = clock() - started
    key = hashlib.sha256(json.dumps([weighing.parts, lean, seed]).encode()).hexdigest()
    home = folder / key[:32]
    named = " and ".join(fit.model for fit in fits)
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
        parts=weighing.parts,
        notes=(
            (
                f"the mean of {named}; answers lean to rare labels by {lean:g} (divided by that power of a label's share): the "
                f"highest mean of weighted and macro F1 on {len(y)} images of validation, of {', '.join(map(str, LEANS))}",
                f"log loss there {losses[-1]:.4f}; alone {', '.join(alone)}",
            )
            if like is None
            else (
                f"the mean of {named}; the lean {lean:g} was chosen before they were trained on validation images too",
            )
        ),
    )
    artefacts.write(home / WEIGHING, lambda part: part.write_text(json.dumps(asdict(weighing)), "utf-8"))
    _log.info("average of %s, lean %g, log loss %.4f on %d images of validation", named, lean, losses[-1], len(y))
    return ImageFitted(
        id=key,
        model=MODEL,
        file=home / WEIGHING,
        probabilities=save_probabilities(p, home),
        facts=artefacts.write(
            home / "facts.json", lambda part: part.write_text(facts.model_dump_json(indent=1), "utf-8")
        ),
    )


def read_weighing(fitted: ImageFitted) -> Weighing:
    """Return how a stored average was made."""
    told = json.loads(artefacts.check(fitted.folder / WEIGHING).read_text("utf-8"))
    return Weighing(tuple(told["parts"]), told["lean"], tuple(told["shares"]))


def _answers(fit: ImageFitted, *, shape: tuple[int, int]) -> NDArray[np.float32]:
    try:
        p: NDArray[np.float32] = array_files.load(artefacts.check(fit.probabilities))
    except ValueError as exc:
        raise ArtefactCorrupt(f"{fit.probabilities} holds no probabilities: {exc}. Train {fit.model} again.") from exc
    if p.shape != shape:
        raise ConfigError(f"{fit.model} answered {p.shape}, the labelled images are {shape}: train it on these images.")
    return p


def _together(speeds: Sequence[float | None]) -> float | None:
    """Return images a CPU-second where every part answers each; None where one is not known."""
    known = [speed for speed in speeds if speed]
    return 1 / sum(1 / speed for speed in known) if len(known) == len(speeds) else None
