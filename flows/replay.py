"""Quarantined rows judged again under today's contract; those that pass enter the catalogue. Orders tasks; computes nothing."""

if __name__ == "__main__":
    # Prefect reads its home at import, and the home is an option: read the options first.
    from cosmic.operation import Replay, ReplayOptions
    from flows.command import Line, start

    start(
        "replay",
        "Judge quarantined rows again as today's code reads and judges them. Those that pass enter the catalogue through an "
        "ordinary ingest, unless it has their object meanwhile; what was said of them before is kept. --dry-run counts them. "
        "Worth it after an upgrade that changes the contract.",
        line=Line(ReplayOptions, Replay),
    )

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from cosmic.errors import ArtefactCorrupt, ContractViolation, PermanentSourceError
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.operation import Replay
from cosmic.records import JudgedPage, Page
from cosmic.replaying import Again, Apart
from flows.alerting import watching
from flows.bringing import Brought, judge
from flows.ingest import summary
from flows.recording import recorded
from tasks import intake, replaying

Looking = Callable[[JudgedPage, int], Again]
SETTINGS = Settings()
UNREADABLE = (ArtefactCorrupt, ContractViolation, PermanentSourceError)
NOTHING = "Nothing is in quarantine that the contract of objects judges."


@flow(
    name="replay",
    flow_run_name="replay of the {options.sky} quarantine",
    task_runner=ThreadPoolTaskRunner(max_workers=SETTINGS.workers),  # type: ignore[arg-type]
    validate_parameters=True,
    persist_result=False,
    result_serializer="json",
)
def replay(options: Replay) -> str:
    """Judge quarantined rows again; return what became of them, in words."""
    home, settings = Home(options.home, options.sky), Settings()
    with (
        recorded("replay", home=home) as record,
        watching("replay", origin=f"the {home.sky} quarantine", home=home, settings=settings) as watch,
    ):
        steps = watch.steps
        pages = steps.one(replaying.apart, home=home)
        found = tuple(
            _again(
                pages,
                lambda page: judge([page], home=home, settings=settings, steps=steps)[0],
                lambda judged, rows: steps.one(replaying.again, judged, rows, home=home, dry=options.count),
            )
        )
        told = "\n".join(map(str, found)) or NOTHING
        passing = [one.page for one in found if one.page is not None]
        if not passing:
            return told
        judged = judge(passing, home=home, settings=settings, steps=steps)
        watch.ingest = record.ingest = steps.one(intake.ingest, judged, home=home, limits=settings.limits)
    return f"{told}\n{summary(Brought(judged, watch.ingest))}"


def _again(pages: Iterable[Apart], judging: Callable[[Page], JudgedPage], looking: Looking) -> Iterator[Again]:
    for one in pages:
        try:
            judged = judging(one.page)
        except UNREADABLE as why:  # the other pages are judged all the same
            yield Again(one.page.origin, one.rows, problem=str(why).splitlines()[0])
            continue
        yield looking(judged, one.rows)


def main(options: Replay) -> str:
    """Run the flow and return what became of the rows."""
    return replay(options)


def plan(options: Replay) -> str:
    """Count what would enter; touch nothing."""
    home, limits = Home(options.home, options.sky), Settings().limits
    with tempfile.TemporaryDirectory(prefix="cosmic-") as place:
        found = _again(
            replaying.apart.fn(home=home),
            lambda page: intake.judge.fn(page, limits=limits, folder=Path(place)),
            lambda judged, rows: replaying.again.fn(judged, rows, home=home, dry=True),
        )
        told = "\n".join(map(str, found)) or NOTHING
    return f"Nothing was changed.\n{told}"
