"""Votes, images, terms and labels of Galaxy Zoo 2 in a catalogue, on both databases."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from PIL import Image as Pillow

from cosmic.catalogue import Catalogue
from cosmic.catalogue.database import Database
from cosmic.errors import ConfigError
from cosmic.galaxies import take_pages, take_release, take_simulated
from cosmic.galaxyzoo.grammar import build_strings, study_labels
from cosmic.galaxyzoo.release import find_release
from cosmic.galaxyzoo.volunteers import simulate_votes
from cosmic.galaxyzoo.votes import fraction_array
from cosmic.home import Home
from cosmic.intake import judge_page
from cosmic.records import JudgedPage, Page, Sky, Volunteers
from cosmic.sources.base import PageStore
from cosmic.sources.parsing import parse_page
from cosmic.sources.simulated import SimulatedSource
from expectations.objects import OBJECTS
from tests.galaxyzoo import real
from tests.galaxyzoo.made import hart16_csv, votes_csv

Rows = list[dict[str, Any]]
FIRST = 587722981741363294
"""Of the galaxies that `hart16_csv` makes."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", Sky.REAL)


@pytest.fixture
def ask(database_url: str, tmp_path: Path) -> Callable[[str], Rows]:
    """Give a function that asks the database itself."""

    def ask(sql: str) -> Rows:
        database = Database(database_url, sky=Sky.REAL, lock_folder=tmp_path / "locks", lock_timeout=10)
        with database.reading() as connection:
            return [dict(row) for row in connection.execute(sa.text(sql)).mappings()]

    return ask


def fill(catalogue: Catalogue, home: Home, places: list[tuple[float, float]]) -> None:
    """Ingest a galaxy at each place."""
    lines = ["plate,mjd,fiberid,ra,dec,u,g,r,i,z,redshift,class"]
    for at, (ra, dec) in enumerate(places):
        lines.append(f"300,51900,{at + 1},{ra},{dec},18.{at},17.2,16.5,16.1,15.9,0.05,GALAXY")
    ingest(catalogue, home, PageStore(home.pages).add([("\n".join(lines) + "\n").encode()], suffix=".csv",
                                                      kind="files", origin="objects.csv", columns=(("unit", "magnitude"),)))  # fmt: skip


def ingest(catalogue: Catalogue, home: Home, page: Page) -> JudgedPage:
    from cosmic.contracts import Limits

    judged = judge_page(page, parse=parse_page, suite=OBJECTS, limits=Limits(), folder=home.judged)
    catalogue.ingest([judged])
    return judged


def release(folder: Path, count: int, *, images: bool = True) -> tuple[Path, list[str]]:
    """Write a release of galaxies 10 arcsec apart, each with an image but the last; return their strings too."""
    folder.mkdir(exist_ok=True)
    fractions = fraction_array(
        simulate_votes(pa.array(["Ee", "Sc", "Er"] * count)[:count], seed=1), "debiased_fractions"
    )
    strings = build_strings(fractions).to_pylist()
    table = hart16_csv(folder / "gz2_hart16.csv", fractions, strings)
    lines = table.read_text().splitlines()
    table.write_text("\n".join([lines[0], *(line.replace("160.5,-0.7", f"160.5,{dec(at)}") for at, line in enumerate(lines[1:]))]) + "\n")  # fmt: skip
    names = ["objid,sample,asset_id", *(f"{FIRST + at},original,{at + 1}" for at in range(count))]
    (folder / "gz2_filename_mapping.csv").write_text("\n".join(names) + "\n")
    if images:
        (folder / "images").mkdir(exist_ok=True)
        for at in range(count - 1):
            pixels = np.random.default_rng(at).integers(0, 255, (80, 80, 3), dtype=np.uint8)
            picture = io.BytesIO()
            Pillow.fromarray(pixels).save(picture, "JPEG")
            (folder / "images" / f"{at + 1}.jpg").write_bytes(picture.getvalue())
    return folder, strings


def dec(at: int) -> float:
    return round(-0.7 + at * 10 / 3600, 6)


def take(catalogue: Catalogue, folder: Path, home: Home) -> Volunteers:
    found = take_release(catalogue, find_release(folder), home=home)
    if found.labels is not None:
        ingest(catalogue, home, found.labels)
    return found


def test_a_release_is_stored_with_its_objects_images_and_terms(
    catalogue: Catalogue, home: Home, tmp_path: Path, ask: Callable[[str], Rows]
) -> None:
    folder, strings = release(tmp_path / "gz2", 4)
    fill(catalogue, home, [(160.5, dec(0)), (160.5, dec(1) + 1 / 3600), (10.0, 10.0)])
    found = take(catalogue, folder, home)
    assert (found.galaxies, found.matched, found.images) == (4, {"position": 2}, 3)
    assert found.bad_images == {"image: absent": 1}
    votes = ask("SELECT * FROM votes ORDER BY galaxy")
    assert [row["object_key"] for row in votes] == ["pmf:300-51900-1", "pmf:300-51900-2", None, None]
    assert votes[1]["separation"] == pytest.approx(1.0, abs=0.01)
    counts = votes[0]["counts"] if isinstance(votes[0]["counts"], list) else json.loads(votes[0]["counts"])
    assert len(counts) == 37
    labelled = {row["object_key"]: row["gz2_class"] for row in catalogue.rows().to_pylist()}
    assert labelled == {"pmf:300-51900-1": strings[0], "pmf:300-51900-2": strings[1], "pmf:300-51900-3": None}
    images = ask("SELECT * FROM images ORDER BY name")
    assert [(row["galaxy"], row["width"]) for row in images] == [(f"dr7:{FIRST + at}", 80) for at in range(3)]
    assert [row["object_key"] for row in images] == ["pmf:300-51900-1", "pmf:300-51900-2", None]
    assert all(Path(row["path"]).stem == row["sha256"] for row in images)
    apart = ask("SELECT row_number, reasons FROM quarantine WHERE contract = 'galaxy zoo 1'")
    assert [row["row_number"] for row in apart] == [4]
    terms = {row["source"]: row["acknowledgement"] for row in ask("SELECT * FROM terms")}
    assert "volunteers of Galaxy Zoo 2" in terms["gz2_hart16"]
    assert {row["kind"] for row in ask("SELECT kind FROM pages")} == {"files", "galaxy-zoo", "galaxy-zoo-labels"}
    assert "Sloan Digital Sky Survey" in terms["files"], "what the objects are of"


def test_the_same_release_again_changes_nothing(
    catalogue: Catalogue, home: Home, tmp_path: Path, ask: Callable[[str], Rows]
) -> None:
    folder, _ = release(tmp_path / "gz2", 3)
    fill(catalogue, home, [(160.5, dec(0)), (160.5, dec(1))])
    first = take(catalogue, folder, home)
    state, votes = catalogue.state, ask("SELECT * FROM votes ORDER BY galaxy")
    assert take(catalogue, folder, home) == first
    assert catalogue.state == state
    assert ask("SELECT * FROM votes ORDER BY galaxy") == votes
    assert len(ask("SELECT * FROM quarantine")) == 1


def test_a_page_of_labels_takes_nothing_else_back_that_came_meanwhile(
    catalogue: Catalogue, home: Home, tmp_path: Path
) -> None:
    folder, strings = release(tmp_path / "gz2", 1, images=False)
    fill(catalogue, home, [(160.5, dec(0))])
    found = take_release(catalogue, find_release(folder), home=home)
    newer = f"plate,mjd,fiberid,ra,dec,u,g,r,i,z,redshift,class\n300,51900,1,160.5,{dec(0)},18,17.2,16.4,16.1,15.9,0.06,GALAXY\n"
    ingest(catalogue, home, PageStore(home.pages).add([newer.encode()], suffix=".csv", kind="files", origin="newer.csv",
                                                      columns=(("unit", "magnitude"),)))  # fmt: skip
    assert found.labels is not None
    ingest(catalogue, home, found.labels)  # of another worker, which had read the object before
    (row,) = catalogue.rows().to_pylist()
    assert (row["r"], row["redshift"], row["gz2_class"]) == (16.4, 0.06, strings[0])


def test_a_changed_table_updates_strings_and_no_two_of_its_galaxies_hold_one_object(
    catalogue: Catalogue, home: Home, tmp_path: Path, ask: Callable[[str], Rows]
) -> None:
    folder, strings = release(tmp_path / "gz2", 3, images=False)
    fill(catalogue, home, [(160.5, dec(0)), (160.5, dec(1))])
    take(catalogue, folder, home)
    table = folder / "gz2_hart16.csv"
    header, first, second, third = table.read_text().splitlines()
    first = first.replace(str(FIRST), str(FIRST + 9))  # the same galaxy by another id: the old row is gone
    second = second.replace(strings[1], "Sen(m)")
    table.write_text("\n".join([header, first, second, third]) + "\n")
    assert take(catalogue, folder, home).matched == {"position": 2}
    held = {row["galaxy"]: row["object_key"] for row in ask("SELECT galaxy, object_key FROM votes")}
    assert held == {
        f"dr7:{FIRST}": None, f"dr7:{FIRST + 1}": "pmf:300-51900-2", f"dr7:{FIRST + 2}": None,
        f"dr7:{FIRST + 9}": "pmf:300-51900-1",
    }  # fmt: skip
    assert catalogue.rows()["gz2_class"].to_pylist() == [strings[0], "Sen(m)"]
    assert catalogue.soft_labels()["gz2_class"].to_pylist() == [strings[0], "Sen(m)"]
    assert tuple(catalogue.history("pmf:300-51900-2")[-1].columns["gz2_class"]) == (strings[1], "Sen(m)")


def test_an_object_keeps_the_string_that_its_own_table_gave(catalogue: Catalogue, home: Home, tmp_path: Path) -> None:
    folder, _ = release(tmp_path / "gz2", 2, images=False)
    rows = f"ra,dec,u,g,r,i,z,redshift,class,gz2_class\n160.5,{dec(0)},18.1,17.2,16.5,16.1,15.9,0.05,GALAXY,Sen(m)\n"
    page = PageStore(home.pages).add([rows.encode()], suffix=".csv", kind="files", origin="own.csv",
                                     columns=(("unit", "magnitude"),))  # fmt: skip
    ingest(catalogue, home, page)
    found = take(catalogue, folder, home)
    assert (found.matched, found.labels, found.differing) == ({"position": 1}, None, 1)
    assert catalogue.rows()["gz2_class"].to_pylist() == ["Sen(m)"]


def test_ambiguous_galaxies_keep_their_votes_without_an_object(
    catalogue: Catalogue, home: Home, tmp_path: Path, ask: Callable[[str], Rows]
) -> None:
    folder, _ = release(tmp_path / "gz2", 2, images=False)
    fill(catalogue, home, [(160.5, dec(0) - 0.9 / 3600), (160.5, dec(0) + 0.9 / 3600)])
    found = take(catalogue, folder, home)
    assert (found.matched, found.rejected, found.labels) == ({}, {"ambiguous": 1}, None)
    assert [row["object_key"] for row in ask("SELECT object_key FROM votes")] == [None, None]
    apart = ask("SELECT row_number, reasons FROM quarantine")
    assert [row["row_number"] for row in apart] == [FIRST]
    assert "2 objects within 1.5 arcsec" in str(apart[0]["reasons"])


def test_soft_labels_are_of_objects_and_say_how_sure_volunteers_were(
    catalogue: Catalogue, home: Home, tmp_path: Path
) -> None:
    assert catalogue.soft_labels().num_rows == 0
    folder, strings = release(tmp_path / "gz2", 3, images=False)
    fill(catalogue, home, [(160.5, dec(0)), (160.5, dec(1))])
    take(catalogue, folder, home)
    soft = catalogue.soft_labels()
    assert soft["object_key"].to_pylist() == ["pmf:300-51900-1", "pmf:300-51900-2"]
    assert soft["gz2_class"].to_pylist() == strings[:2]
    shares = np.column_stack([soft[name].to_numpy() for name in soft.column_names if name.startswith("p_")])
    assert shares.shape == (2, 14)
    assert shares.sum(axis=1) + soft["artefact"].to_numpy() == pytest.approx(1.0)
    again = take(catalogue, folder, home)
    assert again.soft is not None
    assert pq.read_table(again.soft).equals(soft)
    assert again.agreement == pytest.approx(soft["agreement"].to_numpy().mean())
    assert ((soft["agreement"].to_numpy() > 1 / 14) & (soft["entropy"].to_numpy() < 3.81)).all()


def test_images_come_with_votes_label_and_block_whether_their_galaxy_is_an_object_or_not(
    catalogue: Catalogue, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert catalogue.galaxy_images().num_rows == 0
    folder, strings = release(tmp_path / "gz2", 5)
    table = folder / "gz2_hart16.csv"
    lines = table.read_text().splitlines()
    lines[4] = lines[4].replace(f"160.5,{dec(3)}", ",")  # nobody knows where this one is
    table.write_text("\n".join(lines) + "\n")
    fractions = fraction_array(simulate_votes(pa.array(["Sb"]), seed=4), "debiased_fractions")
    votes_csv(folder / "zoo2MainSpecz.csv", {"_debiased": fractions},
              {"dr7objid": [FIRST], "total_classifications": [9], "total_votes": [40]})  # fmt: skip
    fill(catalogue, home, [(160.5, dec(0)), (160.5, dec(1))])
    found = take(catalogue, folder, home)
    assert (found.unplaced, found.matched) == (2, {"position": 2})  # the other is zoo2MainSpecz's, without a place here
    images = catalogue.galaxy_images().to_pylist()
    assert [row["image"] for row in images] == ["1", "2", "3", "4"]
    assert [row["object_key"] for row in images] == ["pmf:300-51900-1", "pmf:300-51900-2", None, None]
    assert [row["gz2_class"] for row in images] == strings[:4]
    assert [row["label"] for row in images] == study_labels(pa.array(strings[:4])).values.to_pylist()
    assert [row["total_classifications"] for row in images] == [44] * 4
    assert all(0 < row["agreement"] <= 1 and Path(row["path"]).is_file() for row in images)
    blocks = {row["object_key"]: row["block"] for row in catalogue.rows().to_pylist()}
    assert [row["block"] for row in images[:2]] == [blocks["pmf:300-51900-1"], blocks["pmf:300-51900-2"]]
    assert images[2]["block"] == images[1]["block"], "a neighbour of 10 arcsec"
    assert images[3]["block"] == f"image:{images[3]['sha256']}"
    assert images[3]["ra"] is None
    soft = catalogue.soft_labels()
    monkeypatch.setattr("cosmic.catalogue.galaxies._FETCHED", 1)  # the same, however many are fetched at once
    assert catalogue.galaxy_images().to_pylist() == images
    assert catalogue.soft_labels().equals(soft)


def test_an_empty_catalogue_is_told_so(catalogue: Catalogue, home: Home, tmp_path: Path) -> None:
    folder, _ = release(tmp_path / "gz2", 2, images=False)
    with pytest.raises(ConfigError, match="no object that a galaxy could be"):
        take_release(catalogue, find_release(folder), home=home)


def test_a_folder_without_votes_is_refused_with_what_would_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gz2_hart16\.csv"):
        find_release(tmp_path)


def test_a_simulated_sky_stores_its_votes_once(
    sqlite_url: str, open_catalogue: Callable[..., Catalogue], tmp_path: Path
) -> None:
    home = Home(tmp_path / "home", Sky.SIMULATED)
    catalogue = open_catalogue(sqlite_url, sky=Sky.SIMULATED)
    page = next(SimulatedSource(1000, 3).pages(PageStore(home.pages)))
    ingest(catalogue, home, page)
    found = take_simulated(catalogue, page, rows=1000, seed=3, home=home)
    stored = catalogue.votes(page)
    assert found.galaxies == stored > 100
    assert take_simulated(catalogue, page, rows=1000, seed=3, home=home) == found
    soft = {row["object_key"]: row["gz2_class"] for row in catalogue.soft_labels().to_pylist()}
    rows = {row["object_key"]: row["gz2_class"] for row in catalogue.rows().to_pylist() if row["gz2_class"]}
    assert soft == rows
    other = next(SimulatedSource(1000, 4).pages(PageStore(home.pages)))
    ingest(catalogue, home, other)  # another sky replaces this one, votes and all
    assert (catalogue.votes(page), catalogue.soft_labels().num_rows) == (0, 0)


@real.needs_real_tables
def test_the_real_release_goes_in_whole(
    sqlite_url: str, open_catalogue: Callable[..., Catalogue], home: Home, tmp_path: Path
) -> None:
    catalogue = open_catalogue(sqlite_url)
    fill(catalogue, home, [(160.5, 0.0)])
    folder = tmp_path / "release"
    folder.mkdir()
    for path in (real.HART16, real.NAMES, real.IMAGES):
        (folder / path.name).symlink_to(path)
    found = take_release(catalogue, find_release(folder), home=home)
    assert (found.galaxies, found.images, found.rejected, found.bad_images) == (755, 755, {}, {})
    assert len(list(home.images.rglob("*.jpg"))) == 755


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
