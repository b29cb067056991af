"""An inspection says what a file holds, what it can serve and what it cannot, and writes nothing."""

from __future__ import annotations

import dataclasses
import io
import json
import time
from pathlib import Path

import pyarrow.compute as pc
import pytest
from rich.console import Console

from cosmic.errors import ConfigError, PermanentSourceError
from cosmic.inspection import Inspection, inspect_file
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


def services(inspection: Inspection) -> dict[tuple[Task, Arm], tuple[int, str | None]]:
    return {(one.task, one.arm): (one.rows, one.not_run) for one in inspection.services}


def test_columns_are_told_with_source_marks_and_failures(path: Path) -> None:
    found = inspect_file(path, columns=(("redshift", "zsp"),))
    facts = {column.canonical: column for column in found.columns}
    assert (found.format, found.rows, found.system, found.unit) == (
        "CSV", 6, MagnitudeSystem.MODEL, MagnitudeUnit.MAGNITUDE
    )  # fmt: skip
    assert (facts["redshift"].column, facts["redshift"].how) == ("zsp", "override")
    assert (facts["u"].how, facts["u"].unit, facts["u"].required) == ("alias", "mag", True)
    assert (facts["g"].values, facts["g"].nulls, facts["g"].sentinels) == (5, 1, 1)
    assert (facts["prob_psf"].values, facts["prob_psf"].nulls, facts["prob_psf"].sentinels) == (4, 2, 1)
    assert facts["i"].uncastable == 1
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
    assert labels.unknown_subclasses == {"K9z": 1}
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
    assert "can be inspected, and classified by a model" in " ".join((found.no_labels or "").split())
    rows, why = services(found)[Task.SUPERCLASS, Arm.PHOTOMETRIC]
    assert (rows, why) == (0, "no row has a label for it; a model trained elsewhere can classify 1 rows")


def test_the_judge_of_the_caller_says_what_would_be_quarantined(path: Path) -> None:
    def judge(parsed: ParsedPage) -> dict[str, int]:
        return {"g: -9999": pc.sum(pc.equal(parsed.rows["g"], -9999.0)).as_py()}

    assert inspect_file(path).quarantined is None
    judged = inspect_file(path, judge=judge)
    assert judged.quarantined == {"g: -9999": 1}
    assert "g: -9999" in shown(judged)


def test_an_inspection_is_json_and_writes_nothing(path: Path) -> None:
    before = sorted(path.parent.iterdir())
    found = inspect_file(path)
    assert json.loads(json.dumps(dataclasses.asdict(found)))["columns"][0]["canonical"] == "obj_id"
    assert found == inspect_file(path)
    assert sorted(path.parent.iterdir()) == before


def test_mistakes_are_errors_with_a_way_out(path: Path) -> None:
    with pytest.raises(PermanentSourceError, match=r"its folder has rows\.csv"):
        inspect_file(path.with_name("rosw.csv"))
    with pytest.raises(ConfigError, match="did you mean zsp"):
        inspect_file(path, columns=(("redshift", "zps"),))


def test_the_view_fits_80_columns_and_needs_no_colour(path: Path) -> None:
    text = shown(inspect_file(path, columns=(("redshift", "zsp"),), judge=lambda _: {"a reason of many words " * 8: 3}))
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    for words in (
        "CSV, 326 bytes", "6 rows", "System: model. Unit: magnitude.", "by their values", "subClass", "K9z 1", "F 1, M 1",
        "abc in row 3", "photometric+shape", "no ELODIE columns", "a reason of many words",
    ):  # fmt: skip
        assert words in text, words


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
