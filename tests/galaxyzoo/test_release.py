"""The parts of a release are found in a folder, or fetched from an address as far as they are not there."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cosmic.errors import PermanentSourceError, SuspiciousResponse
from cosmic.galaxyzoo.release import SUMS, fetch_release, find_release
from tests.galaxyzoo.made import hart16_csv, random_fractions
from tests.skyserver.server import serve
from tests.skyserver.sources import simulated_spectra
from tests.skyserver.survey import Survey


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survey]:
    """A server with a whole release under /files/all, one with a wrong digest, and one without images."""
    folder = tmp_path_factory.mktemp("release")
    votes = gzip.compress(hart16_csv(folder / "v.csv", random_fractions(2), ["Ei", "Sb"]).read_bytes(), mtime=0)
    with zipfile.ZipFile(folder / "i.zip", "w") as made:
        made.writestr("images/1.jpg", b"an image")
    images, names = (folder / "i.zip").read_bytes(), b"objid,sample,asset_id\n587722981741363294,original,1\n"
    sums = f"{hashlib.sha256(votes).hexdigest()}  gz2_hart16.csv.gz\n".encode()
    whole = {"gz2_hart16.csv.gz": votes, "gz2_filename_mapping.csv": names, "images_gz2.zip": images, SUMS: sums}
    files = {f"all/{name}": content for name, content in whole.items()}
    files |= {f"wrong/{name}": content for name, content in (whole | {"gz2_hart16.csv.gz": b"other"}).items()}
    files |= {"votes/gz2_hart16.csv": gzip.decompress(votes)}
    with serve(simulated_spectra(10), files=files) as survey:
        yield survey


def test_everything_is_fetched_once_and_found(served: Survey, tmp_path: Path) -> None:
    first = fetch_release(f"{served.url}/files/all/", tmp_path)
    assert [path.name for path in first.tables] == ["gz2_hart16.csv.gz"]
    assert first.names == tmp_path / "gz2_filename_mapping.csv"
    assert first.images == tmp_path / "images_gz2.zip"
    served.log.clear()
    assert fetch_release(f"{served.url}/files/all", tmp_path) == first
    assert served.log.requests == ()


@pytest.mark.parametrize("address", ["all?download=1", "all//?key=a%2Fb", "all/gz2_hart16.csv.gz", "all#files"])
def test_the_folder_is_found_whatever_stands_after_it(served: Survey, tmp_path: Path, address: str) -> None:
    assert fetch_release(f"{served.url}/files/{address}", tmp_path).images == tmp_path / "images_gz2.zip"


def test_a_file_that_disagrees_with_the_sums_is_refused(served: Survey, tmp_path: Path) -> None:
    with pytest.raises(SuspiciousResponse, match="thrown away"):
        fetch_release(f"{served.url}/files/wrong", tmp_path)
    assert not (tmp_path / "gz2_hart16.csv.gz").exists()


def test_without_images_the_votes_still_come(served: Survey, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = fetch_release(f"{served.url}/files/votes", tmp_path)
    assert [path.name for path in found.tables] == ["gz2_hart16.csv"]
    assert (found.names, found.images) == (None, None)
    assert "galaxies get no images" in caplog.text


def test_an_address_without_votes_is_refused(served: Survey, tmp_path: Path) -> None:
    with pytest.raises(PermanentSourceError, match="does not exist"):
        fetch_release(f"{served.url}/files/nothing", tmp_path)


def test_images_without_names_and_names_without_images_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("gz2_hart16.csv", "images_gz2.zip"):
        (tmp_path / name).touch()
    assert find_release(tmp_path).names is None
    assert "holds images_gz2.zip and no gz2_filename_mapping.csv" in caplog.text
    caplog.clear()
    (tmp_path / "gz2_filename_mapping.csv.gz").touch()
    assert find_release(tmp_path).names == tmp_path / "gz2_filename_mapping.csv.gz"
    assert caplog.text == ""
    (tmp_path / "images_gz2.zip").unlink()
    find_release(tmp_path)
    assert "holds gz2_filename_mapping.csv.gz and no images_gz2.zip or images.zip" in caplog.text


def test_a_table_that_lies_there_gzipped_and_unpacked_counts_once(tmp_path: Path) -> None:
    for name in ("gz2_hart16.csv", "gz2_hart16.csv.gz", "table5.csv.gz"):
        (tmp_path / name).touch()
    assert [path.name for path in find_release(tmp_path).tables] == ["gz2_hart16.csv", "table5.csv.gz"]


def test_tables_come_in_the_order_of_trust(tmp_path: Path) -> None:
    for name in ("table5_votes.csv", "zoo2MainSpecz.csv.gz", "gz2_hart16.csv", "gz2_hart16.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in find_release(tmp_path).tables] == [
        "gz2_hart16.csv", "zoo2MainSpecz.csv.gz", "table5_votes.csv",
    ]  # fmt: skip
