"""Where the rows of a run and of its catalogue came from, as facts. Reads the records of pages; judges no row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from cosmic import facts as f
from cosmic.catalogue import StoredPage
from cosmic.intake import reading_of
from cosmic.records import LABELS_KIND, Ingest, JudgedPage, Page, Sky, Snapshot
from cosmic.settings import PipelineOptions

_ADDRESS: Final = re.compile(r"https?://(?=\S+ )")
"""How an answer of a survey begins: an address, and then in words what was asked."""


def source_of(
    judged: Sequence[JudgedPage], ingest: Ingest, snapshot: Snapshot, *, options: PipelineOptions
) -> f.Source:
    """Return what a run read. A survey is named by its series, since a run asks it for few of its pages or for none."""
    readings = [reading_of(one) for one in judged]
    simulated, survey = snapshot.sky is Sky.SIMULATED, options.source == "skyserver"
    shared, own = shared_columns([reading.mapping for reading in readings])
    series = _series(options)
    named = (name_of(one.page.origin) for one in judged if not (series and _of_series(one.page, series)))
    return f.Source(
        kind=options.source,
        simulated=simulated,
        names=(*([series] if series else []), *named),
        rows=options.rows if simulated else ingest.rows,
        seed=options.seed if simulated else None,
        release=options.release if survey else None,
        query=options.query if survey else None,
        system=snapshot.system,
        unit=", ".join(dict.fromkeys(reading.unit for reading in readings)),
        columns=shared,
        pages=tuple(_pages(judged, own)),
    )


def shared_columns(mappings: Sequence[dict[str, str]]) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return which file column serves which canonical one where no page says otherwise, and the rest of each page."""
    every = {name: {mapping[name] for mapping in mappings if name in mapping} for found in mappings for name in found}
    shared = {name: next(iter(columns)) for name, columns in every.items() if len(columns) == 1}
    return shared, [{name: column for name, column in mapping.items() if name not in shared} for mapping in mappings]


def name_of(origin: str) -> str:
    """Return the name of a file, or what a survey was asked; a condition there may hold a slash."""
    return _ADDRESS.sub("", origin, count=1) if _ADDRESS.match(origin) else Path(origin).name


def stored_pages(pages: Sequence[StoredPage]) -> tuple[f.PageFacts, ...]:
    """Return the pages that a catalogue was built from, by name."""
    found = (
        f.PageFacts(name=name_of(page.origin), sha256=page.id, kind=page.kind, size=page.size, rows=page.rows)
        for page in pages
    )
    return tuple(sorted(found, key=lambda page: (page.name, page.sha256)))


def pages_elsewhere(
    judged: Sequence[JudgedPage], pages: Sequence[StoredPage], *, options: PipelineOptions
) -> tuple[str, ...]:
    """Return the names of the catalogue's pages that the command of this run does not stand for.

    A survey's earlier pages are what its later runs build on: they are asked for once, and no reason to warn. So are the
    labels of a Galaxy Zoo that the run takes again.
    """
    read, series = {one.page.id for one in judged}, _series(options)
    return tuple(
        name_of(page.origin)
        for page in pages
        if page.id not in read
        and not (series and _of_series(page, series))
        and not (options.gz2 is not None and page.kind == LABELS_KIND)
    )


def _series(options: PipelineOptions) -> str:
    """Return the name of the survey's series that a run continues; "" for other sources."""
    if options.source != "skyserver":
        return ""
    from cosmic.skyserver.plan import Request

    return Request(options.release, options.query, options.where).name


def _of_series(page: Page | StoredPage, series: str) -> bool:
    return page.kind == "skyserver" and f" {series}, " in page.origin


def _pages(judged: Sequence[JudgedPage], own: Sequence[dict[str, str]]) -> Iterator[f.PageFacts]:
    for one, columns in zip(judged, own, strict=True):
        yield f.PageFacts(
            name=name_of(one.page.origin),
            sha256=one.page.id,
            kind=one.page.kind,
            size=one.page.size,
            rows=one.rows,
            columns=columns,
        )
