"""Pages are called what they hold, and only those that a run's command does not bring are told apart."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cosmic.catalogue import StoredPage
from cosmic.records import LABELS_KIND, PageId
from cosmic.reporting.origins import name_of, pages_elsewhere
from cosmic.settings import PipelineOptions

HOST = "https://survey.example/x"


def page(origin: str, kind: str = "skyserver") -> StoredPage:
    return StoredPage(PageId(origin), origin, kind, 1, 1, datetime(2026, 1, 2, tzinfo=UTC))


OWN = [page(f"{HOST} DR17 default, plate 300 after 7"), page(f"{HOST} DR17 default, 2 plates of 1–9 (#0a)")]
OTHERS = [
    page(f"{HOST} DR17 default where s.z / 2 > 1, plate 300"),
    page(f"{HOST} DR16 default, plate 300"),
    page("/data/stars.csv", "files"),
]
LABELS = page("labels of gz2_hart16.csv", LABELS_KIND)


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("/data/stars.csv", "stars.csv"),
        (f"{HOST}/gz2_hart16.csv", "gz2_hart16.csv"),
        (
            f"{HOST} DR17 default where s.z / 2 > 1, plate 300",
            "survey.example/x DR17 default where s.z / 2 > 1, plate 300",
        ),
    ],
)
def test_a_page_is_called_by_its_file_or_by_what_was_asked(origin: str, name: str) -> None:
    assert name_of(origin) == name


def test_earlier_pages_of_the_series_that_a_survey_run_continues_are_its_own() -> None:
    options = PipelineOptions(source="skyserver")
    assert pages_elsewhere([], OWN, options=options) == ()
    assert pages_elsewhere([], [*OWN, *OTHERS], options=options) == tuple(name_of(one.origin) for one in OTHERS)


def test_earlier_labels_are_those_of_a_run_that_takes_labels() -> None:
    options = PipelineOptions(source="skyserver", gz2="skyserver")
    assert pages_elsewhere([], [*OWN, LABELS], options=options) == ()
    assert pages_elsewhere([], [*OWN, LABELS], options=PipelineOptions(source="skyserver")) == (LABELS.origin,)


def test_a_run_on_files_stands_for_the_pages_that_it_read_alone() -> None:
    found = pages_elsewhere([], [*OWN, *OTHERS], options=PipelineOptions(source="files", path=("stars.csv",)))
    assert len(found) == len(OWN) + len(OTHERS)
