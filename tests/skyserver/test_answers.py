"""Answers have the bytes that the service sends: first line, names, digits, nulls, quotes, errors."""

from __future__ import annotations

import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.csv as csv
import pytest

from tests.skyserver.formats import csv_body, error_page, error_table, json_body
from tests.skyserver.server import serve
from tests.skyserver.sources import SHARED

BODIES = SHARED / "sdss" / "responses"


def test_csv_has_its_first_line_all_digits_of_ids_nothing_for_null_and_bare_line_ends() -> None:
    rows = pa.table(
        {
            "specObjID": pa.array([Decimal(9259471051523641344), None], pa.decimal128(20, 0)),
            "z": pa.array([0.1, None], pa.float32()),
            "ra": pa.array([145.288576518018, 0.5]),
            "class": ["STAR", None],
        }
    )
    assert csv_body(rows, rows.column_names) == (
        b"#Table1\nspecObjID,z,ra,class\n9259471051523641344,0.1,145.288576518018,STAR\n,,0.5,\n"
    )


def test_no_rows_are_two_lines() -> None:
    rows = pa.table({"z": pa.array([], pa.float32())})
    assert csv_body(rows, ["z"]) == b"#Table1\nz\n"
    assert json.loads(json_body(rows, ["z"], "select"))[0] == {"TableName": "Table1", "Rows": []}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a", "a"),
        ("a,b", '"a,b"'),
        ('a "b", c', '"a "b", c"'),  # what is inside is not escaped
        ('"a", b', '"a", b'),  # what begins with a quote is left alone
        ('say "a"', 'say "a"'),
    ],
)
def test_text_is_quoted_only_for_a_comma_and_never_escaped(text: str, written: str) -> None:
    assert csv_body(pa.table({"t": [text]}), ["t"]).decode().splitlines()[2] == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (7.854745e-05, "7.854745E-05"),
        (1.26067e-4, "0.000126067"),
        (17.0, "17"),
        (-9999.0, "-9999"),
        (12345678.0, "1.234568E+07"),
    ],
)
def test_reals_have_seven_digits_in_net_s_way(value: float, written: str) -> None:
    body = csv_body(pa.table({"x": pa.array([value], pa.float32())}), ["x"])
    assert body.decode().splitlines()[2] == written


def test_json_is_a_list_of_the_table_and_the_query_with_exact_numbers() -> None:
    rows = pa.table(
        {
            "id": pa.array([Decimal(9259471051523641344)], pa.decimal128(20, 0)),
            "s": ['a"b'],
            "n": pa.nulls(1, pa.int32()),
        }
    )
    tables = json.loads(json_body(rows, rows.column_names, "select 1"))
    assert tables == [
        {"TableName": "Table1", "Rows": [{"id": 9259471051523641344, "s": 'a"b', "n": None}]},
        {"TableName": "SqlQuery", "Rows": [{"query": "select 1"}]},
    ]


def test_errors_are_a_table_of_one_column_and_a_page() -> None:
    assert error_table("error: no", kind="csv") == b"#Table1\nerror_message\nerror: no\n"
    assert json.loads(error_table("no", kind="json"))[0]["Rows"] == [{"error_message": "no"}]
    page = error_page(b'{"ErrorMessage":"Invalid column name"}').decode()
    assert page.startswith("<html><head>\n<title>Skyserver Error</title>\n</head>")
    assert "Invalid column name" in page


@pytest.mark.skipif(not BODIES.exists(), reason="the shared real tables are not beside this checkout")
@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("redshift_1000rows.csv", "s.ra, s.dec, p.u, p.g, p.r, p.i, p.z, s.z AS redshift"),
        (
            "petro_200rows.csv",
            "p.objID, s.ra, s.dec, p.modelMag_u, p.modelMag_g, p.modelMag_r, p.modelMag_i, p.modelMag_z, s.z, s.zErr",
        ),
    ],
)
def test_bodies_kept_from_the_real_service_come_back_byte_for_byte(file: str, columns: str) -> None:
    body = (BODIES / file).read_bytes()
    rows = csv.read_csv(BODIES / file, read_options=csv.ReadOptions(skip_rows=1))
    kept = [at for at, name in enumerate(rows.column_names) if not name.startswith("petroRad")]  # not kept by us
    wanted = "#Table1\n" + "".join(
        ",".join(line.split(",")[at] for at in kept) + "\n" for line in body.decode().splitlines()[1:]
    )
    for name, value in (("plate", 266), ("mjd", 51630), ("class", "GALAXY")):
        rows = rows.append_column(name, pa.array([value] * rows.num_rows))
    rows = rows.append_column("fiberID", pa.array(range(1, rows.num_rows + 1)))
    with serve(rows) as survey:
        sent = survey.as_sent(
            f"SELECT {columns} FROM SpecObj s JOIN PhotoObj p ON p.objID = s.bestObjID ORDER BY s.fiberID"  # noqa: S608
        )
    assert sent.decode() == wanted
