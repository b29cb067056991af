"""The dry run: what would be read, computed and found in the cache. Runs no task, starts no server, writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from cosmic.catalogue.glance import Glance, glance
from cosmic.home import Home
from cosmic.records import Arm, Fitted, Model, Page, Prepared, Rebalancing, Sky, Snapshot, Task
from cosmic.settings import PipelineOptions, Settings, database_url
from cosmic.sources import source_for
from cosmic.sources.base import HashingStore, Source
from cosmic.splits import SALT
from tasks import intake, training
from tasks.policies import remembered


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the plan: a step, what of it is remembered, and a remark."""

    step: str
    cached: int
    total: int
    remark: str = ""


def plan(options: PipelineOptions, settings: Settings) -> str:
    """Return what a run with these options would do, as text. A step is only known where all before it are.

    Raises
    ------
    CosmicError
        If a file is missing or cannot serve, as the run itself would say.
    """
    home = Home(options.home, options.sky)
    pages = [page for source in _sources(options) for page in source.pages(HashingStore(home.pages))]
    n_held = len(options.holdout)
    lines = [
        Line(
            "fetch",
            sum(page.path.is_relative_to(home.pages) and page.path.exists() for page in pages),
            len(pages),
            _read(pages),
        )
    ]
    judged = [
        remembered(intake.judge, page, limits=settings.limits, folder=home.judged, results=home.results)
        for page in pages
    ]
    lines.append(Line("judge", sum(one is not None for one in judged), len(judged)))
    url = database_url(home.root, home.sky, settings).get_secret_value()
    there = glance(url, sky=home.sky)
    own = tuple(page.id for page in pages[: len(pages) - n_held])
    lines.append(_ingest(there, own, home.sky))
    snapshot = None
    if there is not None and there.last_pages == own:
        snapshot = remembered(intake.freeze, there.id, there.state, home=home, results=home.results)
    lines.append(Line("freeze", int(snapshot is not None), 1))
    lines += _training(snapshot, options=options, settings=settings, home=home)
    lines.append(Line("report", 0, 1, f"a new folder in {home.reports}"))
    return _table(lines, head=f"Nothing was done. {options.command('flows.full_pipeline')} would, in {home.root}:")


def _sources(options: PipelineOptions) -> list[Source]:
    return [source_for(each) for each in ([options, options.held_out()] if options.holdout else [options])]


def _read(pages: Sequence[Page]) -> str:
    return ", ".join(f"{page.origin} ({page.size / 1e6:,.1f} MB)" for page in pages)


def _ingest(there: Glance | None, own: tuple[str, ...], sky: Sky) -> Line:
    if there is None:
        return Line("ingest", 0, 1, "a new catalogue")
    if there.last_pages == own:
        return Line("ingest", 1, 1, f"these pages are what {there.rows:,} rows of the catalogue came from last")
    if sky is Sky.SIMULATED:
        return Line("ingest", 0, 1, f"in place of another simulated sky of {there.rows:,} rows")
    return Line("ingest", 0, 1, f"into a catalogue of {there.rows:,} rows")


def _training(snapshot: Snapshot | None, *, options: PipelineOptions, settings: Settings, home: Home) -> list[Line]:
    pairs = list(product(options.task or tuple(Task), options.arm or tuple(Arm)))
    kinds = list(product(Model, Rebalancing))
    salt = settings.split_salt or SALT
    prepared: list[Prepared | None] = [None] * len(pairs)
    if snapshot is not None:
        prepared = [
            remembered(
                training.prepare, snapshot, *pair, split=options.split, salt=salt, seed=options.seed,
                min_class_size=options.class_size, filter=options.filter, folder=home.datasets, results=home.results,
            )
            for pair in pairs
        ]  # fmt: skip
    able = [one for one in prepared if one is None or one.not_run is None]
    fitted: list[Fitted | None] = [
        None
        if one is None
        else remembered(training.fit, one, *kind, seed=options.seed, folder=home.fits, results=home.results)
        for one, kind in product(able, kinds)
    ]
    scored = [
        fit is not None
        and remembered(
            training.score, fit, folder=home.fits, resamples=settings.resamples, seed=options.seed, results=home.results
        )
        is not None
        for fit in fitted
    ]
    known = sum(one is not None for one in prepared)
    unable = sum(one is not None and one.not_run is not None for one in prepared)
    remark = f"{unable} of them cannot be run with these data" if unable else ""
    if not known:
        remark = "fewer where the data cannot serve a task and arm"
    return [
        Line("prepare", known, len(pairs), remark),
        Line("train", sum(fit is not None for fit in fitted), len(fitted)),
        Line("score", sum(scored), len(scored)),
    ]


def _table(lines: Sequence[Line], *, head: str) -> str:
    rows = [f"{'step':10}{'cached':>8}{'to do':>8}  "]
    rows += [f"{line.step:10}{line.cached:8,}{line.total - line.cached:8,}  {line.remark}" for line in lines]
    return "\n".join([head, "", *(row.rstrip() for row in rows)])
