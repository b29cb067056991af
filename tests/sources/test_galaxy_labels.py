"""Galaxy labels of one kind are taken, others are named and left; ids of Galaxy Zoo are not those of the photometry."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from cosmic.sources.galaxy_labels import foreign_ids, settle
from cosmic.sources.parsing import parse_table

STRINGS = ["Ei", "Sc2t", "Sb(r)", None]


def test_strings_stay_and_simplified_labels_of_another_source_are_counted() -> None:
    labels = pa.array([*STRINGS, "Sb", "E3"], pa.string())
    sources = pa.array(["table 5"] * 4 + ["someone (simplified)"] * 2)
    found = settle(labels, sources)
    assert found.values.to_pylist() == [*STRINGS, None, None]
    assert found.sources.to_pylist() == ["table 5"] * 3 + [None] * 3
    assert "2 are not taken" in found.partly
    assert "someone (simplified)" in found.partly
    assert found.left_out == ""


def test_study_labels_give_way_to_strings_and_stand_alone_without_them() -> None:
    labels, sources = pa.array(["Ei(m)", "Ee", "Sb"]), pa.array(["a", "b", "b"])
    assert settle(labels, sources).values.to_pylist() == ["Ei(m)", None, None]
    assert settle(labels.slice(1)).values.to_pylist() == ["Ee", "Sb"]


def test_a_column_of_another_classification_is_left_out_with_what_it_holds() -> None:
    found = settle(pa.array(["E3", "S0", "E3"]))
    assert found.left_out == "E3 (2), S0 (1) are labels of another classification"


def test_a_slip_in_a_hundred_strings_does_not_lose_the_others() -> None:
    found = settle(pa.array(["Ei"] * 200 + ["Eii"]))
    assert (found.left_out, found.partly, len(found.values.drop_null())) == ("", "", 201)


@pytest.mark.parametrize(
    ("ids", "foreign"),
    [
        (["1237650795146510436", "1237650795146510437"], False),
        (["587722981741363294", "1237650795146510437", "8647474690312307154"], True),
        ([], False),
    ],
)
def test_ids_of_data_release_7_and_of_coadds_are_told_by_their_sky_version(ids: list[str], foreign: bool) -> None:
    assert (foreign_ids(pa.array(ids, pa.string())) is not None) is foreign


ROWS = """objid,ra,dec,u,g,r,i,z,class,gz2_class,src
8647474690312307154,10.0,1.0,18.3,17.1,16.7,16.3,16.2,GALAXY,SBb(o),table 5
8647474690312373464,10.0,1.0,18.3,17.1,16.7,16.3,16.2,GALAXY,Sb,mine (simplified)
"""


def test_a_table_of_galaxy_zoo_is_read_without_its_ids_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "galaxies.csv").write_text(ROWS)
    found = parse_table(tmp_path / "galaxies.csv", columns=(("unit", "magnitude"),))
    assert "obj_id" not in found.rows.column_names
    assert "data release 7 or of coadds" in found.left_out["obj_id"]
    assert found.rows["gz2_class"].to_pylist() == ["SBb(o)", None]
    assert found.rows["gz2_source"].to_pylist() == ["table 5", None]
    assert found.mapping["gz2_source"] == "src"
    assert "1 are not taken" in found.partly["gz2_class"]


def test_a_source_column_without_galaxy_labels_serves_nothing(tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_text(ROWS.replace("gz2_class", "morphology"))
    found = parse_table(tmp_path / "plain.csv", columns=(("unit", "magnitude"),))
    assert "gz2_source" not in found.rows.column_names
    assert {"src", "morphology"} <= set(found.unmapped)
    assert "obj_id" in found.rows.column_names
