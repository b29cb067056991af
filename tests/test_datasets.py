"""A data set holds the labelled, complete rows of a task and arm, or says why there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from cosmic.datasets import Dataset, label_rows, prepare
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.records import Arm, Prepared, Snapshot, SplitName, Task
from cosmic.splits import PARTS
from tests.small_sky import replace, small_rows, small_snapshot

ALL_ARMS = (Arm.PUBLISHED, Arm.NO_LEAK, Arm.PHOTOMETRIC, Arm.PHOTOMETRIC_SHAPE)


def make(
    snapshot: Snapshot, folder: Path, *, task: Task = Task.SUPERCLASS, arm: Arm = Arm.PHOTOMETRIC, least: int = 10,
    filter: str = "none", salt: str = "cosmic", seed: int = 0, split: SplitName = SplitName.SKY,
) -> Prepared:  # fmt: skip
    return prepare(
        snapshot,
        task=task,
        arm=arm,
        split=split,
        salt=salt,
        seed=seed,
        min_class_size=least,
        filter=filter,
        folder=folder,
    )


def load(prepared: Prepared) -> Dataset:
    assert prepared.path is not None, prepared.not_run
    return Dataset.load(prepared.path)


def test_a_data_set_keeps_every_labelled_row_with_its_key_block_and_part(tmp_path: Path) -> None:
    rows = small_rows()
    data = load(make(small_snapshot(tmp_path, rows), tmp_path))
    assert data.keys.to_pylist() == rows["object_key"].to_pylist()
    assert data.blocks.to_pylist() == rows["block"].to_pylist()
    names = {"GALAXY": "galaxy", "QSO": "quasar", "STAR": "star"}
    assert [data.card.labels[code] for code in data.y] == [names[given] for given in rows["class"].to_pylist()]
    np.testing.assert_array_equal(data.r, np.array(rows["r"]))
    sizes = {label: sum(counts.values()) for label, counts in data.card.counts.items()}
    assert sum(sizes.values()) == rows.num_rows
    assert set(np.unique(data.part)) == {0, 1, 2}


def test_rows_of_one_block_are_in_one_part(tmp_path: Path) -> None:
    data = load(make(small_snapshot(tmp_path), tmp_path))
    pairs = {(block, part) for block, part in zip(data.blocks.to_pylist(), data.part.tolist(), strict=True)}
    assert len(pairs) == len(set(data.blocks.to_pylist()))


@pytest.mark.parametrize("split", list(SplitName))
def test_an_object_is_on_the_same_side_in_every_task(tmp_path: Path, split: SplitName) -> None:
    snapshot = small_snapshot(tmp_path)
    above, below = (load(make(snapshot, tmp_path, task=task, split=split)) for task in (Task.SUPERCLASS, Task.STAR))
    side = dict(zip(above.keys.to_pylist(), above.part.tolist(), strict=True))
    assert [side[key] for key in below.keys.to_pylist()] == below.part.tolist()


def test_a_row_that_lacks_a_value_leaves_that_arm_alone(tmp_path: Path) -> None:
    rows = small_rows()
    rows = replace(rows, "redshift", [None] * 7 + rows["redshift"].to_pylist()[7:])
    snapshot = small_snapshot(tmp_path, rows)
    published, no_leak = (load(make(snapshot, tmp_path, arm=arm)) for arm in (Arm.PUBLISHED, Arm.NO_LEAK))
    assert (len(published.y), published.card.lacking) == (rows.num_rows - 7, 7)
    assert (len(no_leak.y), no_leak.card.lacking) == (rows.num_rows, 0)
    assert published.card.label_facts == no_leak.card.label_facts


def test_small_classes_are_dropped_and_listed_the_same_in_every_arm(tmp_path: Path) -> None:
    snapshot = small_snapshot(tmp_path)
    rows = small_rows()
    sizes = {
        letter: rows["subclass"].to_pylist().count(text) for letter, text in (("A", "A0"), ("G", "G2"), ("M", "M5"))
    }
    least = sorted(sizes.values())[1]
    kept = {letter for letter, size in sizes.items() if size >= least}
    for arm in ALL_ARMS:
        data = load(make(snapshot, tmp_path, task=Task.STAR, arm=arm, least=least))
        assert set(data.card.labels) == kept
        assert data.card.dropped == {letter: size for letter, size in sizes.items() if letter not in kept}


def test_class_sizes_are_counted_after_the_cut(tmp_path: Path) -> None:
    rows = small_rows()
    found = label_rows(
        small_snapshot(tmp_path, rows), task=Task.SUPERCLASS, split=SplitName.SKY, salt="cosmic", seed=0, min_class_size=1,
        filter="brightness",
    )  # fmt: skip
    bright = sum(r - 0.1 < 17 for r in rows["r"].to_pylist())
    assert sum(found.counts.values()) == bright
    assert found.facts.excluded == {"filter brightness": rows.num_rows - bright}
    assert found.facts.notes


def test_the_same_snapshot_gives_the_same_bytes(tmp_path: Path) -> None:
    snapshot = small_snapshot(tmp_path)
    first = make(snapshot, tmp_path / "one")
    again = make(snapshot, tmp_path / "two")
    assert first.path is not None
    assert again.path is not None
    assert first.id == again.id
    assert first.path.read_bytes() == again.path.read_bytes()


@pytest.mark.parametrize("other", [{"salt": "pepper"}, {"split": SplitName.RANDOM}, {"least": 20}])
def test_other_settings_give_another_data_set(tmp_path: Path, other: dict[str, object]) -> None:
    snapshot = small_snapshot(tmp_path)
    assert make(snapshot, tmp_path).id != make(snapshot, tmp_path, **other).id  # type: ignore[arg-type]


def test_a_written_data_set_comes_back_equal(tmp_path: Path) -> None:
    prepared = make(small_snapshot(tmp_path), tmp_path, arm=Arm.PHOTOMETRIC_SHAPE)
    data = load(prepared)
    assert data.to_bytes() == load(prepared).to_bytes()
    assert prepared.features == data.card.features
    assert len(data.card.units) == data.X.shape[1] == len(data.card.features)
    assert np.isfinite(data.X).all()


@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_a_damaged_data_set_is_refused(tmp_path: Path, damage: str) -> None:
    prepared = make(small_snapshot(tmp_path), tmp_path)
    assert prepared.path is not None
    content = bytearray(prepared.path.read_bytes())
    if damage == "gone":
        prepared.path.unlink()
    else:
        content[len(content) // 2] ^= 1
        prepared.path.write_bytes(content if damage == "flip" else content[:-100])
    with pytest.raises(ArtefactCorrupt, match=prepared.path.name):
        Dataset.load(prepared.path)


def reason(tmp_path: Path, rows: pa.Table, **options: object) -> str:
    prepared = make(small_snapshot(tmp_path, rows), tmp_path, **options)  # type: ignore[arg-type]
    assert prepared.path is None
    assert prepared.features == ()
    assert prepared.not_run is not None
    return prepared.not_run


def test_no_labels_is_a_reason(tmp_path: Path) -> None:
    rows = small_rows(without=("class", "subclass"))
    assert "no class labels" in reason(tmp_path, rows)
    assert "no star subclass" in reason(tmp_path, rows, task=Task.STAR)


def test_one_class_is_a_reason_that_names_what_was_dropped(tmp_path: Path) -> None:
    rows = small_rows()
    only = rows.filter(pa.array([label == "STAR" for label in rows["class"].to_pylist()]))
    assert "only star" in reason(tmp_path, only)
    assert "quasar" in reason(tmp_path, rows, least=240)
    assert "none has" in reason(tmp_path, rows, least=2500)


def test_missing_columns_are_a_reason(tmp_path: Path) -> None:
    assert "redshift" in reason(tmp_path, small_rows(without=("redshift",)), arm=Arm.PUBLISHED)
    assert "elodie_bv" in reason(tmp_path, small_rows(without=("elodie_bv",)), arm=Arm.PUBLISHED, task=Task.STAR)


def test_an_empty_part_is_a_reason(tmp_path: Path) -> None:
    rows = small_rows()
    one_block = replace(rows, "block", ["cell:1"] * rows.num_rows)
    assert "part" in reason(tmp_path, one_block)


def without_training_redshift(tmp_path: Path, *classes: str) -> pa.Table:
    """Return small rows in which the training objects of some classes have no redshift."""
    rows = small_rows()
    data = load(make(small_snapshot(tmp_path, rows), tmp_path))
    hidden = np.isin(data.y, [data.card.labels.index(name) for name in classes]) & (data.part == PARTS.index("train"))
    redshift = [
        None if hide else value for hide, value in zip(hidden.tolist(), rows["redshift"].to_pylist(), strict=True)
    ]
    return replace(rows, "redshift", redshift)


def test_a_class_without_training_rows_leaves_that_arm_alone(tmp_path: Path) -> None:
    snapshot = small_snapshot(tmp_path, rows := without_training_redshift(tmp_path, "quasar"))
    published, no_leak = (load(make(snapshot, tmp_path, arm=arm)) for arm in (Arm.PUBLISHED, Arm.NO_LEAK))
    quasars = rows["class"].to_pylist().count("QSO")
    assert published.card.labels == ("galaxy", "star")
    assert published.card.untrained == {"quasar": quasars}
    assert (len(published.y), published.card.lacking) == (rows.num_rows - quasars, 0)
    assert any(f"quasar ({quasars} objects)" in warning for warning in published.card.warnings)
    names = dict(zip(rows["object_key"].to_pylist(), rows["class"].to_pylist(), strict=True))
    assert [published.card.labels[code] for code in published.y] == [
        names[key].lower() for key in published.keys.to_pylist()
    ]
    assert no_leak.card.labels == ("galaxy", "quasar", "star")
    assert (no_leak.card.untrained, no_leak.card.warnings) == ({}, ())
    assert published.card.label_facts == no_leak.card.label_facts


def test_fewer_than_two_classes_with_training_rows_is_a_reason(tmp_path: Path) -> None:
    rows = without_training_redshift(tmp_path, "quasar", "star")
    said = reason(tmp_path, rows, arm=Arm.PUBLISHED)
    assert "fewer than two classes" in said
    assert "quasar" in said
    assert "star" in said


def test_a_cut_without_its_columns_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="petro_r90_r"):
        make(small_snapshot(tmp_path), tmp_path, filter="petro_r90")


def test_in_the_matched_arm_the_classes_are_equally_many_and_equally_bright(tmp_path: Path) -> None:
    snapshot = small_snapshot(tmp_path)
    plain, drawn = (load(make(snapshot, tmp_path, arm=arm)) for arm in (Arm.PHOTOMETRIC, Arm.MAGNITUDE_MATCHED))
    assert drawn.card.features == plain.card.features
    side = dict(zip(plain.keys.to_pylist(), plain.part.tolist(), strict=True))
    assert [side[key] for key in drawn.keys.to_pylist()] == drawn.part.tolist(), "no object changes its part"
    for part in range(len(PARTS)):
        bins = np.floor(drawn.X[:, 2] / 0.25)[drawn.part == part]
        codes = drawn.y[drawn.part == part]
        assert len(codes)
        for one in np.unique(bins):
            assert len(set(np.bincount(codes[bins == one], minlength=3).tolist())) == 1
    left = f"{len(drawn.y):,} of {len(plain.y):,} objects are left"
    assert any(left in note for note in drawn.card.notes)
    assert drawn.card.lacking == 0
    again, other = (load(make(snapshot, tmp_path, arm=Arm.MAGNITUDE_MATCHED, seed=seed)) for seed in (0, 1))
    assert again.to_bytes() == drawn.to_bytes()
    assert other.keys.to_pylist() != drawn.keys.to_pylist()


def test_classes_that_are_never_equally_bright_are_a_reason(tmp_path: Path) -> None:
    rows = small_rows()
    for band in "ugriz":
        moved = [value + 20 * (name == "QSO") for value, name in zip(rows[band].to_pylist(), rows["class"].to_pylist(), strict=True)]  # fmt: skip
        rows = replace(rows, band, moved)
    assert "one brightness" in reason(tmp_path, rows, arm=Arm.MAGNITUDE_MATCHED)
    assert "superclass alone" in reason(tmp_path, rows, arm=Arm.MAGNITUDE_MATCHED, task=Task.STAR)
