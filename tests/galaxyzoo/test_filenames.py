"""Which image shows which object."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from cosmic.errors import ConfigError
from cosmic.galaxyzoo.filenames import read_file_names
from tests.galaxyzoo import real


def test_each_object_has_its_first_image_and_repeats_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "gz2_filename_mapping.csv"
    path.write_text(
        "objid,sample,asset_id\n587722981741363294,original,3\n588017703996096547,original,4\n"
        "587722981741363294,original,3\n587722981741363294,stripe82,9\n5.877e17,original,5\n12,extra\n"
    )
    found = read_file_names(path)
    assert found.table.to_pylist() == [
        {"dr7objid": 587722981741363294, "sample": "original", "asset_id": 3},
        {"dr7objid": 588017703996096547, "sample": "original", "asset_id": 4},
    ]
    assert (found.repeated, found.differing, found.unreadable) == (2, 1, 2)
    assert found.assets(pa.array([5, 588017703996096547, None, 587722981741363294])).to_pylist() == [None, 4, None, 3]


def test_a_mapping_without_its_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text("objid,sample,file\n1,original,1.jpg\n")
    with pytest.raises(ConfigError, match=r"names\.csv has no column asset_id; it has objid, sample, file"):
        read_file_names(path)


@real.needs_real_tables
def test_the_real_mapping_names_an_image_for_every_voted_galaxy() -> None:
    found = read_file_names(real.NAMES)
    assert (found.table.num_rows, found.unreadable) == (755, 0)
    assets = found.assets(real.votes(real.HART16).table["dr7objid"])
    assert {f"{asset}.jpg" for asset in assets.to_pylist()} == {path.name for path in real.IMAGES.iterdir()}
