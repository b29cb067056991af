"""Two releases are compared spectrum by spectrum, whatever their ids; a release is there if it answers at all."""

from __future__ import annotations

import functools
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cosmic.errors import ConfigError, TransientSourceError
from cosmic.records import Page
from cosmic.skyserver import client
from cosmic.skyserver.client import Service
from cosmic.skyserver.plan import Query
from cosmic.skyserver.releases import (
    SPECTRUM,
    VALUES,
    Change,
    answers,
    candidates,
    counts,
    demand_known,
    difference,
    outlook,
    write,
)
from cosmic.sources.base import PageStore
from tests.skyserver.faults import Fault, Wrong
from tests.skyserver.server import serve
from tests.skyserver.sources import simulated_spectra


def rows(*spectra: tuple[str, str, str, str, str, str | None]) -> pa.Table:
    """Rows of (plate, fibre, specObjID, bestObjID, class, subClass)."""
    whole = [
        {"plate": plate, "mjd": "51666", "fiberID": fibre, "specObjID": key, "bestObjID": best, "ra": "1.5", "dec": "2",
         "class": kind, "subClass": sub}
        for plate, fibre, key, best, kind, sub in spectra
    ]  # fmt: skip
    return pa.Table.from_pylist(whole, schema=pa.schema([(name, pa.string()) for name in (*SPECTRUM, *VALUES)]))


BEFORE = rows(
    ("300", "1", "18446744073709551615", "7", "STAR", "K3"),
    ("300", "2", "12", "8", "STAR", "K3"),
    ("300", "3", "13", "9", "GALAXY", None),
    ("9", "4", "14", "10", "QSO", None),
)
AFTER = rows(
    ("300", "1", "18446744073709551614", "7", "STAR", "K3"),
    ("300", "2", "12", "8", "STAR", "K5"),
    ("9", "4", "14", "10", "QSO", None),
    ("1000", "5", "15", "11", "QSO", None),
)


def test_each_kind_of_change_is_found_with_both_sides() -> None:
    found = difference(BEFORE, AFTER)
    assert counts(found) == {Change.ADDED: 1, Change.REMOVED: 1, Change.REKEYED: 1, Change.RECLASSED: 1}
    told = {row["change"]: row for row in found.to_pylist()}
    assert told["re-keyed"]["specObjID_before"] == "18446744073709551615"
    assert told["re-keyed"]["specObjID_after"] == "18446744073709551614"
    assert (told["re-classed"]["subClass_before"], told["re-classed"]["subClass_after"]) == ("K3", "K5")
    assert (told["added"]["plate"], told["added"]["specObjID_before"]) == (1000, None)
    assert (told["removed"]["fiberID"], told["removed"]["class_after"]) == (3, None)


def test_a_release_does_not_differ_from_itself() -> None:
    assert difference(BEFORE, BEFORE).num_rows == 0
    assert difference(BEFORE.slice(0, 0), BEFORE.slice(0, 0)).num_rows == 0


def test_what_one_added_the_other_way_round_is_removed() -> None:
    there, back = counts(difference(BEFORE, AFTER)), counts(difference(AFTER, BEFORE))
    assert (there[Change.ADDED], there[Change.REMOVED]) == (back[Change.REMOVED], back[Change.ADDED])


@pytest.mark.parametrize("name", ["d.csv", "d.parquet"])
def test_a_difference_is_written_as_its_name_says(tmp_path: Path, name: str) -> None:
    found = difference(BEFORE, AFTER)
    path = write(found, tmp_path / name)
    if name == "d.parquet":
        assert pq.read_table(path).equals(found)
    else:
        assert path.read_text().count("\n") == 1 + found.num_rows


def test_a_release_answers_with_a_profile_or_without_or_not_at_all(tmp_path: Path) -> None:
    store = PageStore(tmp_path)
    with serve(simulated_spectra(50, seed=3), releases=(17, 18, 19)) as survey:
        service = Service(survey.url, timeout=2.0)

        def found(release: int) -> bool:
            return answers(release, ask=lambda query: client.ask(query, service=service, store=store))

        assert [release for release in (17, *candidates(17)) if found(release)] == [17, 18, 19]
        assert not found(20)
        survey.mischief.add(Fault(Wrong.UNAVAILABLE))
        with pytest.raises(TransientSourceError):
            found(18)


def test_that_no_newer_one_answers_says_nothing_where_the_known_one_does_not_either(tmp_path: Path) -> None:
    with serve(simulated_spectra(50, seed=3)) as survey:

        def ask(query: Query, *, path: str = "") -> Page:
            return client.ask(query, service=Service(survey.url + path), store=PageStore(tmp_path))

        demand_known(17, ask=ask)
        with pytest.raises(ConfigError, match="DR17 itself does not answer"):
            demand_known(17, ask=functools.partial(ask, path="/elsewhere"))


def test_what_can_be_done_with_a_release_is_told() -> None:
    assert "python -m flows.release_diff --from 17 --to 18" in outlook(18)
    assert "cannot read it yet" in outlook(19)
