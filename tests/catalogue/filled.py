"""A small catalogue with rows in every table, among them values that moves between databases tend to lose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from cosmic.catalogue import Catalogue
from cosmic.catalogue.copying import tables
from cosmic.catalogue.tables import SpecObjId, Time

IDS = ["18446744073709551615", "9259471051523641344", "299489677444096", None]
AWKWARD = 'é "quoted", \\N\tand\nlines \\.'
NOW = datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC)
GIVEN: dict[str, dict[str, Any]] = {
    "snapshots": {"system": "model"},
    "votes": {"separation": 0.1 + 0.2, "spec_obj_id": IDS[0], "counts": [1, None, 3], "dr7objid": -(2**63)},
    "search_log": {"number": 0},
}
"""What a table's checks ask for, and values worth moving."""


def columns() -> dict[str, Any]:
    """Return columns for `make_rows(4)` with ids beyond 2**63, floats that need all digits and texts that need quotes."""
    return {
        "spec_obj_id": IDS,
        "obj_id": ["1237648720138732503", None, 'with "quotes", commas\nand lines', "é"],
        "redshift": [0.1 + 0.2, 5e-324, 1 / 3, None],
        "subclass": [None, "K5 (G_19-24)", "\\N", "\\."],
    }


def complete(catalogue: Catalogue) -> None:
    """Put a row into every table that has none; the catalogue must have objects."""
    with catalogue._database.writing() as connection:
        for table in tables():
            if not connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one():
                connection.execute(sa.insert(table).values(_row(connection, table)))


def _row(connection: sa.Connection, table: sa.Table) -> dict[str, Any]:
    given = GIVEN.get(table.name, {})
    return {c.name: given[c.name] if c.name in given else _value(connection, c) for c in table.columns}


def _value(connection: sa.Connection, column: sa.Column[Any]) -> Any:
    if column.foreign_keys:
        return connection.execute(sa.select(next(iter(column.foreign_keys)).column).limit(1)).scalar_one()
    kind = column.type
    if isinstance(kind, SpecObjId):
        return IDS[1]
    if isinstance(kind, Time):
        return NOW
    if isinstance(kind, sa.JSON):
        return {"b": [0.1 + 0.2, None, True], "a": AWKWARD}
    if isinstance(kind, sa.Double | sa.Float):
        return 1 / 3
    if isinstance(kind, sa.BigInteger):
        return 2**53 + 1
    if isinstance(kind, sa.Integer):
        return 7
    return AWKWARD[: getattr(kind, "length", None) or len(AWKWARD)]
