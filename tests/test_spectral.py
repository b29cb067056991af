"""Each subclass string of a galaxy has its class, and an empty one is `none` only where the table can tell."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cosmic.columns import EXTRAGALACTIC_SUBCLASSES
from cosmic.labels import label
from cosmic.records import Task
from cosmic.sources.parsing import parse_table
from cosmic.spectral import BALMER_OUT, CARRIES, CLASS_OF, LABELS, with_none

HEAD = "u,g,r,i,z,redshift,class,subClass\n"
ROW = "19.5,18.5,18.0,17.8,17.7,0.1"


def spectral(**columns: list[object]) -> list[str | None]:
    values: list[str | None] = label(pa.table(columns), Task.GALAXY_SPECTRAL).values.to_pylist()
    return values


def parsed(folder: Path, *cells: str, head: str = HEAD) -> list[str | None]:
    path = folder / "rows.csv"
    path.write_text(head + "".join(f"{ROW},{cell}\n" for cell in cells), encoding="utf-8")
    rows = parse_table(path).rows
    return rows["subclass"].to_pylist() if "subclass" in rows.column_names else [None] * rows.num_rows


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AGN", "AGN"), ("AGN BROADLINE", "BROADLINE"), ("BROADLINE", "BROADLINE"), ("STARBURST", "STARBURST"),
        ("STARBURST BROADLINE", "BROADLINE"), ("STARFORMING", "STARFORMING"), ("STARFORMING BROADLINE", "BROADLINE"),
        ("none", "none"),
    ],
)  # fmt: skip
def test_every_string_of_the_vocabulary_has_its_class_and_a_quasar_none(text: str, name: str) -> None:
    assert spectral(**{"class": ["GALAXY", "QSO"], "subclass": [text, text]}) == [name, None]


def test_the_table_of_classes_is_whole() -> None:
    assert set(CLASS_OF) == {*EXTRAGALACTIC_SUBCLASSES, "none"}
    assert set(CLASS_OF.values()) == set(LABELS)


def test_null_is_no_class_and_compounds_are_counted() -> None:
    rows = pa.table(
        {"class": ["GALAXY"] * 4 + ["STAR", "QSO"], "redshift": [0.1, 0.1, BALMER_OUT + 0.01, 0.1, 0.0, 1.0],
         "subclass": [None, "AGN BROADLINE", "none", "none", "K5", None]}
    )  # fmt: skip
    found = label(rows, Task.GALAXY_SPECTRAL)
    assert found.values.to_pylist() == [None, "BROADLINE", "none", "none", None, None]
    assert found.excluded == {"no subclass known": 1}
    assert found.notes[0] == "compound strings, counted as BROADLINE: AGN BROADLINE 1"
    assert not label(rows.slice(0, 1), Task.GALAXY_SPECTRAL).excluded  # where nobody has one, nothing is said
    assert "of 2 galaxies 1 lie beyond redshift 0.58" in found.notes[1]


def test_an_empty_subclass_says_none_only_of_galaxies_in_a_table_that_has_them(tmp_path: Path) -> None:
    assert parsed(tmp_path, "GALAXY,AGN", "GALAXY,", "GALAXY,None", "QSO,", "STAR,", "STAR,K5") == [
        "AGN", "none", "none", None, None, "K5"
    ]  # fmt: skip
    assert parsed(tmp_path, "GALAXY,", "QSO,BROADLINE", "STAR,K5") == [None, "BROADLINE", "K5"]
    assert parsed(tmp_path, "GALAXY", "GALAXY", head=HEAD.replace(",subClass", "")) == [None, None]


def test_a_table_where_hardly_a_galaxy_has_a_subclass_says_nothing_by_an_empty_one() -> None:
    n = 200
    galaxies = pa.array(["GALAXY"] * n)
    for known, expected in ((int(CARRIES * n), "none"), (int(CARRIES * n) - 1, None)):
        subclass = pa.array(["AGN"] * known + [None] * (n - known), pa.string())
        assert with_none(galaxies, subclass, subclass.fill_null(""))[n - 1].as_py() == expected
        assert with_none(galaxies, subclass, subclass.fill_null(""), own_table=True)[n - 1].as_py() == "none"


def test_null_beside_empty_cells_stays_unknown_and_null_alone_says_none(tmp_path: Path) -> None:
    numbers = {name: [18.0 + at] * 3 for at, name in enumerate("ugriz")}
    for cells, expected in (
        (["AGN", "", None], ["AGN", "none", None]),
        (["AGN", None, None], ["AGN", "none", "none"]),
    ):
        path = tmp_path / "rows.parquet"
        pq.write_table(pa.table({**numbers, "class": ["GALAXY"] * 3, "subClass": cells}), path)
        assert parse_table(path).rows["subclass"].to_pylist() == expected
