"""Votes of several sources on the same galaxies: ids of one serve the other, and the most trusted string stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from cosmic.catalogue import Catalogue
from cosmic.galaxies import take_pages
from cosmic.galaxyzoo.volunteers import simulate_votes
from cosmic.galaxyzoo.votes import fraction_array
from cosmic.home import Home
from cosmic.records import Page
from cosmic.sources.base import PageStore
from tests.catalogue.galaxy_releases import FIRST, Rows, dec, fill, ingest, release, take
from tests.galaxyzoo.made import votes_csv


def test_an_id_of_the_photometry_in_one_table_serves_the_other(
    catalogue: Catalogue, home: Home, tmp_path: Path, ask: Callable[[str], Rows]
) -> None:
    folder, strings = release(tmp_path / "gz2", 2, images=False)
    fractions = fraction_array(simulate_votes(pa.array(["Sb"]), seed=4), "debiased_fractions")
    votes_csv(folder / "zoo2MainSpecz.csv", {"_debiased": fractions},
              {"dr7objid": [FIRST], "dr8objid": [1237650795146510436], "specobjid": [9259471051523641344],
               "total_classifications": [44], "total_votes": [180]}, before="#Table1\n")  # fmt: skip
    rows = [
        "objid,ra,dec,u,g,r,i,z,redshift,class",
        "1237650795146510436,10.0,10.0,18.1,17.2,16.5,16.1,15.9,0.05,GALAXY",
    ]
    rows.append(f"1237650795146510437,160.5,{dec(0)},18.2,17.3,16.6,16.2,16.0,0.06,GALAXY")
    ingest(catalogue, home, PageStore(home.pages).add([("\n".join(rows) + "\n").encode()], suffix=".csv",
                                                      kind="files", origin="objects.csv", columns=(("unit", "magnitude"),)))  # fmt: skip
    found = take(catalogue, folder, home)
    assert found.matched == {"dr8objid": 2}
    keys = {row["source"]: row["object_key"] for row in ask("SELECT * FROM votes WHERE object_key IS NOT NULL")}
    assert keys["gz2_hart16"] == keys["zoo2MainSpecz"]
    labelled = {row["obj_id"]: (row["gz2_class"], row["gz2_source"]) for row in catalogue.rows().to_pylist()}
    assert labelled["1237650795146510436"] == (strings[0], "gz2_hart16")
    assert labelled["1237650795146510437"] == (None, None)
    assert ask("SELECT spec_obj_id FROM votes WHERE source = 'zoo2MainSpecz'")[0]["spec_obj_id"] in (
        "09259471051523641344", 9259471051523641344,
    )  # fmt: skip


PHOTOMETRIC = 1237650795146510436


def survey_votes(home: Home, rows: list[tuple[int, int]], *, at: float, seed: int = 4) -> Page:
    """Store an answer of SkyServer: galaxies by their ids of data releases 7 and 8, all at one place."""
    fractions = fraction_array(simulate_votes(pa.array(["Sb"] * len(rows)), seed=seed), "debiased_fractions")
    path = votes_csv(home.root / f"answer-{seed}.csv", {"_debiased": fractions},
                     {"dr7objid": [old for old, _ in rows], "dr8objid": [new for _, new in rows],
                      "ra": [160.5] * len(rows), "dec": [at] * len(rows), "total_classifications": [44] * len(rows),
                      "total_votes": [180] * len(rows)}, before="#Table1\n")  # fmt: skip
    return PageStore(home.pages).add([path.read_bytes()], suffix=".csv", kind="skyserver", origin=f"there, page {seed}")


def fill_photometry(catalogue: Catalogue, home: Home, count: int) -> None:
    """Ingest galaxies with photometric ids, each far from where the votes are said to be."""
    rows = ["objid,ra,dec,u,g,r,i,z,redshift,class"]
    rows += [f"{PHOTOMETRIC + at},{10 + at},10.0,18.{at},17.2,16.5,16.1,15.9,0.05,GALAXY" for at in range(count)]
    page = PageStore(home.pages).add([("\n".join(rows) + "\n").encode()], suffix=".csv", kind="files",
                                     origin="objects.csv", columns=(("unit", "magnitude"),))  # fmt: skip
    ingest(catalogue, home, page)


def test_a_table_that_came_in_pages_is_matched_as_a_whole(
    catalogue: Catalogue, home: Home, ask: Callable[[str], Rows]
) -> None:
    fill_photometry(catalogue, home, 3)
    pages = [
        survey_votes(home, [(FIRST, PHOTOMETRIC), (FIRST + 1, PHOTOMETRIC + 1)], at=-0.7, seed=4),
        survey_votes(home, [(FIRST + 2, PHOTOMETRIC + 1), (FIRST + 3, PHOTOMETRIC + 2)], at=-0.8, seed=5),
    ]
    found = take_pages(catalogue, pages, home=home, called="DR17 votes")
    assert (found.matched, found.rejected) == ({"dr8objid": 2}, {"ambiguous": 2})
    votes = ask("SELECT dr7objid, page_id, object_key FROM votes ORDER BY dr7objid")
    assert [row["page_id"] for row in votes] == [page.id for page in pages for _ in range(2)]
    assert [row["object_key"] is None for row in votes] == [False, True, True, False]
    apart = ask("SELECT page_id, row_number FROM quarantine ORDER BY row_number")
    assert [(row["page_id"], row["row_number"]) for row in apart] == [
        (pages[0].id, FIRST + 1),
        (pages[1].id, FIRST + 2),
    ]
    told = json.loads(pages[0].manifest.read_text(encoding="utf-8"))
    assert (told["kind"], told["origin"]) == ("skyserver", "there, page 4"), (
        "what a page was asked with stays beside it"
    )
    assert found.labels is not None
    assert found.labels.origin == "labels of DR17 votes"


@pytest.mark.parametrize("survey_first", [True, False])
def test_the_release_s_string_stands_whichever_came_first(
    sqlite_url: str, open_catalogue: Callable[..., Catalogue], home: Home, tmp_path: Path, survey_first: bool
) -> None:
    catalogue = open_catalogue(sqlite_url)
    folder, strings = release(tmp_path / "gz2", 1, images=False)
    fill(catalogue, home, [(160.5, dec(0))])
    votes = survey_votes(home, [(FIRST, 0)], at=dec(0))

    def ask_survey() -> None:
        found = take_pages(catalogue, [votes], home=home, called="DR17 votes")
        if found.labels is not None:
            ingest(catalogue, home, found.labels)

    steps = [ask_survey, lambda: take(catalogue, folder, home)]
    for step in steps if survey_first else reversed(steps):
        step()
    labels = catalogue.rows().select(["gz2_class", "gz2_source"]).to_pylist()
    assert labels == [{"gz2_class": strings[0], "gz2_source": "gz2_hart16"}]
    assert catalogue.soft_labels()["source"].to_pylist() == ["gz2_hart16", "zoo2MainSpecz"]


def test_ids_that_the_survey_told_serve_a_release_that_comes_later(
    catalogue: Catalogue, home: Home, tmp_path: Path
) -> None:
    folder, _ = release(tmp_path / "gz2", 2, images=False)
    fill_photometry(catalogue, home, 1)
    assert take(catalogue, folder, home).matched == {}
    take_pages(catalogue, [survey_votes(home, [(FIRST, PHOTOMETRIC)], at=-0.7)], home=home, called="DR17 votes")
    assert take(catalogue, folder, home).matched == {"dr8objid": 1}
