"""Pages are called what they hold, and only those that a run's command does not bring are told apart."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cosmic.catalogue import StoredPage
from cosmic.records import PageId
from cosmic.reporting.origins import earlier, name_of, of_one_series

HOST = "https://survey.example/x"


def page(origin: str, kind: str = "skyserver") -> StoredPage:
    return StoredPage(PageId(origin), origin, kind, 1, 1, datetime(2026, 1, 2, tzinfo=UTC))


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


def test_what_earlier_runs_of_the_same_question_brought_is_nothing_that_the_command_lacks() -> None:
    same = [page(f"{HOST} DR17 default, plate 300 after 7"), page(f"{HOST} DR17 default, 2 plates of 1–9 (#0a)")]
    assert of_one_series(same)
    assert earlier(same, ()) == ()
    for other in (page(f"{HOST} DR17 default where s.z > 1, plate 300"), page("/data/stars.csv", "files")):
        assert not of_one_series([*same, other])
        assert len(earlier([*same, other], ())) == 3
    assert not of_one_series([])
