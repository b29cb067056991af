"""Whether a network that learned other labels first does better: the same folds and seeds both ways, paired. Picks no model.

Looks at training and validation images alone, so that the test part stays unseen. Every fit is kept as soon as it is scored, and
a run that was stopped goes on.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cosmic import artefacts
from cosmic.facts.images import Transfer, Trial
from cosmic.facts.results import Interval
from cosmic.images.data import LabelledImages
from cosmic.images.networks import training
from cosmic.images.networks.asking import ask
from cosmic.images.networks.running import Order
from cosmic.images.records import Scheme
from cosmic.records import Model
from cosmic.splits import PARTS

FOLDS: Final = 5
SEEDS: Final = 3
EPOCHS: Final = 20
_LEVEL: Final = 0.95
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many folds, seeds and epochs, and the first seed."""

    folds: int = FOLDS
    seeds: int = SEEDS
    epochs: int = EPOCHS
    seed: int = 0
    threads: int = 2


def compare(
    images: LabelledImages,
    *,
    pretrained: Path,
    pretrained_on: str,
    scheme: Scheme,
    plan: Plan,
    folder: Path,
    report: Callable[[int, int], object] = lambda *_: None,
) -> Transfer:
    """Return how a network begins better: at random, or with what it learned from other labels.

    Parameters
    ----------
    images : LabelledImages
        Those to learn; their test part is left alone. The first images show none of these galaxies.
    pretrained : Path
        A network of `cosmic.images.networks.stored`, that other images taught.
    report : callable
        Told how many fits are done, of how many.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    used = np.flatnonzero(images.part != PARTS.index("test"))
    codes = images.codes[used]
    groups = np.unique(images.table["block"].combine_chunks().take(pa.array(used)).to_pylist(), return_inverse=True)[1]
    folds = StratifiedGroupKFold(plan.folds, shuffle=True, random_state=plan.seed)
    held = [used[test] for _, test in folds.split(used, codes, groups)]
    trials: dict[bool, list[Trial]] = {False: [], True: []}
    total = 2 * plan.folds * plan.seeds
    for number, test in enumerate(held):
        part = np.full(len(images.rows), PARTS.index("test"), np.int8)
        part[np.setdiff1d(used, test)] = PARTS.index("train")
        here = replace(images, part=part)
        for seed in range(plan.seed, plan.seed + plan.seeds):
            for begun, initial in ((False, None), (True, pretrained)):
                order = _order(images, part, initial, plan=plan, seed=seed)
                trials[begun].append(_trial(here, test, order, fold=number, folder=folder))
                report(sum(map(len, trials.values())), total)
    return _told(
        trials[False],
        trials[True],
        images=len(used),
        names=images.names,
        scheme=scheme,
        pretrained_on=pretrained_on,
        plan=plan,
    )


def _order(images: LabelledImages, part: NDArray[np.int8], initial: Path | None, *, plan: Plan, seed: int) -> Order:
    named = json.dumps(images.table["sha256"].to_pylist()).encode()
    data = hashlib.sha256(named + part.tobytes() + images.codes.tobytes()).hexdigest()
    recipe = training.recipe_of(Model.COMPACT_CNN)
    return Order(
        Model.COMPACT_CNN,
        data,
        seed,
        recipe,
        epochs=plan.epochs,
        threads=plan.threads,
        initial=initial,
        refit=True,
    )


def _trial(images: LabelledImages, test: NDArray[np.int64], order: Order, *, fold: int, folder: Path) -> Trial:
    from sklearn.metrics import accuracy_score, f1_score

    path = folder / f"trial-{order.id}.json"
    if artefacts.intact(path):
        return Trial.model_validate_json(path.read_bytes())
    network, _ = training.train(images, order, folder=folder)
    p = ask(
        network, images.pixels, images.rows[test], preprocessing=order.recipe.preprocessing, views=order.recipe.views
    )
    y, answer = images.codes[test], p.argmax(axis=1)
    trial = Trial(
        fold=fold, seed=order.seed, accuracy=float(accuracy_score(y, answer)),
        f1_macro=float(f1_score(y, answer, average="macro", labels=np.unique(y))),
    )  # fmt: skip
    artefacts.write(path, lambda part: part.write_text(trial.model_dump_json(), encoding="utf-8"))
    training.forget(order, folder)
    _log.info("transfer: fold %d, seed %d, %s: accuracy %.3f", fold + 1, order.seed,
              "pretrained" if order.initial else "from scratch", trial.accuracy)  # fmt: skip
    return trial


def corrected_t_test(differences: Sequence[float], *, folds: int) -> tuple[float, Interval, float]:
    """Return the mean of paired differences over folds and seeds, its 95 % interval and a two-sided p-value.

    Folds share training images, so their differences are not independent: the variance of the mean is taken as
    (1/J + 1/(folds - 1)) s², with J differences of variance s² (Nadeau & Bengio 2003).
    """
    from scipy.stats import t

    values = np.asarray(differences, np.float64)
    mean, many = float(values.mean()), len(values)
    spread = float(np.sqrt((1 / many + 1 / (folds - 1)) * values.var(ddof=1)))
    if spread == 0:
        return mean, (mean, mean), 1.0 if mean == 0 else 0.0
    reach = float(t.ppf(0.5 + _LEVEL / 2, many - 1)) * spread
    return mean, (mean - reach, mean + reach), float(2 * t.sf(abs(mean) / spread, many - 1))


def _told(
    scratch: Sequence[Trial],
    pretrained: Sequence[Trial],
    *,
    images: int,
    names: tuple[str, ...],
    scheme: Scheme,
    pretrained_on: str,
    plan: Plan,
) -> Transfer:
    pairs = list(zip(scratch, pretrained, strict=True))
    mean, interval, p_value = corrected_t_test([b.accuracy - a.accuracy for a, b in pairs], folds=plan.folds)
    macro, macro_interval, macro_p = corrected_t_test([b.f1_macro - a.f1_macro for a, b in pairs], folds=plan.folds)
    return Transfer(
        scheme=scheme, classes=names, images=images, pretrained_on=pretrained_on, folds=plan.folds, seeds=plan.seeds,
        epochs=plan.epochs, scratch=tuple(scratch), pretrained=tuple(pretrained), difference=mean, interval=interval,
        p_value=p_value, difference_f1_macro=macro, interval_f1_macro=macro_interval, p_value_f1_macro=macro_p,
    )  # fmt: skip
