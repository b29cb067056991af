"""The verdict on the same rows is the same whether they lie in SQLite or in Postgres."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic.catalogue import Catalogue
from cosmic.contracts import Limits
from cosmic.drift import arrived, compare
from cosmic.facts.drift import DriftFacts, DriftVerdict
from cosmic.facts.file import facts_json
from cosmic.intake import judge_page
from cosmic.records import JudgedPage, Sky
from cosmic.snapshots import fold
from cosmic.sources.base import PageStore
from cosmic.sources.parsing import parse_page
from cosmic.sources.simulated import SimulatedSource
from expectations.objects import OBJECTS
from tests.conftest import MakeDatabase


def judged(folder: Path, night: int, *faults: str) -> JudgedPage:
    page = next(iter(SimulatedSource(1500, 3, night=night, faults=faults).pages(PageStore(folder / "pages"))))
    return judge_page(page, parse=parse_page, suite=OBJECTS, limits=Limits(), folder=folder / "judged")


def found(url: str, pages: list[JudgedPage], folder: Path) -> DriftFacts:
    with Catalogue.open(url, sky=Sky.SIMULATED, lock_folder=folder / "locks") as catalogue:
        catalogue.ingest(pages[:1])
        before = fold(catalogue.rows()).rows
        catalogue.ingest(pages[1:])
        after = fold(catalogue.rows()).rows
    return compare(arrived(after, before), before)


@pytest.mark.slow
def test_both_databases_give_the_same_facts_to_the_last_digit(tmp_path: Path, make_database: MakeDatabase) -> None:
    pages = [judged(tmp_path, 0), judged(tmp_path, 1, "shifted-zero-point")]
    one, other = (found(make_database(kind), pages, tmp_path) for kind in ("sqlite", "postgres"))
    assert one.verdict is DriftVerdict.STOP
    assert one.tests > 200
    assert facts_json(one) == facts_json(other)
