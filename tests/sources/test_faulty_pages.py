"""What reading alone finds in faulty pages: ids that were floats, and an end within a row. Real tables raise neither."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic.errors import SuspiciousResponse
from cosmic.sources.base import HashingStore, PageStore
from cosmic.sources.casting import went_through_a_float
from cosmic.sources.parsing import parse_page, parse_table
from cosmic.sources.simulated import SimulatedSource
from tests.skyserver.sources import SHARED

TABLES = ("stars.csv.gz", "galaxytag_999rows_98columns.csv.gz", "specphoto_999rows_122columns.csv.gz")


def texts(ids: list[int]) -> pa.Array:
    return pa.array([str(one) for one in ids], pa.string())


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(2**60, 2**61 - 1), min_size=20, max_size=60, unique=True))
def test_ids_are_told_apart_from_what_a_float_made_of_them(ids: list[int]) -> None:
    rounded = [int(float(one)) for one in ids]
    assert went_through_a_float(texts(rounded)) == (len(set(rounded)) >= 3)
    kept = [one if one != int(float(one)) else one + 1 for one in ids]
    assert not went_through_a_float(texts(kept))


def test_few_ids_and_short_ids_say_nothing() -> None:
    assert not went_through_a_float(texts([2**60 + 256 * at for at in range(19)]))
    assert went_through_a_float(texts([2**60 + 256 * at for at in range(20)]))
    assert not went_through_a_float(texts(list(range(10**6, 10**6 + 50))))


@pytest.mark.parametrize("seed", range(2))
def test_ids_of_a_page_that_were_rounded_are_left_out(tmp_path: Path, seed: int) -> None:
    page = next(SimulatedSource(1000, seed, faults=("rounded-ids",)).pages(PageStore(tmp_path)))
    parsed = parse_page(page)
    assert "obj_id" in parsed.left_out
    assert "obj_id" not in parsed.rows.column_names
    assert parsed.rows.num_rows == 1000


def test_a_page_of_the_survey_s_table_that_ends_within_a_row_is_refused_and_a_file_of_a_person_is_not(
    tmp_path: Path,
) -> None:
    page = next(SimulatedSource(1000, 1, faults=("truncated-page",)).pages(PageStore(tmp_path)))
    with pytest.raises(SuspiciousResponse, match=r"ends within data row \d+.*Ask for it again"):
        parse_page(page)
    read = parse_table(page.path)
    assert read.uncastable.filter(pc.equal(read.uncastable["column"], "")).num_rows == 1


def test_a_dry_run_writes_no_truth(tmp_path: Path) -> None:
    page = next(SimulatedSource(1000, 1, faults=("flux-band",)).pages(HashingStore(tmp_path)))
    assert not list(tmp_path.iterdir())
    assert page.id == next(SimulatedSource(1000, 1, faults=("flux-band",)).pages(PageStore(tmp_path))).id


def test_faults_that_have_not_begun_leave_the_page_as_it_is(tmp_path: Path) -> None:
    plain = next(SimulatedSource(1000, 1, night=1).pages(PageStore(tmp_path)))
    later = next(SimulatedSource(1000, 1, night=1, faults=("flux-band@2",)).pages(PageStore(tmp_path)))
    assert (plain.id, plain.origin) == (later.id, later.origin)


@pytest.mark.parametrize("name", TABLES)
def test_no_real_table_looks_rounded(name: str) -> None:
    path = SHARED / "sdss" / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the checkout")
    parsed = parse_table(path)
    assert parsed.rows.num_rows > 900
    assert "whole numbers again" not in " ".join(parsed.left_out.values())
