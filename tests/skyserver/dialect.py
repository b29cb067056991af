"""From SQL Server's SQL to DuckDB's and, for errors and names of columns, back again.

Translates text; runs nothing. sqlglot does the work: here are only the survey's functions, the ways in which SQL
Server counts differently, and the words in which it complains.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

INTEGERS = ("TINYINT", "UTINYINT", "SMALLINT", "INTEGER")


class SqlError(Exception):
    """The database's no, in SQL Server's words."""


@dataclass(frozen=True, slots=True)
class Translated:
    """A query for DuckDB, and what SQL Server would call its columns (None where the database knows: ``*``)."""

    sql: str
    names: tuple[str, ...] | None


def translate(statement: str) -> Translated:
    """Return a T-SQL SELECT for DuckDB.

    Raises
    ------
    SqlError
        If it cannot be parsed, or would write.
    """
    if broken := re.search(r"#(?!(?:upload|x)\b)\S{0,19}", statement, re.IGNORECASE):
        raise SqlError(f"Incorrect syntax near '{broken[0]}'.")
    try:
        parsed = sqlglot.parse_one(statement, read="tsql")
    except SqlglotError as error:
        raise SqlError(f"Incorrect syntax near '{_near(error)}'.") from error
    if not isinstance(parsed, exp.Select):
        raise SqlError(f"Incorrect syntax near '{statement.split(' ')[0]}'.")
    if parsed.args.get("into"):
        raise SqlError("CREATE TABLE permission denied in database 'BestDR'.")
    names = _names(parsed)
    _shuffle(parsed)
    return Translated(parsed.transform(_adapt).sql(dialect="duckdb"), names)


def in_sql_servers_words(error: duckdb.Error) -> SqlError:
    """Return the error that SQL Server would have given where DuckDB gave this one."""
    text = str(error)
    for pattern, words in _WORDS:
        if found := re.search(pattern, text):
            return SqlError(words.format(*found.groups()))
    return SqlError(text.splitlines()[0])


def _names(select: exp.Select) -> tuple[str, ...] | None:
    """Names of the columns as they were written; Column1 and so on for those without, z1 for a second z."""
    given: list[str] = []
    unnamed = 0
    for one in select.expressions:
        if one.is_star:
            return None
        name = one.alias or (one.name if isinstance(one, exp.Column) else "")
        if not name:
            unnamed += 1
            name = f"Column{unnamed}"
        given.append(name)
    return distinct(given)


def distinct(names: list[str]) -> tuple[str, ...]:
    """Return names of which the second z is z1, as ADO.NET fills a table."""
    seen: dict[str, int] = {}
    made = []
    for name in names:
        again = seen.get(name.lower(), 0)
        seen[name.lower()] = again + 1
        made.append(f"{name}{again}" if again else name)
    return tuple(made)


def _shuffle(select: exp.Select) -> None:
    """Have TOP without ORDER BY take any rows, as SQL Server may, so that nobody relies on the order."""
    first = select.expressions[0].unalias()
    ordered = any(select.args.get(part) for part in ("order", "distinct", "group"))
    if select.args.get("limit") and not ordered and isinstance(first, exp.Column) and not first.is_star:
        select.order_by(exp.Anonymous(this="hash", expressions=[first.copy()]), copy=False)


def _adapt(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.Dot) and node.this.name.lower() == "dbo":
        inner: exp.Expression = node.args["expression"]
        return inner
    if isinstance(node, exp.Table) and node.text("db").lower() == "dbo":
        node.set("db", None)
        node.set("catalog", None)
    if isinstance(node, exp.Like):
        return exp.ILike(this=node.this, expression=node.expression)
    if isinstance(node, exp.HexString):
        return exp.Literal.number(int(node.name, 16))
    if isinstance(node.parent, exp.Window):
        return node  # sums over other rows are plain ones
    if isinstance(node, (exp.Sum, exp.Avg)) and not isinstance(node.this, exp.Distinct):
        return _as_sql_server_adds(node)
    return node


def _as_sql_server_adds(node: exp.Sum | exp.Avg) -> exp.Expression:
    """SUM keeps the type of integers, and overflows; AVG of integers is an integer."""
    inner = node.this.transform(_adapt).sql(dialect="duckdb")
    small = ", ".join(f"'{kind}'" for kind in INTEGERS)
    if isinstance(node, exp.Avg):
        text = f"CASE WHEN typeof(min({inner})) IN ({small}, 'BIGINT') THEN trunc(avg({inner})) ELSE avg({inner}) END"
    else:
        text = (
            f"CASE WHEN typeof(min({inner})) IN ({small}) THEN CAST(sum({inner}) AS INTEGER) "
            f"WHEN typeof(min({inner})) = 'BIGINT' THEN CAST(sum({inner}) AS BIGINT) ELSE sum({inner}) END"
        )
    return exp.Paren(this=exp.Var(this=text))


def _near(error: SqlglotError) -> str:
    found: list[dict[str, str]] = getattr(error, "errors", None) or [{}]
    return str(found[0].get("highlight") or "").strip() or "the end"


_WORDS = (
    (r'Referenced column "([^"]+)" not found', "Invalid column name '{0}'."),
    (r'does not have a column named "([^"]+)"', "Invalid column name '{0}'."),
    (r'Referenced column "([^"]+)" was not found', "Invalid column name '{0}'."),
    (r"Permission Error", "The SELECT permission was denied on the object."),
    (r"Table with name (\S+) does not exist", "Invalid object name '{0}'."),
    (r"Table Function with name \"?(\w+)\"? does not exist", "Invalid object name '{0}'."),
    (r"Function with name \"?(\w+)\"? does not exist", "'{0}' is not a recognized built-in function name."),
    (r'Referenced table "([^"]+)" not found', 'The multi-part identifier "{0}" could not be bound.'),
    (r'Ambiguous reference to column name "([^"]+)"', "Ambiguous column name '{0}'."),
    (r'syntax error at or near "([^"]+)"', "Incorrect syntax near '{0}'."),
    (r'column "([^"]+)" must appear in the GROUP BY', "Column '{0}' is invalid in the select list because it is not "
     "contained in either an aggregate function or the GROUP BY clause."),
    (r"out of range for the destination type INT64|Failed to cast .* to type INT64",
     "Arithmetic overflow error converting expression to data type bigint."),
    (r"out of range for the destination type INT32|Failed to cast .* to type INT32",
     "Arithmetic overflow error converting expression to data type int."),
    (r"Could not convert string '([^']*)' to (?:INT|DECIMAL|DOUBLE|FLOAT)",
     "Conversion failed when converting the varchar value '{0}' to data type int."),
    (r"Division by zero", "Divide by zero error encountered."),
)  # fmt: skip
"""DuckDB's complaints and SQL Server's for the same."""
