"""Answers as bytes, exactly as the service writes them: CSV with its first line, JSON, tables of errors, pages of HTML.

Knows neither SQL nor HTTP. Sources: SkyServerWS, OutputUtils.cs (CSV, JSON) and CustomFilter.cs (errors); the web
form's page for errors, ResponseREST.cs in SkyServer-DR13; bodies that were kept from the real service.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

REAL_DIGITS, FLOAT_DIGITS = 7, 15
"""Significant digits of a real and a float, as .NET writes them."""

UNAVAILABLE = (
    b"<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"
)
TOO_LONG = (
    b"<html><head><title>The length of the query string for this request exceeds the configured maxQueryStringLength "
    b"value.</title></head><body><h1>Server Error in '/' Application.</h1></body></html>\n"
)
NOT_FOUND = b"<html><head><title>404 - File or directory not found.</title></head><body><h2>404</h2></body></html>\n"


def csv_body(rows: pa.Table, names: Sequence[str]) -> bytes:
    """Return rows as the service's CSV: ``#Table1``, names, rows; null is nothing, ids have every digit.

    Text is quoted only where it has a comma and does not begin with a quote, and quotes inside stay as they are.
    """
    head = f"#Table1\n{','.join(names)}\n"
    return (head + _lines(rows, ",".join, _csv_text, "")).encode()


def json_body(rows: pa.Table, names: Sequence[str], query: str) -> bytes:
    """Return rows as the service's JSON: a list of Table1 and the query, numbers as they stand in the CSV."""
    keys = [json.dumps(name) for name in names]

    def one(places: list[str]) -> str:
        inside = ",\n".join(
            f"        {key.replace('%', '%%')}: {place}" for key, place in zip(keys, places, strict=True)
        )
        return f"      {{\n{inside}\n      }},"

    body = _lines(rows, one, json.dumps, "null").rstrip("\n,")
    listed = f"[\n{body}\n    ]" if body else "[]"
    asked = f'{{\n    "TableName": "SqlQuery",\n    "Rows": [\n      {{\n        "query": {json.dumps(query)}\n      }}\n    ]\n  }}'
    return f'[\n  {{\n    "TableName": "Table1",\n    "Rows": {listed}\n  }},\n  {asked}\n]'.encode()


def error_table(text: str, *, kind: str) -> bytes:
    """Return the service's own no, a table of one column."""
    rows = pa.table({"error_message": [text]})
    if kind == "json":
        return json_body(rows, rows.column_names, text)
    return csv_body(rows, rows.column_names)


def error_json(status: int, name: str, text: str) -> bytes:
    """Return what the web service says when something went wrong."""
    return json.dumps(
        {"ErrorCode": status, "ErrorType": name, "ErrorMessage": text, "LogMessageID": "00000000-stand-in"},
        separators=(",", ":"),
    ).encode()


def error_page(inner: bytes) -> bytes:
    """Return the page that the web form, with status 200, makes of the web service's error."""
    message = (
        "Query did not return results successfully, check the input and try again."
        f"<br>MORE DETAILED INFO FROM RESPONSE:<br><br>{inner.decode()}"
        if inner
        else ""
    )
    return (
        "<html><head>\n<title>Skyserver Error</title>\n</head><body bgcolor=white>\n<h2>An error occured</h2>"
        f"<H3 BGCOLOR=pink><font color=red><br>{message}</font></H3></BODY></HTML>\n"
    ).encode()


def _lines(rows: pa.Table, line: Callable[[list[str]], str], text: Callable[[str], str], null: str) -> str:
    """Every row through one template, which is many times faster than cell by cell."""
    if not rows.num_rows:
        return ""
    places, columns = zip(*(_cells(rows.column(at), text, null) for at in range(rows.num_columns)), strict=True)
    template = line(list(places)) + "\n"
    return "".join(map(template.__mod__, zip(*columns, strict=True)))


def _cells(column: pa.ChunkedArray, text: Callable[[str], str], null: str) -> tuple[str, list[Any]]:
    """Return the place of a column in a template, and its values."""
    kind = column.type
    if pa.types.is_floating(kind):
        place = f"%.{REAL_DIGITS if kind.bit_width == 32 else FLOAT_DIGITS}G"
        values = column.to_numpy().tolist() if not column.null_count else column.to_pylist()
        if not column.null_count:
            return place, values
        return "%s", [null if value is None else place % value for value in values]
    if pa.types.is_boolean(kind):
        return "%s", [null if value is None else str(value) for value in column.to_pylist()]
    if pa.types.is_integer(kind) and not column.null_count:
        return "%d", column.to_numpy().tolist()
    if pa.types.is_integer(kind):
        return "%s", [null if value is None else str(value) for value in column.to_pylist()]
    if pa.types.is_decimal(kind):
        return "%s", pc.fill_null(pc.cast(column, pa.string()), null).to_pylist()
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return "%s", [null if value is None else text(f"0x{value.hex()}") for value in column.to_pylist()]
    words = {word: null if word is None else text(word) for word in pc.unique(column).to_pylist()}
    return "%s", [words[word] for word in column.to_pylist()]


def _csv_text(word: str) -> str:
    return f'"{word}"' if "," in word and not word.startswith('"') else word
