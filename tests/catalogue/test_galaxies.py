"""Votes, images, terms and labels of Galaxy Zoo 2 in a catalogue, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cosmic.catalogue import Catalogue
from cosmic.errors import ConfigError
from cosmic.galaxies import take_release, take_simulated
from cosmic.galaxyzoo.grammar import study_labels
from cosmic.galaxyzoo.release import find_release
from cosmic.galaxyzoo.tree import STEMS
from cosmic.galaxyzoo.volunteers import simulate_votes
from cosmic.galaxyzoo.votes import fraction_array
from cosmic.home import Home
from cosmic.records import Sky
from cosmic.sources.base import PageStore
from cosmic.sources.simulated import SimulatedSource
from tests.catalogue.galaxy_releases import FIRST, Rows, dec, fill, ingest, release, take
from tests.galaxyzoo import real
from tests.galaxyzoo.made import votes_csv


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
    assert images[0]["r"] == catalogue.rows().to_pylist()[0]["r"]
    assert (images[0]["petro_r90"], images[3]["r"]) == (None, None)
    assert all(len(row["fractions"]) == len(STEMS) for row in images)
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
