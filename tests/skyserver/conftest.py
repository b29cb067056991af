"""A small survey that tests share as long as they change nothing, and astroquery pointed at a survey."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.skyserver.rules import Limits
from tests.skyserver.server import serve
from tests.skyserver.sources import simulated_spectra
from tests.skyserver.survey import Survey

Ask = Callable[..., Any]


@pytest.fixture(scope="session")
def shared_survey() -> Iterator[Survey]:
    """Give a survey of 400 simulated spectra that takes any number of queries. Change nothing in it."""
    with serve(simulated_spectra(400, seed=3), limits=Limits(queries=10**6)) as survey:
        yield survey


@pytest.fixture
def astroquery() -> Ask:
    """Give a function that asks a survey through astroquery's own code, past its cache."""
    from astroquery.sdss import SDSS, conf

    def ask(survey: Survey, sql: str, *, release: int = 17, timeout: float = 10.0) -> Any:
        with conf.set_temp("skyserver_baseurl", survey.url):
            return SDSS.query_sql(sql, cache=False, timeout=timeout, data_release=release)

    return ask
