"""Pictures of the simulated sky show what their label says, the same for the same galaxy, and are drawn once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cosmic.galaxyzoo.grammar import LABELS
from cosmic.images import listing
from cosmic.images.morphology import measure
from cosmic.images.simulated import simulated_list
from cosmic.records import Sky
from cosmic.simulation.pictures import render
from cosmic.simulation.sky import simulate_shown_galaxies, simulate_sky_votes


def drawn(label: str, n: int = 12, *, r: float = 15.0, r90: float = 8.0) -> np.ndarray:
    return np.stack([render(label, key=f"{label}{at}", seed=3, r=r, r90=r90, size=96) for at in range(n)])


def test_the_same_galaxy_is_drawn_alike_and_another_otherwise() -> None:
    one, same = (render("SBc", key="a", seed=0, r=16, r90=6) for _ in range(2))
    assert np.array_equal(one, same)
    for other in (render("SBc", key="b", seed=0, r=16, r90=6), render("SBc", key="a", seed=1, r=16, r90=6)):
        assert not np.array_equal(one, other)


@pytest.mark.parametrize("label", [*LABELS, "A"])
def test_every_label_is_drawn_in_the_middle_of_a_dark_sky(label: str) -> None:
    pictures = drawn(label, 4)
    middle = pictures[:, 42:54, 42:54].mean()
    corners = np.median(pictures[:, [2, 2, -3, -3], [2, -3, 2, -3]])
    assert middle > corners + 15
    assert pictures.reshape(4, -1).std(axis=1).min() > 2  # none is blank


def test_numbers_of_shape_tell_labels_apart() -> None:
    names = ("Er", "Ec", "Sen", "Sd", "Ser")
    shapes = {name: measure(drawn(name)) for name in names}

    def of(name: str, number: str) -> float:
        found = shapes[name]
        return float(np.median(found.values[:, found.names.index(number)]))

    assert of("Er", "axis_ratio") > 0.8 > 0.55 > of("Ec", "axis_ratio")
    assert of("Sen", "axis_ratio") < 0.35
    assert of("Er", "concentration") > of("Sd", "concentration") + 0.3
    red = {name: drawn(name)[:, 40:56, 40:56].astype(float) for name in ("Er", "Sd")}
    tint = {name: (values[..., 0] / np.maximum(values[..., 2], 1)).mean() for name, values in red.items()}
    assert tint["Er"] > tint["Sd"] * 1.2


def test_a_fainter_galaxy_is_noisier_and_a_smaller_one_less_sharp() -> None:
    sharp, blurred = (drawn("SBb", r90=r90).astype(float) for r90 in (14.0, 3.0))
    assert np.abs(np.diff(sharp, axis=1)).mean() > np.abs(np.diff(blurred, axis=1)).mean()
    bright, faint = (drawn("Er", r=r).astype(float)[:, 44:52, 44:52].mean() for r in (14.0, 18.0))
    assert bright > faint


def test_galaxies_are_those_that_volunteers_saw() -> None:
    shown = list(simulate_shown_galaxies(rows=2_000, seed=5))
    votes = list(simulate_sky_votes(rows=2_000, seed=5))
    for one, (ids, table) in zip(shown, votes, strict=True):
        assert one.spec_obj_id.equals(ids)
        assert one.votes.equals(table)
        assert len(one.labels) == len(one.r) == len(one.r90) == table.num_rows
        said = sum(a == b for a, b in zip(one.labels.to_pylist(), table["gz2_class"].to_pylist(), strict=True))
        assert 0 < said < table.num_rows  # volunteers miss the true label now and then


def test_pictures_are_drawn_once_and_listed_with_their_votes(tmp_path: Path) -> None:
    ids = [one.spec_obj_id.to_pylist() for one in simulate_shown_galaxies(rows=1_000, seed=5)]
    keys = [f"spec:{each.zfill(20)}" for some in ids for each in some][:20]
    objects = pa.table({"object_key": keys, "block": [f"cell:64:{at}" for at in range(len(keys))]})

    def make() -> object:
        return simulated_list(objects, rows=1_000, seed=5, store=tmp_path / "store", folder=tmp_path / "lists")

    found = make()
    files = sorted((tmp_path / "store").rglob("*.jpg"))
    times = [path.stat().st_mtime_ns for path in files]
    files[3].unlink()  # as if it had been stopped before
    assert make() == found
    assert sorted((tmp_path / "store").rglob("*.jpg")) == files
    assert sum(path.stat().st_mtime_ns == then for path, then in zip(files, times, strict=True)) == len(files) - 1
    rows = listing.read(found)  # type: ignore[arg-type]
    assert found.sky is Sky.SIMULATED  # type: ignore[attr-defined]
    assert rows.num_rows == len(keys) == len(files)
    assert rows["fractions"].null_count == 0
    assert set(rows["object_key"].to_pylist()) == set(keys)
    assert pq.read_schema(found.path).names == listing.SCHEMA.names  # type: ignore[attr-defined]
