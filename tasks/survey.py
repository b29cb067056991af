"""What is new at SkyServer: take a census, compare it, pull what changed. Each wraps one call; orders nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from prefect import task
from prefect.client.orchestration import get_client
from prefect.events import emit_event

from cosmic.errors import ContractViolation, SuspiciousResponse
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Ingest, Page
from cosmic.skyserver.client import Service, ask
from cosmic.skyserver.plan import Batch, Query, Request, Span
from cosmic.skyserver.pull import Ask, Pulled
from cosmic.skyserver.work import Wanted, Work
from cosmic.sources.base import PageStore
from tasks.policies import policy
from tasks.turns import take_turn

LIMIT = "cosmic-skyserver"
"""Name of the Prefect limit that all workers of a server share."""


def set_limit(requests: int, *, name: str = LIMIT) -> None:
    """Set how many requests a minute all workers of this server may send, evenly spaced."""
    # one slot that is free again after a while: a bucket of 60 would let 120 through in its first minute
    with get_client(sync_client=True) as client:
        client.upsert_global_concurrency_limit_by_name(name, 1, slot_decay_per_second=requests / 60)


@task(**policy("census"), task_run_name="census of {request.name}")
def census(request: Request, *, service: Service, folder: Path, spans: tuple[Span, ...] = ()) -> Page:
    """Ask what SkyServer holds, in some spans of plates or in all."""
    from cosmic.skyserver.pull import take_census

    with _told(request):
        page, _ = take_census(request, ask=_asking(service, folder), spans=spans)
    return page


@task(**policy("compare"), task_run_name="what is new of {request.name}")
def compare(request: Request, counted: Page, *, home: Home, wanted: Wanted) -> Work:
    """Find which plates changed since their rows were last brought."""
    from cosmic.catalogue import open_catalogue
    from cosmic.skyserver.work import find_work

    settings = Settings()
    with _told(request), open_catalogue(home, settings) as catalogue:
        return find_work(
            request, counted, stored=catalogue.census(request.name), since=catalogue.since(request.name),
            wanted=wanted, a_minute=settings.skyserver_queries, max_loss=settings.max_row_loss,
        )  # fmt: skip


@task(**policy("pull"), task_run_name="pull {request.name}, {batch.what}")
def pull(request: Request, batch: Batch, *, service: Service, folder: Path, moment: str) -> Pulled:
    """Bring the rows of some plates, held against the census. What was brought at another moment is not remembered."""
    from cosmic.skyserver.pull import pull as pull_batch

    del moment  # part of the key
    with _told(request):
        return pull_batch(request, batch, ask=_asking(service, folder))


@task(**policy("standing"), task_run_name="the {home.sky} catalogue as it stands")
def standing(home: Home) -> Ingest:
    """Return the state of the catalogue as the outcome of an ingest that brought nothing."""
    from cosmic.catalogue import open_catalogue

    with open_catalogue(home, Settings()) as catalogue:
        return catalogue.standing()


@task(**policy("listed"), task_run_name="all of {request.name}")
def listed(request: Request, counted: Page, *, wanted: Wanted) -> Work:
    """Return everything that a census counted as what is to be asked for, whatever a catalogue holds."""
    from cosmic.skyserver.work import find_work

    asked, every = Settings().skyserver_queries, replace(wanted, everything=True)
    with _told(request):
        return find_work(
            request, counted, stored={}, since=None, wanted=every, a_minute=asked, max_loss=1.0, may_be_empty=True
        )


@task(**policy("probe"), task_run_name="whether DR{release} answers")
def probe(release: int, *, service: Service, folder: Path) -> bool:
    """Ask whether a release answers."""
    from cosmic.skyserver.releases import answers, outlook

    with _told(Request(release)):
        found = answers(release, ask=_asking(service, folder))
    if found:
        payload = {"release": release, "what": outlook(release)}
        emit_event(
            "cosmic.release-answers", resource={"prefect.resource.id": f"cosmic.survey.{release}"}, payload=payload
        )
    return found


@task(**policy("known-release"), task_run_name="whether DR{release} still answers")
def demand_known(release: int, *, service: Service, folder: Path) -> None:
    """Raise unless the release that is known answers."""
    from cosmic.skyserver.releases import demand_known as demand

    with _told(Request(release)):
        demand(release, ask=_asking(service, folder))


@task(**policy("release-diff"), task_run_name="compare two releases")
def differ(before: tuple[Page, ...], after: tuple[Page, ...], *, file: Path) -> dict[str, int]:
    """Write how two releases differ, and return how many spectra changed in each way."""
    from cosmic.skyserver.releases import counts, difference, rows_of, write

    found = difference(rows_of(before), rows_of(after))
    write(found, file)
    return {str(change): n for change, n in counts(found).items()}


def moment(home: Home, series: str) -> str:
    """Return which catalogue a home has, made if there is none, and when rows of a series last came to it.

    A pull that was interrupted goes on with the answers that it has; one after the next ingest asks anew, since a
    census does not see values that changed, and so does one after answers that broke their contract.
    """
    from cosmic.catalogue import open_catalogue
    from cosmic.skyserver import refusals

    with open_catalogue(home, Settings()) as catalogue:
        return f"{catalogue.id} {catalogue.since(series)} {refusals.count(home.judged, series)}"


@contextmanager
def noting_refusals(home: Home, series: str) -> Iterator[None]:
    """Note that answers of a series broke their contract, so that the next run does not go on with them."""
    from cosmic.skyserver import refusals

    try:
        yield
    except ContractViolation as exc:
        refusals.add(home.judged, series, why=str(exc))
        raise


def _asking(service: Service, folder: Path) -> Ask:
    def asking(query: Query) -> Page:
        return ask(query, service=service, store=PageStore(folder), before_asking=lambda: take_turn(LIMIT))

    return asking


def _told(request: Request) -> AbstractContextManager[None]:
    return told(request.name, request.release, request.query)


@contextmanager
def told(name: str, release: int, query: str) -> Iterator[None]:
    """Tell Prefect of an answer that cannot be right: what listens for the event raises the alert."""
    try:
        yield
    except SuspiciousResponse as exc:
        resource = {"prefect.resource.id": f"cosmic.survey.{release}.{query}"}
        emit_event("cosmic.suspicious-response", resource=resource, payload={"what": name, "why": str(exc)})
        raise
