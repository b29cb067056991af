"""Which images there are, and what is known of each: from a folder and its table, or from the catalogue."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from cosmic.catalogue import galaxy_images
from cosmic.errors import ConfigError
from cosmic.galaxyzoo import kaggle
from cosmic.galaxyzoo.grammar import build_strings
from cosmic.galaxyzoo.layouts import KAGGLE_COLUMNS
from cosmic.galaxyzoo.tree import STEMS
from cosmic.images import label_table, listing
from cosmic.images.listing import from_catalogue, from_folder, read
from cosmic.images.records import ImageList
from cosmic.records import Sky
from tests.galaxyzoo import real
from tests.galaxyzoo.made import random_fractions, votes_csv
from tests.images.made import image_folder, table

CLEAN5 = real.FOLDER / "galaxy_zoo_clean5"


def listed(home: Path, header: str, lines: list[str], *names: str) -> ImageList:
    image_folder(home / "images", dict.fromkeys(names, b"not opened here"))
    return from_folder(home / "images", table(home / "labels.csv", header, lines), folder=home / "lists")


def rows(found: ImageList) -> list[dict[str, object]]:
    return read(found).to_pylist()


@pytest.mark.parametrize("column", ["galaxy_id", "asset_id", "objid", "dr7objid", "GalaxyID", "image", "Galaxy_ID"])
def test_images_are_found_by_any_column_of_ids_in_folders_within_and_with_any_ending(
    tmp_path: Path, column: str
) -> None:
    found = listed(tmp_path, f"{column},label", ["3,c", "1,a", "2,b"], "1.jpg", "in/2.PNG", "in/deep/3.jpeg")
    assert [(row["image"], row["label"]) for row in rows(found)] == [("1", "a"), ("2", "b"), ("3", "c")]
    assert [Path(str(row["path"])).name for row in rows(found)] == ["1.jpg", "2.PNG", "3.jpeg"]
    assert (found.images, found.rejected, found.sky) == (3, {}, Sky.REAL)
    assert all(row["block"] == f"galaxy:{row['galaxy']}" for row in rows(found))


def test_lines_and_images_that_have_no_partner_are_counted_with_the_reason(tmp_path: Path) -> None:
    lines = ["1,a", "2,", ",b", "1,b", "9,a", "1,2,3", "4.0,a", "5e3,b", "3,a"]
    found = listed(
        tmp_path, "galaxy_id,label", lines, "1.jpg", "2.jpg", "3.jpg", "3.png", "7.jpg", ".8.jpg", "notes.txt"
    )
    assert [row["image"] for row in rows(found)] == ["1", "3"]
    assert found.rejected == {
        label_table.NO_LABEL: 1,
        label_table.NO_ID: 1,
        label_table.REPEATED: 1,
        label_table.CELLS: 1,
        label_table.FLOAT_ID: 2,
        listing.NO_IMAGE: 1,
        listing.NO_LINE: 1,
        listing.SAME_NAME: 1,
    }


def test_ids_keep_all_their_digits(tmp_path: Path) -> None:
    large = ["587739505552785605", "587739505552785606", "0012"]
    found = listed(tmp_path, "galaxy_id,label", [f"{name},a" for name in large], *(f"{name}.jpg" for name in large))
    assert sorted(str(row["galaxy"]) for row in rows(found)) == sorted(large)


def test_objects_are_brought_to_their_images_by_the_releases_mapping(tmp_path: Path) -> None:
    table(tmp_path / listing.MAPPING, "objid,sample,asset_id", ["587739505552785605,original,130549"])
    lines = ["587739505552785605,Sc?t", "5.877e17,Ei", "587739505552785606,Er"]
    found = listed(tmp_path, "dr7objid,gz2_class", lines, "130549.jpg")
    (row,) = rows(found)
    assert (row["image"], row["galaxy"], row["gz2_class"]) == ("130549", "dr7:587739505552785605", "Sc?t")
    assert found.rejected == {label_table.FLOAT_ID: 1, listing.NO_IMAGE: 1}


def test_several_images_of_a_galaxy_have_its_block(tmp_path: Path) -> None:
    found = listed(tmp_path, "image,galaxy_id,label", ["a.jpg,7,x", "b.JPG,7,x"], "a.jpg", "b.jpg")
    assert [(row["image"], row["block"]) for row in rows(found)] == [("a", "galaxy:7"), ("b", "galaxy:7")]


def test_a_galaxy_with_a_place_has_the_block_of_its_cell(tmp_path: Path) -> None:
    found = listed(tmp_path, "galaxy_id,label,ra,dec,r", ["1,x,160.5,-0.7,16.5", "2,x,160.5,-0.7,", "3,x,,,17"],
                   "1.jpg", "2.jpg", "3.jpg")  # fmt: skip
    one, two, three = rows(found)
    assert str(one["block"]).startswith("cell:64:")
    assert (two["block"], three["block"]) == (one["block"], "galaxy:3")
    assert (one["r"], two["r"]) == (16.5, None)


@pytest.mark.parametrize("suffixes", [("_debiased",), ("_weighted_fraction", "_debiased"), ("_fraction",)])
def test_votes_of_a_release_come_with_any_id_and_give_the_string(tmp_path: Path, suffixes: tuple[str, ...]) -> None:
    fractions = random_fractions(3)
    plain = {"galaxy_id": [1, 2, 3], "label": ["x", "", "y"], "total_classifications": ["44.0", "40", ""]}
    image_folder(tmp_path / "images", {f"{name}.jpg": b"" for name in (1, 2, 3)})
    lacking = fractions.copy()
    lacking[0, 5] = np.nan
    given = {suffix: lacking if suffix == "_debiased" else fractions for suffix in suffixes}
    path = votes_csv(tmp_path / "labels.csv", given, plain)
    found = read(from_folder(tmp_path / "images", path, folder=tmp_path))
    wanted = fractions if len(suffixes) > 1 else given[suffixes[0]]
    assert found["fractions"].to_pylist() == [[None if np.isnan(v) else v for v in row] for row in wanted.tolist()]
    assert found["gz2_class"].to_pylist() == build_strings(wanted).to_pylist()
    assert found["label"].to_pylist() == ["x", None, "y"]
    assert found["total_classifications"].to_pylist() == [44, 40, None]


def test_fractions_that_cannot_be_are_a_reason(tmp_path: Path) -> None:
    fractions = random_fractions(2)
    fractions[1, 3] = 1.5
    image_folder(tmp_path / "images", {"1.jpg": b"", "2.jpg": b""})
    path = votes_csv(tmp_path / "labels.csv", {"_debiased": fractions}, {"asset_id": [1, 2]})
    found = from_folder(tmp_path / "images", path, folder=tmp_path)
    assert (found.images, found.rejected) == (1, {label_table.OUTSIDE: 1})


def test_kaggles_fractions_are_brought_to_those_within_each_task(tmp_path: Path) -> None:
    cumulative = kaggle.cumulated(random_fractions(2)).round(9)
    image_folder(tmp_path / "images", {"7.jpg": b"", "8.jpg": b"", "9.jpg": b""})
    lines = [",".join(map(str, [name, *values])) for name, values in zip((7, 8), cumulative.tolist(), strict=True)]
    lines.append(",".join(["9", *["1.0"] * 37]))
    path = table(tmp_path / "labels.csv", ",".join(["GalaxyID", *KAGGLE_COLUMNS]), lines)
    found = from_folder(tmp_path / "images", path, folder=tmp_path)
    got = np.array(read(found)["fractions"].to_pylist())
    assert np.abs(got - kaggle.conditional(cumulative)).max() < 1e-12
    assert read(found)["galaxy"].to_pylist() == ["kaggle:7", "kaggle:8"]
    assert found.rejected == {label_table.UNEQUAL: 1}


def test_the_id_is_of_the_rows_wherever_they_are_and_in_whatever_order(tmp_path: Path) -> None:
    one = listed(tmp_path / "one", "galaxy_id,label", ["1,a", "2,b"], "1.jpg", "2.jpg")
    other = listed(tmp_path / "other", "galaxy_id,label", ["2,b", "1,a"], "1.jpg", "in/2.jpg")
    changed = listed(tmp_path / "changed", "galaxy_id,label", ["1,a", "2,a"], "1.jpg", "2.jpg")
    assert one.id == other.id != changed.id
    assert one.path.name != other.path.name, "another file may hold other pixels"


def test_a_table_beside_the_folder_or_in_it_is_found_gzipped_or_not(tmp_path: Path) -> None:
    images = image_folder(tmp_path / "images", {"1.jpg": b""})
    with pytest.raises(ConfigError, match=r"--labels FILE: a CSV with one of galaxy_id"):
        from_folder(images, None, folder=tmp_path)
    (images / "labels.csv.gz").write_bytes(gzip.compress(b"galaxy_id,label\n1,a\n"))
    assert from_folder(images, None, folder=tmp_path).images == 1


@pytest.mark.parametrize(
    ("header", "lines", "said"),
    [
        ("name,label", ["1,a"], "no column with an id"),
        ("galaxy_id,colour", ["1,red"], "no column with what an image shows"),
        (f"galaxy_id,{STEMS[0]}_debiased", ["1,0.5"], "a whole set of 37"),
        ("galaxy_id,label", ["8,a"], "no image of that name \\(1\\)"),
        ("galaxy_id,label", ["1,"], "neither label nor votes \\(1\\)"),
        ("galaxy_id,label", [], "No line of"),
    ],
)
def test_a_table_that_says_nothing_is_refused_with_what_would_do(
    tmp_path: Path, header: str, lines: list[str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        listed(tmp_path, header, lines, "1.jpg")


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no image"):
        listed(tmp_path, "galaxy_id,label", ["1,a"], "1.tif")
    with pytest.raises(ConfigError, match="no folder of images"):
        from_folder(tmp_path / "none", None, folder=tmp_path)


def test_the_catalogues_images_are_a_list_too(tmp_path: Path) -> None:
    given = {name: pa.nulls(2, galaxy_images.SCHEMA.field(name).type) for name in galaxy_images.SCHEMA.names}
    own = {"image": ["7", "spec:1"], "source": ["release", "cutouts"], "galaxy": ["dr7:1", None], "r": [16.5, None],
           "object_key": [None, "spec:1"], "block": ["cell:64:3", "cell:64:4"], "sha256": ["aa", "bb"],
           "gz2_class": ["Ei", "SBb"], "path": ["/a.jpg", "/b.jpg"]}  # fmt: skip
    given |= {name: pa.array(values) for name, values in own.items()}
    found = from_catalogue(pa.table(given), sky=Sky.SIMULATED, folder=tmp_path)
    assert found.sky is Sky.SIMULATED
    assert [(row["galaxy"], row["block"], row["gz2_class"], row["r"]) for row in rows(found)] == [
        ("spec:1", "cell:64:4", "SBb", None),
        ("dr7:1", "cell:64:3", "Ei", 16.5),
    ]


@real.needs_real_tables
def test_the_real_release_is_listed_with_its_votes(tmp_path: Path) -> None:
    found = from_folder(real.IMAGES, real.HART16, folder=tmp_path)
    assert (found.images, found.rejected) == (755, {})
    first = {row["image"]: row for row in rows(found)}["130549"]
    assert (first["galaxy"], first["gz2_class"], first["total_classifications"]) == (
        "dr7:587739505552785605",
        "Sc?t",
        38,
    )
    published = real.votes(real.HART16).table
    assert sorted(published["gz2_class"].to_pylist()) == sorted(str(row["gz2_class"]) for row in rows(found))


@pytest.mark.skipif(not CLEAN5.is_dir(), reason=f"the real images are not in {CLEAN5}")
def test_the_real_challenge_images_are_listed(tmp_path: Path) -> None:
    found = from_folder(CLEAN5 / "images", None, folder=tmp_path)
    assert (found.images, found.rejected) == (8000, {})
