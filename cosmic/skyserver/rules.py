"""The rules of SkyServer's SQL service, checked before a query is sent. Sends nothing.

The service breaks or silently changes what it does not accept, often with HTTP status 200, so a query that would not
come through as written is refused here, with the reason. The rules are those of the service's own source
(``spSQLSupport.sql`` of sciserver/sqlloader, ``SqlSearchController.cs`` of sciserver/SkyServerWS).
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote_plus

from cosmic.errors import ConfigError

MAX_ROWS: Final = 500_000
"""Largest TOP; a query without TOP is cut there without a word."""
MAX_ENCODED: Final = 2_048
"""Encoded characters of a GET; longer ones are refused by the web server."""
QUERIES_A_MINUTE: Final = 60

_TOP: Final = re.compile(r"^select\s+(?:distinct\s+)?top\s+(\S+)", re.IGNORECASE)
_SUBQUERY: Final = re.compile(r"(?<!\()(?<!\( )\bselect\s", re.IGNORECASE)
_FORBIDDEN: Final = (".sp_", ".fn_", ".xp_", ".ms_", ".dt_", " sp_", " fn_", " xp_", " ms_", " dt_")
_IN_TEXT: Final = re.compile(r"--|/\*|[;\n\r\t]|\bselect\s|[. ](?:sp|fn|xp|ms|dt)_", re.IGNORECASE)
"""What the service, and astroquery before it, cut out or replace wherever it stands: in quotes it becomes other text."""


def tidy(sql: str) -> str:
    """Return a query on one line with single spaces, as the service reads it; text in quotes keeps its spaces."""
    pieces = re.split(r"('(?:[^']|'')*')", sql)
    return "".join(p if i % 2 else re.sub(r"\s+", " ", p) for i, p in enumerate(pieces)).strip()


def demand_allowed(sql: str, *, max_rows: int = MAX_ROWS) -> str:
    """Return a tidied query that the service would run as written.

    Parameters
    ----------
    sql : str
        One SELECT with an explicit TOP.
    max_rows : int
        Largest TOP that the service accepts.

    Raises
    ------
    ConfigError
        If the service would refuse, break or cut it; the message names the rule.
    """
    query = tidy(sql)
    bare = re.sub(r"'(?:[^']|'')*'", "''", query)  # rules look at the statement, not at text in quotes
    low = bare.lower()
    if not low.startswith("select "):
        raise _refusal(query, "it must begin with SELECT; WITH and other statements are refused")
    if _SUBQUERY.search(bare, len("select ")):
        raise _refusal(query, "a further SELECT is accepted only right after an opening bracket, so UNION is not")
    if "--" in bare or "/*" in bare:
        raise _refusal(query, "comments are cut out by the service, and the rest of the line with them")
    if ";" in bare:
        raise _refusal(query, "a semicolon is broken by the service")
    if bad := next((name for name in _FORBIDDEN if name in low), None):
        raise _refusal(query, f"{bad.strip()} names a stored procedure, which the service breaks")
    top = _TOP.match(bare)
    if top is None:
        raise _refusal(query, f"without TOP the service silently cuts the answer at {max_rows:,} rows")
    if not top[1].isdigit() or not 1 <= int(top[1]) <= max_rows:
        raise _refusal(query, f"TOP {top[1]} is not between 1 and {max_rows:,}")
    if changed := _IN_TEXT.search("\0".join(re.findall(r"'(?:[^']|'')*'", query))):
        raise _refusal(
            query, f"{changed[0]!r} within a text in quotes would be changed on the way, and the text with it"
        )
    if (size := len(quote_plus(query))) > MAX_ENCODED:
        raise _refusal(query, f"it has {size:,} encoded characters, and a GET may have {MAX_ENCODED:,}")
    return query


def _refusal(query: str, why: str) -> ConfigError:
    shown = query if len(query) <= 200 else query[:200] + "…"
    return ConfigError(f"SkyServer would not run this query: {why}. Query: {shown}")
