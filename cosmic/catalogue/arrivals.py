"""The rows of one ingest, read from judged pages and made one row a key. Writes nothing and knows no database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cosmic.canonical import canonical, row_digests
from cosmic.columns import BANDS, OBJECT_SCHEMA
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.lending import complete
from cosmic.records import Contradiction, JudgedPage, MagnitudeSystem, PageId, Sky
from cosmic.roundings import too_rough

_SINGLE: Final = 1e-6
"""Relative error of a number that went through a 32-bit float, and more."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What one ingest brings.

    Parameters
    ----------
    id : str
        sha256 of the pages in order, their contracts and their column overrides.
    system : MagnitudeSystem
        Which magnitudes all of them carry.
    rows : pyarrow.Table
        One canonical row a key: ``object_key``, the survey columns that any page has, ``page_id``, ``row_digest``.
    quarantined : pyarrow.Table
        ``page_id``, ``row_number``, ``contract``, ``object_key``, ``reasons`` (JSON) and ``row`` (JSON).
    contradictions : tuple of Contradiction
        Where a later page says something else of an object than an earlier one.
    too_rough : int
        Rows without id and position whose magnitudes have too few decimals to be found in other files.
    """

    id: str
    system: MagnitudeSystem
    rows: pa.Table
    quarantined: pa.Table
    contradictions: tuple[Contradiction, ...] = ()
    too_rough: int = 0


def collect(judged: Sequence[JudgedPage], *, sky: Sky) -> Arrivals:
    """Return what these pages bring to a catalogue of `sky`.

    Of a key in several pages the row of the last page stands; where it says nothing, `cosmic.lending` completes it
    by the earlier ones.

    Raises
    ------
    ConfigError
        If there is no page, pages are of another sky, or their magnitudes are of different systems.
    ArtefactCorrupt
        If a file of a page is missing, cannot be read or has other rows than its record says.
    """
    if not judged:
        raise ConfigError("There is no page to ingest. Name a source, or a file with --path.")
    for page in judged:
        if (page.page.kind == Sky.SIMULATED) != (sky is Sky.SIMULATED):
            raise ConfigError(
                f"{page.page.origin} is {'simulated' if sky is Sky.REAL else 'of the real sky'}, and this catalogue "
                f"holds the {sky} sky. The two never mix: use another --home or --database."
            )
    systems = {page.system: page.page.origin for page in judged}
    if len(systems) > 1:
        found = "; ".join(f"{origin} has {system}" for system, origin in sorted(systems.items()))
        raise ConfigError(
            f"The magnitudes of these files are of different systems: {found}. Ingest them into separate catalogues "
            "(--home), or name the columns of one system with --column, such as --column u=modelMag_u."
        )
    rows, contradictions = _one_row_a_key([_valid(page) for page in judged])
    origins = {page.page.id: page.page.origin for page in judged}
    return Arrivals(
        id=_identity(judged),
        system=judged[0].system,
        rows=rows,
        quarantined=pa.concat_tables([set_apart(page) for page in judged]),
        contradictions=tuple(
            replace(one, earlier=origins[PageId(one.earlier)], later=origins[PageId(one.later)])
            for one in contradictions
        ),
        too_rough=_too_rough(rows),
    )


def _identity(judged: Sequence[JudgedPage]) -> str:
    pages = [[page.page.id, page.contract, page.system, page.page.columns] for page in judged]
    return hashlib.sha256(json.dumps(pages).encode()).hexdigest()


def _valid(page: JudgedPage) -> pa.Table:
    rows = _parquet(page.valid, page)
    rows = canonical(rows.select([name for name in OBJECT_SCHEMA.names if name in rows.column_names]))
    if rows.num_rows != page.n_valid:
        raise ArtefactCorrupt(f"{page.valid} has {rows.num_rows} rows and should have {page.n_valid}. {_REMEDY}")
    if len(rows["object_key"].unique()) != rows.num_rows:
        raise ArtefactCorrupt(f"{page.valid} names an object twice, which its contract forbids. {_REMEDY}")
    return rows.append_column("page_id", pa.repeat(page.page.id, rows.num_rows))


def set_apart(page: JudgedPage) -> pa.Table:
    """Return the quarantined rows of a page as `Arrivals.quarantined` holds them."""
    rows = _parquet(page.quarantined, page)
    if rows.num_rows != page.n_quarantined:
        raise ArtefactCorrupt(f"{page.quarantined} has {rows.num_rows} rows, not {page.n_quarantined}. {_REMEDY}")
    return pa.table(
        {
            "page_id": pa.repeat(page.page.id, rows.num_rows),
            "row_number": rows["row_number"].cast(pa.int64()),
            "contract": pa.repeat(page.contract, rows.num_rows),
            "object_key": pc.replace_substring(rows["object_key"].cast(pa.string()), "\0", ""),
            "reasons": pa.array([json.dumps(reasons) for reasons in rows["reasons"].to_pylist()], pa.string()),
            "row": rows["row"].cast(pa.string()),
        }
    )


_REMEDY = "Run the same command again: the page is then judged anew."


def _parquet(path: object, page: JudgedPage) -> pa.Table:
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise ArtefactCorrupt(f"{path}, made from {page.page.origin}, cannot be read ({error}). {_REMEDY}") from error


def _one_row_a_key(pages: list[pa.Table]) -> tuple[pa.Table, list[Contradiction]]:
    """Return one row a key, and what pages contradict, by page_id."""
    everything = pa.concat_tables(pages, promote_options="default").combine_chunks()
    codes = everything["object_key"].combine_chunks().dictionary_encode().indices.to_numpy()
    several = np.bincount(codes, minlength=1)[codes] > 1 if len(codes) else np.zeros(0, bool)
    merged, found = everything.filter(pa.array(~several)), list[Contradiction]()
    if several.any():
        shared = pc.unique(everything["object_key"].filter(pa.array(several)))
        standing, found = _later_wins(pages, shared)
        merged = pa.concat_tables([merged, standing], promote_options="default").combine_chunks()
    return merged.append_column("row_digest", row_digests(merged)), found


def _later_wins(pages: list[pa.Table], keys: pa.Array) -> tuple[pa.Table, list[Contradiction]]:
    """Return one row for each of the keys, going through the pages in order, and what they contradict."""
    found: list[Contradiction] = []
    stands = pages[0].filter(pc.is_in(pages[0]["object_key"], value_set=keys))
    for page in pages[1:]:
        later = page.filter(pc.is_in(page["object_key"], value_set=keys))
        known = pc.index_in(later["object_key"], value_set=stands["object_key"].combine_chunks())
        before = stands.take(known)
        found += _contradictions(later, before)
        completed = complete(later, before)
        untouched = stands.filter(
            pc.invert(pc.is_in(stands["object_key"], value_set=later["object_key"].combine_chunks()))
        )
        stands = pa.concat_tables([untouched, completed], promote_options="default")
    return stands, found


def _contradictions(rows: pa.Table, before: pa.Table) -> list[Contradiction]:
    """Return where two rows both say something and not the same, for each page that `before` comes from."""
    names = [name for name in OBJECT_SCHEMA.names[1:] if name in rows.column_names and name in before.column_names]
    differ = {name: _differ(rows[name].combine_chunks(), before[name].combine_chunks()) for name in names}
    pages = before["page_id"].to_pylist()
    found = []
    for earlier in dict.fromkeys(page for page in pages if page is not None):
        here = np.array([page == earlier for page in pages])
        columns = tuple(name for name, mask in differ.items() if (mask & here).any())
        if columns:
            count = int((np.logical_or.reduce([differ[name] for name in columns]) & here).sum())
            found.append(Contradiction(earlier, rows["page_id"][0].as_py(), count, columns))
    return found


def _differ(ours: pa.Array, theirs: pa.Array) -> npt.NDArray[np.bool_]:
    """Return where both have a value and not the same; 32-bit floats are no other values than those they came from."""
    if pa.types.is_floating(ours.type):
        one, other = (pc.fill_null(side, np.nan).to_numpy(zero_copy_only=False) for side in (ours, theirs))
        return np.asarray(np.abs(one - other) > _SINGLE * np.abs(other), dtype=np.bool_)
    differ = pc.fill_null(pc.not_equal(ours, theirs), False)
    return np.asarray(differ.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _too_rough(rows: pa.Table) -> int:
    bare = pc.starts_with(rows["object_key"], "row:")
    if {"ra", "dec"} <= set(rows.column_names):
        bare = pc.and_(bare, pc.or_(pc.is_null(rows["ra"]), pc.is_null(rows["dec"])))
    unknown = rows.filter(bare)
    magnitudes = [pc.fill_null(unknown[band], np.nan).to_numpy(zero_copy_only=False) for band in BANDS]
    return int(too_rough(np.column_stack(magnitudes)).sum())
