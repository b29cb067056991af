"""Cells of the sky are counted; under a split that is not by cell none is a test cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from cosmic.facts.file import read_array
from cosmic.reporting.skycounts import count_sky


def test_test_cells_are_counted_only_where_the_split_is_by_cell(tmp_path: Path) -> None:
    rows = pa.table({"ra": [10.0, 10.0, 200.0, None], "dec": [1.0, 1.0, 40.0, None]})
    part = np.array([2, 2, 0, 2], dtype=np.int8)
    by_cell = count_sky(rows, part, (), folder=tmp_path)
    assert by_cell is not None
    assert by_cell.test is not None
    assert read_array(by_cell.test, tmp_path)[:, 1].tolist() == [2]
    assert (by_cell.n_test, by_cell.n_catalogue, by_cell.n_without_position) == (2, 3, 1)
    at_random = count_sky(rows, None, (), folder=tmp_path)
    assert at_random is not None
    assert (at_random.test, at_random.n_test, at_random.n_catalogue) == (None, 0, 3)
