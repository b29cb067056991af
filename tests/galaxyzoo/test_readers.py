"""Vote tables of every release become one table, exactly; what cannot be right is set apart."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from cosmic.errors import ConfigError, PermanentSourceError, SuspiciousResponse
from cosmic.galaxyzoo import kaggle, streaming
from cosmic.galaxyzoo.grammar import build_strings
from cosmic.galaxyzoo.layouts import KAGGLE_COLUMNS
from cosmic.galaxyzoo.readers import VoteReader, read_votes
from cosmic.galaxyzoo.soft import answer_probabilities
from cosmic.galaxyzoo.tree import COLUMN, STEMS, TASKS
from cosmic.galaxyzoo.votes import SCHEMA, VoteSource, best_fractions, fraction_array
from tests.galaxyzoo.made import FRACTIONS, Floats, hart16_csv, random_fractions, votes_csv


def strings_of(fractions: Floats) -> list[str]:
    return [str(text) for text in build_strings(fractions).to_pylist()]


def kaggle_csv(path: Path, cumulative: Floats, ids: Sequence[int]) -> Path:
    lines = [",".join(["GalaxyID", *KAGGLE_COLUMNS])]
    lines += [",".join(map(str, (galaxy, *row))) for galaxy, row in zip(ids, cumulative, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


# ---------------------------------------------------------------------------------------------- the release's table


def test_a_hart16_table_keeps_ids_counts_fractions_and_strings(tmp_path: Path) -> None:
    fractions = random_fractions(5)
    strings = strings_of(fractions)
    read = read_votes(hart16_csv(tmp_path / "gz2_hart16.csv", fractions, strings))
    assert read.source is VoteSource.HART16
    assert read.table.schema.equals(SCHEMA)
    assert read.table["dr7objid"].to_pylist() == [587722981741363294 + row for row in range(5)]
    assert read.table["total_classifications"].to_pylist() == [44] * 5
    assert np.array_equal(fraction_array(read.table, "counts"), (fractions * 40).round())
    assert np.array_equal(fraction_array(read.table, "debiased_fractions"), fractions)
    assert read.table["gz2_class"].to_pylist() == strings
    assert set(read.table["class_from"].to_pylist()) == {"published"}
    assert (read.rejected.num_rows, read.repeated, read.differing) == (0, 0, 0)


def test_the_licence_and_the_acknowledgement_travel_with_the_table(tmp_path: Path) -> None:
    fractions = random_fractions(1)
    read = read_votes(hart16_csv(tmp_path / "gz2_hart16.csv", fractions, strings_of(fractions)))
    assert b"Hart et al." in read.table.schema.metadata[b"acknowledgement"]
    assert read.table.schema.metadata[b"licence"].decode() == read.terms.licence


def test_a_published_string_stands_and_is_counted_where_the_votes_say_otherwise(tmp_path: Path) -> None:
    fractions = random_fractions(2)
    strings = strings_of(fractions)
    other = "A" if strings[1] != "A" else "Er"
    read = read_votes(hart16_csv(tmp_path / "h.csv", fractions, [strings[0], other]))
    assert read.table["gz2_class"].to_pylist() == [strings[0], other]
    assert read.differing == 1


def test_a_gzipped_table_reads_the_same_whatever_its_name_says(tmp_path: Path) -> None:
    fractions = random_fractions(3)
    plain = hart16_csv(tmp_path / "a.csv", fractions, strings_of(fractions))
    packed = tmp_path / "b.csv"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_votes(packed).table.equals(read_votes(plain).table)


@pytest.mark.parametrize("wrong", ["5.877229817413633e+17", "587722981741363294.0", "", "99999999999999999999", "-1"])
def test_an_id_that_is_no_exact_whole_number_is_set_apart(tmp_path: Path, wrong: str) -> None:
    fractions = random_fractions(3)
    ids = ["587722981741363294", wrong, "587722981741363296"]
    read = read_votes(hart16_csv(tmp_path / "h.csv", fractions, strings_of(fractions), ids=ids))
    assert read.table["dr7objid"].to_pylist() == [587722981741363294, 587722981741363296]
    assert read.rejected.to_pylist() == [
        {"row_number": 2, "galaxy": wrong or None, "reason": "dr7objid is no exact whole number"}
    ]


def test_an_id_of_the_photometry_that_went_through_a_float_is_set_apart_and_none_is_none(tmp_path: Path) -> None:
    ids = ["1237650795146510436", "1.2376507951465104e18", "0", ""]
    path = votes_csv(
        tmp_path / "zoo2MainSpecz.csv",
        {"_debiased": random_fractions(4)},
        {"dr7objid": range(1, 5), "dr8objid": ids, "total_classifications": [44] * 4, "total_votes": [180] * 4},
    )
    read = read_votes(path)
    assert read.table["dr8objid"].to_pylist() == [1237650795146510436, None, None]
    assert read.rejected["reason"].to_pylist() == ["dr8objid is no exact whole number"]


def test_a_galaxy_has_one_key_however_its_id_is_written(tmp_path: Path) -> None:
    read = read_votes(hart16_csv(tmp_path / "a.csv", random_fractions(2), ["A", "A"], ids=["0588", "588"]))
    assert (read.table["galaxy"].to_pylist(), read.repeated) == (["dr7:588"], 1)


def test_a_table_of_which_no_row_can_be_used_is_refused(tmp_path: Path) -> None:
    path = hart16_csv(tmp_path / "rounded.csv", random_fractions(3), ["A"] * 3, ids=["5.8e17", "5.9e17", "0"])
    with pytest.raises(PermanentSourceError, match=r"none of its 3 rows.*no exact whole number \(3\)"):
        read_votes(path)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_lines_may_end_as_on_any_system(tmp_path: Path, ending: bytes) -> None:
    path = hart16_csv(tmp_path / "v.csv", random_fractions(3), ["A"] * 3)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", ending))
    assert read_votes(path).table.num_rows == 3


def test_rows_that_cannot_be_right_are_set_apart_with_their_reason(tmp_path: Path) -> None:
    fractions = random_fractions(4)
    strings = strings_of(fractions)
    fractions[1, 3] = 1.5
    strings[2] = "Sc_t"
    read = read_votes(hart16_csv(tmp_path / "h.csv", fractions, strings))
    assert read.table.num_rows == 2
    reasons = [(row["row_number"], row["reason"]) for row in read.rejected.to_pylist()]
    assert reasons == [(2, "weighted fractions outside 0 to 1"), (3, "unknown gz2_class")]


def test_a_line_with_too_few_cells_is_set_apart_and_later_rows_keep_their_numbers(tmp_path: Path) -> None:
    fractions = random_fractions(3)
    path = hart16_csv(tmp_path / "h.csv", fractions, strings_of(fractions), ids=["1", "x", "3"])
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], "77,cut", *lines[1:]]) + "\n")
    read = read_votes(path)
    assert read.table["dr7objid"].to_pylist() == [1, 3]
    assert [row["row_number"] for row in read.rejected.to_pylist()] == [3, 1]
    assert "2 cells" in read.rejected["reason"][1].as_py()


def test_a_galaxy_that_stands_twice_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "BLOCK", 1 << 13)  # so that the two are read in different blocks
    fractions = random_fractions(40)
    ids = [*range(1, 40), 1]
    path = hart16_csv(tmp_path / "h.csv", fractions, strings_of(fractions), ids=ids)
    assert len(list(VoteReader(path).pages())) > 1
    read = read_votes(path)
    assert read.table["dr7objid"].to_pylist() == list(range(1, 40))
    assert read.repeated == 1


def test_a_missing_debiased_fraction_is_replaced_by_the_weighted_one_where_strings_are_built(tmp_path: Path) -> None:
    weighted, debiased = np.zeros((1, len(STEMS))), np.zeros((1, len(STEMS)))
    for number in (1, 15):
        weighted[0, COLUMN[number]] = debiased[0, COLUMN[number]] = 1.0
    weighted[0, COLUMN[17]], debiased[0, COLUMN[17]], debiased[0, COLUMN[16]] = 0.9, np.nan, 0.1
    path = votes_csv(
        tmp_path / "h.csv",
        {"_weighted_fraction": weighted, "_debiased": debiased},
        {"dr7objid": [5], "total_classifications": [40], "total_votes": [150], "gz2_class": [""]},
    )
    read = read_votes(path)
    assert read.table["gz2_class"].to_pylist() == ["Ei"]
    assert read.table["debiased_fractions"][0].as_py()[COLUMN[17]] is None
    assert read.table["counts"].null_count == 1


# ------------------------------------------------------------------------------------------------- what is refused


def test_a_table_that_lacks_columns_is_refused_with_its_name_the_columns_and_what_would_do(tmp_path: Path) -> None:
    fractions = random_fractions(1)
    path = hart16_csv(tmp_path / "mine.csv", fractions, strings_of(fractions))
    path.write_text(path.read_text().replace("t03_bar_a06_bar_debiased", "bar").replace("total_votes", "votes", 1))
    with pytest.raises(ConfigError, match=r"mine\.csv.*t03_bar_a06_bar_debiased, total_votes.*zoo2MainSpecz") as error:
        read_votes(path)
    assert len(str(error.value)) < 800


def test_half_a_set_of_columns_is_refused(tmp_path: Path) -> None:
    fractions = random_fractions(1)
    path = hart16_csv(tmp_path / "mine.csv", fractions, strings_of(fractions))
    path.write_text(path.read_text().replace("t11_arms_number_a33_3_count", "three"))
    with pytest.raises(ConfigError, match="lacks t11_arms_number_a33_3_count"):
        read_votes(path)


def test_a_table_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stars.csv"
    path.write_text("u,g,r\n1,2,3\n")
    with pytest.raises(ConfigError, match=r"lacks dr7objid.*and \d+ more"):
        read_votes(path)


def test_a_page_or_an_error_instead_of_a_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.csv"
    path.write_text("<html><body><h1>503 Service Unavailable</h1></body></html>")
    with pytest.raises(SuspiciousResponse):
        read_votes(path)
    path.write_text("#Table1\nerror_message\nerror: limit is  top 500000 \n")
    with pytest.raises(SuspiciousResponse, match="limit is"):
        read_votes(path)


def test_a_cell_that_is_no_number_sets_its_row_apart_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "BLOCK", 1 << 13)
    fractions = random_fractions(60)
    path = hart16_csv(tmp_path / "mine.csv", fractions, strings_of(fractions), ids=list(range(1, 61)))
    whole = read_votes(path).table
    lines = path.read_text().splitlines()
    for row in (3, 50):
        lines[row] = lines[row].replace("160.5", "east", 1)
    path.write_text("\n".join([lines[0], "7,cut", *lines[1:]]) + "\n")
    read = read_votes(path)
    kept = [row for row in range(60) if row not in (2, 49)]
    assert read.table.equals(whole.take(kept))
    assert [(row["row_number"], row["reason"]) for row in read.rejected.to_pylist()[:2]] == [
        (4, "ra is no number: east"),
        (51, "ra is no number: east"),
    ]


def test_a_gzip_file_that_ends_early_is_refused(tmp_path: Path) -> None:
    fractions = random_fractions(40)
    path = hart16_csv(tmp_path / "h.csv", fractions, strings_of(fractions))
    path.write_bytes(gzip.compress(path.read_bytes())[:-500])
    with pytest.raises(PermanentSourceError, match=r"h\.csv"):
        read_votes(path)


def test_a_table_without_rows_is_a_table(tmp_path: Path) -> None:
    path = hart16_csv(tmp_path / "h.csv", random_fractions(1), ["A"])
    header = path.read_text().splitlines()[0]
    for text in (header + "\n", header, f"#Table1\n{header}\n"):
        path.write_text(text)
        assert read_votes(path).table.schema.equals(SCHEMA)


# ------------------------------------------------------------------------------------------- SkyServer and Kaggle


def test_skyserver_s_table_gives_exact_ids_beyond_2_63_and_built_strings(tmp_path: Path) -> None:
    fractions = random_fractions(2)
    path = votes_csv(
        tmp_path / "page.csv",
        {"_DEBIASED": fractions},
        {
            "dr7objid": [587722981741363294, 587722981741363295],
            "dr8objid": [1237648720142401611, 0],
            "specobjid": [9259471051523641344, 0],
            "ra": [160.5, 161.0],
            "dec": [-0.7, 0.1],
            "total_classifications": [44, 41],
            "total_votes": [190, 150],
        },
        before="#Table1\n",
    )
    read = read_votes(path)
    assert read.source is VoteSource.SKYSERVER
    assert read.table["specobjid"].to_pylist() == ["9259471051523641344", None]
    assert read.table["dr8objid"].to_pylist() == [1237648720142401611, None]
    assert read.table["gz2_class"].to_pylist() == strings_of(fractions)
    assert set(read.table["class_from"].to_pylist()) == {"debiased fractions"}


@given(FRACTIONS)
def test_kaggle_s_cumulative_fractions_become_those_within_each_task(fractions: Floats) -> None:
    fractions[:, [COLUMN[1], COLUMN[15]]] += 0.1  # somebody answers what all are asked
    cumulative = kaggle.cumulated(fractions)
    found = kaggle.conditional(cumulative)
    assert not kaggle.inconsistent(cumulative).any()
    expected = answer_probabilities(fractions)
    for task in TASKS.values():
        reached = cumulative[:, task.columns].sum(axis=1) > 0
        assert np.allclose(found[reached, task.columns], expected[reached, task.columns])
        assert (found[~reached, task.columns] == 0).all()


def test_kaggle_s_table_has_the_columns_of_the_tasks_and_gives_strings(tmp_path: Path) -> None:
    assert (KAGGLE_COLUMNS[0], KAGGLE_COLUMNS[COLUMN[13]], KAGGLE_COLUMNS[-1]) == ("Class1.1", "Class5.4", "Class11.6")
    fractions = random_fractions(6) + 0.001
    read = read_votes(kaggle_csv(tmp_path / "training.csv", kaggle.cumulated(fractions), range(100008, 100014)))
    assert read.source is VoteSource.KAGGLE
    assert read.table["galaxy"][0].as_py() == "kaggle:100008"
    assert read.table["dr7objid"].null_count == 6
    assert np.allclose(best_fractions(read.table), answer_probabilities(fractions))
    assert read.table["gz2_class"].to_pylist() == strings_of(answer_probabilities(fractions))


def test_kaggle_rows_that_do_not_add_up_down_the_tree_are_set_apart(tmp_path: Path) -> None:
    cumulative = kaggle.cumulated(random_fractions(2) + 0.001)
    cumulative[1, TASKS[7].columns] *= 3
    read = read_votes(kaggle_csv(tmp_path / "training.csv", np.minimum(cumulative, 1), [1, 2]))
    assert read.table["galaxy"].to_pylist() == ["kaggle:1"]
    assert read.rejected["galaxy"].to_pylist() == ["2"]
    assert "add up" in read.rejected["reason"][0].as_py()


# ------------------------------------------------------------------------------------------------------- memory


def test_memory_does_not_grow_with_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "BLOCK", 1 << 13)  # forty blocks are read ahead

    def most(rows: int) -> int:
        fractions = random_fractions(rows)
        path = hart16_csv(tmp_path / f"{rows}.csv", fractions, ["A"] * rows)
        peak, reader = 0, VoteReader(path)
        before = pa.total_allocated_bytes()
        for _ in reader.pages():
            peak = max(peak, pa.total_allocated_bytes() - before)
        return peak

    assert most(2400) < 1.5 * most(600)
