"""What a page looks like as a whole: a few numbers, kept so that the next page of the same origin can be compared.

Compares nothing and refuses nothing: that is `cosmic.contracts.pages`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from cosmic.contracts.rowtext import ROW_NUMBER
from cosmic.contracts.suite import Shape

_MOST: Final = 20
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PageProfile:
    """The shape of a page.

    Parameters
    ----------
    rows : int
        Rows, good and bad.
    nulls : dict of str to float
        Share of rows without a value, for each column that the page has.
    shares : dict of str to dict of str to float
        For each watched text column, the share of each of its 20 most frequent values among the rows that have one.
    medians : dict of str to float
        Median of each watched column, and of each difference as ``u - g``, in the column's unit; sentinels and
        infinities left out. Absent where no row has a value.
    """

    rows: int
    nulls: dict[str, float] = field(default_factory=dict)
    shares: dict[str, dict[str, float]] = field(default_factory=dict)
    medians: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the profile as JSON text, equal for equal profiles."""
        return json.dumps(asdict(self), sort_keys=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> PageProfile:
        """Return the profile that `to_json` wrote.

        Raises
        ------
        TypeError
            If the text is the JSON of something else.
        """
        return cls(**json.loads(text))


def difference(pair: tuple[str, str]) -> str:
    """Return the name of a difference in `PageProfile.medians`."""
    return f"{pair[0]} - {pair[1]}"


def measure(rows: pa.Table, *, frame: pd.DataFrame, shape: Shape) -> PageProfile:
    """Return the profile of a page.

    Parameters
    ----------
    rows : pyarrow.Table
        n rows as they came, for the nulls.
    frame : pandas.DataFrame
        The same n rows as they are judged, with implied values, for everything else.
    shape : Shape
        What to measure. Columns that the frame lacks, or that hold no numbers, are left out.
    """
    watched = {believed.column for believed in shape.medians}.union(*shape.differences)
    present = [name for name in frame.columns if name in watched and pd.api.types.is_numeric_dtype(frame[name])]
    numbers = {name: _measured(frame[name], shape) for name in present}
    samples = {believed.column: numbers[believed.column] for believed in shape.medians if believed.column in numbers}
    for pair in shape.differences:
        if pair[0] in numbers and pair[1] in numbers:
            samples[difference(pair)] = numbers[pair[0]] - numbers[pair[1]]
    columns = [name for name in rows.column_names if name != ROW_NUMBER] if rows.num_rows else []
    return PageProfile(
        rows=rows.num_rows,
        nulls={name: rows[name].null_count / rows.num_rows for name in columns},
        shares={name: _shares(frame[name]) for name in shape.shares if name in frame},
        medians={name: float(np.nanmedian(x)) for name, x in samples.items() if not np.isnan(x).all()},
    )


def _measured(column: pd.Series, shape: Shape) -> _Floats:
    """The column's values as floats, NaN where there is no measurement."""
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(values) & ~np.isin(values, shape.sentinels), values, np.nan)


def _shares(column: pd.Series) -> dict[str, float]:
    counts = column.value_counts(normalize=True).items()
    ordered = sorted(((str(value), float(share)) for value, share in counts), key=lambda item: (-item[1], item[0]))
    return dict(ordered[:_MOST])
