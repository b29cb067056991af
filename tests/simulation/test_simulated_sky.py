"""The table: identity, reproducibility, shares, marks for what is missing, limits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic.columns import BANDS, SENTINEL
from cosmic.errors import ConfigError
from cosmic.simulation import COLUMNS, STUDY_SHARES, Shares, footprint, simulate, simulate_blocks
from cosmic.simulation.sky import UNKNOWN_SUBCLASSES
from cosmic.vocabularies import STAR_SUBCLASSES

ROWS = 60_000


@pytest.fixture(scope="module")
def sky() -> pa.Table:
    return simulate(rows=ROWS, seed=11)


def of_class(sky: pa.Table, name: str) -> pa.Table:
    return sky.filter(pc.equal(sky["class"], name))


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 300), seed=st.integers(0, 2**32 - 1))
def test_any_small_sky_has_its_rows_its_schema_and_unique_ids_and_comes_again(rows: int, seed: int) -> None:
    sky = simulate(rows=rows, seed=seed)
    assert sky.num_rows == rows
    assert sky.schema == COLUMNS
    assert pc.count_distinct(sky["specObjID"]).as_py() == rows
    assert pc.count_distinct(sky["bestObjID"]).as_py() == rows
    assert sum(column.null_count for column in sky.columns) == 0
    assert not any(pc.any(pc.is_nan(sky[name])).as_py() for name in ("z", "ra", "modelMag_u", "psfMag_z"))
    assert sky.equals(simulate(rows=rows, seed=seed))


def test_another_seed_is_another_sky() -> None:
    assert not simulate(rows=100, seed=1)["modelMag_r"].equals(simulate(rows=100, seed=2)["modelMag_r"])


def test_a_sky_of_several_blocks_repeats_no_id_and_no_object() -> None:
    blocks = list(simulate_blocks(rows=footprint.BLOCK + 5000, seed=3))
    assert [block.num_rows for block in blocks] == [footprint.BLOCK, 5000]
    sky = pa.Table.from_batches(blocks)
    for name in ("specObjID", "bestObjID"):
        assert pc.count_distinct(sky[name]).as_py() == sky.num_rows
    assert blocks[0]["modelMag_r"].to_pylist()[:50] != blocks[1]["modelMag_r"].to_pylist()[:50]


@pytest.mark.parametrize(("rows", "seed"), [(0, 0), (-1, 0), (footprint.MOST_ROWS + 1, 0), (10, -1)])
def test_impossible_skies_are_refused_before_anything_is_drawn(rows: int, seed: int) -> None:
    with pytest.raises(ConfigError, match="choose"):
        next(simulate_blocks(rows=rows, seed=seed))


def test_class_shares_are_the_studys_unless_told_otherwise(sky: pa.Table) -> None:
    for name, share in (("GALAXY", STUDY_SHARES.galaxy), ("QSO", STUDY_SHARES.quasar), ("STAR", STUDY_SHARES.star)):
        assert of_class(sky, name).num_rows / ROWS == pytest.approx(share, abs=0.01)
    only_stars = simulate(rows=200, seed=0, shares=Shares(galaxy=0, quasar=0, star=1))
    assert set(only_stars["class"].to_pylist()) == {"STAR"}
    with pytest.raises(ConfigError, match="shares"):
        simulate(rows=10, seed=0, shares=Shares(galaxy=0, quasar=0, star=0))


def test_redshifts_stay_inside_the_pipelines_range_of_each_class(sky: pa.Table) -> None:
    for name, low, high in (("GALAXY", -0.001, 1.0), ("QSO", 0.0333, 7.0), ("STAR", -0.004, 0.004)):
        redshift = of_class(sky, name)["z"].to_numpy()
        assert low <= redshift.min() < redshift.max() <= high
    stars = of_class(sky, "STAR")["z"].to_numpy()
    assert np.quantile(stars, (0.01, 0.5, 0.99)) == pytest.approx((-0.0011, 0.0, 0.0011), abs=2e-4)


def test_ids_are_packed_as_sdss_packs_them_and_some_exceed_a_signed_integer(sky: pa.Table) -> None:
    ids = sky["specObjID"].to_pylist()
    parts = [sky[name].to_pylist() for name in ("plate", "mjd", "fiberID")]
    for id_, plate, mjd, fibre in zip(ids, *parts, strict=True):
        assert (id_ >> 50, ((id_ >> 24) & 0x3FFF) + 50_000, (id_ >> 38) & 0xFFF) == (plate, mjd, fibre)
        assert (id_ >> 10) & 0x3FFF in {26, 103, 1300}
        assert (id_ >= 2**63) == (plate > 8191)
    assert 0.05 < np.mean([id_ >= 2**63 for id_ in ids]) < 0.3


def test_a_known_spectrum_has_its_real_id() -> None:
    parts = (np.array([value]) for value in (7391, 56781, 899, 1300))
    assert footprint.spec_obj_ids(*parts).tolist() == [8321773440479809536]  # public DR16 row


def test_what_was_not_measured_is_marked_as_in_sdss(sky: pa.Table) -> None:
    cells = np.concatenate([sky[f"modelMag_{band}"].to_numpy() for band in BANDS])
    assert 5e-5 < (cells == SENTINEL).mean() < 5e-4
    measured = cells[cells != SENTINEL]
    assert 10 < measured.min() < measured.max() < 40
    stars, others = of_class(sky, "STAR"), sky.filter(pc.not_equal(sky["class"], "STAR"))
    temperature = stars["elodieTEff"].to_numpy()
    assert (temperature == 0).mean() == pytest.approx(0.43, abs=0.03)
    assert ((stars["elodieBV"].to_numpy() == 0) == (temperature == 0)).all()
    assert pc.all(pc.equal(pc.equal(stars["elodieSpType"], ""), pc.equal(stars["elodieTEff"], 0))).as_py()
    assert not others["elodieTEff"].to_numpy().any()
    assert 0.003 < (~np.isin(sky["zWarning"].to_numpy(), (0, 16))).mean() < 0.03
    assert 0.5 < pc.mean(pc.equal(of_class(sky, "GALAXY")["subClass"], "")).as_py() < 0.95


def test_a_few_subclasses_are_unknown_to_the_pipeline_and_every_other_star_has_a_known_one(sky: pa.Table) -> None:
    assert not set(UNKNOWN_SUBCLASSES) & set(STAR_SUBCLASSES)
    unknown = pc.is_in(sky["subClass"], value_set=pa.array(UNKNOWN_SUBCLASSES))
    assert 1 <= pc.sum(unknown).as_py() <= 30
    stars = of_class(sky.filter(pc.invert(unknown)), "STAR")
    assert set(stars["subClass"].to_pylist()) <= set(STAR_SUBCLASSES)


def test_ten_letters_exist_and_the_studys_five_have_nearly_all_stars(sky: pa.Table) -> None:
    letters = [STAR_SUBCLASSES.get(name, "?") for name in of_class(sky, "STAR")["subClass"].to_pylist()]
    shares = {letter: letters.count(letter) / len(letters) for letter in set(letters)}
    assert set("OBAFGKMCDd") <= set(shares)
    assert sum(shares[letter] for letter in "AFGKM") > 0.9
    assert shares["F"] > shares["M"] > shares["G"] > shares["D"] > shares["C"]


def test_the_clean_class_rule_keeps_most_of_every_class_and_drops_some(sky: pa.Table) -> None:
    source, noqso = sky["sourceType"], sky["class_noqso"]
    clean = pc.and_(pc.equal(sky["clean"], 1), pc.or_(pc.not_equal(noqso, "STAR"), pc.equal(sky["class"], "STAR")))
    rules = {
        "GALAXY": pc.and_(pc.equal(source, "GALAXY"), pc.equal(sky["type"], 3)),
        "QSO": pc.equal(source, "QSO"),
        "STAR": pc.not_equal(source, "QSO"),
    }
    for name, rule in rules.items():
        kept = sky.filter(pc.and_(pc.and_(rule, clean), pc.equal(sky["class"], name))).num_rows
        assert 0.65 < kept / of_class(sky, name).num_rows < 0.95


def test_values_have_no_more_decimals_than_sdss_gives(sky: pa.Table) -> None:
    for name in ("modelMag_u", "psfMag_z", "petroR90_r", "extinction_g"):
        values = sky[name].to_numpy()
        assert (values == np.round(values, 5)).all()
