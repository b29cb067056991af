"""The benchmark of the study adds up what was run, marks what nothing accelerates, and fits how costs grow."""

from __future__ import annotations

from pathlib import Path

from benchmarks.study_tables import SAGA, Line, append, growth, read, table


def line(family: str, fitted: int, *, plain: float, ours: float, unit: str | None = None) -> Line:
    return Line(
        unit=unit or family, family=family, rows=3, fitted=fitted, engine="scikit-learn", ours_cpu_s=ours,
        ours_wall_s=ours, plain_cpu_s=plain, plain_wall_s=plain, f1=-0.001, f1_macro=0.0005, ours_mb=400.0, plain_mb=900.0,
    )  # fmt: skip


def test_families_that_nothing_accelerates_are_marked_and_left_out_of_the_second_sum() -> None:
    text = table([line("knn", 100, plain=40.0, ours=2.0), line(SAGA, 100, plain=10.0, ours=10.0)])
    ratios = {row[:16].strip(): row[42:49].strip() for row in text.splitlines()[1:5]}
    assert ratios == {"knn": "20.00", "logistic-saga *": "1.00", "all but *": "20.00", "all": "4.17"}
    assert "-0.0010     0.0005" in text
    assert "peak memory: ours 400 MB, plain 900 MB" in text


def test_exponents_are_the_slopes_of_units_that_every_file_has() -> None:
    sizes = (1_000, 10_000, 100_000)
    skies = [[line("knn", n, plain=n**1.5, ours=n * 1.0), line("svm", n, plain=1, ours=1, unit=str(n))] for n in sizes]
    assert growth(skies).splitlines()[1].split() == ["knn", "1.50", "1.00"]
    assert "svm" not in growth(skies)
    assert growth([[], []]) == "no exponents: no unit was run in every file"


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path, one = tmp_path / "lines.jsonl", line("knn", 100, plain=40.0, ours=2.0)
    assert read(path) == {}
    append(path, "a", one)
    append(path, "b", one)
    assert read(path) == {"a": one, "b": one}
