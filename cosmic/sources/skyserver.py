"""SDSS's SkyServer as a source: everything that a census counts, page by page. Knows no catalogue.

The pipeline asks for less than that: only for what changed since the census in its catalogue (`tasks.survey`).
"""

from __future__ import annotations

from collections.abc import Iterator

from cosmic.records import Page, Sky
from cosmic.skyserver import client, plan, pull
from cosmic.skyserver.client import Service
from cosmic.skyserver.plan import Query, Request
from cosmic.skyserver.profiles import profile_of
from cosmic.sources.base import PageStore, ParsedPage


class SkyServerSource:
    """All rows of a request.

    Parameters
    ----------
    request : Request
        What is pulled.
    service : Service
        Where and how it is asked for.
    """

    kind = client.KIND
    sky = Sky.REAL

    def __init__(self, request: Request, service: Service) -> None:
        self.request = request
        self.service = service

    def pages(self, store: PageStore) -> Iterator[Page]:
        """Take a census, then yield the pages of all its shards.

        Raises
        ------
        TransientSourceError, PermanentSourceError, SuspiciousResponse
            As `cosmic.skyserver.client.ask` and `cosmic.skyserver.pull.pull`.
        """

        def ask(query: Query) -> Page:
            return client.ask(query, service=self.service, store=store)

        _, counted = pull.take_census(self.request, ask=ask)
        profile = profile_of(self.request.release, self.request.query)
        for batch in plan.batches(self.request, profile, counted):
            yield from pull.pull(self.request, batch, ask=ask).pages

    def parse(self, page: Page) -> ParsedPage:
        """Return the rows of a stored page."""
        from cosmic.sources.parsing import parse_page

        return parse_page(page)
