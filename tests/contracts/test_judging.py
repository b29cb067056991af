"""Rows are split without loss, each with every reason it has; the page's own problems stop it and nothing else does."""

from __future__ import annotations

import json
import logging
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from cosmic.contracts import REPEATS, Between, Judgement, Limits, Present, Suite, demand_good_page, judge, row_texts
from cosmic.errors import ContractViolation

PageMaker = Callable[..., pa.Table]
CellMaker = Callable[..., pa.Table]


def reasons(judgement: Judgement) -> dict[int, list[str]]:
    """Reasons by row number, after a look at the accounts."""
    split = [*judgement.valid["row_number"].to_pylist(), *judgement.quarantined["row_number"].to_pylist()]
    assert sorted(split) == list(range(1, judgement.report.rows + 1))
    rows = judgement.quarantined.to_pylist()
    assert all(row["reasons"] for row in rows)
    counted = [reason for row in rows for reason in row["reasons"]]
    assert judgement.reasons == {reason: counted.count(reason) for reason in judgement.reasons}
    assert set(counted) == set(judgement.reasons)
    return {row["row_number"]: row["reasons"] for row in rows}


def test_good_rows_leave_as_they_came_behind_their_key(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    rows = page()
    judged = judge(rows, uncastable=cells(), suite=suite)
    assert judged.valid.drop_columns(["object_key"]).equals(rows)
    assert judged.valid.column_names[0] == "object_key"
    assert judged.valid["object_key"][0].as_py() == "spec:00299489676975171584"
    assert judged.quarantined.num_rows == 0
    assert (judged.reasons, judged.problems, judged.contract) == ({}, (), suite.contract)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("u", None, "u: missing"),
        ("u", float("nan"), "u: missing"),
        ("u", -9999.0, "u: -9999 is a sentinel, not a measurement"),
        ("u", 0.5, "u: outside 1 to 40 mag"),
        ("u", float("inf"), "u: outside 1 to 40 mag"),
        ("redshift", 9.5, "redshift: above 9"),
        ("class", "Galaxy", "class: 'Galaxy' is not one of GALAXY, STAR"),
    ],
)
def test_a_faulty_cell_has_one_reason(
    suite: Suite, page: PageMaker, cells: CellMaker, column: str, value: object, reason: str
) -> None:
    values = page()[column].to_pylist()
    values[2] = value
    assert reasons(judge(page(**{column: values}), uncastable=cells(), suite=suite)) == {3: [reason]}


def test_a_row_has_a_reason_for_each_faulty_cell(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    rows = page(u=[0.0, *[18.0] * 5], redshift=[10.0, *[0.0] * 5], **{"class": [None, *["GALAXY"] * 5]})
    assert reasons(judge(rows, uncastable=cells(), suite=suite)) == {
        1: ["u: outside 1 to 40 mag", "class: missing", "redshift: above 9"]
    }


def test_relations_look_at_their_own_rows_alone(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    rows = page(redshift=[0.5] * 6, subclass=["AGN", "K1", "K1", "AGN", None, None])
    assert reasons(judge(rows, uncastable=cells(), suite=suite)) == {
        2: ["redshift: does not fit STAR"],
        4: ["subclass: 'AGN' is not known for STAR", "redshift: does not fit STAR"],
        6: ["redshift: does not fit STAR"],
    }


def test_an_implied_class_is_judged_and_not_written(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    rows = page(**{"class": None}, subclass=["K1", "M2", "AGN", "K1", None, "K1"], redshift=[0.0, 0.5, *[0.0] * 4])
    judged = judge(rows, uncastable=cells(), suite=suite)
    assert reasons(judged) == {2: ["redshift: does not fit STAR"], 3: ["class: missing"], 5: ["class: missing"]}
    assert "class" not in judged.valid.column_names
    assert judged.profile.shares == {"class": {"STAR": 1.0}}


def test_uncastable_cells_are_named_and_kept(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    rows = page(u=[18.0, None, *[18.0] * 4], plate=pa.array([None] * 6, pa.int64()))
    judged = judge(rows, uncastable=cells((2, "u", "n/k"), (5, "plate", "26.5")), suite=suite)
    assert reasons(judged) == {2: ["u: not a number"], 5: ["plate: not a whole number"]}
    texts = {row["row_number"]: json.loads(row["row"]) for row in judged.quarantined.to_pylist()}
    assert (texts[2]["u"], texts[5]["plate"]) == ("n/k", "26.5")


def test_a_broken_line_has_the_reason_that_its_source_gives(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    blank = {name: [None, *page()[name].to_pylist()[1:]] for name in page().column_names if name != "row_number"}
    schema = page().schema
    rows = page(**{name: pa.array(values, schema.field(name).type) for name, values in blank.items()})
    said = cells((1, "", "a;b"), (3, "redshift", "x")).append_column(
        "reason", pa.array(["the line has 2 cells", "odd"])
    )
    assert reasons(judge(rows, uncastable=said, suite=suite)) == {1: ["the line has 2 cells"], 3: ["redshift: odd"]}


def test_equal_rows_of_an_object_leave_once_and_are_accounted_for(
    suite: Suite, page: PageMaker, cells: CellMaker
) -> None:
    rows = page().take(pa.array([0, 1, 0, 2, 0]))
    rows = rows.set_column(0, "row_number", pa.array(range(1, 6), pa.int64()))
    judged = judge(rows, uncastable=cells(), suite=suite)
    assert reasons(judged) == {3: [REPEATS], 5: [REPEATS]}
    assert (judged.report.valid, judged.report.quarantined, judged.report.duplicates) == (3, 2, 2)


def test_different_rows_of_an_object_are_all_set_aside(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    ids = ["7", "8", "7", "9", "7", "9"]
    rows = page(spec_obj_id=ids, u=[18.0, 18.0, 18.0, 19.0, 18.5, 19.1])
    conflict = ["the same object with different values of u, g, r and other columns"]
    assert reasons(judge(rows, uncastable=cells(), suite=suite)) == dict.fromkeys((1, 3, 4, 5, 6), conflict)


def test_rows_of_one_photometry_and_two_classes_are_both_set_aside_and_the_columns_are_named(
    suite: Suite, page: PageMaker, cells: CellMaker
) -> None:
    u = [18.0, 18.1, 18.1, 18.2, 18.2, 18.3]
    classes = ["GALAXY", "GALAXY", "STAR", "STAR", "STAR", "STAR"]
    bands = {band: [18.0] * 6 for band in "griz"}
    rows = page(u=u, **bands, redshift=[0.0, 0.0, 0.0, 0.001, 0.002, 0.0], subclass=[None, None, "K1", "K1", "M2", None],
                spec_obj_id=pa.nulls(6, pa.string()), **{"class": classes})  # fmt: skip
    found = reasons(judge(rows, uncastable=cells(), suite=suite))
    assert found == {
        2: ["the same object with different values of class and subclass"],
        3: ["the same object with different values of class and subclass"],
        4: ["the same object with different values of subclass and redshift"],
        5: ["the same object with different values of subclass and redshift"],
    }


def test_a_repeat_of_a_row_whose_cell_could_not_be_read_is_no_equal_repeat(
    suite: Suite, page: PageMaker, cells: CellMaker
) -> None:
    rows = page(rows=2, spec_obj_id=["7", "7"], u=[18.0] * 2, redshift=pa.nulls(2, pa.float64()), subclass=[None] * 2,
                **{band: [18.0] * 2 for band in "griz"}, **{"class": ["GALAXY"] * 2})  # fmt: skip
    rows = rows.set_column(rows.column_names.index("subclass"), "subclass", pa.nulls(2, pa.string()))
    conflict = "the same object with different values of redshift"
    judged = judge(rows, uncastable=cells((1, "redshift", "?")), suite=suite)
    assert reasons(judged) == {1: ["redshift: not a number", conflict], 2: [conflict]}


def test_row_numbers_need_not_be_positions(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    rows = page(u=[18.0, 18.0, -9999.0, 18.0, 18.0, 18.0])
    rows = rows.set_column(0, "row_number", pa.array([60, 50, 40, 30, 20, 10], pa.int64()))
    judged = judge(rows, uncastable=cells((20, "redshift", "?")), suite=suite)
    assert judged.quarantined["row_number"].to_pylist() == [40, 20]
    assert judged.valid["row_number"].to_pylist() == [60, 50, 30, 10]
    example = next(check for check in judged.report.checks if check.unexpected).examples[0]
    assert (example.row_number, example.value) == (40, "-9999.0")


def test_quarantined_rows_hold_their_key_and_all_their_values(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    rows = page(u=[0.0, *[18.0] * 5])
    judged = judge(rows, uncastable=cells(), suite=suite)
    assert judged.quarantined.column_names == ["row_number", "object_key", "reasons", "row"]
    assert judged.quarantined["object_key"].to_pylist() == ["spec:00299489676975171584"]
    assert judged.quarantined["row"].to_pylist() == row_texts(rows.slice(0, 1), uncastable=cells())


def test_many_different_words_stay_countable(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    words = ["often"] * 3 + [f"word {place:03}" for place in range(200)] + ["x" * 500] * 2
    rows = page(rows=len(words), subclass=words, redshift=[0.0] * len(words), **{"class": ["STAR"] * len(words)})
    judged = judge(rows, uncastable=cells(), suite=suite)
    assert len(reasons(judged)) == len(words)
    assert len(judged.reasons) == 51
    assert judged.reasons["subclass: 'often' is not known for STAR"] == 3
    assert judged.reasons["subclass: a further value is not known for STAR"] == len(words) - 3 - 2 - 48
    assert max(map(len, judged.reasons)) < 100


def test_nan_leaves_as_null(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    rows = page(redshift=[float("nan"), *[0.0] * 5])
    assert judge(rows, uncastable=cells(), suite=suite).valid["redshift"].to_pylist() == [None, *[0.0] * 5]


def test_no_row_passes_a_check_that_could_not_run(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    rows = page(redshift=["fast"] * 6)
    judged = judge(rows, uncastable=cells(), suite=suite)
    assert set(reasons(judged)) == {1, 2, 3, 4, 5, 6}
    assert judged.reasons == {"redshift: could not be checked": 6}
    said = 'the check "redshift: above 9" could not run: Column values, min_value, and max_value must'
    assert any(problem.startswith(said) for problem in judged.problems)
    assert "the column redshift is str, where the contract has double." in judged.problems
    assert any(check.raised and not check.success for check in judged.report.checks)


def test_a_page_without_class_is_told_that_subclass_would_do(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    judged = judge(page(subclass=None, **{"class": None}), uncastable=cells(), suite=suite)
    assert "the required column class or subclass is not there." in judged.problems


def test_a_page_without_a_required_column_is_refused_and_explained(
    suite: Suite, page: PageMaker, cells: CellMaker
) -> None:
    judged = judge(page(u=None, spec_obj_id=None), uncastable=cells(), suite=suite)
    assert judged.report.rows == 6
    assert "the required column u is not there." in judged.problems


def test_a_page_with_a_column_of_another_type_is_refused(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    judged = judge(page(u=[18] * 6), uncastable=cells(), suite=suite)
    assert judged.problems == ("the column u is int64, where the contract has double.",)


def test_a_page_without_rows_is_refused(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    judged = judge(page().slice(0, 0), uncastable=cells(), suite=suite)
    assert judged.problems == ("it has 0 rows, where at least 1 is needed.",)
    assert (judged.valid.num_rows, judged.quarantined.num_rows) == (0, 0)


def test_exact_repeats_do_not_count_towards_the_limit_of_faulty_rows(
    suite: Suite, page: PageMaker, cells: CellMaker
) -> None:
    twice = pa.concat_tables([page(rows=60), page(rows=60)])
    twice = twice.set_column(0, "row_number", pa.array(range(1, 121), pa.int64()))
    judged = judge(twice, uncastable=cells(), suite=suite)
    assert (judged.reasons, judged.problems) == ({REPEATS: 60}, ())
    faulty = judge(page(rows=60, u=[0.0] * 60), uncastable=cells(), suite=suite)
    assert any("60 of 60 rows (100%) break the contract" in problem for problem in faulty.problems)


def test_the_last_page_of_the_origin_is_compared(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    first = judge(page(rows=300), uncastable=cells(), suite=suite)
    assert first.problems == ()
    again = judge(page(rows=300), uncastable=cells(), suite=suite, baseline=first.profile)
    assert again.problems == ()
    fewer = judge(page(rows=100), uncastable=cells(), suite=suite, baseline=first.profile)
    assert [problem for problem in fewer.problems if "set COSMIC_MAX_ROW_LOSS higher (now 0.5)" in problem]
    meant = judge(
        page(rows=100), uncastable=cells(), suite=suite, baseline=first.profile, limits=Limits(max_row_loss=0.7)
    )
    assert meant.problems == ()


def test_a_good_page_goes_on_and_a_bad_one_stops_with_a_bounded_text(
    suite: Suite, page: PageMaker, cells: CellMaker
) -> None:
    demand_good_page(judge(page(), uncastable=cells(), suite=suite), page="rows.csv")
    bad = judge(page(**{name: ["?"] * 6 for name in ("u", "g", "r", "i", "z", "redshift", "plate", "mjd", "fiberid")}),
                uncastable=cells(), suite=suite)  # fmt: skip
    with pytest.raises(ContractViolation, match=r"^rows\.csv breaks its contract as a whole") as caught:
        demand_good_page(bad, page="rows.csv")
    assert caught.value.reasons == bad.problems
    assert len(bad.problems) > 10
    assert len([line for line in str(caught.value).splitlines() if line.startswith("- ")]) == 10


def test_report_is_json_with_every_check_and_at_most_five_examples(
    suite: Suite, page: PageMaker, cells: CellMaker
) -> None:
    judged = judge(page(rows=60, u=[-9999.0] * 9 + [18.0] * 51), uncastable=cells(), suite=suite)
    report = json.loads(judged.report.to_json())
    assert (report["rows"], report["valid"], report["quarantined"], report["contract"]) == (60, 51, 9, suite.contract)
    failed = [check for check in report["checks"] if not check["success"]]
    assert [(check["expectation"], check["unexpected"], check["severity"]) for check in failed] == [
        ("expect_column_values_to_not_be_in_set", 9, "warning"),
        ("expect_column_values_to_be_between", 9, "warning"),
    ]
    assert failed[0]["examples"] == [{"row_number": number, "value": "-9999.0"} for number in range(1, 6)]
    assert failed[0]["parameters"] == {"column": "u", "value_set": [-9999.0, 9999.0]}
    names = [check["name"] for check in report["checks"]]
    assert {"u: the page has it", "u: is double", "at least 1 row", "share of faulty rows"} <= set(names)


def test_equal_pages_give_equal_judgements(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    one, two = (judge(page(u=[0.0] * 6), uncastable=cells(), suite=suite) for _ in range(2))
    assert one.report.to_json() == two.report.to_json()
    assert one.quarantined.equals(two.quarantined)


def test_a_caller_that_mixes_pages_is_told(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    with pytest.raises(ValueError, match="row_number that rows does not have"):
        judge(page(), uncastable=cells((99, "u", "x")), suite=suite)
    with pytest.raises(ValueError, match="row_number must be there and differ"):
        judge(pa.concat_tables([page(), page()]), uncastable=cells(), suite=suite)


def test_a_suite_of_other_checks_needs_no_change_here(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    other = replace(suite, name="other", required=("redshift",), rows=(Present("redshift"), Between("redshift", 0.05)))
    assert judge(page(), uncastable=cells(), suite=other).reasons == {"redshift: below 0.05": 3}


def test_judging_writes_nothing_and_says_one_line(
    suite: Suite,
    page: PageMaker,
    cells: CellMaker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("HOME", "TMPDIR", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.INFO):
        judge(page(), uncastable=cells(), suite=suite)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert [(record.name, record.message[:14]) for record in caplog.records] == [
        ("cosmic.contracts.judging", "judged 6 rows ")
    ]


def test_pages_can_be_judged_in_threads(suite: Suite, page: PageMaker, cells: CellMaker) -> None:
    found: dict[int, dict[str, int]] = {}

    def work(place: int) -> None:
        rows = page(u=[0.0] * place + [18.0] * (6 - place))
        found[place] = judge(rows, uncastable=cells(), suite=suite).reasons

    threads = [threading.Thread(target=work, args=(place,)) for place in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {place: {"u: outside 1 to 40 mag": place} for place in range(1, 5)}
