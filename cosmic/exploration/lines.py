"""The study's linear regression of stars: ELODIE's temperature and colour. Fits on training rows, scores the others.

The study's program predicts the temperature from the logarithm of the colour, its slide speaks of the reverse; both are
here. On training rows the two have the same R², the squared correlation, by an identity.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cosmic.datasets import Dataset
from cosmic.evaluation.intervals import RESAMPLES, block_intervals, ratio, sums_by_block
from cosmic.exploration.standard import Floats
from cosmic.facts.exploration import Line
from cosmic.facts.results import Interval, Part
from cosmic.records import Sky
from cosmic.splits import PARTS

COLOUR: Final = "elodie_bv"
TEMPERATURE: Final = "elodie_teff"
SHIFT: Final = 2.0
"""Added to the z-scored colour before its logarithm, as in the study."""


def lines(data: Dataset, *, seed: int, resamples: int = RESAMPLES) -> tuple[Line, ...] | str:
    """Return the line of the study's code and that of its slide, or why there is none.

    Parameters
    ----------
    data : Dataset
        Stars with the study's eight features.
    seed : int
        Of the resampling of sky cells.
    """
    if lacking := [name for name in (COLOUR, TEMPERATURE) if name not in data.card.features]:
        return f"no {' and no '.join(lacking)} among the features"
    raw = {name: data.X[:, data.card.features.index(name)] for name in (COLOUR, TEMPERATURE)}
    train = data.within("train")
    mean = {name: float(values[train].mean()) for name, values in raw.items()}
    scale = {name: float(values[train].std()) for name, values in raw.items()}
    if flat := [name for name, values in raw.items() if not np.ptp(values[train]) > 0]:
        return f"{' and '.join(flat)} has one value in all training rows"
    z = {name: (values - mean[name]) / scale[name] for name, values in raw.items()}
    shifted = z[COLOUR] + SHIFT
    logarithm = np.log(shifted, out=np.full_like(shifted, np.nan), where=shifted > 0)
    defined = np.isfinite(logarithm)
    if not defined[train].any() or not all(
        np.ptp(values[train[defined[train]]]) > 0 for values in (logarithm, z[TEMPERATURE])
    ):
        return "training rows with a value of the logarithm have one value"
    undefined: dict[Part, int] = {part: int((~defined[data.within(part)]).sum()) for part in PARTS}

    def line(direction: Literal["code", "slide"], x: Floats, y: Floats) -> Line:
        slope, intercept = _fit(x, y, train[defined[train]])
        n: dict[Part, int] = {}
        r2: dict[Part, float] = {}
        interval: dict[Part, Interval] = {}
        for part in PARTS:
            rows = data.within(part)[defined[data.within(part)]]
            n[part] = len(rows)
            if not len(rows):
                continue
            sums = _sums(y[rows], slope * x[rows] + intercept, data.blocks.take(pa.array(rows)))
            score = float(_r2(sums.sum(axis=0))["r2"])
            if np.isfinite(score):  # rows of one value have none
                r2[part] = score
            if ends := block_intervals(sums, _r2, resamples=resamples, seed=seed).get("r2"):
                interval[part] = ends
        return Line(direction=direction, mean=mean, scale=scale, slope=slope, intercept=intercept, n=n, r2=r2,
                    n_undefined=undefined, interval=interval,
                    true_by_construction=data.card.sky is Sky.SIMULATED)  # fmt: skip

    return line("code", logarithm, z[TEMPERATURE]), line("slide", z[TEMPERATURE], logarithm)


def _fit(x: Floats, y: Floats, rows: NDArray[np.intp]) -> tuple[float, float]:
    from sklearn.linear_model import LinearRegression

    fitted = LinearRegression().fit(x[rows, None], y[rows])
    return float(fitted.coef_[0]), float(fitted.intercept_)


def _sums(y: Floats, answer: Floats, blocks: pa.Array) -> Floats:
    centred = y - y.mean()  # or the sums of squares would lose digits
    return sums_by_block(blocks, np.column_stack([np.ones(len(y)), centred, centred**2, (y - answer) ** 2]))


def _r2(sums: Floats) -> dict[str, Floats]:
    """R² = 1 - sum of squared errors / sum of squared deviations from the mean of the rows that are scored."""
    n, total, square, error = np.moveaxis(sums, -1, 0)
    return {"r2": 1 - ratio(error, square - ratio(total**2, n))}
