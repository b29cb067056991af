"""An inspection says what a file holds, what it can serve and what it cannot, and writes nothing."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import time
from pathlib import Path

import pyarrow.compute as pc
import pytest
from rich.console import Console

from cosmic.errors import ConfigError, PermanentSourceError
from cosmic.inspection import inspect_file
from cosmic.inspection_facts import Inspection
from cosmic.inspection_verdict import Judge, Judged, Verdict
from cosmic.inspection_view import show
from cosmic.records import Arm, MagnitudeSystem, MagnitudeUnit, Task
from cosmic.sources.base import ParsedPage

SDSS = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "sdss"
needs_tables = pytest.mark.skipif(not SDSS.exists(), reason="the shared real tables are not beside this checkout")

TEXT = """objID,u,g,r,i,z,class,subClass,zsp,redshft,probPSF,note
1.2E+18,19.5,18.5,18.0,17.8,17.7,GALAXY,,0.1,0.1,0,a
5,20.5,-9999,18.0,17.8,17.7,QSO,BROADLINE,1.1,1.1,1,b
6,18.5,17.5,17.0,abc,16.7,STAR,F5,0.0001,0.0001,-9999,c
7,17.5,16.5,16.0,15.8,15.7,STAR,K9z,0.0,0.0,1,d
8,17.5,16.5,16.0,15.8,15.7,STAR,M2,0.0,0.0,1,e
9,17.5,16.5
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "rows.csv"
    file.write_text(TEXT, encoding="utf-8")
    return file


def shown(inspection: Inspection) -> str:
    text = io.StringIO()
    show(inspection, Console(file=text, width=80, no_color=True, highlight=False))
    return text.getvalue()


def without_command(text: str) -> list[str]:
    """The command at the end stays on one line, however long the path is."""
    return text[: text.find("To use it")].splitlines()


def services(inspection: Inspection) -> dict[tuple[Task, Arm], tuple[int, str | None]]:
    return {(one.task, one.arm): (one.rows, one.not_run) for one in inspection.services}


def judged_as(verdict: Verdict) -> Judge:
    """A judge that says this of every page and lets all rows pass."""
    return lambda parsed: Judged(verdict, parsed.rows)


def test_columns_are_told_with_source_marks_and_failures(path: Path) -> None:
    found = inspect_file(path, columns=(("redshift", "zsp"),))
    facts = {column.canonical: column for column in found.columns}
    assert (found.format, found.rows, found.system, found.unit) == (
        "CSV", 6, MagnitudeSystem.MODEL, MagnitudeUnit.MAGNITUDE
    )  # fmt: skip
    assert (facts["redshift"].column, facts["redshift"].how) == ("zsp", "override")
    assert (facts["u"].how, facts["u"].unit, facts["u"].required) == ("alias", "mag", True)
    assert (facts["g"].values, facts["g"].empty, facts["g"].sentinels) == (4, 1, 1), "the broken line is empty"
    assert (facts["prob_psf"].values, facts["prob_psf"].empty, facts["prob_psf"].sentinels) == (4, 1, 1)
    assert (facts["i"].values, facts["i"].uncastable) == (4, 1)
    for one in found.columns:
        assert one.values + one.empty + one.sentinels + one.uncastable == 6, one
    assert facts["i"].examples == ("abc in row 3 (not a number)",)
    assert "rounded" in facts["obj_id"].examples[0]
    assert found.n_broken_lines == 1
    assert "row 6: the line has 3 cells" in found.broken_lines[0]


def test_unused_columns_that_resemble_missing_ones_are_pointed_out(path: Path) -> None:
    found = inspect_file(path)
    assert {one.column: one.resembles for one in found.unused} == {"zsp": (), "redshft": ("redshift",), "note": ()}
    assert "--column redshift=redshft" in shown(found)


def test_labels_are_counted_and_unknown_strings_named(path: Path) -> None:
    labels = inspect_file(path).labels
    assert labels is not None
    assert labels.classes == {"STAR": 3, "": 1, "GALAXY": 1, "QSO": 1}
    assert (labels.subclasses.frequent, labels.subclasses.different) == (
        {"": 2, "BROADLINE": 1, "F5": 1, "K9z": 1, "M2": 1},
        5,
    )
    assert labels.unknown_subclasses.frequent == {"K9z": 1}
    assert labels.letters == {"F": 1, "M": 1}
    assert labels.without_letter == {"unknown subclass": 1}


def test_tasks_and_arms_are_served_or_say_why_not(path: Path) -> None:
    found = services(inspect_file(path, columns=(("redshift", "zsp"),)))
    assert found[Task.SUPERCLASS, Arm.PHOTOMETRIC] == (3, None), "rows without g or i leave the arm"
    assert found[Task.SUPERCLASS, Arm.PUBLISHED] == (3, None)
    assert found[Task.SUPERCLASS, Arm.PHOTOMETRIC_SHAPE][0] == 3
    rows, why = found[Task.STAR, Arm.PUBLISHED]
    assert rows == 0
    assert why is not None
    assert "elodie_bv" in why
    rows, why = services(inspect_file(path))[Task.SUPERCLASS, Arm.PUBLISHED]
    assert (rows, why) == (0, "no redshift column, or no value in it")


def test_a_file_without_labels_is_told_what_it_is_good_for(tmp_path: Path) -> None:
    file = tmp_path / "nolabel.csv"
    file.write_text("u,g,r,i,z\n19.5,18.5,18.0,17.8,17.7\n", encoding="utf-8")
    found = inspect_file(file)
    assert found.labels is None
    assert "can be inspected (`cosmic inspect`), and nothing else" in " ".join((found.no_labels or "").split())
    rows, why = services(found)[Task.SUPERCLASS, Arm.PHOTOMETRIC]
    assert (rows, why) == (0, "no row has a label for it; 1 row would serve if labelled")


def test_objects_are_recognised_by_the_best_that_is_left_of_their_ids(tmp_path: Path) -> None:
    file = tmp_path / "rounded.csv"
    head = "obj_ID,spec_obj_ID,u,g,r,i,z,class,plate,MJD,fiber_ID\n"
    row = "1.2376609612272e+18,6.5e+18,19.5,18.5,18.0,17.8,17.7,GALAXY,5812,56354,"
    file.write_text(head + row + "171\n" + row + "\n", encoding="utf-8")
    found = inspect_file(file)
    assert found.recognised_by == {"plate-mjd-fiberid": 1, "the five magnitudes": 1}
    assert [(one.canonical, one.column) for one in found.left_out] == [
        ("spec_obj_id", "spec_obj_ID"),
        ("obj_id", "obj_ID"),
    ]
    assert found.unused == ()
    text = " ".join(shown(found).split())
    assert "left out obj_ID: its values were rounded through a float, e.g. 1.2376609612272e+18" in text
    assert "objects are recognised by plate-mjd-fiberid (1 row), the five magnitudes (1 row)" in text


def test_classes_that_are_too_small_to_be_kept_are_named(path: Path) -> None:
    found = inspect_file(path, class_size=2)
    for service in found.services:
        if service.task is Task.SUPERCLASS and service.arm not in (Arm.PUBLISHED, Arm.PHOTOMETRIC_EXTERNAL):
            assert service.dropped == {"galaxy": 1, "quasar": 1}
            assert service.not_run == "fewer than two classes have 2 rows"
    assert services(found)[Task.SUPERCLASS, Arm.PUBLISHED] == (0, "no redshift column, or no value in it")
    larger = path.read_text(encoding="utf-8") + "10,20.5,19.5,18.0,17.8,17.7,QSO,,1.1,1.1,1,b\n" * 2
    path.write_text(larger, encoding="utf-8")
    rows, why = services(inspect_file(path, class_size=100))[Task.SUPERCLASS, Arm.PHOTOMETRIC]
    assert (rows, why) == (0, "fewer than two classes have 100 rows; --min-class-size 3 would keep two")
    assert services(inspect_file(path, class_size=3))[Task.SUPERCLASS, Arm.PHOTOMETRIC] == (4, None)
    assert "galaxy 1, quasar 1" in shown(found)
    assert "fewer than 2 rows (--min-class-size) are dropped" in " ".join(shown(found).split())
    assert all(service.dropped == {} for service in inspect_file(path).services)


@pytest.mark.parametrize(
    ("rows", "why"),
    [("GALAXY,\nQSO,", "no row is a STAR"), ("GALAXY,\nSTAR,CV", "no star has a subclass that gives a letter")],
)
def test_a_file_without_star_letters_says_what_is_missing(tmp_path: Path, rows: str, why: str) -> None:
    file = tmp_path / "rows.csv"
    lines = [f"19.5,18.5,18.0,17.8,17.7,{row}" for row in rows.splitlines()]
    file.write_text("\n".join(["u,g,r,i,z,class,subClass", *lines]), encoding="utf-8")
    assert services(inspect_file(file))[Task.STAR, Arm.PHOTOMETRIC] == (0, why)


def test_the_judge_of_the_caller_says_what_would_be_quarantined(path: Path) -> None:
    def judge(parsed: ParsedPage) -> Judged:
        marked = pc.equal(parsed.rows["g"], -9999.0)
        count = pc.sum(marked).as_py()
        return Judged(Verdict(count, {"g: -9999": count}), parsed.rows.filter(pc.invert(marked)))

    assert inspect_file(path).verdict is None
    assert "Not judged." in shown(inspect_file(path))
    judged = inspect_file(path, judge=judge, columns=(("redshift", "zsp"),))
    assert judged.verdict == Verdict(1, {"g: -9999": 1})
    text = shown(judged)
    assert "1 of 6 rows (17 %):" in text
    assert "g: -9999" in text
    assert f"python -m flows.full_pipeline --path {path} --column redshift=zsp" in text


def test_what_a_file_can_serve_is_counted_in_the_rows_that_pass(path: Path) -> None:
    def judge(parsed: ParsedPage) -> Judged:
        return Judged(Verdict(5, {"no star of this page": 5}), parsed.rows.slice(0, 2))

    before = services(inspect_file(path, class_size=1))[Task.SUPERCLASS, Arm.PHOTOMETRIC]
    after = services(inspect_file(path, judge=judge, class_size=2))[Task.SUPERCLASS, Arm.PHOTOMETRIC]
    assert before == (3, None)
    assert after == (0, "fewer than two classes have 2 rows"), "not: --min-class-size 3 would keep two"


@pytest.mark.parametrize(
    ("quarantined", "rows", "share"),
    [
        (6, 6, "100 %"), (1, 6, "17 %"), (996, 1000, "99.6 %"), (99_999, 100_000, "more than 99.9 %"),
        (1, 10_000_000, "less than 0.01 %"), (35, 1000, "3.5 %"),
    ],
)  # fmt: skip
def test_a_share_is_written_as_people_write_it(path: Path, quarantined: int, rows: int, share: str) -> None:
    verdict = Verdict(quarantined, {"g: -9999": quarantined})
    found = dataclasses.replace(inspect_file(path, judge=judged_as(verdict)), rows=rows)
    assert f"{quarantined:,} of {rows:,} rows ({share}):" in shown(found)


def test_a_page_that_would_be_refused_says_so_and_offers_no_command(path: Path) -> None:
    text = shown(inspect_file(path, judge=judged_as(Verdict(0, {}, ("the median of r is outside 8 to 27 mag.",)))))
    assert "the file as a whole would be refused" in text
    assert "- the median of r is outside" in text
    assert "Nothing." not in text
    assert "full_pipeline" not in text


def test_an_inspection_is_json_and_writes_nothing(path: Path) -> None:
    before = sorted(path.parent.iterdir())
    found = inspect_file(path)
    assert json.loads(json.dumps(dataclasses.asdict(found)))["columns"][0]["canonical"] == "obj_id"
    assert found == inspect_file(path)
    assert sorted(path.parent.iterdir()) == before


def test_mistakes_are_errors_with_a_way_out(path: Path) -> None:
    with pytest.raises(PermanentSourceError, match=r"did you mean rows\.csv"):
        inspect_file(path.with_name("rosw.csv"))
    with pytest.raises(ConfigError, match="did you mean zsp"):
        inspect_file(path, columns=(("redshift", "zps"),))


def test_the_view_fits_80_columns_and_needs_no_colour(path: Path) -> None:
    text = shown(
        inspect_file(
            path, columns=(("redshift", "zsp"),), judge=judged_as(Verdict(3, {"a reason of many words " * 8: 3}))
        )
    )
    assert max(map(len, without_command(text))) <= 80
    assert "\x1b" not in text
    for words in (
        "CSV, 326 bytes", "6 rows", "model: u g r i z are taken", "by their values", "subClass", "K9z 1", "F 1   M 1",
        "abc in row 3", "photometric+shape", "no ELODIE columns", "a reason of many words",
    ):  # fmt: skip
        assert words in text, words


def test_what_a_file_says_neither_styles_nor_steers_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(
        "u,g,r,i,z,class,subClass,[/bold]\x1b[2J\n19,18,17,17,17,STAR,[red]\x1b[31mF5,x\n", encoding="utf-8"
    )
    text = shown(inspect_file(file))
    assert "[/bold]?[2J" in text
    assert "[red]?[31mF5 1" in text
    assert "\x1b" not in text


@needs_tables
def test_real_tables_are_inspected_in_seconds_with_true_figures() -> None:
    started = time.process_time()
    found = inspect_file(SDSS / "spectra.csv.gz")
    assert time.process_time() - started < 10.0
    assert found.rows == 101_862
    assert found.labels is not None
    assert found.labels.classes == {"GALAXY": 50_366, "STAR": 28_620, "QSO": 22_876}
    g = next(column for column in found.columns if column.canonical == "g")
    assert g.sentinels == 23
    assert services(found)[Task.SUPERCLASS, Arm.PHOTOMETRIC][0] == 101_837
    assert (
        services(inspect_file(SDSS / "specphoto_999rows_122columns.csv.gz"))[Task.STAR, Arm.PHOTOMETRIC_SHAPE][0] == 208
    )


def test_spectral_classes_are_counted_and_an_empty_subclass_of_a_quasar_is_not_called_none(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    rows = ["GALAXY,AGN", "GALAXY,AGN BROADLINE", "GALAXY,", "GALAXY,", "QSO,"]
    path.write_text("u,g,r,i,z,class,subClass\n" + "".join(f"19.5,18.5,18.0,17.8,17.7,{row}\n" for row in rows))
    found = inspect_file(path)
    assert found.labels is not None
    assert found.labels.spectral == {"AGN": 1, "BROADLINE": 1, "none": 2}
    assert found.labels.without_spectral == {}
    assert services(found)[Task.GALAXY_SPECTRAL, Arm.PHOTOMETRIC] == (4, None)
    assert {"none 2", "not given 1"} <= set(re.split(r"\s{2,}|\n", shown(found)))
