"""The Hubble label of each galaxy, which is in no page, and the votes of volunteers, who miss it now and then.

A label is drawn by how common it is and how well the galaxy's colours and redshift fit those of the galaxies that
carry it, so that colours tell about as much of the label as they do in the real sky: not much.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cosmic.simulation.measured import galaxy_labels
from cosmic.simulation.population import GALAXY, Population
from cosmic.simulation.streams import Component, pick_rows, stream

COMMON: Final[dict[str, float]] = {
    "Ee": 43_812, "Sc": 41_453, "Er": 37_052, "Sb": 26_106, "SBc": 24_506, "SBb": 17_173, "Ser": 13_933, "Ec": 9_715,
    "Sen": 4_328, "Sd": 2_747, "SBd": 864, "Sa": 479, "SBa": 137,
}  # fmt: skip
"""Galaxies of each label in Galaxy Zoo 2 as the published study counts them. Seb (67) has no measured colours and is
left out."""
FARTHEST: Final = 0.25
"""Redshift beyond which volunteers were shown nothing."""


def block_votes(people: Population, *, seed: int, block: int) -> pa.Table:
    """Return the votes on the galaxies of a block, in `cosmic.galaxyzoo.votes.SCHEMA`, and the ``row`` of each in it."""
    from cosmic.galaxyzoo.volunteers import simulate_votes  # draws from streams of this package

    labels = hubble_labels(people, seed=seed, block=block)
    rows = pa.array(np.flatnonzero(labels != ""), pa.int64())
    return simulate_votes(pa.array(labels), seed=seed, block=block).append_column("row", rows)


def hubble_labels(people: Population, *, seed: int, block: int) -> npt.NDArray[np.str_]:
    """Return the label of each object, "" for what is no galaxy or too far away.

    Parameters
    ----------
    people : Population
        n objects, from `population.populate` with the same seed and block.
    seed, block : int
        The sky, and the part of it: the same numbers give the same labels.

    Returns
    -------
    array of str, shape (n,)
    """
    labels = galaxy_labels()
    rng = stream(seed, block=block, component=Component.MORPHOLOGY)
    own = np.flatnonzero((people.kind == GALAXY) & (people.redshift < FARTHEST))
    found = np.full(len(people.kind), "", dtype="<U3")
    if not len(own):
        return found
    # u-g, g-r and i-z move together in near galaxies, so g-r speaks for all three; r-i and redshift add their own.
    seen = np.column_stack([-np.diff(people.magnitudes[own])[:, 1:3], people.redshift[own]])
    centre = np.column_stack([labels.loci.colours[:, 1:3], labels.redshift])
    scatter = np.column_stack([labels.loci.scatter[:, 1:3], labels.redshift_scatter])
    distance = ((seen[:, None, :] - centre) / scatter).clip(-6, 6)
    weight = np.array([COMMON[name] for name in labels.names]) / scatter.prod(axis=1)
    fit = weight * np.exp(-0.5 * (distance**2).sum(axis=2))
    found[own] = np.array(labels.names)[pick_rows(rng, fit + 1e-300)]
    return found
