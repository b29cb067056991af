"""How far volunteers agree with themselves: votes are drawn anew, the label's rule is applied again. Knows no model.

Three figures, since the observed fractions are themselves a draw:

- *as observed*: another panel of as many volunteers, the observed fractions taken as the truth. Too high: of fractions
  that chance has carried away from a tie the label is confirmed too often.
- *corrected*: the truth of each galaxy is drawn first, from what its own votes and the spread from galaxy to galaxy leave
  open (Dirichlet, one prior a task, its strength by moments), and another panel from that. The share on which two panels agree.
- *endless*: the same truth, and the label that endless votes would give. What a model scores that knows every truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cosmic.arrays import floats
from cosmic.errors import ConfigError
from cosmic.evaluation.intervals import block_intervals, ratio, sums_by_block
from cosmic.facts.images import LabelCeiling, Stratum
from cosmic.galaxyzoo.soft import answer_probabilities
from cosmic.galaxyzoo.tree import TASKS
from cosmic.galaxyzoo.volunteers import draw_counts
from cosmic.galaxyzoo.votes import fraction_array
from cosmic.images.data import LabelledImages
from cosmic.images.records import Scheme
from cosmic.images.rules import RULES, rule_of

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

DRAWS: Final = 20
VOTES: Final = (0.0, 15.0, 25.0, 35.0, 45.0, 60.0, 1000.0)
"""Edges of the numbers of volunteers by which galaxies are told apart."""
TOGETHER: Final = 4096
"""Galaxies redrawn at once."""
_FEW: Final = 5
"""Votes in a task below which a galaxy says nothing of how the task's answers spread."""
_STRENGTH: Final = (0.05, 200.0)
"""Bounds of a prior's strength, in votes."""


@dataclass(frozen=True, slots=True, eq=False)
class Redrawn:
    """How often the label of n galaxies came out again.

    Parameters
    ----------
    codes : numpy.ndarray
        Shape (n,): the label of each as observed, an index into the kept labels; -1 of none of them.
    equal, drawn : numpy.ndarray
        Shape (n,): draws with the same label, and draws with any label at all.
    """

    codes: Codes
    equal: NDArray[np.int64]
    drawn: NDArray[np.int64]

    @property
    def share(self) -> Floats:
        """Return the share of equal labels of each galaxy, shape (n,); NaN where nothing was drawn."""
        return ratio(self.equal.astype(np.float64), self.drawn.astype(np.float64))


def ceiling(
    fractions: Floats,
    total: Codes,
    *,
    scheme: Scheme,
    names: Sequence[str],
    draws: int = DRAWS,
    seed: int,
    source: str,
    voted: Floats | None = None,
    blocks: pa.Array | None = None,
) -> LabelCeiling:
    """Return how often volunteers, asked again, would give the same label.

    Parameters
    ----------
    fractions : numpy.ndarray
        Those that decide the label, within each task, shape (n, 37); NaN for none.
    total : numpy.ndarray
        Volunteers who classified each galaxy, shape (n,).
    scheme : Scheme
        Whose rule is applied.
    names : sequence of str
        The labels kept; galaxies with another one take no part.
    voted : numpy.ndarray, optional
        Fractions as volunteers voted, before debiasing, shape (n, 37): votes are drawn from these, so that as few come to the
        late questions as did, and each answer is then weighed as debiasing weighed it on that galaxy. `fractions`, where
        not given.
    blocks : pyarrow.Array, optional
        Unit of resampling of each galaxy, for the intervals; each galaxy is its own otherwise.

    Raises
    ------
    ConfigError
        If the scheme's labels follow from no rule, or no galaxy has one of the kept labels.
    """
    observed, corrected, endless = (
        redraw(fractions, total, scheme=scheme, names=names, draws=draws, seed=seed, voted=voted, truth=truth)
        for truth in ("observed", "corrected", "endless")
    )
    rows = np.flatnonzero(observed.codes >= 0)
    if not len(rows):
        raise ConfigError(f"no galaxy of {source} has votes that give one of the labels {', '.join(names)}.")
    units = blocks.take(pa.array(rows)) if blocks is not None else pa.array([str(row) for row in rows])
    codes, k = observed.codes[rows], len(names)
    ends = {}
    figures = {}
    for name, one in (("", observed), ("corrected", corrected), ("endless", endless)):
        sums = np.zeros((len(rows), 2 * k))
        sums[np.arange(len(rows)), codes] = one.equal[rows]
        sums[np.arange(len(rows)), k + codes] = one.drawn[rows]
        own = {key: float(value) for key, value in _figures(sums.sum(axis=0)).items()}
        figures[name] = own
        keys = {"overall": name or "overall", "balanced": f"{name}_balanced" if name else "balanced"}
        between = block_intervals(sums_by_block(units, sums), _figures, seed=seed)
        ends.update({keys[key]: interval for key, interval in between.items()})
    lost = 1 - observed.drawn[rows].sum() / (draws * len(rows))
    return LabelCeiling(
        scheme=scheme,
        source=source,
        n=len(rows),
        draws=draws,
        seed=seed,
        overall=figures[""]["overall"],
        balanced=figures[""]["balanced"],
        corrected=figures["corrected"]["overall"],
        corrected_balanced=figures["corrected"]["balanced"],
        endless=figures["endless"]["overall"],
        endless_balanced=figures["endless"]["balanced"],
        interval=ends,
        per_label=_per_label(observed, names),
        counts={name: int((codes == code).sum()) for code, name in enumerate(names)},
        by_votes=_by_votes(observed, total, rows),
        notes=(
            "The observed fractions are themselves a draw: taken as the truth they are too far from ties, and labels come out "
            f"again too often ({figures['']['overall']:.3f}). With the truth drawn from what the votes leave open another panel "
            f"agrees on {figures['corrected']['overall']:.3f}, and the label of endless votes is the observed one for "
            f"{figures['endless']['overall']:.3f}.",
            "Votes are drawn from the fractions as they were cast and weighed as debiasing weighed them; volunteers count alike."
            if voted is not None
            else "Votes are drawn from the fractions that decide the label, debiased ones where the source has them: more come to "
            "the late questions than did, and labels come out again somewhat too often.",
            f"{lost:.1%} of draws give no label of the scheme (an artefact, or no class that is clean) and do not count.",
        ),
    )


def of_images(
    data: LabelledImages, *, scheme: Scheme, draws: int = DRAWS, seed: int, source: str
) -> tuple[LabelCeiling, Floats] | None:
    """Return the ceiling of labelled images and how often each one's label comes out again; None where none has votes.

    The table's ``fractions`` decide the label; votes are drawn from ``voted``, where it has that column too.

    Returns
    -------
    LabelCeiling
        Of the images with votes.
    numpy.ndarray
        Shape (n,): share of draws, observed fractions taken as the truth, with the same label; NaN without votes.
    """
    names = set(data.table.column_names)
    if scheme not in RULES or not {"fractions", "total_classifications"} <= names:
        return None
    fractions = fraction_array(data.table, "fractions")
    total = np.nan_to_num(floats(data.table, "total_classifications")).astype(np.int64)
    if not (~np.isnan(fractions).all(axis=1) & (total > 0)).any():
        return None
    voted = None
    if "voted" in names:
        voted = fraction_array(data.table, "voted")
        voted = np.where(np.isnan(voted).all(axis=1, keepdims=True), fractions, voted)
    blocks = data.table["block"].combine_chunks() if "block" in names else None
    again = redraw(fractions, total, scheme=scheme, names=data.names, draws=draws, seed=seed, voted=voted)
    found = ceiling(
        fractions, total, scheme=scheme, names=data.names, draws=draws, seed=seed, source=source, voted=voted,
        blocks=blocks,
    )  # fmt: skip
    return found, again.share


def redraw(
    fractions: Floats,
    total: Codes,
    *,
    scheme: Scheme,
    names: Sequence[str],
    draws: int = DRAWS,
    seed: int,
    voted: Floats | None = None,
    truth: str = "observed",
) -> Redrawn:
    """Return how often each galaxy's label comes out again. See `ceiling`; `truth` is observed, corrected or endless."""
    every, rule = rule_of(scheme)
    if strange := [name for name in names if name not in every]:
        raise ConfigError(f"{scheme} has no label {', '.join(strange[:5])}; it has {', '.join(every)}.")
    if fractions.ndim != 2 or len(total) != len(fractions) or draws < 1:
        raise ValueError(f"fractions {fractions.shape}, volunteers {total.shape} and {draws} draws do not go together")
    there = ~np.isnan(fractions).all(axis=1) & (total > 0)
    chance = answer_probabilities(fractions if voted is None else np.where(there[:, None], voted, np.nan))
    # debiased fractions of a task add up to 0.2 to 2, and so must the new ones: a rule may ask for a least fraction. An
    # answer that nobody gave has no weight to learn
    weigh = np.divide(np.nan_to_num(fractions), chance, out=np.ones_like(chance), where=chance > 0)
    label = np.full(len(fractions), -1)
    label[there] = rule(np.where(np.isnan(fractions[there]), -1.0, fractions[there]))
    kept = np.array([every.index(name) for name in names])
    taken = np.isin(label, kept)
    codes = np.full(len(fractions), -1)
    codes[taken] = np.argsort(kept)[np.searchsorted(np.sort(kept), label[taken])]
    rows = np.flatnonzero(taken)
    equal, drawn = np.zeros(len(fractions), np.int64), np.zeros(len(fractions), np.int64)
    prior = None if truth == "observed" else priors(chance[there], total[there])
    rng = np.random.default_rng(seed)
    for start in range(0, len(rows), TOGETHER):
        of = rows[start : start + TOGETHER]
        asked = total[of].astype(np.int64)
        for _ in range(draws):
            own = chance[of] if prior is None else _posterior(chance[of], asked, prior, rng)
            again = rule(weigh[of] * (own if truth == "endless" else answers_of(draw_counts(own, asked, rng))))
            equal[of] += again == label[of]
            drawn[of] += again >= 0
    return Redrawn(codes, equal, drawn)


def answers_of(counts: Codes) -> Floats:
    """Return the fractions within each task of counted votes, shape (n, 37); 0 in a task that nobody answered."""
    found = np.zeros(counts.shape)
    for task in TASKS.values():
        own = counts[:, task.columns]
        found[:, task.columns] = own / np.maximum(own.sum(axis=1, keepdims=True), 1)
    return found


def reached(chance: Floats, total: Codes) -> Floats:
    """Return the expected number of volunteers who come to each task, in the place of its answers, shape (n, 37)."""
    found = np.zeros(chance.shape)
    for task in TASKS.values():
        if task.gate is not None:
            who = found[:, task.gate] * chance[:, task.gate]
        elif task is TASKS[1]:
            who = total.astype(np.float64)
        else:  # the sixth is asked of all who do not say artefact
            who = total * (1 - chance[:, TASKS[1].columns.stop - 1])
        found[:, task.columns] = who[:, None]
    return found


def priors(chance: Floats, total: Codes) -> Floats:
    """Return how answers spread from galaxy to galaxy as Dirichlet parameters, shape (37,).

    By moments: of a fraction of n votes with mean m the variance is m (1 - m) (rho + (1 - rho) / n), and the parameters are
    m (1 - rho) / rho.
    """
    votes = reached(chance, total)
    found = np.empty(chance.shape[1])
    for task in TASKS.values():
        own = votes[:, task.columns.start] >= _FEW
        if own.sum() < _FEW:
            found[task.columns] = 1.0
            continue
        share, n = chance[own][:, task.columns], votes[own, task.columns.start]
        mean = share.mean(axis=0)
        possible, by_chance = float((mean * (1 - mean)).sum()), float((1 / n).mean())
        seen = float(share.var(axis=0).sum()) / possible if possible > 0 else by_chance
        rho = (seen - by_chance) / (1 - by_chance)
        strength = (1 - rho) / rho if rho > 0 else _STRENGTH[1]
        found[task.columns] = np.maximum(mean, 1e-3) * np.clip(strength, *_STRENGTH)
    return found


def _posterior(chance: Floats, asked: Codes, prior: Floats, rng: np.random.Generator) -> Floats:
    """Return a truth for each galaxy that its votes and the prior allow."""
    votes = reached(chance, asked) * chance
    return answer_probabilities(rng.standard_gamma(prior + votes))


def _figures(sums: Floats) -> dict[str, Floats]:
    k = sums.shape[-1] // 2
    equal, drawn = sums[..., :k], sums[..., k:]
    each = ratio(equal, drawn)
    known = np.isfinite(each)
    return {
        "overall": ratio(equal.sum(axis=-1), drawn.sum(axis=-1)),
        "balanced": ratio(np.where(known, each, 0).sum(axis=-1), known.sum(axis=-1)),
    }


def _per_label(found: Redrawn, names: Sequence[str]) -> dict[str, float]:
    shares = {}
    for code, name in enumerate(names):
        of = found.codes == code
        if drawn := int(found.drawn[of].sum()):
            shares[name] = float(found.equal[of].sum() / drawn)
    return shares


def _by_votes(found: Redrawn, total: Codes, rows: NDArray[np.intp]) -> tuple[Stratum, ...]:
    strata = []
    for lo, hi in pairwise(VOTES):
        of = rows[(total[rows] >= lo) & (total[rows] < hi)]
        if drawn := int(found.drawn[of].sum()):
            share = float(found.equal[of].sum() / drawn)
            strata.append(Stratum(by="votes", unit="volunteers", lo=lo, hi=hi, n=len(of), ceiling=share))
    return tuple(strata)
