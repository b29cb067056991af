"""What an answer of SkyServer is worth: rows, a failure that passes, a refusal for good, or something suspicious.

Looks at bytes that are already stored; asks nothing. The service answers errors with HTTP status 200, as HTML or as a
table of one column named ``error_message``, and cuts bodies and rows without a word, so nothing is taken on trust.
"""

from __future__ import annotations

import csv
import html
import io
import itertools
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyarrow import csv as arrow_csv

from cosmic.errors import PermanentSourceError, QueryRefused, ReleaseNotFound, SuspiciousResponse, TransientSourceError
from cosmic.skyserver.plan import Query

_THROTTLE: Final = re.compile(r"maximum\s+\d+\s+quer(?:y|ies)", re.IGNORECASE)
_PASSING: Final = re.compile(r"time-?out|deadlock|try again|temporarily|too busy|connection", re.IGNORECASE)
_WRONG_QUERY: Final = re.compile(
    r"invalid (?:column|object) name|incorrect syntax|could not be bound|ambiguous column|conversion failed|overflow"
    r"|not a recognized|must be a select|limit is|permission was denied|divide by zero|error converting",
    re.IGNORECASE,
)
"""SQL Server's and the service's words for a query that is wrong, whatever status they come with."""
_PASSING_STATUS: Final = (408, 425, 429)
_TITLE: Final = "#Table1"


def demand_table(path: Path, query: Query, *, status: int, address: str) -> None:
    """Raise unless a stored answer is a whole table with the columns and the number of rows that were asked for.

    Raises
    ------
    TransientSourceError
        For what passes: server errors, throttling, an HTML page, a body that was cut off.
    PermanentSourceError
        For what does not: a wrong query, an unknown column, table or release.
    SuspiciousResponse
        For a table that cannot be right: no rows or too few where the census counted some, more than it counted,
        other columns.
    """
    head = _head(path)
    _refuse_status(head, status, query, address)
    text = head.lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        _refuse_web_page(text, query, address)
    if not text:
        raise TransientSourceError(f"{address} answered with nothing at all{_of(query)}.")
    lines = text.splitlines()
    names = next(csv.reader(lines[1:2] if lines[0].startswith("#") else lines[:1]), [])
    if [name.strip().lower() for name in names[:1]] == ["error_message"]:
        _refuse_message("\n".join(lines[2:] if lines[0].startswith("#") else lines[1:]), query, address)
    if not _ends_whole(path):
        raise TransientSourceError(f"{address} broke off in the middle of a row{_of(query)}.")
    if [name.lower() for name in names] != [name.lower() for name in query.columns]:
        raise SuspiciousResponse(
            f"{address} answered with other columns than were asked for: {_column_difference(query.columns, names)}. "
            f"Nothing was changed; the page is kept as {path.name}. If the survey's tables have changed, this version "
            "of Cosmic has no profile for them."
        )


def read_columns(path: Path, columns: Sequence[str]) -> pa.Table:
    """Return some columns of a stored answer as text, exact, null where a cell is empty.

    Raises
    ------
    TransientSourceError
        If a line has not as many cells as the header: the body was cut off or damaged.
    """
    return _read(path, dict.fromkeys(columns, pa.string()))


def read_rows(path: Path, query: Query) -> pa.Table:
    """Return all columns of a stored answer, ids as text, each found to hold what the query's profile says.

    Raises
    ------
    TransientSourceError
        As `read_columns`.
    SuspiciousResponse
        If a column of numbers holds something else.
    """
    return _read(path, {name: _TYPES[kind] for name, kind in zip(query.columns, query.kinds, strict=True)})


_TYPES: Final = {"id": pa.string(), "integer": pa.int64(), "float": pa.float64(), "text": pa.string()}


def _read(path: Path, types: dict[str, pa.DataType]) -> pa.Table:
    with path.open("rb") as file:
        first, second = file.readline(), file.readline()
    titled = first.startswith(_TITLE.encode())
    header = next(csv.reader([(second if titled else first).decode("utf-8", errors="replace")]), [])
    spelt = {name.lower(): name for name in header}  # a column may be asked for in one letter case and come in another
    cased = {spelt.get(name.lower(), name): kind for name, kind in types.items()}
    try:
        return arrow_csv.read_csv(
            path,
            read_options=arrow_csv.ReadOptions(skip_rows=1 if titled else 0),
            convert_options=arrow_csv.ConvertOptions(
                column_types=cased, include_columns=list(cased), strings_can_be_null=True
            ),
        ).rename_columns(list(types))
    except pa.ArrowKeyError as exc:
        raise SuspiciousResponse(
            f"The answer {path.name} does not begin as the service's tables do ({exc}). Nothing was changed; the page is kept."
        ) from exc
    except pa.ArrowInvalid as exc:
        if "Empty CSV" in str(exc):
            return pa.table({name: pa.array([], kind) for name, kind in types.items()})
        if "conversion error" in str(exc):
            raise SuspiciousResponse(
                f"The answer {path.name} holds other types than were asked for ({exc}). Nothing was changed; the page is "
                "kept. If the survey's tables have changed, this version of Cosmic has no profile for them."
            ) from exc
        raise TransientSourceError(f"The answer {path.name} is damaged: {exc}.") from exc


def _head(path: Path, size: int = 1 << 16) -> str:
    with path.open("rb") as file:
        return file.read(size).decode("utf-8", errors="replace")


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, io.SEEK_END)
        return file.read(1) == b"\n"


def _refuse_status(head: str, status: int, query: Query, address: str) -> None:
    if status < 400:
        return
    said = _said(head)
    if _WRONG_QUERY.search(said):
        raise _refused(address, f"with HTTP status {status}{said}", query)
    if status >= 500 or status in _PASSING_STATUS or _THROTTLE.search(said):
        raise TransientSourceError(f"{address} answered with HTTP status {status}{said}{_of(query)}.")
    if status in (401, 403, 405, 407):
        raise PermanentSourceError(
            f"{address} does not let itself be asked (HTTP status {status}{said}). Check COSMIC_SKYSERVER_URL, and the proxy "
            "where there is one."
        )
    if status == 404:
        raise ReleaseNotFound(
            f"{address} has no data release {query.release} (HTTP status 404). Check --release, and COSMIC_SKYSERVER_URL "
            "where it is set."
        )
    raise _refused(address, f"with HTTP status {status}{said}", query)


def _refuse_web_page(text: str, query: Query, address: str) -> None:
    """The web form puts every error into a page with status 200: its words alone tell a wrong query from bad weather."""
    plain = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())
    if _WRONG_QUERY.search(plain):
        raise _refused(address, f"({_message(plain)})", query)
    raise TransientSourceError(f"{address} answered with a web page{_page_title(text)} instead of rows{_of(query)}.")


def _refused(address: str, how: str, query: Query) -> QueryRefused:
    return QueryRefused(
        f"{address} refused the query {how}{_of(query)}. It would refuse it again: check --release, --query and --where."
    )


def _refuse_message(message: str, query: Query, address: str) -> None:
    text = " ".join(message.strip().strip('"').split())[:300]
    if _THROTTLE.search(text):
        raise TransientSourceError(f"{address} asks for fewer queries a minute: {text}")
    if _PASSING.search(text):
        raise TransientSourceError(f"{address} could not run the query now: {text}{_of(query)}.")
    raise _refused(address, f"({text})", query)


def _said(head: str) -> str:
    try:
        told = json.loads(head)
    except ValueError:
        return _page_title(head)
    message = told.get("ErrorMessage") if isinstance(told, dict) else None
    return f" ({' '.join(str(message).split())[:200]})" if message else ""


def _message(plain: str) -> str:
    """The sentence of a page around the words that tell what is wrong."""
    if told := re.search(r'"?ErrorMessage"?\s*[:=]\s*"?([^"{}]{3,200})', plain):
        return told[1].strip()
    found = _WRONG_QUERY.search(plain)
    return plain[max(0, found.start() - 40) : found.end() + 80] if found else plain[:120]


def _page_title(text: str) -> str:
    found = re.search(r"<(?:title|h1)[^>]*>(.*?)</(?:title|h1)>", text, re.IGNORECASE | re.DOTALL)
    return f" ({' '.join(found[1].split())[:100]})" if found else ""


def _of(query: Query) -> str:
    shown = query.sql if len(query.sql) <= 160 else f"{query.sql[:60]} … {query.sql[-80:]}"
    return f", asked: {shown}"


def _column_difference(asked: Sequence[str], got: Sequence[str]) -> str:
    have, want = {name.lower() for name in got}, {name.lower() for name in asked}
    lacking = [name for name in asked if name.lower() not in have]
    extra = [name for name in got if name.lower() not in want]
    parts = [f"{', '.join(lacking[:5])} lacking"] if lacking else []
    parts += [f"{', '.join(extra[:5])} not asked for"] if extra else []
    if not parts:
        moved = next(f"{b} where {a} belongs" for a, b in itertools.zip_longest(asked, got) if a != b)
        parts = [f"in another order ({moved})"]
    return "; ".join(parts)
