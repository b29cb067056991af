"""One release of the survey: a DuckDB of its own, filled and changed between queries, asked with a cursor a request.

Runs DuckDB's SQL as it is given. The rules of the service and the translation from T-SQL are `rules` and `dialect`.
"""

# ruff: noqa: S608 names and conditions are the tests' own; received queries never come here

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import duckdb
import pyarrow as pa

from tests.skyserver import tables

Rows: TypeAlias = pa.Table | Sequence[Mapping[str, object]]
"""Rows to serve: a table, or one mapping a row."""

FIELDS_FROM = 58_000
"""MJD from which the stand-in takes an observation for one of a field, not of a plate, from DR19 on."""

_PLATE, _FIBRE, _MJD = 1 << 50, 1 << 38, 1 << 24
_KEY = "CAST(plate AS HUGEINT) * 67108864 + fiberid * 16384 + (mjd - 50000)"
_MADE = {
    "specobjid": f"CAST(plate AS HUGEINT) * {_PLATE} + CAST(fiberid AS HUGEINT) * {_FIBRE} "
    f"+ CAST(mjd - 50000 AS HUGEINT) * {_MJD}",
    "bestobjid": f"1237600000000000000 + {_KEY}",
    "objid": f"1237600000000000000 + {_KEY}",
    "run2d": "'0'",  # what the ids that are made here say
    **{f"extinction_{band}": "0" for band in tables.BANDS},
    "survey": "CASE WHEN plate < 3510 THEN 'sdss' ELSE 'boss' END",
    "scienceprimary": "1",
    "mode": "1",
    "clean": "1",
    "score": "1",
    "type": "CASE WHEN class = 'GALAXY' THEN 3 ELSE 6 END",
    "probpsf": "CASE WHEN class = 'GALAXY' THEN 0 ELSE 1 END",
}
"""What the survey would have packed or measured, where the rows do not say."""
_ALSO = {"photora": "ra", "photodec": "dec", "z": "redshift", "objid": "bestobjid", "bestobjid": "objid",
         **{f"modelmag_{band}": band for band in tables.BANDS}}  # fmt: skip
"""Other names under which rows may carry a column."""


class Release:
    """The tables of one data release.

    Parameters
    ----------
    number : int
        17 for DR17. From 19 on late spectra are in spAll and allspec instead of SpecObjAll.
    without : sequence of str
        Tables and views that this release lacks.
    """

    def __init__(self, number: int, *, without: Sequence[str] = ()) -> None:
        self.number = number
        self.without = tuple(without)
        self._writing = threading.Lock()
        self._opening = threading.Lock()
        self._database = duckdb.connect(":memory:", config={"threads": 2})
        self._database.register("described", pa.Table.from_pylist(tables.descriptions()))
        self._database.execute("CREATE TABLE _described AS SELECT * FROM described")
        self._database.unregister("described")
        for statement in tables.statements(number):
            self._database.execute(statement)
        for name in set(without) & set(tables.KEPT):
            self._database.execute(f'DROP TABLE "{name}"')
        self._views = {name: sql for name, sql in tables.views(number).items() if name not in without}
        self._database.execute("SET GLOBAL integer_division = true")  # as in SQL Server
        self._database.execute("SET enable_external_access = false")  # a received query reads no file of ours
        self._database.execute("SET lock_configuration = true")

    def close(self) -> None:
        """Let the rows go."""
        with self._opening:
            self._database.close()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own for each call; DuckDB refuses to open two from one at the same time."""
        with self._opening:
            return self._database.cursor()

    def ask(self, query: str, *, before: Sequence[str] = ()) -> pa.Table:
        """Return the rows of a query in DuckDB's SQL. Safe from several threads.

        `before` are statements that make temporary tables, which only this query sees.
        """
        self._make_views(query)
        with self._cursor() as cursor:
            for statement in before:
                cursor.execute(statement)
            found: pa.Table = cursor.sql(query).to_arrow_table()
        return found

    def add(self, rows: Rows, *, table: str | None = None) -> int:
        """Add rows and return how many.

        Parameters
        ----------
        rows : pyarrow.Table or sequence of mappings
            Spectra with their objects: plate, mjd, fiberID, ra, dec, class and whatever else of SpecObj and PhotoObj;
            `u` … `z` beside `redshift` are model magnitudes. What is missing gets the survey's default; specObjID,
            objID and the like are made from plate, fibre and MJD.
        table : str, optional
            Name of a table whose columns the rows have, instead of spectra: zoo2MainSpecz, zooSpec, spAll.

        Raises
        ------
        ValueError
            If a spectrum has the specObjID of one that is there, or of another one of these rows.
        """
        parts = [rows] if isinstance(rows, pa.Table) else _tables(rows)
        with self._writing, self._cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                for part in parts:
                    cursor.register("incoming", part.rename_columns([name.lower() for name in part.column_names]))
                    self._add_part(cursor, table, {name.lower() for name in part.column_names})
                    cursor.unregister("incoming")
                self._settle(cursor)
            except Exception:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")
        return sum(part.num_rows for part in parts)

    def change(self, where: str, /, **values: object) -> int:
        """Set columns of the spectra, or of their objects, for which a condition on `_spec` holds; return how many."""
        spec = {name: value for name, value in values.items() if name in tables.SPEC}
        photo = {name: value for name, value in values.items() if name in tables.PHOTO}
        if unknown := sorted(set(values) - set(spec) - set(photo)):
            raise ValueError(f"No column {', '.join(unknown)} is kept for spectra or their objects.")
        parts = (("_spec", spec, where), ("_photo", photo, f"objID IN (SELECT bestObjID FROM _spec WHERE {where})"))
        with self._writing, self._cursor() as cursor:
            found = cursor.execute(f"SELECT count(*) FROM _spec WHERE {where}").fetchall()[0][0]
            for table, ours, condition in reversed(parts):
                if ours:
                    setting = ", ".join(f'"{name}" = ?' for name in ours)
                    cursor.execute(f"UPDATE {table} SET {setting} WHERE {condition}", list(ours.values()))
        return int(found)

    def disturb(self, count: int) -> None:
        """Give some spectra another redshift, as a survey that reduces its data again would."""
        with self._writing, self._cursor() as cursor:
            cursor.execute(
                "UPDATE _spec SET z = z + 0.001 WHERE specObjID IN "
                f"(SELECT specObjID FROM _spec ORDER BY specObjID % 9973, specObjID LIMIT {count:d})"
            )

    def remove(self, where: str, /) -> int:
        """Remove the spectra for which a condition on `_spec` holds, with their objects; return how many."""
        with self._writing, self._cursor() as cursor:
            found = cursor.execute(f"SELECT count(*) FROM _spec WHERE {where}").fetchall()[0][0]
            cursor.execute(f"DELETE FROM _spec WHERE {where}")
            cursor.execute("DELETE FROM _photo WHERE objID NOT IN (SELECT bestObjID FROM _spec)")
            if "zooSpec" not in self.without:
                cursor.execute("DELETE FROM zooSpec WHERE specobjid NOT IN (SELECT specObjID FROM _spec)")
        return int(found)

    def _make_views(self, text: str) -> None:
        """Make the views that a query names, and those that they name, where that was not done before."""
        with self._opening:
            self._make_views_unlocked(text)

    def _make_views_unlocked(self, text: str) -> None:
        for name in list(self._views):
            if name in self._views and re.search(rf"\b{name}\b", text, re.IGNORECASE):
                statement = self._views.pop(name)
                self._make_views_unlocked(statement)
                self._database.execute(statement)

    def _add_part(self, cursor: duckdb.DuckDBPyConnection, table: str | None, there: set[str]) -> None:
        if table is not None:
            self._insert(cursor, table, there, "incoming")
            if table.lower() == "zoo2mainspecz" and "dr8objid" not in there:
                cursor.execute(_MATCH_VOTES)
            return
        source = "incoming"
        if self.number >= tables.PAGES_OF_FIELDS:
            self._insert(cursor, "spAll", there, f"incoming WHERE mjd >= {FIELDS_FROM}")
            source = f"incoming WHERE mjd < {FIELDS_FROM}"
        self._insert(cursor, "_spec", there, source)
        self._insert(cursor, "_photo", there, source)

    def _settle(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Refuse spectra that are there twice, and give each object one row, and Galaxy Zoo 1 its galaxies."""
        twice = cursor.execute("SELECT specObjID FROM _spec GROUP BY 1 HAVING count(*) > 1 LIMIT 3").fetchall()
        if twice:
            raise ValueError(f"Spectra {', '.join(str(one[0]) for one in twice)} would be there twice.")
        # A second spectrum of an object brings its object along again: one is enough.
        cursor.execute("DELETE FROM _photo WHERE rowid NOT IN (SELECT min(rowid) FROM _photo GROUP BY objID)")
        if "zooSpec" not in self.without:
            cursor.execute(_FIRST_ZOO)

    @staticmethod
    def _insert(cursor: duckdb.DuckDBPyConnection, table: str, there: set[str], source: str) -> None:
        """Insert into a table what it has of the incoming columns, and defaults for the rest."""
        name = next(one for one in tables.KEPT if one.lower() == table.lower())
        chosen = [_expression(column, kind, name, there) for column, kind in tables.KEPT[name].items()]
        cursor.execute(f"INSERT INTO {name} SELECT {', '.join(chosen)} FROM {source}")


def _expression(column: str, kind: str, table: str, there: set[str]) -> str:
    """What fills a column: itself, its other name, what we make, or the survey's default."""
    low = column.lower()
    spectra = table in ("_spec", "_photo")
    if table == "spAll" and low not in there:
        return _SP_ALL.get(low, _default(kind, table)) if "plate" in there else _default(kind, table)
    if spectra and low == "z" and "redshift" in there:
        return "redshift"
    if low in there:
        return f'"{low}"'
    if spectra and (other := _ALSO.get(low)) in there:
        return f'"{other}"'
    if spectra and low == "run2d" and "specobjid" in there:
        return _RUN2D
    if spectra and low in _MADE:
        return _MADE[low]
    return _default(kind, table)


def _default(kind: str, table: str) -> str:
    if kind == tables.TEXT:
        return "''"
    return "-9999" if table == "_photo" and kind == tables.REAL else "0"


def _tables(rows: Sequence[Mapping[str, object]]) -> list[pa.Table]:
    """Rows as tables, one for each set of columns, so that what a row does not say gets its default.

    Ids become text, since arrow takes integers for 64 bits with a sign.
    """
    alike: dict[frozenset[str], list[dict[str, object]]] = {}
    for row in rows:
        made = {
            name: str(value) if name.lower() in _IDS and value is not None else value for name, value in row.items()
        }
        alike.setdefault(frozenset(made), []).append(made)
    return [pa.Table.from_pylist(ones) for ones in alike.values()]


_IDS = ("specobjid", "bestobjid", "objid")

_RUN = "(CAST(CAST(specobjid AS HUGEINT) AS UBIGINT) >> 10) & 16383"
_RUN2D = (
    f"CASE WHEN {_RUN} < 1000 THEN CAST({_RUN} AS VARCHAR) "
    f"ELSE concat('v', 5 + ({_RUN}) // 10000, '_', ({_RUN}) // 100 % 100, '_', ({_RUN}) % 100) END"
)
"""Name of the reduction as specObjID packs it: 26, or 1300 for v5_13_0."""

_SP_ALL = {
    "field": "plate",
    "obs": "'APO'",
    "run2d": "'v6_1_3'",
    "catalogid": f"27021597000000000 + {_KEY}",
    "sdss_id": f"54000000 + ({_KEY}) % 1000000007",
    "specobjid": f"CAST({_KEY} AS DECIMAL(30,0)) * 1000000",
    "fiber_ra": "ra",
    "fiber_dec": "dec",
    "racat": "ra",
    "deccat": "dec",
    "specprimary": "1",
}
"""Columns of spAll from those of a spectrum."""

_FIRST_ZOO = """
INSERT INTO zooSpec
SELECT specObjID, objID, 587700000000000000 + objID % 100000000000000, ra, dec, '', '', nvote, p_el, p_cs / 3, p_cs / 3,
       p_cs / 3, p_dk, p_mg, p_cs, p_el, p_cs, CAST(p_cs >= 0.8 AS INTEGER), CAST(p_el >= 0.8 AS INTEGER),
       CAST(greatest(p_cs, p_el) < 0.8 AS INTEGER)
FROM (
    SELECT *, 0.04 AS p_dk, 0.01 AS p_mg, 0.95 * share AS p_el, 0.95 * (1 - share) AS p_cs
    FROM (
        SELECT specObjID, objID, ra, dec, CAST(20 + specObjID % 41 AS INTEGER) AS nvote,
               CAST(specObjID % 9973 AS DOUBLE) / 9973 AS share
        FROM _spec JOIN _photo ON objID = bestObjID
        WHERE class = 'GALAXY' AND z < 0.25 AND sciencePrimary = 1 AND modelMag_r BETWEEN 1 AND 17.77
          AND specObjID NOT IN (SELECT specobjid FROM zooSpec)
    )
)
"""
"""Galaxy Zoo 1 for the bright galaxies: fractions that add up, and mean nothing."""

_MATCH_VOTES = """
UPDATE zoo2MainSpecz SET dr8objid = near.objID, specobjid = near.specObjID
FROM (
    SELECT z.dr7objid AS ours, arg_min(p.objID, abs(p.photoDec - z.dec)) AS objID,
           arg_min(s.specObjID, abs(p.photoDec - z.dec)) AS specObjID
    FROM zoo2MainSpecz AS z
    JOIN _photo AS p ON p.photoDec BETWEEN z.dec - 1.5 / 3600 AND z.dec + 1.5 / 3600
        AND abs(p.photoRa - z.ra) * cos(radians(z.dec)) < 1.5 / 3600
    JOIN _spec AS s ON s.bestObjID = p.objID AND s.sciencePrimary = 1
    WHERE z.dr8objid = 0
    GROUP BY 1
) AS near
WHERE zoo2MainSpecz.dr7objid = near.ours
"""
"""Votes belong to the object within 1.5 arcsec; where there is none, their dr8objid and specobjid stay 0."""
