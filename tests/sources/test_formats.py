"""Every format gives the same cells, and what is no table is refused by name with the next step."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import votable
from astropy.table import MaskedColumn, Table

from cosmic.errors import PermanentSourceError, SuspiciousResponse
from cosmic.sources.formats import open_table
from cosmic.sources.rawtable import Format, RawRows

HUGE = 18446744073709551615


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def everything(path: Path) -> RawRows:
    table = open_table(path)
    return table.read(table.names)


def columns(path: Path) -> dict[str, list[object]]:
    return everything(path).table.to_pydict()


@pytest.fixture
def sample() -> Table:
    return Table(
        {
            "specObjID": np.array([HUGE, 9259471051523641344, 12], dtype=np.uint64),
            "u": np.array([17.5, np.nan, 19.25], dtype=">f4"),
            "plate": MaskedColumn(np.array([1, 2, 3], dtype=np.int32), mask=[False, True, False]),
            "thing": MaskedColumn(np.array([1, 2, 3], dtype=np.uint64), mask=[False, True, False]),
            "subClass": np.array(["K5 (G_19-24)", "", "WD"]),
        }
    )


# ------------------------------------------------------------------------------------------------ CSV


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t", "t.fits"])
@pytest.mark.parametrize("start", ["", "#Table1\n", "\ufeff", "\ufeff#Table1\r\n", "\n\n"])
def test_csv_is_known_by_its_content_with_or_without_table_line(tmp_path: Path, name: str, start: str) -> None:
    path = written(tmp_path / name, (start + "u, g ,s\r\n1,,a b\r\n-2.50,nan,\r\n").encode())
    assert open_table(path).format is Format.CSV
    assert columns(path) == {"u": ["1", "-2.50"], "g": ["", "nan"], "s": ["a b", ""]}


def test_quoted_cells_lose_their_quotes_and_may_hold_commas(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", b'u,s\n"1","a,b"\n2,"say ""x"""\n3,plain\n4,"c,d"\n')
    assert columns(path) == {"u": ["1", "2", "3", "4"], "s": ["a,b", 'say "x"', "plain", "c,d"]}


def test_a_quote_that_is_never_closed_swallows_no_rows(tmp_path: Path) -> None:
    rows = "".join(f"{n},x\n" for n in range(200))
    path = written(tmp_path / "t.csv", f'u,s\n1,"open\n{rows}'.encode())
    assert everything(path).table.num_rows == 201


def test_ragged_lines_keep_their_place_and_are_told(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv.gz", b"#Table1\nu,g,r\n1,2,3\n4,5\n\n6,7,8\n9,10,11,12\n13,14,15\n")
    rows = everything(path)
    assert rows.table["u"].to_pylist() == ["1", None, "6", None, "13"]
    assert [(line.row_number, line.text) for line in rows.broken] == [(2, "4,5"), (4, "9,10,11,12")]
    assert rows.broken[0].reason == "the line has 2 cells, the header 3"


def test_a_csv_of_mostly_ragged_lines_is_refused_with_the_first(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", b"u,g\n1,2\n1,2,\n3,4,\n")
    with pytest.raises(PermanentSourceError, match="2 of 3 lines do not fit the header; data row 2 reads '1,2,'"):
        everything(path)


def test_repeated_names_are_read_by_place(tmp_path: Path) -> None:
    table = open_table(written(tmp_path / "t.csv", b"ra,u,ra\n1,2,3\n"))
    assert table.names == ("ra", "u", "ra")
    assert table.read(["u", "ra"]).table.to_pydict() == {"u": ["2"], "ra": ["1"]}


def test_a_header_alone_is_an_empty_table(tmp_path: Path) -> None:
    assert columns(written(tmp_path / "t.csv", b"#Table1\nu,g\n")) == {"u": [], "g": []}


# --------------------------------------------------------------------------------------------- binary


@pytest.mark.parametrize("name", ["t.fits", "t.fits.gz", "without_ending"])
def test_fits_keeps_ids_exact_and_masks_null(tmp_path: Path, sample: Table, name: str) -> None:
    sample.write(tmp_path / "plain.fits", format="fits")
    path = written(tmp_path / name, (tmp_path / "plain.fits").read_bytes())
    assert open_table(path).format is Format.FITS
    found = columns(path)
    assert found["specObjID"] == [HUGE, 9259471051523641344, 12]
    assert found["plate"] == [1, None, 3]
    assert found["thing"] == [1, None, 3]
    assert found["subClass"] == ["K5 (G_19-24)", "", "WD"]
    assert found["u"][::2] == [17.5, 19.25]


def test_fits_null_by_the_standard_is_the_stored_number(tmp_path: Path) -> None:
    from astropy.io import fits

    stored = np.array([5, -32768, 7], dtype=np.int16)
    column = fits.Column(name="n", format="I", array=stored + 32768.0, bzero=32768, null=-32768)
    fits.BinTableHDU.from_columns([column]).writeto(tmp_path / "t.fits")
    assert columns(tmp_path / "t.fits")["n"] == [32773, None, 32775]


def test_fits_arrays_of_five_become_a_column_a_band(tmp_path: Path) -> None:
    Table({"MODELFLUX": np.arange(10.0).reshape(2, 5), "POSITION": np.zeros((2, 3))}).write(tmp_path / "t.fits")
    table = open_table(tmp_path / "t.fits")
    assert table.names == tuple(f"MODELFLUX_{band}" for band in "ugriz")
    assert table.read(["MODELFLUX_z"]).table.to_pydict() == {"MODELFLUX_z": [4.0, 9.0]}


@pytest.mark.parametrize("name", ["t.vot", "t.xml.gz", "t"])
@pytest.mark.parametrize("layout", ["tabledata", "binary2"])
def test_votable_keeps_text_ids_and_masks_null(tmp_path: Path, sample: Table, name: str, layout: str) -> None:
    sample["specObjID"] = sample["specObjID"].astype(str)
    sample.remove_column("thing")
    sample.write(tmp_path / "plain.vot", format="votable", tabledata_format=layout)
    path = written(tmp_path / name, (tmp_path / "plain.vot").read_bytes())
    assert open_table(path).format is Format.VOTABLE
    found = columns(path)
    assert found["specObjID"] == [str(HUGE), "9259471051523641344", "12"]
    assert found["plate"] == [1, None, 3]
    assert found["subClass"] == ["K5 (G_19-24)", "", "WD"]


@pytest.mark.parametrize("name", ["t.parquet", "t.parquet.gz"])
def test_parquet_is_read_by_column(tmp_path: Path, name: str) -> None:
    pq.write_table(pa.table({"id": pa.array([HUGE, None], pa.uint64()), "s": ["a", None]}), tmp_path / "plain.parquet")
    path = written(tmp_path / name, (tmp_path / "plain.parquet").read_bytes())
    assert open_table(path).read(["id"]).table.to_pydict() == {"id": [HUGE, None]}


# -------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("t.csv", b"", "is empty"),
        ("t.csv.gz", b"", "is empty"),
        ("t.csv", b" \n\n", "is empty"),
        ("t.csv", b"#Table1\n", "no header line"),
        ("t.csv", b"1,2,3\n4,5,6\n", "numbers where its header should be"),
        ("t.csv", b"u;g;r;i;z\n1;2;3;4;5\n", "separates its columns by semicolons"),
        ("t.csv", b"u\tg\tr\ti\n1\t2\t3\t4\n", "separates its columns by tabs"),
        ("t.csv", "u,s\n1,été\n".encode("latin-1"), r"not UTF-8 text: line 2 holds b'\\xe9'"),
        ("t.csv", b"u,s\n1,a\n2,\xff,\n", "not UTF-8 text: line 3"),
        ("t.csv", bytes(range(256)), "binary, of no known format"),
        ("t.xlsx", b"PK\x03\x04rest", "a zip archive or a spreadsheet"),
        ("t.csv.bz2", b"BZh91AY", "compressed with bzip2"),
        ("t.csv", "u,g\n1,2\n".encode("utf-16"), "UTF-16"),
        ("t.fits", b"not a table\n", "does not start like FITS"),
        ("t.fits", b"SIMPLE  =                    T" + b" " * 50, "cannot be read as FITS"),
        ("t.parquet", b"PAR1 but no more", "cannot be read as Parquet"),
        ("t.vot", b"<?xml version='1.0'?><VOTABLE><RESOURCE><TABLE>", "cannot be read as VOTable"),
        ("t.xml", b"<?xml version='1.0'?><catalogue/>", "XML but no VOTable"),
    ],
)
def test_what_is_no_table_is_refused_with_file_and_reason(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    path = written(tmp_path / name, data)
    with pytest.raises(PermanentSourceError, match=says) as error:
        everything(path)
    assert name in str(error.value)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<!DOCTYPE html><html><head><title>Skyserver Error</title>", "web page.*Skyserver Error"),
        (b"\n<html><body><h1>503 Service Unavailable</h1></body></html>", "web page.*503"),
        (
            b"#Table1\nerror_message\nerror: limit is  top 500000 \n",
            "error message of SkyServer: error: limit is top 500000",
        ),
        (b"error_message\nERROR: Maximum 60 queries allowed per minute. Rejected query: x\n", "Maximum 60 queries"),
        (b'{"ErrorCode":400,"ErrorMessage":"bad"}', "JSON.*ErrorMessage"),
    ],
)
def test_a_server_that_says_no_never_becomes_data(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(SuspiciousResponse, match=says):
        everything(written(tmp_path / "answer.csv", data))


def test_a_votable_that_reports_an_error_never_becomes_data(tmp_path: Path, sample: Table) -> None:
    document = votable.from_table(sample["u", "plate"])
    info = votable.tree.Info(name="QUERY_STATUS", value="ERROR")
    info.content = "no such column"
    document.resources[0].infos.append(info)
    votable.writeto(document, str(tmp_path / "t.vot"))
    with pytest.raises(SuspiciousResponse, match="no such column"):
        open_table(tmp_path / "t.vot")


def test_truncated_files_are_refused(tmp_path: Path) -> None:
    csv = gzip.compress(b"u,g\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(200_000)))
    Table({"u": np.arange(50_000.0)}).write(tmp_path / "whole.fits")
    fits = (tmp_path / "whole.fits").read_bytes()
    cases = {
        "short.csv.gz": csv[:900],
        "long.csv.gz": csv[:-400],
        "t.fits": fits[:100_000],
        "header.fits": fits[:3000],
        "t.fits.gz": gzip.compress(fits)[:9000],
    }
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(PermanentSourceError, match=r"truncated|cut off"):
            everything(tmp_path / name)


def test_folders_missing_files_and_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PermanentSourceError, match="is a folder"):
        open_table(tmp_path)
    with pytest.raises(PermanentSourceError, match="does not exist"):
        open_table(tmp_path / "none.csv")
    from astropy.io import fits

    fits.PrimaryHDU(np.zeros((2, 2))).writeto(tmp_path / "image.fits")
    with pytest.raises(PermanentSourceError, match="without a binary table"):
        open_table(tmp_path / "image.fits")
