"""How two releases of SkyServer differ, spectrum by spectrum. Orders tasks; computes nothing."""

if __name__ == "__main__":
    # Prefect reads its home at import, and the home is an option: read the options first.
    from cosmic.survey_options import Difference, DifferenceOptions
    from flows.command import Line, start

    start(
        "release_diff",
        "Say which spectra a release added, removed, gave another id (re-keyed) or another class (re-classed), against an "
        "earlier one. Reads the rows of both, whole or of some plates; the catalogue is not touched. Stop it whenever you "
        "like; the same command goes on from there.",
        line=Line(DifferenceOptions, Difference),
    )

from collections.abc import Sequence

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from cosmic.errors import ConfigError
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Page
from cosmic.skyserver.plan import Request, Span
from cosmic.skyserver.profiles import profile_of
from cosmic.skyserver.pull import Pulled
from cosmic.skyserver.requests import service_of, spans_of
from cosmic.skyserver.work import Wanted
from cosmic.survey_options import Difference
from flows.bringing import pull_all
from flows.steps import Steps
from tasks import survey


@flow(
    name="release-diff",
    task_runner=ThreadPoolTaskRunner(max_workers=Settings().workers),  # type: ignore[arg-type]
    validate_parameters=True,
    persist_result=False,
    result_serializer="json",
)
def release_diff(options: Difference) -> dict[str, int]:
    """Write how two releases differ, and return how many spectra changed in each way."""
    settings, steps = Settings(), Steps()
    survey.set_limit(settings.skyserver_queries)
    home, service = Home(options.home, options.sky), service_of(settings)
    requests = [Request(number, page_rows=settings.page_rows) for number in (options.from_, options.to)]
    for request in requests:
        profile_of(request.release)  # both must be readable before the first of many rows is asked for
    counted = [
        steps.one(survey.census, request, service=service, folder=home.pages, spans=spans(options))
        for request in requests
    ]
    works = [
        steps.one(survey.listed, request, page, wanted=Wanted(spans=spans(options)))
        for request, page in zip(requests, counted, strict=True)
    ]
    if not any(work.batches for work in works):
        raise ConfigError(f"Neither DR{options.from_} nor DR{options.to} has plates {options.shards}. Check --shards.")
    # a release is frozen: rows that were read for a comparison of this census need not be read again
    before, after = (
        pull_all(request, work.batches, service=service, home=home, moment="release-diff", steps=steps)
        for request, work in zip(requests, works, strict=True)
    )
    return steps.one(survey.differ, _pages(before), _pages(after), file=options.file)


def _pages(pulled: Sequence[Pulled]) -> tuple[Page, ...]:
    return tuple(page for one in pulled for page in one.pages)


def spans(options: Difference) -> tuple[Span, ...]:
    """Return the plates that are compared; () for all."""
    return () if options.shards == "all" else spans_of(options.shards)


def main(options: Difference) -> str:
    """Run the flow and return what differs."""
    found = release_diff(options)
    told = ", ".join(f"{n:,} {change}" for change, n in found.items())
    return f"DR{options.from_} to DR{options.to}: {told}\n{options.file}"


def plan(options: Difference) -> str:
    """Say what would be asked; touch nothing."""
    from cosmic.skyserver.preview import preview

    settings = Settings()
    told = [
        preview(
            Request(number, page_rows=settings.page_rows), Wanted(spans=spans(options)), address=settings.skyserver_url,
            stored={}, since=None, a_minute=settings.skyserver_queries,
        )
        for number in (options.from_, options.to)
    ]  # fmt: skip
    return "\n\n".join(["Nothing was asked. A run would compare two releases and ask for both:", *told])
