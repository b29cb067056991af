"""The dry run: what would be read, computed and found in the cache. Runs no task, starts no server, writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, product
from pathlib import Path
from typing import Any, TypeVar

from prefect import Task as PrefectTask

from cosmic import arms
from cosmic.catalogue.glance import Glance, glance, glance_census, glance_lacking
from cosmic.cutouts import outlook
from cosmic.home import Home
from cosmic.machine import Settings, database_url
from cosmic.models import families
from cosmic.option_texts import SKYSERVER
from cosmic.records import JudgedPage, Page, Prepared, Scored, Sky, Snapshot, Task
from cosmic.settings import PipelineOptions
from cosmic.skyserver.plan import Request
from cosmic.skyserver.preview import preview
from cosmic.skyserver.profiles import profile_of
from cosmic.skyserver.requests import request_of, votes_of
from cosmic.skyserver.work import Wanted
from cosmic.sources import source_for
from cosmic.sources.base import HashingStore, Source
from cosmic.splits import SALT
from flows.image_models import asked_models
from flows.training import best
from tasks import intake, training
from tasks.policies import remembered

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the plan: a step, what of it is remembered, and a remark."""

    step: str
    cached: int
    total: int
    remark: str = ""


def plan(
    options: PipelineOptions, settings: Settings, *, training: bool = True, module: str = "flows.full_pipeline"
) -> str:
    """Return what a run with these options would do, as text. A step is only known where all before it are.

    Parameters
    ----------
    training : bool
        Whether the run goes on after the ingest.
    module : str
        Of the flow that would do it.

    Raises
    ------
    CosmicError
        If a file is missing or cannot serve, as the run itself would say.
    """
    home = Home(options.home, options.sky)
    if options.images_alone:
        lines = [*_images(options), Line("report", 0, 1, f"a new folder in {home.reports}")]
        return _table(lines, head=f"Nothing was done. {options.command(module)} would, in {home.root}:")
    if options.source == "skyserver":
        request, wanted = request_of(options, settings), Wanted(options.refetch, options.limit)
        told = survey_plan(request, wanted, home=home, settings=settings)
        if options.gz2 is not None:
            told += f"\n\nThen votes: {_votes(options, settings)}."
        cutouts = _cutouts(options, settings)
        return told if cutouts is None else f"{told}\n\nThen cutouts: {cutouts.remark}"
    pages = [page for source in _sources(options) for page in source.pages(HashingStore(home.pages))]
    n_held = len(options.held_tables)
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
    if options.gz2 is not None:
        lines.append(Line("votes", 0, 1, _votes(options, settings)))
    elif home.sky is Sky.SIMULATED:
        lines.append(Line("votes", 0, 1, "of the simulated sky's galaxies"))
    if (cutouts := _cutouts(options, settings)) is not None:
        lines.append(cutouts)
    if not training:
        return _table(lines, head=f"Nothing was done. {options.command('flows.ingest')} would, in {home.root}:")
    snapshot = None
    if there is not None and there.last_pages == own:
        snapshot = remembered(intake.freeze, there.id, there.state, home=home, results=home.results)
    lines.append(Line("freeze", int(snapshot is not None), 1))
    held = judged[len(pages) - n_held :] if n_held else []
    lines += _training(snapshot, held, options=options, settings=settings, home=home)
    lines += _images(options)
    if options.study:
        from flows.study_plan import study_lines

        lines += study_lines(snapshot, options=options, settings=settings, home=home)
    lines.append(Line("report", 0, 1, f"a new folder in {home.reports}"))
    return _table(lines, head=f"Nothing was done. {options.command(module)} would, in {home.root}:")


def survey_plan(request: Request, wanted: Wanted, *, home: Home, settings: Settings) -> str:
    """Return what SkyServer would be asked, as far as that is known without asking it."""
    url = database_url(home.root, home.sky, settings).get_secret_value()
    stored, since = glance_census(url, sky=home.sky, series=request.name)
    told = preview(
        request, wanted, address=settings.skyserver_url, stored=stored, since=since, a_minute=settings.skyserver_queries
    )
    return f"Nothing was done and nothing was asked. A run would, in {home.root}, ask for {request.name}:\n\n{told}"


def _votes(options: PipelineOptions, settings: Settings) -> str:
    if options.gz2 != SKYSERVER:
        return f"Galaxy Zoo 2 of {options.gz2}: images and labels of matched objects too"
    request = votes_of(options, settings)
    profile_of(request.release, request.query)  # raises where there is none
    return (
        f"Galaxy Zoo 2 of {settings.skyserver_url}, {request.name}: a census, then pages of {request.page_rows:,} galaxies "
        "that were not brought before or are counted otherwise now; labels of matched objects too"
    )


def _sources(options: PipelineOptions) -> list[Source]:
    return [source_for(each) for each in ([options, options.held_out()] if options.held_tables else [options])]


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


def _cutouts(options: PipelineOptions, settings: Settings) -> Line | None:
    """Count the images that would be asked for where the catalogue stays as it is; a run's new galaxies come first."""
    if not options.cutouts:
        return None
    url = database_url(options.home, options.sky, settings).get_secret_value()
    lacking = glance_lacking(url, sky=options.sky, release=options.release, again=settings.cutouts_again)
    n = options.cutouts if lacking is None else min(options.cutouts, lacking)
    now = "" if lacking is None else f"{lacking:,} galaxies have none now; "
    takes = outlook(options.cutouts, a_minute=settings.cutouts_a_minute)
    return Line("cutouts", 0, n, f"{now}{options.cutouts:,} would be {takes}, from {settings.skyserver_url}")


def _training(
    snapshot: Snapshot | None,
    held: Sequence[JudgedPage | None],
    *,
    options: PipelineOptions,
    settings: Settings,
    home: Home,
) -> list[Line]:
    """Count a model of each kind where the data serve, then the best of each task and arm."""
    pairs = arms.pairs_to_try(options.table_tasks, options.arm, sky=home.sky) if options.table_tasks else []
    kinds = families.kinds(options.model)
    salt = settings.split_salt or SALT
    split: dict[str, Any] = {"split": options.split, "salt": salt, "filter": options.filter, "seed": options.seed}
    how: dict[str, Any] = {"resamples": settings.resamples, "seed": options.seed}
    look = Memory(home.results)
    prepared = [
        look(training.prepare, snapshot, *pair, **split, min_class_size=options.class_size, folder=home.datasets)
        for pair in pairs
    ]
    able = [(one, arm) for one, (_, arm) in zip(prepared, pairs, strict=True) if _can_run(one)]
    fits = [[look(training.fit, one, model, how, seed=options.seed, folder=home.fits)
             for model, how in kinds if how in arms.rebalancings(arm)] for one, arm in able]  # fmt: skip
    scores = [[look(training.score, one, **how, folder=home.fits) for one in fitted] for fitted in fits]
    fitted, scored = list(chain.from_iterable(fits)), list(chain.from_iterable(scores))
    # a search may find a better one
    winners = [None if options.searches else _winner(one) for one in scores]
    kept = [
        look(training.keep, winner, one, snapshot, **how, folder=home.models)
        for winner, (one, _) in zip(winners, able, strict=True)
    ]
    composed = []
    if None not in kept and None not in prepared:  # every model of an arm goes in: all must be known
        parts = [one for one in kept if one is not None], [one for one in prepared if one is not None]
        composed = [
            look(
                training.compose, arm, *(tuple(one for one in part if one.arm == arm) for part in parts), snapshot,
                **split, resamples=settings.resamples, folder=home.models,
            )
            for arm in arms.composable(pairs)
        ]  # fmt: skip
    held_out = [look(training.hold_out, *pair, snapshot, **how, folder=home.models) for pair in product(kept, held)]
    unable = len(pairs) - len(able)
    remark = f"{unable} of them cannot be run with these data" if unable else ""
    if snapshot is None:
        remark = "fewer models where the data cannot serve a task and arm"
    lines = [
        Line("prepare", known(prepared), len(pairs), remark),
        Line("train", known(fitted), len(fitted)),
        *((_search(options, len(able)),) if options.searches else ()),
        Line("score", known(scored), len(scored)),
        Line("keep", known(kept), len(kept), "the best of each task and arm"),
        Line("compose", known(composed), len(arms.composable(pairs))),
    ]
    return [*lines, Line("hold-out", known(held_out), len(held_out))] if held else lines


@dataclass(frozen=True, slots=True)
class Memory:
    """Looks up what is remembered of a call; what follows from something unknown is unknown."""

    results: Path

    def __call__(self, task: PrefectTask[..., Record], *args: object, **kwargs: object) -> Record | None:
        if None in args:
            return None
        return remembered(task, *args, results=self.results, **kwargs)


def _images(options: PipelineOptions) -> list[Line]:
    """Say what would be learned from images; what is there of it is known only to the run, which lists the images first."""
    if Task.GALAXY_IMAGE not in options.tasks:
        return []
    where = "the catalogue" if options.images is None else f"{options.images}"
    if options.sky is Sky.SIMULATED:
        where = "pictures drawn of the simulated sky"
    asked, notes = asked_models(options)
    limit = f"{options.image_epochs:,} epochs each" if options.image_epochs else f"{options.image_budget} in all"
    told = "; ".join([f"{', '.join(asked) or 'nothing'} from {where}, {limit}, what is done already excepted", *notes])
    return [Line("images", 0, len(asked), told)]


def _can_run(prepared: Prepared | None) -> bool:
    """Whether a task and arm will be trained, as far as is known."""
    return prepared is None or prepared.not_run is None


def _winner(scored: Sequence[Scored | None]) -> Scored | None:
    known = [one for one in scored if one is not None]
    return best(known) if len(known) == len(scored) else None


def _search(options: PipelineOptions, n: int) -> Line:
    """Say how long a search would go on; what it tried before counts, and is in the catalogue."""
    limits = [f"{options.search:g} minutes in all"] if options.search else []
    limits += [f"{options.search_trials:,} trials each, earlier ones counted"] if options.search_trials else []
    return Line("search", 0, n, f"{' or '.join(limits)}; then the best trial of each is trained and scored too")


def known(records: Sequence[object]) -> int:
    return sum(record is not None for record in records)


def _table(lines: Sequence[Line], *, head: str) -> str:
    rows = [f"{'step':12}{'cached':>8}{'to do':>8}  "]
    rows += [f"{line.step:12}{line.cached:8,}{line.total - line.cached:8,}  {line.remark}" for line in lines]
    return "\n".join([head, "", *(row.rstrip() for row in rows)])
