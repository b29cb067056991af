"""From a source to a snapshot: fetch, judge, ingest, freeze. Each wraps one call; orders nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from prefect import task

from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import CatalogueId, Ingest, JudgedPage, Page, Snapshot
from cosmic.settings import PipelineOptions
from tasks.policies import policy

if TYPE_CHECKING:
    from cosmic.catalogue import Moved
    from cosmic.contracts import Limits


@task(**policy("fetch"), task_run_name="fetch {options.what}")
def fetch(options: PipelineOptions, *, folder: Path) -> tuple[Page, ...]:
    """Store the bytes of every page of the source."""
    from cosmic.sources import source_for
    from cosmic.sources.base import PageStore

    return tuple(source_for(options).pages(PageStore(folder)))


@task(**policy("judge"), task_run_name="judge {page.origin}")
def judge(page: Page, *, limits: Limits, folder: Path) -> JudgedPage:
    """Judge a page by its contract."""
    from cosmic.intake import judge_page
    from cosmic.sources.parsing import parse_page
    from expectations.objects import OBJECTS

    return judge_page(page, parse=parse_page, suite=OBJECTS, limits=limits, folder=folder)


@task(**policy("ingest"), task_run_name="ingest into the {home.sky} catalogue")
def ingest(judged: tuple[JudgedPage, ...], *, home: Home, limits: Limits, counted: Moved | None = None) -> Ingest:
    """Store what judged pages bring, after comparing each with the last one of its origin."""
    from cosmic.catalogue import open_catalogue
    from cosmic.intake import demand_continuity
    from expectations.objects import OBJECTS

    with open_catalogue(home, Settings()) as catalogue:
        for page in judged:
            demand_continuity(page, baseline=catalogue.baseline(page.page.origin), suite=OBJECTS, limits=limits)
        return catalogue.ingest(judged, counted=counted)


@task(**policy("no-table"), task_run_name="no table is read")
def no_table(home: Home) -> tuple[Ingest, Snapshot]:
    """Stand in for ingest and snapshot where a run reads images alone: no row, and the catalogue as it is."""
    from cosmic import snapshots
    from cosmic.catalogue import open_catalogue
    from cosmic.records import MagnitudeSystem

    with open_catalogue(home, Settings()) as catalogue:
        snapshot = snapshots.freeze(
            snapshots.nothing(), folder=home.snapshots, system=MagnitudeSystem.MODEL, sky=home.sky
        )
        return catalogue.untouched(), snapshot


@task(**policy("freeze"), task_run_name="freeze the {home.sky} catalogue")
def freeze(catalogue_id: CatalogueId, state: str, *, home: Home) -> Snapshot:
    """Freeze what the catalogue holds in this state."""
    from cosmic import snapshots
    from cosmic.catalogue import open_catalogue
    from cosmic.errors import ConfigError

    with open_catalogue(home, Settings()) as catalogue:
        if catalogue.id != catalogue_id or catalogue.system is None:
            raise ConfigError(f"{catalogue.name} was replaced by another one during this run. Run again.")
        rows = catalogue.rows(state=state)
        if not rows.num_rows:
            raise ConfigError(
                f"{catalogue.name} holds no row: every row that was read is in quarantine. `cosmic inspect FILE` says why."
            )
        return snapshots.freeze(rows, folder=home.snapshots, system=catalogue.system, sky=home.sky)
