"""Each fault is planted exactly as its truth says, again and again alike; a sky without faults is what it always was."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic.columns import BANDS, CLASSES, SENTINEL
from cosmic.errors import ConfigError
from cosmic.planted import FaultName, night_of, origin_of, planting, sky_of, tonight
from cosmic.simulation import STUDY_SHARES, simulate
from cosmic.simulation.faults import CATALOGUE, TRUTH_SCHEMA, ZERO_POINT_SHIFT, plant, rows_of, shares_of
from cosmic.sources.photometry import magnitudes

IN_CELLS = (
    FaultName.FLUX_BAND, FaultName.FLIPPED_LABELS, FaultName.SENTINEL_BURSTS, FaultName.SHIFTED_ZERO_POINT,
    FaultName.SWAPPED_BANDS, FaultName.ROUNDED_IDS,
)  # fmt: skip
skies = st.tuples(st.integers(60, 300), st.integers(0, 2**32 - 1), st.integers(0, 5))
few = settings(max_examples=5, deadline=None)


def planted(sky: tuple[int, int, int], *faults: str) -> tuple[pa.Table, pa.Table, pa.Table, int | None]:
    rows, seed, night = sky
    table = simulate(rows=rows, seed=seed, night=night)
    found = plant(table, faults, seed=seed, night=night)
    return table, found.table, found.truth, found.whole


def differing(before: pa.Table, after: pa.Table) -> set[tuple[int, str, str, str]]:
    """Every cell that differs, found cell by cell, without the code that planted it."""
    found = set()
    for name in before.column_names:
        old, new = (table[name].cast(pa.string()).to_pylist() for table in (before, after))
        found |= {(at + 1, name, a, b) for at, (a, b) in enumerate(zip(old, new, strict=True)) if a != b}
    return found


@pytest.mark.parametrize("fault", IN_CELLS)
@few
@given(sky=skies)
def test_cells_differ_exactly_where_the_truth_says(fault: FaultName, sky: tuple[int, int, int]) -> None:
    before, after, truth, whole = planted(sky, fault)
    assert whole is None
    assert after.column_names == before.column_names
    rows = [(cell["row_number"], cell["column"], cell["before"], cell["after"]) for cell in truth.to_pylist()]
    assert set(rows) == differing(before, after)
    assert len(rows) == len(set(rows))
    assert set(truth["fault"].to_pylist()) <= {str(fault)}


@few
@given(sky=skies)
def test_what_is_planted_is_what_its_name_says(sky: tuple[int, int, int]) -> None:
    before, flux, truth, _ = planted(sky, "flux-band")
    name = truth["column"][0].as_py()
    old, new = before[name].to_numpy(), flux[name].to_numpy()
    there = old != SENTINEL
    np.testing.assert_allclose(magnitudes(new[there], name[-1]), old[there], atol=0.02)
    before, shifted, truth, _ = planted(sky, "shifted-zero-point")
    name = truth["column"][0].as_py()
    moved = (shifted[name].to_numpy() - before[name].to_numpy())[before[name].to_numpy() != SENTINEL]
    np.testing.assert_allclose(moved, ZERO_POINT_SHIFT, atol=2e-5)
    before, swapped, truth, _ = planted(sky, "swapped-bands")
    if truth.num_rows:
        first, second = sorted(set(truth["column"].to_pylist()), key=lambda one: BANDS.index(one[-1]))
        assert swapped[first].equals(before[second])
        assert swapped[second].equals(before[first])
    _, _, truth, _ = planted(sky, "sentinel-bursts")
    assert set(truth["after"].to_pylist()) == {"-9999"}
    before, flipped, truth, _ = planted(sky, "flipped-labels")
    assert set(flipped["class"].to_pylist()) <= set(CLASSES)


@few
@given(sky=skies)
def test_rows_that_come_twice_stand_at_the_end_and_repeat_the_row_that_the_truth_names(
    sky: tuple[int, int, int],
) -> None:
    before, after, truth, _ = planted(sky, "duplicated-stripe")
    assert after.slice(0, before.num_rows).equals(before)
    assert rows_of(truth, FaultName.DUPLICATED_STRIPE) == set(range(before.num_rows + 1, after.num_rows + 1))
    for cell in truth.to_pylist():
        copied = int(cell["before"].removeprefix("row ")) - 1
        assert after.slice(cell["row_number"] - 1, 1).to_pylist() == before.slice(copied, 1).to_pylist()
    stripe = before.take(pa.array([int(one["before"][4:]) - 1 for one in truth.to_pylist()]))
    lo, hi = pc.min(stripe["dec"]).as_py(), pc.max(stripe["dec"]).as_py()
    inside = before.filter(pc.and_(pc.greater(before["dec"], lo), pc.less(before["dec"], hi)))
    assert inside.num_rows <= stripe.num_rows


@few
@given(sky=skies)
def test_columns_are_renamed_or_gone_and_the_cut_is_where_the_truth_says(sky: tuple[int, int, int]) -> None:
    before, after, truth, _ = planted(sky, "renamed-column")
    (cell,) = truth.to_pylist()
    assert [cell["after"] if name == cell["column"] else name for name in before.column_names] == after.column_names
    assert after.rename_columns(before.column_names).equals(before)
    before, after, truth, _ = planted(sky, "missing-band")
    assert set(before.column_names) - set(after.column_names) == set(truth["column"].to_pylist())
    assert len({name[-1] for name in truth["column"].to_pylist()}) == 1
    before, after, truth, whole = planted(sky, "truncated-page")
    assert after.equals(before)
    assert rows_of(truth, FaultName.TRUNCATED_PAGE) == set(range((whole or 0) + 1, before.num_rows + 1))


def test_the_same_arguments_plant_the_same_and_others_do_not() -> None:
    every = tuple(FaultName)
    one, again = (planted((200, 7, 3), *every) for _ in range(2))
    assert one[1].equals(again[1])
    assert one[2].equals(again[2])
    assert not one[2].equals(planted((200, 8, 3), *every)[2])
    assert not one[2].equals(planted((200, 7, 4), *every)[2])
    assert one[2].schema == TRUTH_SCHEMA


def test_a_fault_begins_on_its_night_and_is_planted_once() -> None:
    assert tonight(("swapped-bands@5",), 4) == ()
    assert [one.fault for one in tonight(("swapped-bands@5", "swapped-bands@2", "flux-band"), 5)] == [
        FaultName.FLUX_BAND, FaultName.SWAPPED_BANDS,
    ]  # fmt: skip
    assert planted((60, 1, 1), "swapped-bands@2")[2].num_rows == 0
    for wrong in ("swapped", "flux-band@", "flux-band@x", "flux-band@1000"):
        with pytest.raises(ValueError, match=r"fault|night"):
            planting(wrong)


def test_classes_drift_a_little_every_night_and_stop() -> None:
    assert shares_of((), 9) == STUDY_SHARES
    drift = ("drifting-classes@2",)
    assert shares_of(drift, 1) == STUDY_SHARES
    quasars = [shares_of(drift, night).quasar for night in range(1, 40)]
    assert quasars[1] - quasars[0] == pytest.approx(0.03)
    assert quasars == sorted(quasars)
    assert quasars[-1] - quasars[0] == pytest.approx(0.3)
    assert sum(vars_of(shares_of(drift, 30))) == pytest.approx(sum(vars_of(STUDY_SHARES)))


def vars_of(shares: object) -> tuple[float, ...]:
    return tuple(float(getattr(shares, name)) for name in ("galaxy", "quasar", "star"))


def test_nights_share_no_row_and_one_population() -> None:
    nights = [simulate(rows=4000, seed=3, night=night) for night in range(3)]
    assert nights[0].equals(simulate(rows=4000, seed=3))
    assert nights[2].equals(simulate(rows=4000, seed=3, night=2))
    together = pa.concat_tables(nights)
    assert pc.count_distinct(together["specObjID"]).as_py() == 12_000
    assert pc.count_distinct(together["bestObjID"]).as_py() == 12_000
    exposures = (together[name].to_pylist() for name in ("plate", "mjd", "fiberID"))
    assert len(set(zip(*exposures, strict=True))) == 12_000
    for name in CLASSES:
        shares = [pc.mean(pc.equal(one["class"], name).cast(pa.float64())).as_py() for one in nights]
        assert max(shares) - min(shares) < 5 * np.sqrt(0.5 / 4000)
    medians = [np.median(one["modelMag_r"].to_numpy()) for one in nights]
    assert max(medians) - min(medians) < 0.2


@pytest.mark.parametrize(("rows", "night"), [(1000, -1), (1000, 151), (30_000_000, 1)])
def test_a_night_in_the_future_is_refused(rows: int, night: int) -> None:
    with pytest.raises(ConfigError, match="night from 0 to"):
        simulate(rows=rows, seed=0, night=night)


def test_an_origin_says_sky_night_and_faults_and_gives_them_back() -> None:
    sky = "simulated (rows=5, seed=0, generator=2)"
    assert origin_of(sky, night=0, faults=()) == sky
    faulty = origin_of(sky, night=4, faults=("swapped-bands@2", "flux-band", "missing-band@9"))
    assert faulty == f"{sky} night 4 with flux-band,swapped-bands@2"
    assert (sky_of(faulty), night_of(faulty), night_of(sky)) == (sky, 4, 0)
    assert (sky_of("/a/b.csv night 3"), night_of("/a/b.csv night 3")) == ("/a/b.csv night 3", None)


def test_every_fault_is_described_and_something_is_said_of_what_catches_it() -> None:
    assert set(CATALOGUE) == set(FaultName)
    assert all(one.caught_by and one.description for one in CATALOGUE.values())
