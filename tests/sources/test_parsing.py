"""A file of any format becomes the same canonical rows; nothing is invented and nothing is lost."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from cosmic.columns import BANDS, OBJECT_SCHEMA
from cosmic.errors import ConfigError
from cosmic.records import MagnitudeSystem, MagnitudeUnit
from cosmic.sources.base import UNCASTABLE_SCHEMA
from cosmic.sources.parsing import parse_table

SDSS = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "sdss"
needs_tables = pytest.mark.skipif(not SDSS.exists(), reason="the shared real tables are not beside this checkout")

ROWS = """specObjID,u,g,r,i,z,class,subClass,redshift,plate,probPSF
18446744073709551615,19.5,18.5,18.0,17.8,17.7,galaxy,,0.1,2891.0,0
9259471051523641344,20.5,-9999,18.0,17.8,17.7,QUASAR,BROADLINE ,-9999,5,1
0,18.5,17.5,17.0,abc,16.7,,F5,0.0001,x,-9999
12,17.5,16.5,16.0,15.8,,Galaxyy,null,,7,0.5
"""


def csv(folder: Path, text: str, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_are_canonical_and_cells_that_fail_are_named(tmp_path: Path) -> None:
    parsed = parse_table(csv(tmp_path, ROWS))
    rows = parsed.rows
    assert rows.schema == pa.schema(
        [("row_number", pa.int64()), *(OBJECT_SCHEMA.field(name) for name in rows.column_names[1:])]
    )
    assert rows.column_names[1:] == [name for name in OBJECT_SCHEMA.names if name in rows.column_names]
    assert rows.to_pydict() == {
        "row_number": [1, 2, 3, 4],
        "spec_obj_id": ["18446744073709551615", "9259471051523641344", None, "12"],
        "plate": [2891, 5, None, 7],
        "u": [19.5, 20.5, 18.5, 17.5],
        "g": [18.5, -9999.0, 17.5, 16.5],
        "r": [18.0, 18.0, 17.0, 16.0],
        "i": [17.8, 17.8, None, 15.8],
        "z": [17.7, 17.7, 16.7, None],
        "class": ["GALAXY", "QSO", "STAR", "Galaxyy"],
        "subclass": [None, "BROADLINE", "F5", None],
        "redshift": [0.1, None, 0.0001, None],
        "prob_psf": [0.0, 1.0, None, 0.5],
    }
    assert parsed.uncastable.schema == UNCASTABLE_SCHEMA
    assert parsed.uncastable.to_pylist() == [
        {"row_number": 3, "column": "i", "value": "abc", "reason": "not a number"},
        {"row_number": 3, "column": "plate", "value": "x", "reason": "not a number"},
    ]
    assert parsed.nulled == {"spec_obj_id": 1, "redshift": 1, "prob_psf": 1}
    assert (parsed.system, parsed.unit) == (MagnitudeSystem.MODEL, MagnitudeUnit.MAGNITUDE)
    assert "by their values (medians u 19" in parsed.unit_reason


def test_ragged_lines_stay_rows_and_are_uncastable(tmp_path: Path) -> None:
    parsed = parse_table(csv(tmp_path, "#Table1\nu,g,r,i,z\n19,18,17,17,17\n19,18\n19,18.5,17,17,17\n"))
    assert parsed.rows["g"].to_pylist() == [18.0, None, 18.5]
    assert parsed.uncastable.to_pylist() == [
        {"row_number": 2, "column": "", "value": "19,18", "reason": "the line has 2 cells, the header 5"}
    ]


def test_a_rounded_id_among_exact_ones_says_how_to_go_on(tmp_path: Path) -> None:
    text = "objID,u,g,r,i,z\n1.2346E+18,19,18,17,17,17\n7,19,18,17,17,17\n8,19,18,17,17,17\n"
    (cell,) = parse_table(csv(tmp_path, text)).uncastable.to_pylist()
    assert (cell["row_number"], cell["column"], cell["value"]) == (1, "obj_id", "1.2346E+18")
    assert "rounded" in cell["reason"]
    assert "--column obj_id=-" in cell["reason"]
    assert parse_table(csv(tmp_path, text), columns=(("obj_id", "-"),)).uncastable.num_rows == 0


def test_stars_are_implied_where_there_is_no_class_column(tmp_path: Path) -> None:
    parsed = parse_table(csv(tmp_path, "u,g,r,i,z,subClass\n19,18,17,17,17,F5\n19,18,17,17,17,AGN\n19,18,17,17,17,\n"))
    assert parsed.rows["class"].to_pylist() == ["STAR", None, None]
    assert "class" not in parsed.mapping


def test_a_file_without_labels_parses_unless_labels_are_required(tmp_path: Path) -> None:
    path = csv(tmp_path, "u,g,r,i,z\n19,18,17,17,17\n")
    assert parse_table(path).rows.column_names == ["row_number", *BANDS]
    with pytest.raises(ConfigError, match=r"rows\.csv has no label"):
        parse_table(path, require_labels=True)


def test_an_empty_answer_has_no_rows_and_all_columns(tmp_path: Path) -> None:
    parsed = parse_table(csv(tmp_path, "#Table1\n" + ROWS.splitlines()[0] + "\n"))
    assert parsed.rows.num_rows == 0
    assert {*BANDS, "class", "subclass", "spec_obj_id"} <= set(parsed.rows.column_names)
    assert parsed.rows.schema.field("spec_obj_id").type == pa.string()


def test_missing_columns_are_absent_never_invented(tmp_path: Path) -> None:
    parsed = parse_table(csv(tmp_path, "u,g,r,i,z,class\n19,18,17,17,17,STAR\n"))
    assert parsed.rows.column_names == ["row_number", *BANDS, "class"]


# --------------------------------------------------------------------------------------------- formats


@given(ids=st.lists(st.integers(1, 2**64 - 1).filter(lambda n: n != 2**63 - 1), min_size=1, max_size=5))
def test_ids_are_exact_in_every_format(tmp_path_factory: pytest.TempPathFactory, ids: list[int]) -> None:
    folder = tmp_path_factory.mktemp("ids")
    values = {"specObjID": np.array(ids, np.uint64)} | {band: np.full(len(ids), 18.0) for band in BANDS}
    Table(values).write(folder / "t.fits")
    as_text = Table({name: column.astype(str) if name == "specObjID" else column for name, column in values.items()})
    as_text.write(folder / "t.vot", format="votable")
    pq.write_table(pa.table(values), folder / "t.parquet")
    pa_csv.write_csv(pa.table(values), folder / "t.csv")
    for name in ("t.fits", "t.vot", "t.parquet", "t.csv"):
        assert parse_table(folder / name).rows["spec_obj_id"].to_pylist() == [str(value) for value in ids], name


def test_every_format_gives_the_same_rows(tmp_path: Path) -> None:
    path = csv(tmp_path, ROWS.replace("abc", "16.9").replace(",x,", ",3,"))
    want = parse_table(path)
    whole = pa_csv.read_csv(path, convert_options=pa_csv.ConvertOptions(column_types={"specObjID": pa.uint64()}))
    pq.write_table(whole, tmp_path / "t.parquet")
    table = Table(whole.to_pydict())
    for name in table.colnames:
        if table[name].dtype == object:
            gaps = [value is None for value in table[name]]
            table[name] = np.ma.array([np.nan if value is None else value for value in table[name]], mask=gaps)
    table["specObjID"] = np.array(whole["specObjID"].to_pylist(), np.uint64)
    table.write(tmp_path / "t.fits")
    table["specObjID"] = table["specObjID"].astype(str)
    table.write(tmp_path / "t.vot", format="votable")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    for name in ("t.parquet", "t.fits", "t.vot", "t.csv.gz"):
        found = parse_table(tmp_path / name)
        assert found.rows.equals(want.rows), name
        assert found.nulled == want.nulled, name


def test_the_largest_id_of_a_votable_long_is_refused_not_cut(tmp_path: Path) -> None:
    fields = "".join(f'<FIELD name="{band}" datatype="double"/>' for band in BANDS)
    cells = "<TD>18446744073709551615</TD>" + "<TD>18.0</TD>" * 5
    document = (
        '<?xml version="1.0"?><VOTABLE version="1.3"><RESOURCE><TABLE><FIELD name="specObjID" datatype="long"/>'
        f"{fields}<DATA><TABLEDATA><TR>{cells}</TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"
    )
    parsed = parse_table(csv(tmp_path, document, "t.vot"))
    assert parsed.rows["spec_obj_id"].to_pylist() == [None]
    assert "beyond 2**63" in parsed.uncastable["reason"].to_pylist()[0]


# ------------------------------------------------------------------------------------------------ units


def fluxes(names: str, rows: int = 40) -> str:
    rng = np.random.default_rng(1)
    bright = 10 ** rng.uniform(0, 3, rows)
    table = np.round(np.outer(bright, [0.2, 0.5, 1.0, 1.4, 1.7]), 5)
    table[3] = [-0.4, 0.0, 0.5, 0.7, 0.9]
    table[4, 2] = -9999
    lines = [",".join(map(str, row)) for row in table.tolist()]
    return "\n".join([names, *lines]) + "\n"


@pytest.mark.parametrize(
    ("names", "columns", "how"),
    [
        ("modelFlux_u,modelFlux_g,modelFlux_r,modelFlux_i,modelFlux_z", (), "nanomaggies by name"),
        ("u,g,r,i,z", (), "nanomaggies by their values"),
        (
            "modelMag_u,modelMag_g,modelMag_r,modelMag_i,modelMag_z",
            (("unit", "nanomaggies"),),
            "--column unit=nanomaggies",
        ),
    ],
)
def test_nanomaggies_become_asinh_magnitudes(
    tmp_path: Path, names: str, columns: tuple[tuple[str, str], ...], how: str
) -> None:
    parsed = parse_table(csv(tmp_path, fluxes(names)), columns=columns)
    assert parsed.unit is MagnitudeUnit.NANOMAGGIES
    assert how in parsed.unit_reason
    assert "converted to SDSS asinh magnitudes" in parsed.unit_reason
    r = parsed.rows["r"].to_numpy()
    assert r[4] == -9999
    assert 24.0 < parsed.rows["u"][3].as_py() < 26.0, "a negative flux has a magnitude"
    good = np.delete(r, [3, 4])
    raw = np.array([float(line.split(",")[2]) for line in fluxes(names).splitlines()[1:]])
    assert np.allclose(good, 22.5 - 2.5 * np.log10(np.delete(raw, [3, 4])), atol=0.02)


def test_values_that_contradict_the_name_are_refused(tmp_path: Path) -> None:
    names = "modelMag_u,modelMag_g,modelMag_r,modelMag_i,modelMag_z"
    with pytest.raises(ConfigError, match=r"magnitude by name, but their values look like nanomaggies.*--column unit="):
        parse_table(csv(tmp_path, fluxes(names)))


@pytest.mark.parametrize(
    ("unit", "line", "plainly"),
    [("nanomaggies", "19.4,18.2,17.6,17.2,16.9\n", "magnitude"), ("magnitude", "2.1,15.4,31,60,122\n", "nanomaggies")],
)
def test_an_override_of_the_unit_that_the_values_plainly_contradict_is_refused(
    tmp_path: Path, unit: str, line: str, plainly: str
) -> None:
    said = f"--column unit={unit} says what u g r i z are, but their values are plainly {plainly}.*convert them"
    with pytest.raises(ConfigError, match=said):
        parse_table(csv(tmp_path, "u,g,r,i,z\n" + line * 20), columns=(("unit", unit),))
    few = parse_table(csv(tmp_path, "u,g,r,i,z\n" + line * 5), columns=(("unit", unit),))
    assert few.unit == unit  # one odd object must not overrule a person


def test_undecidable_units_are_refused_with_the_override(tmp_path: Path) -> None:
    path = csv(tmp_path, "u,g,r,i,z\n" + "40,38.5,38,37.7,37.5\n" * 20)
    with pytest.raises(ConfigError, match=r"do not tell whether.*--column unit=magnitude"):
        parse_table(path)
    assert parse_table(path, columns=(("unit", "magnitude"),)).unit is MagnitudeUnit.MAGNITUDE


def test_a_redshift_in_the_place_of_z_is_refused(tmp_path: Path) -> None:
    path = csv(tmp_path, "u,g,r,i,z,zmagnitude\n" + "19,18,17.5,17.2,0.1,17\n" * 5)
    with pytest.raises(ConfigError, match="z looks like a redshift"):
        parse_table(path)
    parsed = parse_table(path, columns=(("z", "zmagnitude"),))
    assert parsed.rows["redshift"].to_pylist() == [0.1] * 5


def test_auxiliary_fluxes_are_converted_and_their_sentinels_nulled(tmp_path: Path) -> None:
    names = [f"modelMag_{band}" for band in BANDS] + [f"psfFlux_{band}" for band in BANDS]
    parsed = parse_table(csv(tmp_path, ",".join(names) + "\n19,18,17,17,17,10,20,-9999,40,50\n"))
    assert parsed.rows["psf_u"][0].as_py() == pytest.approx(20.0, abs=0.001)
    assert parsed.rows["psf_r"][0].as_py() is None
    assert parsed.nulled == {"psf_r": 1}


# ------------------------------------------------------------------------------------------ real tables


@needs_tables
@pytest.mark.parametrize(
    ("name", "rows", "labelled"),
    [
        ("spectra.csv.gz", 101_862, True),
        ("spectra_with_subclass.csv.gz", 42_682, True),
        ("stars.csv.gz", 69_898, True),
        ("galaxies_gz2.csv.gz", 8_900, True),
        ("specphoto_999rows_122columns.csv.gz", 999, True),
        ("galaxytag_999rows_98columns.csv.gz", 999, False),
        ("responses/petro_200rows.csv", 200, False),
        ("responses/redshift_1000rows.csv", 1000, False),
        ("responses/star_subclass_100rows.csv", 100, True),
    ],
)
def test_real_tables_parse_whole(name: str, rows: int, labelled: bool) -> None:
    parsed = parse_table(SDSS / name)
    assert parsed.rows.num_rows == rows
    assert parsed.uncastable.num_rows == 0
    assert (parsed.system, parsed.unit) == (MagnitudeSystem.MODEL, MagnitudeUnit.MAGNITUDE)
    assert ("class" in parsed.rows.column_names) is labelled
    if labelled:
        assert parsed.rows["class"].null_count == 0
    parsed.rows.validate(full=True)


@needs_tables
def test_specphoto_takes_z_for_the_redshift() -> None:
    parsed = parse_table(SDSS / "specphoto_999rows_122columns.csv.gz")
    assert parsed.mapping["redshift"] == "z"
    assert parsed.rows["z"][0].as_py() == 19.84975
    assert parsed.rows["redshift"][0].as_py() == 0.8268688
    assert parsed.rows["spec_obj_id"][0].as_py() == "8321773440479809536"


@needs_tables
def test_real_stars_have_integers_in_float_form() -> None:
    parsed = parse_table(SDSS / "stars.csv.gz")
    assert parsed.rows["plate"][0].as_py() == 2891
    assert pc.all(pc.equal(parsed.rows["class"], "STAR")).as_py()


@needs_tables
def test_a_hundred_thousand_rows_take_about_a_second() -> None:
    started = time.process_time()
    parse_table(SDSS / "spectra.csv.gz")
    assert time.process_time() - started < 5.0, "about 0.4 s of processor time alone on a machine"
