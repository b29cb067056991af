"""Ids that an export rounded: a rounded column is left out and the page goes on, a rounded cell is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from cosmic.columns import BY_NAME
from cosmic.contracts import Limits, judge
from cosmic.intake import judge_page, reading_of
from cosmic.sources.base import PageStore
from cosmic.sources.casting import cast, rounded_ids
from cosmic.sources.parsing import parse_page, parse_table
from expectations.objects import OBJECTS

ROWS = 300
COLOURS = {"GALAXY": (1.5, 0.8, 0.4, 0.3), "QSO": (0.3, 0.2, 0.1, 0.1), "STAR": (1.2, 0.4, 0.2, 0.1)}
REDSHIFTS = {"GALAXY": (0.01, 0.9), "QSO": (0.1, 4.0), "STAR": (-0.002, 0.002)}
LEFT_OUT = "its values were rounded through a float, e.g. "


def export(seed: int = 1) -> pd.DataFrame:
    """A table as it is passed around on data-sharing sites: both ids are floats, and one row was not measured."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(list(COLOURS), ROWS)
    r = rng.uniform(15, 22, ROWS)
    ug, gr, ri, iz = (np.array([COLOURS[name] for name in kind]) + rng.normal(0, 0.1, (ROWS, 4))).T
    table = pd.DataFrame(
        {
            "obj_ID": rng.integers(1_237_645_000, 1_237_680_000, ROWS) * 1e9 + rng.integers(0, 10**9, ROWS),
            "alpha": rng.uniform(0, 360, ROWS),
            "delta": rng.uniform(-15, 75, ROWS),
            "u": r + gr + ug, "g": r + gr, "r": r, "i": r - ri, "z": r - ri - iz,
            "run_ID": rng.integers(109, 8000, ROWS),
            "rerun_ID": 301,
            "cam_col": rng.integers(1, 7, ROWS),
            "field_ID": rng.integers(11, 900, ROWS),
            "spec_obj_ID": rng.integers(3 * 10**17, 14 * 10**18, ROWS, dtype=np.uint64).astype(np.float64),
            "class": kind,
            "redshift": [rng.uniform(*REDSHIFTS[name]) for name in kind],
            "plate": rng.integers(266, 12_500, ROWS),
            "MJD": rng.integers(51_600, 58_900, ROWS),
            "fiber_ID": rng.permutation(ROWS) + 1,
        }
    )  # fmt: skip
    table.loc[79, ["u", "g", "z"]] = -9999.0
    return table


def csv(folder: Path, text: str) -> Path:
    path = folder / "rows.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_export_with_rounded_ids_is_read_without_them(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    table = export()
    parsed = parse_table(csv(tmp_path, table.to_csv(index=False)))
    first = {name: f"{table[name][0]!r}".removeprefix("np.float64(").rstrip(")") for name in ("obj_ID", "spec_obj_ID")}
    assert parsed.left_out == {"spec_obj_id": LEFT_OUT + first["spec_obj_ID"], "obj_id": LEFT_OUT + first["obj_ID"]}
    assert "e+18" in first["obj_ID"]
    assert parsed.uncastable.num_rows == 0
    assert not {"spec_obj_id", "obj_id"} & {*parsed.rows.column_names, *parsed.mapping, *parsed.nulled}
    assert parsed.unmapped == ("run_ID", "rerun_ID", "cam_col", "field_ID")
    assert (parsed.mapping["ra"], parsed.mapping["mjd"], parsed.mapping["fiberid"]) == ("alpha", "MJD", "fiber_ID")
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "obj_ID (its values" in warning
    assert "spec_obj_ID (its values" in warning
    assert "Export ids as text" in warning


def test_only_the_row_that_was_not_measured_is_quarantined(tmp_path: Path) -> None:
    table = export()
    parsed = parse_table(csv(tmp_path, table.to_csv(index=False)))
    judged = judge(parsed.rows, uncastable=parsed.uncastable, suite=OBJECTS)
    assert judged.problems == ()
    assert judged.quarantined["row_number"].to_pylist() == [80]
    assert judged.quarantined["reasons"].to_pylist() == [
        [f"{band}: -9999 is a sentinel, not a measurement" for band in "ugz"]
    ]
    keys = judged.valid["object_key"].to_pylist()
    assert len(set(keys)) == ROWS - 1
    assert keys[0] == "pmf:" + "-".join(str(table[name][0]) for name in ("plate", "MJD", "fiber_ID"))
    assert all(key.startswith("pmf:") for key in keys)


def test_the_report_of_the_page_tells_what_was_left_out_and_why(tmp_path: Path) -> None:
    path = csv(tmp_path, export().to_csv(index=False))
    page = PageStore(tmp_path / "pages").add_file(path, kind="files")
    judged = judge_page(page, parse=parse_page, suite=OBJECTS, limits=Limits(), folder=tmp_path)
    assert reading_of(judged).left_out == parse_page(page).left_out
    assert judged.n_quarantined == 1


def test_rows_are_known_by_themselves_where_no_plate_is_left(tmp_path: Path) -> None:
    table = export().drop(columns=["plate"])
    parsed = parse_table(csv(tmp_path, table.to_csv(index=False)))
    judged = judge(parsed.rows, uncastable=parsed.uncastable, suite=OBJECTS)
    assert judged.quarantined.num_rows == 1
    assert all(key.startswith("row:") for key in judged.valid["object_key"].to_pylist())


def test_float_columns_of_other_formats_are_left_out_too(tmp_path: Path) -> None:
    table = export()
    table.loc[5, "obj_ID"] = np.nan
    want = parse_table(csv(tmp_path, table.to_csv(index=False)))
    pq.write_table(pa.Table.from_pandas(table), tmp_path / "t.parquet")
    Table.from_pandas(table).write(tmp_path / "t.fits")
    Table.from_pandas(table).write(tmp_path / "t.vot", format="votable")
    for name in ("t.parquet", "t.fits", "t.vot"):
        found = parse_table(tmp_path / name)
        assert found.left_out.keys() == want.left_out.keys(), name
        assert all(why.startswith(LEFT_OUT) and "e+18" in why for why in found.left_out.values()), name
        assert found.rows.equals(want.rows), name
        assert found.uncastable.num_rows == 0, name


def test_an_exact_id_stays_beside_a_rounded_one(tmp_path: Path) -> None:
    table = export()
    table["spec_obj_ID"] = [str(2**63 + 1024 * place) for place in range(ROWS)]
    parsed = parse_table(csv(tmp_path, table.to_csv(index=False)))
    assert parsed.left_out.keys() == {"obj_id"}
    assert parsed.rows["spec_obj_id"].to_pylist() == table["spec_obj_ID"].tolist()


def test_scattered_rounded_cells_stay_faults_of_their_rows(tmp_path: Path) -> None:
    table = export()
    table["obj_ID"] = [str(10**18 + place) for place in range(ROWS)]
    table.loc[:148, "obj_ID"] = "1.2376609612272e+18"
    half = parse_table(csv(tmp_path, table.drop(columns="spec_obj_ID").to_csv(index=False)))
    assert half.left_out == {}
    assert half.uncastable["row_number"].to_pylist() == list(range(1, 150))
    assert set(half.uncastable["column"].to_pylist()) == {"obj_id"}
    assert half.rows["obj_id"][149].as_py() == table["obj_ID"][149]
    table.loc[149, "obj_ID"] = "1.2376609612272e+18"
    parsed = parse_table(csv(tmp_path, table.drop(columns="spec_obj_ID").to_csv(index=False)))
    assert parsed.left_out == {"obj_id": "150 of its 300 values were rounded through a float, e.g. 1.2376609612272e+18"}


def test_marks_of_absence_and_empty_cells_do_not_count(tmp_path: Path) -> None:
    rows = ["1.2e+18", "0", "", "-1", "null"]
    text = "objID,u,g,r,i,z\n" + "".join(f"{cell},19,18,17,17,17\n" for cell in rows)
    assert parse_table(csv(tmp_path, text)).left_out.keys() == {"obj_id"}
    text = "objID,u,g,r,i,z\n" + "".join(f"{cell},19,18,17,17,17\n" for cell in rows[1:])
    assert parse_table(csv(tmp_path, text)).left_out == {}


@given(
    rounded=st.lists(st.integers(2**53, 2**63), max_size=8),
    exact=st.lists(st.integers(1, 2**53 - 1), max_size=8),
    empty=st.integers(0, 3),
)
def test_exactly_the_ids_beyond_what_a_float_holds_count_as_rounded(
    rounded: list[int], exact: list[int], empty: int
) -> None:
    cells = pa.array([float(value) for value in [*rounded, *exact]] + [None] * empty, pa.float64())
    mask, total = rounded_ids(cast(cells, BY_NAME["obj_id"]))
    assert mask.to_pylist() == [True] * len(rounded) + [False] * (len(exact) + empty)
    assert total == len(rounded) + len(exact)


def test_narrow_floats_round_earlier() -> None:
    mask, _ = rounded_ids(cast(pa.array([2.0**24, 2.0**24 - 1], pa.float32()), BY_NAME["obj_id"]))
    assert mask.to_pylist() == [True, False]
