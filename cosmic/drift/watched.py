"""What is compared between new rows and those behind a model, and how much of a change matters. Computes no statistic.

Limits are effects in the unit of the feature, not p values: among a million rows every difference is significant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from cosmic.formulas import Feature, Floats, difference, plain


@dataclass(frozen=True, slots=True)
class Bounds:
    """Effects, taken absolutely, from which a change is to be watched, calls for a training, or stops; None for never."""

    watch: float
    retrain: float | None = None
    stop: float | None = None

    @property
    def whole(self) -> tuple[float | None, float | None, float | None]:
        """Return all three."""
        return self.watch, self.retrain, self.stop

    @property
    def local(self) -> Bounds:
        """Return the bounds of one range of magnitudes or one region: by itself it can only be watched."""
        return Bounds(self.watch)


@dataclass(frozen=True, slots=True)
class Watched:
    """A feature and its bounds; `by_magnitude` says whether objects of one brightness are compared."""

    feature: Feature
    bounds: Bounds
    by_magnitude: bool = True


COLOURS: Final = (("u", "g"), ("g", "r"), ("r", "i"), ("i", "z"))
COLOUR: Final = Bounds(0.03, 0.08)
"""Of a median colour, mag: SDSS's calibration is good to 0.01 to 0.02 (Padmanabhan et al. 2008, ApJ 674, 1217)."""
CALIBRATION: Final = Bounds(0.025, None, 0.05)
"""Of a colour of all classes alike, mag. No population does that; a zero point does, and training on it makes it worse."""
SHARE: Final = Bounds(0.03, 0.06, 0.25)
"""Of the share of a class among objects of one brightness and place."""
MISSING: Final = Bounds(0.05, 0.2, 0.5)
"""Of the share of rows without a value."""
VOTES: Final = Bounds(0.03, 0.08)
"""Of how sure volunteers are, or of the mean probability of a label."""
CONFIDENCE: Final = Bounds(0.03, 0.08)
"""Of the largest probability that a model gives an object."""
COVERAGE: Final = Bounds(0.1, 0.3)
"""Of the share of new rows where a model has seen none."""


def _concentration(columns: Mapping[str, Floats]) -> Floats:
    return _positive(columns["petro_r90_r"]) / _positive(columns["petro_r50_r"])


def _log_radius(columns: Mapping[str, Floats]) -> Floats:
    return np.asarray(np.log10(_positive(columns["petro_r50_r"])))


def _log_redshift(columns: Mapping[str, Floats]) -> Floats:
    return np.asarray(np.log1p(columns["redshift"]))


def _positive(values: Floats) -> Floats:
    return np.where(values > 0, values, np.nan)


WATCHED: Final = (
    *(Watched(difference(f"{a} - {b}", a, b), COLOUR) for a, b in COLOURS),
    Watched(plain("r"), Bounds(0.15, 0.4), by_magnitude=False),
    Watched(difference("psf_r - cmodel_r", "psf_r", "cmodel_r"), COLOUR),
    Watched(plain("extinction_r"), Bounds(0.02, 0.05)),
    Watched(Feature("log10 of petro_r50_r", "dex", ("petro_r50_r",), _log_radius), Bounds(0.03, 0.08)),
    Watched(Feature("petro_r90_r / petro_r50_r", "", ("petro_r90_r", "petro_r50_r"), _concentration), Bounds(0.08, 0.2)),
    Watched(Feature("ln(1 + redshift)", "", ("redshift",), _log_redshift), Bounds(0.02, 0.06)),
)  # fmt: skip
"""Every feature that is compared, class by class."""
INPUTS: Final = tuple(dict.fromkeys(name for one in WATCHED for name in one.feature.inputs))
"""The columns behind them."""
