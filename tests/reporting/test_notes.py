"""Notes are said once, with the tasks and arms that they concern."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from cosmic import facts as f
from cosmic.datasets import prepare
from cosmic.records import Arm, CutoutsTaken, Sky, SplitName, Task, Volunteers
from cosmic.reporting import notes
from tests.small_sky import small_rows, small_snapshot


def test_a_node_that_a_simulated_sky_leaves_out_is_named_unless_nodes_were_asked_for() -> None:
    (said,) = notes.of_nodes((), Sky.SIMULATED)
    assert said.text.startswith("galaxy-spectral: not run. ")
    assert notes.of_nodes((Task.STAR,), Sky.SIMULATED) == notes.of_nodes((), Sky.REAL) == []


def test_equal_notes_of_tasks_and_arms_are_one_note(tmp_path: Path) -> None:
    snapshot = small_snapshot(tmp_path, small_rows(200, without=("extinction_u",)))
    prepared = [
        prepare(snapshot, task=task, arm=arm, split=SplitName.SKY, salt="cosmic", seed=0, min_class_size=2, filter="none",
                folder=tmp_path)
        for task in (Task.SUPERCLASS, Task.STAR)
        for arm in (Arm.PHOTOMETRIC, Arm.PHOTOMETRIC_SHAPE)
    ]  # fmt: skip
    found = notes.of_data_sets(prepared)
    texts = [note.text for note in found]
    assert len(texts) == len({text.partition(": ")[2] for text in texts})
    both = next(note for note in found if "not corrected for extinction" in note.text)
    assert both.text.startswith("superclass (photometric, photometric+shape); star (photometric, photometric+shape): ")
    assert both.task is None
    shape = next(note for note in found if "shape is" in note.text)
    assert shape.text.startswith("superclass (photometric+shape); star (photometric+shape): ")


def test_rows_of_earlier_ingests_are_a_warning_with_their_pages() -> None:
    assert notes.of_earlier_ingests(0, ()) == []
    (note,) = notes.of_earlier_ingests(2983, [f"{i}.csv" for i in range(7)])
    assert note.level == "warning"
    assert note.text.startswith(
        "2,983 rows of the catalogue come from earlier ingests (0.csv, 1.csv, 2.csv, 3.csv, 4.csv"
    )
    assert "and more)" in note.text
    assert "5.csv" not in note.text
    (note,) = notes.of_earlier_ingests(2983, ["stars.csv"], survey=True)
    assert note.text.startswith("Rows of the catalogue come from earlier ingests (stars.csv)")
    (note,) = notes.of_earlier_ingests(2983, (), survey=True)
    assert (note.level, note.text.partition(" rows")[0]) == ("note", "2,983")


def _held(sha256: str, n_trained_on: int) -> f.Holdout:
    return f.Holdout(path="rows.csv", sha256=sha256, n=10, n_rows=20, n_trained_on=n_trained_on)


def test_two_hold_out_files_of_one_name_are_two() -> None:
    results = [
        f.Result(task="star", arm="photometric", test=f.Scores(), holdout=(_held("a" * 64, 3), _held("b" * 64, 4))),
        f.Result(task="star", arm="no-leak", test=f.Scores(), holdout=(_held("a" * 64, 2), _held("b" * 64, 0))),
    ]
    found = [note.text for note in notes.of_held_out(results)]
    assert [text.split()[0] for text in found] == ["3", "4"]


def test_what_fits_had_to_say_is_one_note_with_the_models_it_is_of() -> None:
    none = f.Result(task="star", arm="published", not_run="no columns")
    fits = [none.model_copy(update={"not_run": None, "model": f"m{i}", "rebalancing": "smote", "notes": ("late",)})
            for i in range(7)]  # fmt: skip
    (note,) = notes.of_fits([none, *fits])
    assert note.level == "note", "three things to know have better uses"
    assert note.text.startswith("star (published) m0, smote; star (published) m1, smote; ")
    assert note.text.endswith("m4, smote and 2 more models: late")
    assert notes.of_fits([none]) == []


def test_votes_are_counted_by_how_they_found_their_object_and_their_sources_are_acknowledged() -> None:
    taken = Volunteers(
        sources=("gz2_hart16",), galaxies=1200, matched={"dr8objid": 1000, "position": 3}, rejected={"ambiguous": 2},
        images=7, bad_images={"image: blank": 1}, differing=4, agreement=0.534, acknowledgements=("Willett et al.",),
    )  # fmt: skip
    first, second = (note.text for note in notes.of_volunteers(taken))
    assert first == (
        "1,200 galaxies with votes of gz2_hart16; objects of the catalogue are 1,000 by dr8objid, 3 by position; set apart: "
        "ambiguous (2), image: blank (1); 4 objects keep another string, which their own table gave; volunteers agreed on "
        "an object's label with a mean probability of 0.53; 7 images."
    )
    assert second == "To acknowledge: Willett et al."
    (_, unplaced, _) = (note.text for note in notes.of_volunteers(dataclasses.replace(taken, unplaced=755)))
    assert unplaced.startswith("755 galaxies have neither a position nor a dr8objid")
    assert notes.of_volunteers(None) == []


def test_cutouts_are_counted_with_what_was_set_apart_and_acknowledged() -> None:
    taken = CutoutsTaken("SDSS cutout DR17", 1200, {"image: blank": 2}, "the survey.")
    assert [note.text for note in notes.of_cutouts(taken)] == [
        "1,200 galaxies of the catalogue have an image from the survey's cutout service (SDSS cutout DR17); set apart: "
        "image: blank (2).",
        "To acknowledge: the survey.",
    ]
    assert notes.of_cutouts(None) == []
