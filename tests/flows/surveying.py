"""What drills of the survey share: settings for a stand-in, what it serves, what a catalogue holds. Asserts nothing."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pytest
import sqlalchemy as sa

from cosmic.catalogue import Catalogue, Moved, open_catalogue
from cosmic.columns import OBJECT_SCHEMA
from cosmic.errors import PermanentSourceError, SuspiciousResponse, TransientSourceError
from cosmic.home import Home
from cosmic.intake import demand_continuity, judge_page
from cosmic.machine import Settings
from cosmic.records import Ingest, Sky
from cosmic.skyserver import client, pull
from cosmic.skyserver.client import Service
from cosmic.skyserver.plan import Request
from cosmic.skyserver.work import Wanted, find_work
from cosmic.sources.base import PageStore
from cosmic.sources.parsing import parse_page
from expectations.objects import OBJECTS
from tests.skyserver.faults import Fault, Wrong
from tests.skyserver.survey import Survey

Made = TypeVar("Made")

_BANDS: Final = "ugriz"
COLUMNS: Final = {
    "specObjID": "spec_obj_id", "bestObjID": "obj_id", "plate": "plate", "mjd": "mjd", "fiberID": "fiberid", "ra": "ra",
    "dec": "dec", "z": "redshift", "zErr": "redshift_err", "zWarning": "z_warning", "class": "class",
    "subClass": "subclass", "sourceType": "source_type", "class_noqso": "class_noqso",
    "sciencePrimary": "science_primary", "elodieSpType": "elodie_sp_type", "elodieBV": "elodie_bv", "elodieTEff": "elodie_teff", "elodieFeH": "elodie_feh", "type": "photo_type",
    "clean": "clean", "mode": "mode", "score": "score", "probPSF": "prob_psf",
    **{f"modelMag_{band}": band for band in _BANDS},
    **{f"psfMag_{band}": f"psf_{band}" for band in _BANDS},
    **{f"cModelMag_{band}": f"cmodel_{band}" for band in _BANDS},
    "petroMag_r": "petro_r", "petroR50_r": "petro_r50_r", "petroR90_r": "petro_r90_r",
    "deVAB_r": "dev_ab_r", "expAB_r": "exp_ab_r", "fracDeV_r": "frac_dev_r",
    **{f"extinction_{band}": f"extinction_{band}" for band in _BANDS},
}  # fmt: skip
"""Columns of the survey to columns of the catalogue, written down a second time."""
_ZERO_IS_NONE: Final = ("elodie_bv", "elodie_teff", "petro_r50_r", "petro_r90_r")
_PHOTO: Final = {"type", "clean", "mode", "score", "probPSF"}
WHERE: Final = "FROM SpecObj AS s JOIN PhotoPrimary AS p ON p.objID = s.bestObjID WHERE s.zWarning IN (0, 16)"


EACH: Final = [
    (Fault(Wrong.UNAVAILABLE), TransientSourceError, "503"),
    (Fault(Wrong.INTERNAL), TransientSourceError, "500"),
    (Fault(Wrong.HTML), TransientSourceError, "web page"),
    (Fault(Wrong.ERROR_PAGE), TransientSourceError, "web page"),
    (Fault(Wrong.THROTTLED), TransientSourceError, "fewer queries a minute"),
    (Fault(Wrong.CUT), TransientSourceError, "did not answer"),
    (Fault(Wrong.SHORT), TransientSourceError, "broke off"),
    (Fault(Wrong.RESET), TransientSourceError, "did not answer"),
    (Fault(Wrong.HANG, seconds=0.8), TransientSourceError, "did not answer"),
    (Fault(Wrong.ERROR_MESSAGE), PermanentSourceError, "could not be run"),
    (Fault(Wrong.EMPTY), SuspiciousResponse, "no rows"),
    (Fault(Wrong.CAPPED, rows=1), SuspiciousResponse, "1 row, where the census counted|it is not whole"),
    (Fault(Wrong.RENAMED), SuspiciousResponse, "lacking"),
    (Fault(Wrong.RETYPED), SuspiciousResponse, "no number"),
]
"""Everything that can go wrong with a query, what it is, and words of the message."""


def at_place(fault: Fault, where: str) -> Fault:
    """Return a fault that happens to every census, or every page."""
    if where == "page":
        return replace(fault, times=None, matching="modelMag")
    return replace(fault, times=None, matching="GROUP", column="id_sum" if fault.name is Wrong.RETYPED else "")


def bring_plainly(request: Request, *, home: Path, service: Service, retries: int) -> Ingest | None:
    """Bring what is new by the functions behind the tasks, in the order of the flow, without Prefect; None if nothing.

    What passes is tried `retries` times more, as Prefect does.
    """

    def patiently(once: Callable[[], Made]) -> Made:
        for left in range(retries, -1, -1):
            try:
                return once()
            except TransientSourceError:
                if not left:
                    raise
        raise AssertionError

    ours, settings = Home(home, Sky.REAL), Settings()
    with open_catalogue(ours, settings) as catalogue:
        ask = functools.partial(client.ask, service=service, store=PageStore(ours.pages))
        page, _ = patiently(lambda: pull.take_census(request, ask=ask))
        work = find_work(
            request, page, stored=catalogue.census(request.name), since=catalogue.since(request.name), wanted=Wanted(),
            a_minute=60, max_loss=settings.max_row_loss,
        )  # fmt: skip
        if not work.batches:
            return None
        pulled = [patiently(lambda: pull.pull(request, batch, ask=ask)) for batch in work.batches]  # noqa: B023
        judged = [
            judge_page(page, parse=parse_page, suite=OBJECTS, limits=settings.limits, folder=ours.judged)
            for one in pulled
            for page in one.pages
        ]
        for one in judged:
            demand_continuity(one, baseline=catalogue.baseline(one.page.origin), suite=OBJECTS, limits=settings.limits)
        counted = Moved(work.series, tuple(one for batch in work.batches for one in batch.shards), work.gone)
        return catalogue.ingest(judged, counted=counted)


def at(survey: Survey, monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
    """Have Cosmic ask a stand-in, without long pauses."""
    quick = {"retry_seconds": 0, "skyserver_timeout": 2, "skyserver_deadline": 20}
    for name, value in ({"skyserver_url": survey.url} | quick | settings).items():
        monkeypatch.setenv(f"COSMIC_{name.upper()}", str(value))


def in_no_hurry(monkeypatch: pytest.MonkeyPatch, *, retries: int) -> None:
    """Have this process ask without pauses, and so many times more where that fails: policies were read at import."""
    from tasks import survey as steps

    for one in (steps.census, steps.pull):
        monkeypatch.setattr(one, "retries", retries)
        monkeypatch.setattr(one, "retry_delay_seconds", [0.0] * retries)
    usual = steps.set_limit
    monkeypatch.setattr(steps, "set_limit", lambda _, **which: usual(60_000, **which))  # the limit has tests of its own


def served(survey: Survey, *, release: int | None = None) -> pa.Table:
    """Return every row of the default query as a catalogue should hold it, by specObjID."""
    chosen = ", ".join(f"{'p' if name in _PHOTO or ('_' in name and name != 'class_noqso') else 's'}.{name} AS {name}"
                       for name in COLUMNS)  # fmt: skip
    body = survey.as_sent(f"SELECT TOP 500000 {chosen} {WHERE}", release=release)
    text = pa_csv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string()), strings_can_be_null=True)
    rows = pa_csv.read_csv(io.BytesIO(body), read_options=pa_csv.ReadOptions(skip_rows=1), convert_options=text)
    required = (*_BANDS, "class")
    columns = {}
    for name, ours in COLUMNS.items():
        cells = rows[name].cast(OBJECT_SCHEMA.field(ours).type)
        if ours not in required and not pa.types.is_string(cells.type):
            none = pc.equal(cells, -9999)
            none = pc.or_(none, pc.equal(cells, 0)) if ours in _ZERO_IS_NONE else none
            cells = pc.if_else(none, None, cells)
        columns[ours] = cells
    without = pc.and_(pc.equal(columns["class"], "GALAXY"), pc.is_null(columns["subclass"]))
    columns["subclass"] = pc.if_else(without, "none", columns["subclass"])
    return pa.table(columns).sort_by("spec_obj_id")


def held(catalogue: Catalogue) -> pa.Table:
    """Return what a catalogue holds of these columns, by specObjID."""
    return catalogue.rows().select(list(COLUMNS.values())).sort_by("spec_obj_id")


def quarantined(catalogue: Catalogue) -> set[str]:
    """Return the specObjIDs of rows in quarantine."""
    with catalogue._database.reading() as connection:
        keys = connection.execute(sa.text("SELECT object_key FROM quarantine")).scalars()
        return {str(int(key.removeprefix("spec:"))) for key in keys}


def difference(survey: Survey, catalogue: Catalogue, *, release: int | None = None) -> list[str]:
    """Return in words how a catalogue differs from what a survey serves; empty where it holds exactly that."""
    expected, found, bad = served(survey, release=release), held(catalogue), quarantined(catalogue)
    ids = set(found["spec_obj_id"].to_pylist())
    wrong = [f"{len(bad & ids)} rows are in the catalogue and in quarantine"] if bad & ids else []
    good = expected.filter(pc.invert(pc.is_in(expected["spec_obj_id"], value_set=pa.array(sorted(bad), pa.string()))))
    wrong += [f"{expected.num_rows - good.num_rows} rows served are in quarantine, not {len(bad)}"] if (
        expected.num_rows - good.num_rows != len(bad)
    ) else []  # fmt: skip
    if good.num_rows != found.num_rows:
        return [*wrong, f"{found.num_rows} rows, not {good.num_rows}"]
    return wrong + [name for name in found.column_names if not _equal(good[name], found[name])]


def _equal(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    same: bool = one.combine_chunks().equals(other.combine_chunks())
    return same


def catalogue_of(home: Path) -> Catalogue:
    """Return the real catalogue of a home."""
    return open_catalogue(Home(home, Sky.REAL), Settings())
