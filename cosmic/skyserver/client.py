"""Asks SkyServer through astroquery, its only importer, and stores every answer before looking at it.

Decides nothing about rows. How often may be asked is the caller's: `before_asking` is called before every request.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from cosmic.clock import Clock, utc_now
from cosmic.errors import ConfigError, SuspiciousResponse, TransientSourceError
from cosmic.records import Page
from cosmic.skyserver import answers
from cosmic.skyserver.plan import Query, numbered
from cosmic.sources.base import PageStore

log = logging.getLogger(__name__)

PUBLIC: Final = "https://skyserver.sdss.org"
KIND: Final = "skyserver"
_CHUNK: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Service:
    """Where and how to ask.

    Parameters
    ----------
    address : str
        Base address; a rehearsal server answers at another one.
    timeout : float
        Seconds without a byte after which a request is given up.
    deadline : float
        Seconds after which an answer that is still coming is given up; the service itself stops a query at 600.
    """

    address: str = PUBLIC
    timeout: float = 60.0
    deadline: float = 900.0


def ask(
    query: Query,
    *,
    service: Service,
    store: PageStore,
    before_asking: Callable[[], None] = lambda: None,
    clock: Clock = utc_now,
) -> Page:
    """Send one query and return its answer, stored and found whole.

    Raises
    ------
    TransientSourceError
        If the service cannot be reached or fails in a way that passes.
    PermanentSourceError
        If it refuses the query.
    SuspiciousResponse
        If it answers what cannot be right. The answer is stored.
    """
    import requests

    before_asking()
    try:
        response = _sdss(service.address).query_sql_async(
            query.sql, timeout=service.timeout, data_release=query.release, cache=False
        )
        page = store.add(
            _chunks(response, service=service),
            suffix=".csv",
            kind=KIND,
            origin=f"{service.address} {query.what}",
            query=query.sql,
            clock=clock,
            answer={"status": response.status_code, "release": query.release, "address": response.url.split("?")[0]},
        )
    except (
        requests.exceptions.InvalidSchema,
        requests.exceptions.InvalidURL,
        requests.exceptions.MissingSchema,
    ) as exc:  # waiting does not mend these
        raise ConfigError(
            f"{service.address} is no address that can be asked ({_plain(exc)}). COSMIC_SKYSERVER_URL takes one such as {PUBLIC}."
        ) from exc
    except (requests.exceptions.RequestException, requests.exceptions.BaseHTTPError) as exc:  # type: ignore[attr-defined]
        raise TransientSourceError(f"{service.address} did not answer: {_plain(exc)}.") from exc
    answers.demand_table(page.path, query, status=response.status_code, address=service.address)
    return page


@dataclass(frozen=True, slots=True)
class Ping:
    """What came back for the smallest question: status, seconds, the other side's clock, and how the answer begins."""

    status: int
    seconds: float
    date: datetime | None
    begins: str


def ping(service: Service, *, release: int) -> Ping:
    """Ask for one number, once, and store nothing.

    Raises
    ------
    TransientSourceError
        If the service cannot be reached.
    """
    import requests

    address = _sdss(service.address)._get_query_url(release)
    given = {"cmd": "SELECT TOP 1 specObjID FROM SpecObj", "format": "csv", "searchtool": "SQL"}
    try:
        answer = requests.get(address, params=given, timeout=service.timeout)
    except requests.exceptions.RequestException as exc:
        raise TransientSourceError(f"{service.address} did not answer: {_plain(exc)}.") from exc
    date = answer.headers.get("Date")
    return Ping(
        answer.status_code,
        answer.elapsed.total_seconds(),
        parsedate_to_datetime(date) if date else None,
        answer.text[:200],
    )


def _chunks(response: Any, *, service: Service) -> Iterator[bytes]:
    end = time.monotonic() + service.deadline
    with response:
        while chunk := response.raw.read1(_CHUNK, decode_content=True):  # as it comes: a full one may take for ever
            if time.monotonic() > end:
                raise TransientSourceError(
                    f"{service.address} was still answering after {service.deadline:.0f} s; the request was given up."
                )
            yield chunk


def demand_rows(page: Page, query: Query, *, rows: int) -> None:
    """Raise unless an answer has as many rows as the census counted.

    Raises
    ------
    SuspiciousResponse
        If it has none, fewer or more.
    """
    if rows == query.rows:
        return
    what = "no rows" if rows == 0 else numbered(rows, "row")
    more = f", as many as its limit of {query.limit:,}" if rows == query.limit else ""
    raise SuspiciousResponse(
        f"{page.origin} answered with {what}{more}, where the census counted {query.rows:,}. Nothing was changed; the "
        f"page is kept as {page.path.name}. If rows were added just now, run again."
    )


@functools.lru_cache(maxsize=8)
def _sdss(address: str) -> Any:
    from astroquery.sdss import SDSSClass

    class Streaming(SDSSClass):  # type: ignore[misc]
        """Asks `address`, and leaves bodies on the wire so that they go to disk in pieces and against a deadline."""

        def _request(self, *args: Any, **kwargs: Any) -> Any:
            return super()._request(*args, **kwargs | {"stream": True})

        def _get_query_url(self, data_release: int) -> str:
            path = super()._get_query_url(data_release).partition("://")[2].partition("/")[2]
            return f"{address.rstrip('/')}/{path}"

    return Streaming()


def _plain(exc: BaseException) -> str:
    """The innermost reason in words; the outer ones repeat the address and the whole query."""
    inner: BaseException = exc
    for _ in range(6):
        reason = getattr(inner, "reason", None)
        following = reason if isinstance(reason, BaseException) else inner.__cause__ or inner.__context__
        if following is None:
            break
        inner = following
    return f"{type(inner).__name__}: {' '.join(str(inner).split())[:200]}"
