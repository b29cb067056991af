"""Whether a page as a whole can be believed: by itself, and beside the last page of the same origin.

Looks at counts, shares and medians alone, never at rows; raises nothing. Each finding names the limit that it
crossed, so that whoever meant the change knows what to raise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cosmic.contracts.profile import PageProfile, difference
from cosmic.contracts.suite import Shape


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a page may differ before it is refused.

    Parameters
    ----------
    max_row_loss : float
        Share of the last page's rows that may be missing.
    max_quarantined : float
        Share of rows that may be faulty. Exact repeats of an object are not faulty.
    max_null_rise : float
        By how much a column's share of nulls may rise; a column that is gone counts as all null.
    max_class_shift : float
        By how much the share of a class may move.
    max_median_shift : float
        By how much a median brightness may move, in mag.
    max_colour_shift : float
        By how much a median colour may move, in mag.
    max_colour_distance : float
        How far the median colours may lie from every mixture of known populations, in mag in any one colour.
        Pages of only stars, galaxies, quasars, brown dwarfs, or galaxies near the detection limit lie within
        0.15 (measured); g, r, i or z off by a magnitude, or swapped in a page with galaxies, lies beyond.
    min_rows : int
        In a page with fewer rows, or beside one, shares and medians say nothing and are not looked at.
    """

    max_row_loss: float = 0.5
    max_quarantined: float = 0.3
    max_null_rise: float = 0.2
    max_class_shift: float = 0.2
    max_median_shift: float = 0.5
    max_colour_shift: float = 0.3
    max_colour_distance: float = 0.2
    min_rows: int = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """One look at a page.

    Parameters
    ----------
    name : str
        What was looked at.
    limit : str
        Name of the limit, "" where the contract itself sets it.
    bound, observed : float
        The most that is allowed, or the nearest believable value, and what was found.
    problem : str
        What is wrong and what to do if it is meant so; "" where nothing is.
    """

    name: str
    limit: str
    bound: float
    observed: float
    problem: str = ""


def examine(
    profile: PageProfile, *, faulty: int, shape: Shape, baseline: PageProfile | None, limits: Limits
) -> tuple[Finding, ...]:
    """Return every finding about a page, good and bad, in a fixed order.

    Parameters
    ----------
    profile : PageProfile
        The page.
    faulty : int
        Its rows with a fault.
    shape : Shape
        What is believable without an earlier page.
    baseline : PageProfile or None
        The last page of the same origin that was accepted.
    limits : Limits
        How far it may differ.
    """
    findings: list[Finding] = []
    if baseline is not None:
        findings.append(_row_loss(profile, baseline, limits))
    if profile.rows >= limits.min_rows:
        findings.append(_quarantined(profile, faulty, limits))
        findings.extend(_medians(profile, shape))
        findings.extend(_colours(profile, shape, limits))
        if baseline is not None and baseline.rows >= limits.min_rows:
            findings.extend(_null_rises(profile, baseline, limits))
            findings.extend(_class_shifts(profile, baseline, limits))
            findings.extend(_median_shifts(profile, baseline, shape, limits))
    return tuple(findings)


def distance_to_mixtures(point: tuple[float, ...], loci: tuple[tuple[float, ...], ...]) -> float:
    """Return how far a point lies from the convex hull of others: the largest difference in any coordinate.

    0 inside. A linear programme: the weights of the mixture that comes nearest.

    Parameters
    ----------
    point : tuple of float, length d
        Median colours of a page, in mag.
    loci : tuple of m tuples of float, length d
        Median colours of each known population.
    """
    from scipy.optimize import linprog

    known = np.asarray(loci, dtype=np.float64).T
    slack = -np.ones((len(point), 1))
    mixtures = np.block([[known, slack], [-known, slack]])
    target = np.asarray(point, dtype=np.float64)
    cost = np.append(np.zeros(len(loci)), 1.0)
    weights = np.append(np.ones(len(loci)), 0.0)[None, :]
    answer = linprog(cost, A_ub=mixtures, b_ub=np.concatenate([target, -target]), A_eq=weights, b_eq=[1.0])
    return float(answer.fun)


def _crossed(name: str, limit: str, bound: float, observed: float, text: str) -> Finding:
    """A finding that is a problem where the limit is crossed."""
    advice = f"If this is meant so, set COSMIC_{limit.upper()} higher (now {bound:g})."
    return Finding(name, limit, bound, observed, f"{text} {advice}" if observed > bound else "")


def _row_loss(profile: PageProfile, baseline: PageProfile, limits: Limits) -> Finding:
    lost = 1 - profile.rows / baseline.rows if baseline.rows else 0.0
    text = f"{profile.rows} rows, where the last page of this origin had {baseline.rows}: {lost:.0%} are missing."
    return _crossed("rows against the last page", "max_row_loss", limits.max_row_loss, lost, text)


def _quarantined(profile: PageProfile, faulty: int, limits: Limits) -> Finding:
    share = faulty / profile.rows
    text = f"{faulty} of {profile.rows} rows ({share:.0%}) break the contract."
    return _crossed("share of faulty rows", "max_quarantined", limits.max_quarantined, share, text)


def _medians(profile: PageProfile, shape: Shape) -> Iterator[Finding]:
    for believed in shape.medians:
        if believed.column not in profile.medians:
            continue
        value = profile.medians[believed.column]
        nearest = float(np.clip(value, believed.lo, believed.hi))
        text = f"the median of {believed.reason} ({value:.4g}). Check which column this is, and its unit."
        yield Finding(f"median of {believed.column}", "", nearest, value, text if nearest != value else "")


def _colours(profile: PageProfile, shape: Shape, limits: Limits) -> Iterator[Finding]:
    names = [difference(pair) for pair in shape.differences]
    if not shape.loci or not all(name in profile.medians for name in names):
        return
    point = tuple(profile.medians[name] for name in names)
    distance = distance_to_mixtures(point, shape.loci)
    found = ", ".join(f"{name} {value:.2f}" for name, value in zip(names, point, strict=True))
    text = (
        f"the median colours ({found}) are {distance:.2f} mag from those of any mixture of stars, galaxies and "
        "quasars: bands are swapped, one is off, or these are no magnitudes."
    )
    yield _crossed("median colours", "max_colour_distance", limits.max_colour_distance, distance, text)


def _null_rises(profile: PageProfile, baseline: PageProfile, limits: Limits) -> Iterator[Finding]:
    for name, before in baseline.nulls.items():
        now = profile.nulls.get(name, 1.0)
        gone = "" if name in profile.nulls else " (the column is gone)"
        text = f"{name} is missing in {now:.0%} of rows{gone}, where the last page of this origin had {before:.0%}."
        yield _crossed(
            f"nulls of {name} against the last page", "max_null_rise", limits.max_null_rise, now - before, text
        )


def _class_shifts(profile: PageProfile, baseline: PageProfile, limits: Limits) -> Iterator[Finding]:
    for column in sorted(profile.shares.keys() & baseline.shares.keys()):
        now, before = profile.shares[column], baseline.shares[column]
        for value in sorted(now.keys() | before.keys()):
            a, b = before.get(value, 0.0), now.get(value, 0.0)
            text = f"{value} is {b:.0%} of {column}, where it was {a:.0%} of the last page of this origin."
            name = f"share of {column} {value} against the last page"
            yield _crossed(name, "max_class_shift", limits.max_class_shift, abs(b - a), text)


def _median_shifts(profile: PageProfile, baseline: PageProfile, shape: Shape, limits: Limits) -> Iterator[Finding]:
    colours = {difference(pair) for pair in shape.differences}
    for name in sorted(profile.medians.keys() & baseline.medians.keys()):
        before, now = baseline.medians[name], profile.medians[name]
        limit = "max_colour_shift" if name in colours else "max_median_shift"
        bound = limits.max_colour_shift if name in colours else limits.max_median_shift
        text = f"the median of {name} moved from {before:.2f} to {now:.2f} since the last page of this origin."
        yield _crossed(f"median of {name} against the last page", limit, bound, abs(now - before), text)
