"""What the survey and its pipeline say of a spectrum: who targeted it, subclass, errors and warnings.

The class and redshift of the pipeline are the true ones; labels that surveys and photometry give beside them are
sometimes wrong, as in public SDSS rows, whose shares the tables here follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from cosmic.simulation.footprint import BOSS, EBOSS, LEGACY, SEGUE
from cosmic.simulation.population import GALAXY, QUASAR, STAR, Population
from cosmic.simulation.streams import Booleans, Floats, Integers, pick, pick_rows

TARGETS: Final = (
    "GALAXY", "LRG", "ELG", "QSO", "STAR", "STD", "NONLEGACY", "SERENDIPITY_BLUE", "ROSAT_D", "STAR_BHB",
    "STAR_RED_DWARF", "SEQUELS_TARGET", "TDSS_B", "QA", "SEGUE2",
)  # fmt: skip
"""Values of sourceType."""
SUBCLASSES: Final = (
    "", "STARFORMING", "STARBURST", "AGN", "BROADLINE", "STARBURST BROADLINE", "STARFORMING BROADLINE", "AGN BROADLINE",
)  # fmt: skip
"""Values of subClass of galaxies and quasars."""
BAD_WARNINGS: Final = ((4, 0.7), (5, 0.08), (36, 0.08), (64, 0.04), (256, 0.05), (646, 0.05))
"""Bad values of zWarning and their shares: mostly bit 2, two redshifts that fit about equally."""
MANY_OUTLIERS: Final = 16
"""The harmless bit of zWarning; SDSS spectrographs only."""

# sourceType by (class, survey): weights in the order of the names, measured on 999 public rows and rounded.
_TARGET_WEIGHTS: Final[dict[tuple[int, int], dict[str, float]]] = {
    (GALAXY, LEGACY): {"GALAXY": 95, "QSO": 2.5, "NONLEGACY": 2, "QA": 0.5},
    (GALAXY, SEGUE): {"NONLEGACY": 60, "GALAXY": 20, "STAR": 20},
    (GALAXY, BOSS): {"GALAXY": 70, "LRG": 24, "QSO": 3, "SEQUELS_TARGET": 2, "TDSS_B": 1},
    (GALAXY, EBOSS): {"GALAXY": 35, "LRG": 36, "ELG": 25, "QSO": 2, "SEQUELS_TARGET": 2},
    (QUASAR, LEGACY): {"QSO": 86, "SERENDIPITY_BLUE": 6, "ROSAT_D": 4, "NONLEGACY": 3, "GALAXY": 1},
    (QUASAR, SEGUE): {"QSO": 50, "NONLEGACY": 50},
    (QUASAR, BOSS): {"QSO": 90, "SEQUELS_TARGET": 4, "LRG": 3, "TDSS_B": 3},
    (QUASAR, EBOSS): {"QSO": 90, "SEQUELS_TARGET": 2, "ELG": 4, "TDSS_B": 4},
    (STAR, LEGACY): {"NONLEGACY": 30, "QSO": 18, "STD": 16, "STAR": 12, "STAR_BHB": 9, "STAR_RED_DWARF": 8,
                     "GALAXY": 5, "SERENDIPITY_BLUE": 2},
    (STAR, SEGUE): {"NONLEGACY": 60, "STAR": 20, "STD": 15, "SEGUE2": 5},
    (STAR, BOSS): {"QSO": 40, "STD": 30, "STAR": 25, "LRG": 5},
    (STAR, EBOSS): {"QSO": 40, "STD": 28, "STAR": 20, "TDSS_B": 8, "LRG": 4},
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """What is recorded of n spectra beside class and redshift.

    Parameters
    ----------
    subclass : array of int, shape (n,)
        Index into `SUBCLASSES`; 0 for stars, whose type string is their own.
    target : array of int, shape (n,)
        Index into `TARGETS`.
    noqso : array of int, shape (n,)
        Class when quasar templates are left out, an index into `cosmic.columns.CLASSES`; -1 where not given.
    redshift_error : array, shape (n,)
        Error of the redshift.
    warning : array of int, shape (n,)
        zWarning.
    clean, mode : array of int, shape (n,)
        Flags of the photometry.
    score : array, shape (n,)
        Quality of the imaging field, 0 to 1.
    """

    subclass: Integers
    target: Integers
    noqso: Integers
    redshift_error: Floats
    warning: Integers
    clean: Integers
    mode: Integers
    score: Floats


def assign_surveys(people: Population, rng: np.random.Generator) -> Integers:
    """Return which survey took each object (index into `footprint.SURVEYS`), by class, brightness and redshift.

    Legacy took bright galaxies, quasars and stars, SEGUE stars, BOSS and eBOSS what is faint.
    """
    r, chance = people.magnitudes[:, 2], rng.random(len(people.kind))
    middle = _per_class(people.kind, galaxy=18.6, quasar=19.4, star=19.0)
    bright = rng.random(len(r)) < 1 / (1 + np.exp((r - middle) / 0.35))
    late = np.where(people.kind == GALAXY, np.where(people.redshift > 0.6, 0.85, 0.15), 0.5)
    faint = np.where(chance < late, EBOSS, BOSS)
    early = np.where((people.kind == STAR) & (chance < 0.3), SEGUE, LEGACY)
    return np.where(bright, early, faint)


def judge(people: Population, survey: Integers, rng: np.random.Generator) -> Verdicts:
    """Return what is recorded of the spectra of a population taken by these surveys."""
    n, r = len(people.kind), people.magnitudes[:, 2]
    table = np.zeros((3 * 4, len(TARGETS)))
    for (kind, by), targets in _TARGET_WEIGHTS.items():
        table[kind * 4 + by, [TARGETS.index(name) for name in targets]] = list(targets.values())
    target = pick_rows(rng, table[people.kind * 4 + survey])
    later = survey >= BOSS
    noqso = np.where(later & np.isin(target, [TARGETS.index(name) for name in ("GALAXY", "LRG", "ELG")]), GALAXY, -1)
    noqso = np.where((noqso == GALAXY) & (people.kind == STAR), STAR, noqso)
    noqso = np.where((noqso == GALAXY) & (rng.random(n) < 0.004), STAR, noqso)
    scale = _per_class(people.kind, galaxy=1.0, quasar=6.0, star=0.5)
    error = scale * 2e-5 * np.exp(0.35 * (np.clip(r, 14, 22) - 17) + 0.5 * rng.standard_normal(n))
    bad = rng.random(n) < 0.01 * np.exp(0.25 * (np.clip(r, 15, 22) - 18.3)) / 1.2
    values, weights = np.array(BAD_WARNINGS).T
    warning = np.where(bad, values.astype(np.int64)[pick(rng, weights, n)], 0)
    warning = np.where(~bad & ~later & (rng.random(n) < 0.02), MANY_OUTLIERS, warning)
    failed = bad & (rng.random(n) < 0.1)
    score = np.clip(0.872 + 0.055 * rng.standard_normal(n), 0.3, 0.999)
    return Verdicts(
        subclass=_subclasses(people, rng),
        target=target,
        noqso=noqso,
        redshift_error=np.where(failed, -3.0, error),
        warning=warning,
        clean=(rng.random(n) >= 0.06).astype(np.int64),
        mode=np.where(rng.random(n) < 0.004, 2, 1),
        score=np.where(rng.random(n) < 0.012, 0.0, score),
    )


def _per_class(kind: Integers, *, galaxy: float, quasar: float, star: float) -> Floats:
    """One of three values for each object, by its class."""
    table = np.empty(3)
    table[[GALAXY, QUASAR, STAR]] = galaxy, quasar, star
    return np.asarray(table[kind])


def _subclasses(people: Population, rng: np.random.Generator) -> Integers:
    """Lines are seen in near galaxies, the bluer the stronger; quasars are broad, the nearest with a host's lines."""
    n, z, hue = len(people.kind), people.redshift, people.hue
    near = np.clip(1.15 - z / 0.35, 0.0, 1.0)
    blue = 1 / (1 + np.exp(1.8 * (hue + 0.3)))
    galaxy: Booleans = people.kind == GALAXY
    weights = np.zeros((n, len(SUBCLASSES)))
    forming, bursting, active = near * 0.45 * blue, near * 0.3 * blue**2, near * 0.05 * (1 - 0.5 * blue)
    weights[:, 1] = np.where(galaxy, forming, 0.001)
    weights[:, 2] = np.where(galaxy, bursting, 0.001)
    weights[:, 3] = np.where(galaxy, active, 0.001)
    weights[:, 4] = np.where(galaxy, 0.01, 0.72)
    weights[:, 5] = np.where(galaxy, 0.001, np.where(z < 0.6, 0.12, 0.005))
    weights[:, 6] = np.where(galaxy, 0.002, 0.002)
    weights[:, 7] = np.where(galaxy, 0.003, 0.004)
    weights[:, 0] = np.maximum(1 - weights[:, 1:].sum(axis=1), 0.05)
    return np.where(people.kind == STAR, 0, pick_rows(rng, weights))
