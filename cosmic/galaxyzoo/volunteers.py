"""Votes that volunteers would give to galaxies of known labels, for the simulated sky. Knows no real galaxy.

Each galaxy gets its own chance of each answer, drawn about the mean of its label as real galaxies of that label spread
(`disagreement`), with its label's answers the likeliest; then each volunteer is asked along the tree. What the votes
say in the end may therefore be another label than the true one, about as often as in the real Galaxy Zoo.

Simulated volunteers miss nothing for distance and have equal weight: weighted and debiased fractions are those of the
counts.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.galaxyzoo.disagreement import GROUPS, Disagreement, measured
from cosmic.galaxyzoo.grammar import ARTEFACT_STRING, build_strings
from cosmic.galaxyzoo.soft import PATHS
from cosmic.galaxyzoo.tree import ANSWERS, ARTEFACT, STEMS, TASKS
from cosmic.galaxyzoo.votes import COUNTS, FRACTIONS, SCHEMA, ClassFrom, VoteSource, described, list_column
from cosmic.simulation.streams import Component, stream

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

VOLUNTEERS: Final = 44
"""Median number of people who classified a galaxy of the release."""
_SPREAD: Final = 0.12
_FEWEST: Final = 0.35
_MOST: Final = 1.7
"""Scatter, least and largest number of volunteers, in units of the median: as the release's are, 34 to 51 for 90 %."""
_TOGETHER: Final = 4096
"""Galaxies drawn at once."""
_LEAST_SHAPE: Final = 1e-4
_FORK: Final = {label: {ANSWERS[column].task: column for column in path} for label, path in PATHS.items()} | {
    ARTEFACT_STRING: {1: ARTEFACT}
}
"""By label, the answer that must be the likeliest in each task that decides it."""


def simulate_votes(
    labels: pa.Array | pa.ChunkedArray,
    *,
    seed: int,
    block: int = 0,
    volunteers: int = VOLUNTEERS,
    galaxies: pa.Array | None = None,
) -> pa.Table:
    """Return votes on galaxies of these true labels.

    Parameters
    ----------
    labels : pyarrow.Array
        Text, shape (n,): one of `grammar.LABELS`, or ``A``; rows that are null or empty get no votes.
    seed, block : int
        The sky, and the part of it: the same numbers and labels give the same votes.
    volunteers : int
        Median number of people who classify a galaxy.
    galaxies : pyarrow.Array, optional
        Keys of the galaxies, text, shape (n,); ``simulated:<block>:<row>`` where not given.

    Returns
    -------
    pyarrow.Table
        In `votes.SCHEMA`, a row for each labelled galaxy, in order. ``gz2_class`` is the string that the simulated votes
        give.

    Raises
    ------
    ValueError
        If a label is unknown, or there are no volunteers.
    """
    if volunteers < 1:
        raise ValueError(f"{volunteers} volunteers cannot vote")
    if isinstance(labels, pa.ChunkedArray):
        labels = labels.combine_chunks()
    place = pc.index_in(labels, value_set=pa.array(GROUPS))
    empty = pc.fill_null(pc.equal(labels, ""), True)
    if strange := pc.unique(labels.filter(pc.and_(pc.is_null(place), pc.invert(empty)))).to_pylist():
        raise ValueError(f"unknown labels {strange[:5]}; known are {', '.join(GROUPS)}")
    rows = np.flatnonzero(pc.is_valid(place).to_numpy(zero_copy_only=False))
    group = place.drop_null().to_numpy().astype(np.int64)
    rng = stream(seed, block=block, component=Component.VOTES)
    counts = [
        _vote(group[start : start + _TOGETHER], rng, volunteers=volunteers) for start in range(0, len(group), _TOGETHER)
    ]
    keys = galaxies.take(pa.array(rows)) if galaxies is not None else pa.array([f"simulated:{block}:{r}" for r in rows])
    return _as_votes(np.concatenate(counts) if counts else np.zeros((0, len(STEMS)), np.int64), keys.cast(pa.string()))


def chances(group: Integers, spread: Disagreement, rng: np.random.Generator) -> Floats:
    """Return each galaxy's own chance of each answer within its task, shape (n, 37).

    Where the answer makes the label, its chance is drawn from the fractions that galaxies of the label have (their
    deciles, with straight lines between), and the others share the rest. The shares, and all answers of other tasks,
    are drawn from the Dirichlet distribution of the label's mean m and likeness rho, with parameters m (1 - rho) / rho.
    Where another answer came out likelier than the one that makes the label, the two change places: endless votes would
    give the label.

    Parameters
    ----------
    group : array of int, shape (n,)
        Place of each galaxy's label in `disagreement.GROUPS`.
    """
    from scipy.special import gammaincinv

    likeness = spread.likeness[group]
    shape = np.maximum(spread.mean[group] * (1 - likeness) / likeness, _LEAST_SHAPE)
    found: Floats = gammaincinv(shape, rng.random(shape.shape))
    for number, task in TASKS.items():
        wanted = _WANTED[number][group]
        drawn = rng.random(len(group))
        share = _shares(found[:, task.columns], spread.mean[group][:, task.columns])
        rows = np.flatnonzero(wanted >= 0)
        column = wanted[rows]
        deciles = spread.deciles[group[rows], task.columns.start + column]
        share[rows] = _decided(share[rows], column, _between(deciles, drawn[rows]))
        found[:, task.columns] = share
    return found


def _shares(weights: Floats, otherwise: Floats) -> Floats:
    """Return rows brought to a sum of 1; the other rows where they are 0 throughout."""
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(weights, total, out=otherwise.copy(), where=total > 0))


def _between(deciles: Floats, drawn: Floats) -> Floats:
    """Return the value at a place from 0 to 1 along each row of deciles."""
    rows = np.arange(len(drawn))
    place = drawn * (deciles.shape[1] - 1)
    left = place.astype(np.int64).clip(max=deciles.shape[1] - 2)
    return np.asarray(deciles[rows, left] + (place - left) * (deciles[rows, left + 1] - deciles[rows, left]))


def _decided(share: Floats, column: Integers, chance: Floats) -> Floats:
    """Return shares in which this column of each row has this chance, and is the largest."""
    rows = np.arange(len(share))
    others = share.copy()
    others[rows, column] = 0.0
    alone = np.full_like(share, 1.0 / (share.shape[1] - 1))
    alone[rows, column] = 0.0
    found = _shares(others, alone) * (1 - chance[:, None])
    found[rows, column] = chance
    best = found.argmax(axis=1)
    top, mine = found[rows, best].copy(), found[rows, column].copy()
    found[rows, best] = mine
    found[rows, column] = top
    return found


def draw_counts(chance: Floats, asked: Integers, rng: np.random.Generator) -> Integers:
    """Return how many volunteers gave each answer, shape (n, 37), when each is led along the tree by their answers.

    Parameters
    ----------
    chance : array of float, shape (n, 37)
        Chance of each answer within its task.
    asked : array of int, shape (n,)
        Volunteers who were shown each galaxy.
    """
    counts = np.zeros(chance.shape, np.int64)
    for task in TASKS.values():
        # Without a gate: everyone in the first task, when nobody has said artefact yet, and all others in the sixth.
        reached = asked - counts[:, ARTEFACT] if task.gate is None else counts[:, task.gate]
        thrown = rng.random((len(chance), int(asked.max(initial=0))))
        thrown[np.arange(thrown.shape[1]) >= reached[:, None]] = 2.0  # nobody: beyond every edge
        edges = np.cumsum(chance[:, task.columns], axis=1)
        below = np.zeros(len(chance), np.int64)
        for place, answer in enumerate(task.answers):
            last = place == len(task.answers) - 1
            upto = reached if last else (thrown < edges[:, place, None]).sum(axis=1)
            counts[:, answer.column] = upto - below
            below = upto
    return counts


def _vote(group: Integers, rng: np.random.Generator, *, volunteers: int) -> Integers:
    asked = np.rint(volunteers * (1 + _SPREAD * rng.standard_normal(len(group))))
    bounds = max(1, round(_FEWEST * volunteers)), max(1, round(_MOST * volunteers))
    return draw_counts(chances(group, measured(), rng), asked.clip(*bounds).astype(np.int64), rng)


def _wanted() -> dict[int, Integers]:
    """By task, the place among its answers of the one that makes each label of `GROUPS`; -1 where it decides nothing."""
    return {
        number: np.array([_FORK[label].get(number, -1 + task.columns.start) - task.columns.start for label in GROUPS])
        for number, task in TASKS.items()
    }


_WANTED: Final = _wanted()


def _as_votes(counts: Integers, keys: pa.Array) -> pa.Table:
    rows = len(counts)
    fractions = np.zeros(counts.shape)
    for task in TASKS.values():
        own = counts[:, task.columns]
        total = own.sum(axis=1, keepdims=True)
        fractions[:, task.columns] = np.divide(own, total, out=np.zeros(own.shape), where=total > 0)
    listed = list_column(fractions, FRACTIONS, rows=rows)
    given = {
        "galaxy": keys,
        "source": pa.array([VoteSource.SIMULATED.value] * rows, pa.string()),
        "total_classifications": pa.array(counts[:, TASKS[1].columns].sum(axis=1)).cast(pa.int32()),
        "total_votes": pa.array(counts.sum(axis=1)).cast(pa.int32()),
        "counts": list_column(counts.astype(np.float64), COUNTS, rows=rows),
        "weighted_fractions": listed,
        "debiased_fractions": listed,
        "gz2_class": build_strings(fractions),
        "class_from": pa.array([ClassFrom.DEBIASED.value] * rows, pa.string()),
    }
    columns = [given.get(field.name, pa.nulls(rows, field.type)) for field in SCHEMA]
    return pa.table(columns, schema=described(SCHEMA, VoteSource.SIMULATED))
