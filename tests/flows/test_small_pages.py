"""Pages of few rows, and of other plates under like names, are not refused for what they do not show."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic.skyserver.client import Service
from cosmic.skyserver.plan import Request
from tests.flows.surveying import at, bring_plainly, catalogue_of, difference
from tests.skyserver.rules import Limits
from tests.skyserver.server import serve
from tests.skyserver.survey import Survey


def spectra(plate: int, first: int, n: int) -> list[dict[str, object]]:
    """Stars of one plate, all alike but for place and number."""
    return [
        {"plate": plate, "mjd": 52_000, "fiberID": fibre, "ra": fibre / 4, "dec": plate / 10, "class": "STAR",
         "redshift": 0.0, "u": 19.5 + fibre / 1e3, "g": 18.4, "r": 18.0, "i": 17.8, "z": 17.7}
        for fibre in range(first, first + n)
    ]  # fmt: skip


def bring(survey: Survey, home: Path, *, page_rows: int = 1_000) -> None:
    bring_plainly(Request(page_rows=page_rows), home=home, service=Service(survey.url), retries=0)


def test_as_many_plates_between_the_same_two_are_not_compared_with_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First 300, 301 and 303 with 124 rows, then 300, 302 and 303 with 7: nothing was lost."""
    with serve([*spectra(300, 1, 2), *spectra(301, 1, 120), *spectra(303, 1, 2)]) as survey:
        at(survey, monkeypatch)
        bring(survey, tmp_path)
        survey.add_rows([*spectra(300, 3, 1), *spectra(302, 1, 1), *spectra(303, 3, 1)])
        bring(survey, tmp_path)
        with catalogue_of(tmp_path) as catalogue:
            assert difference(survey, catalogue) == []
            origins = {page.origin.partition(",")[2] for page in catalogue.pages(state=catalogue.state)}
        assert len(origins) == 2
        assert {origin.partition(" (#")[0] for origin in origins} == {" 3 plates of 300–303"}


def test_thirty_rows_of_one_kind_after_thirty_of_another_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quasars = [row | {"class": "QSO", "redshift": 2.0, "u": 21.0, "g": 20.8, "r": 20.7} for row in spectra(300, 31, 30)]
    with serve(spectra(300, 1, 30), limits=Limits(queries=1_000)) as survey:
        at(survey, monkeypatch)
        bring(survey, tmp_path, page_rows=30)
        survey.add_rows(quasars)
        bring(survey, tmp_path, page_rows=30)
        with catalogue_of(tmp_path) as catalogue:
            assert difference(survey, catalogue) == []
            assert catalogue.rows().num_rows == 60
