"""What files of one run say against each other, and how their columns are called, is told by file."""

from __future__ import annotations

from cosmic.records import CatalogueId, Contradiction, Ingest
from cosmic.reporting.ingest_notes import of_pages_together, of_updates
from cosmic.reporting.origins import shared_columns
from cosmic.reporting.page import renamed
from cosmic.reporting.shown import At


def ingest(**more: object) -> Ingest:
    counts = dict.fromkeys(("rows", "valid", "quarantined", "inserted", "updated", "unchanged"), 0)
    return Ingest(id="1", catalogue=CatalogueId("c"), state="s", **counts, **more)  # type: ignore[arg-type]


def test_an_ingest_without_anything_odd_needs_no_words() -> None:
    assert of_pages_together(ingest()) == of_updates(ingest()) == []


def test_files_that_contradict_each_other_are_named_with_their_columns() -> None:
    (note,) = of_pages_together(ingest(contradictions=(Contradiction("/x/a.csv", "/y/b.csv", 3, ("class", "z")),)))
    assert note.text == "a.csv and b.csv differ in class, z of 3 objects; b.csv stands, since it is named later."
    assert note.level == "warning"
    (alike,) = of_pages_together(ingest(contradictions=(Contradiction("/x/a.csv", "/y/a.csv", 1, tuple("ugrizab")),)))
    assert alike.text.startswith("/x/a.csv and /y/a.csv differ in u, g, r, i, z and 2 more of 1 object;")


def test_many_contradictions_are_bounded() -> None:
    many = tuple(Contradiction(f"{at}.csv", "last.csv", 2, ("class",)) for at in range(7))
    notes = of_pages_together(ingest(contradictions=many))
    assert len(notes) == 6
    assert "4 more rows" in notes[-1].text


def test_rows_too_rough_to_be_found_again_and_values_lost_are_told() -> None:
    assert of_pages_together(ingest(too_rough=4))[0].text.startswith("4 rows have neither an id nor a position")
    assert "psf_u (3), redshift (1)" in of_updates(ingest(erased={"psf_u": 3, "redshift": 1}))[0].text


def test_columns_that_files_call_differently_are_told_by_file() -> None:
    shared, own = shared_columns([{"u": "u", "redshift": "z"}, {"u": "u", "redshift": "zsp", "ra": "alpha"}])
    assert shared == {"u": "u", "ra": "alpha"}
    assert own == [{"redshift": "z"}, {"redshift": "zsp"}]
    pages = [{"name": name, "columns": columns} for name, columns in zip(("a.csv", "b.csv"), own, strict=True)]
    told = [
        (page and str(page.raw()), [(name.text, column.raw()) for name, column in columns])
        for page, columns in renamed(At({"columns": shared, "pages": pages}))
    ]
    assert told == [(None, [("ra", "alpha")]), ("a.csv", [("redshift", "z")]), ("b.csv", [("redshift", "zsp")])]
