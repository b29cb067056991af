"""Which pages a run stands for, of those that its catalogue was built from."""

from __future__ import annotations

from datetime import UTC, datetime

from cosmic.catalogue import StoredPage
from cosmic.records import PageId
from cosmic.reporting.origins import pages_elsewhere
from cosmic.settings import PipelineOptions

PAGES = [
    StoredPage(PageId(str(number)), origin, kind, 10, 10, datetime(2026, 11, 20, tzinfo=UTC))
    for number, (kind, origin) in enumerate(
        [
            ("skyserver", "http://127.0.0.1:8099 DR17 default, plate 300"),
            ("skyserver", "http://127.0.0.1:8099 DR17 default where s.z > 2, plate 300"),
            ("skyserver", "http://127.0.0.1:8099 DR16 default, plate 300"),
            ("files", "somewhere/stars.csv"),
        ]
    )
]


def test_earlier_pages_of_the_series_that_a_survey_run_continues_are_its_own() -> None:
    options = PipelineOptions(source="skyserver")
    assert pages_elsewhere([], PAGES, options=options) == (
        "127.0.0.1:8099 DR17 default where s.z > 2, plate 300",
        "127.0.0.1:8099 DR16 default, plate 300",
        "stars.csv",
    )


def test_a_run_on_files_stands_for_the_pages_that_it_read_alone() -> None:
    found = pages_elsewhere([], PAGES, options=PipelineOptions(source="files", path=("stars.csv",)))
    assert len(found) == len(PAGES)
