"""A file from elsewhere: every row counts under one heading, and what the model was trained on is no part of its score."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cosmic.columns import BANDS
from cosmic.datasets import Dataset, prepare
from cosmic.errors import NotServable
from cosmic.evaluation.holdout import demand_one_system, score_holdout
from cosmic.facts import Holdout
from cosmic.models.fit import fit
from cosmic.models.persistence import TrainedModel, load
from cosmic.records import Arm, JudgedPage, MagnitudeSystem, Model, Page, PageId, Rebalancing, SplitName, Task
from tests.small_sky import replace, small_rows, small_snapshot

NONE = small_rows(1).slice(1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    folder = tmp_path_factory.mktemp("holdout")
    prepared = prepare(
        small_snapshot(folder, small_rows(500)), task=Task.SUPERCLASS, arm=Arm.PUBLISHED, split=SplitName.SKY,
        salt="cosmic", seed=0, min_class_size=5, filter="none", folder=folder,
    )  # fmt: skip
    assert prepared.path is not None
    assert Dataset.load(prepared.path).card.labels == ("galaxy", "quasar", "star")
    return load(
        fit(prepared, model=Model.DECISION_TREE, rebalancing=Rebalancing.NONE, seed=0, folder=folder / "fits").model
    )


def judged(
    rows: int = 0, *, refused: int = 0, system: MagnitudeSystem = MagnitudeSystem.MODEL, name: str = "held.csv"
) -> JudgedPage:
    here = Path("/nowhere")
    page = Page(PageId("ab" * 32), here / name, here / "manifest.json", f"/data/{name}", "files", 1)
    return JudgedPage(page, here, here, here, rows + refused, rows, refused, {}, system, "c")


def elsewhere(n: int = 200, **options: Any) -> pa.Table:
    """Return rows that no model here was trained on, without the catalogue's blocks."""
    rows = small_rows(n, seed=8, **options).drop_columns(["block"])
    return replace(rows, "object_key", [f"pmf:{9000 + at}-55000-1" for at in range(n)])


def held(
    trained: TrainedModel, rows: pa.Table, *, known: pa.Table = NONE, filter: str = "none", refused: int = 0
) -> Holdout:
    found = score_holdout(
        trained, rows, judged(rows.num_rows, refused=refused), trained_on=known, filter=filter, resamples=100
    )
    assert found.n + found.n_trained_on + found.n_excluded + found.n_quarantined == found.n_rows
    assert found.n_excluded == sum(found.excluded.values())
    return found


def test_rows_are_scored_where_they_have_a_known_label_and_every_value(trained: TrainedModel) -> None:
    rows = elsewhere()
    rows = replace(rows, "redshift", [None, *rows["redshift"].to_pylist()[1:]])
    rows = replace(rows, "class", [*rows["class"].to_pylist()[:-2], None, None]).drop_columns(["subclass"])
    found = held(trained, rows, refused=7)
    assert (found.n, found.n_rows, found.n_quarantined) == (197, 207, 7)
    assert found.excluded == {"no label": 2, "lacks a value": 1}
    assert found.accuracy is not None
    assert found.accuracy > 0.8
    assert found.majority is not None
    assert found.log_loss is not None
    assert found.interval["accuracy"][0] <= found.accuracy
    assert found.not_run is None


def test_another_magnitude_system_is_refused(trained: TrainedModel) -> None:
    with pytest.raises(NotServable, match="cmodel"):
        score_holdout(trained, elsewhere(), judged(200, system=MagnitudeSystem.CMODEL), trained_on=NONE, filter="none")


def test_rows_without_a_label_have_no_scores(trained: TrainedModel) -> None:
    found = held(trained, elsewhere(20, without=("class", "subclass")))
    assert (found.n, found.f1, found.interval) == (0, None, {})
    assert found.not_run is not None
    assert "no row has a label" in found.not_run


def test_the_filter_of_the_run_cuts_the_file_too(trained: TrainedModel) -> None:
    rows = elsewhere()
    bright = sum(r - 0.1 < 17 for r in rows["r"].to_pylist())
    found = held(trained, rows, filter="brightness")
    assert found.n == bright < 200
    assert found.excluded == {"filter brightness": 200 - bright}


def test_a_filter_without_its_columns_in_the_file_is_a_reason(trained: TrainedModel) -> None:
    found = held(trained, elsewhere(), filter="petro_r90")
    assert (found.n, found.f1) == (0, None)
    assert found.excluded == {"filter petro_r90 cannot be applied": 200}
    assert found.not_run is not None
    assert "petro_r90_r" in found.not_run


@pytest.mark.parametrize("by", ["key", "magnitudes", "position", "exposure"])
def test_objects_that_the_model_was_trained_on_are_left_out_and_counted(trained: TrainedModel, by: str) -> None:
    rows = elsewhere()
    known = rows.slice(0, 60)
    if by != "key":
        known = replace(known, "object_key", [f"row:{at}" for at in range(60)])
    if by != "magnitudes":  # other photometry of the same objects
        for band in BANDS:
            known = replace(known, band, [value + 0.01 for value in known[band].to_pylist()])
    if by == "position":
        rows = placed(rows, np.arange(200) / 2, np.full(200, 5.0))
        known = placed(known, np.arange(60) / 2 + 0.3 / 3600, np.full(60, 5.0))
    if by == "exposure":
        for name in ("plate", "mjd", "fiberid"):
            rows = replace(rows, name, list(range(300, 500)))
            known = replace(known, name, list(range(300, 360)))
    found, alone = held(trained, rows, known=known), held(trained, rows.slice(60))
    assert (found.n, found.n_trained_on) == (140, 60)
    assert (found.f1, found.confusion) == (alone.f1, alone.confusion)


def test_a_file_of_nothing_but_trained_objects_is_a_reason(trained: TrainedModel) -> None:
    rows = elsewhere()
    found = held(trained, rows, known=rows)
    assert (found.n, found.n_trained_on, found.f1) == (0, 200, None)
    assert found.not_run == "every row that could be scored is an object that the model was trained on"


def test_intervals_resample_sky_cells_where_the_file_has_positions(trained: TrainedModel) -> None:
    # each object ten times at its place, as coarse observations of one region: ten rows are no ten witnesses
    once = elsewhere(60)
    once = replace(once, "redshift", np.roll(once["redshift"], 1).tolist())  # or no answer would be wrong
    rows = once.take(pa.array(np.repeat(np.arange(60), 10)))
    rows = replace(rows, "object_key", [f"pmf:{20000 + at}-55000-1" for at in range(600)])
    for band in BANDS:  # so that magnitudes do not join them
        rows = replace(rows, band, [value + 1e-4 * (at % 10) for at, value in enumerate(rows[band].to_pylist())])
    cells = placed(rows, np.repeat(np.arange(60) * 5.0, 10) + np.tile(np.arange(10) * 0.01, 60), np.full(600, 5.0))
    wide, narrow = held(trained, cells).interval["accuracy"], held(trained, rows).interval["accuracy"]
    assert wide[1] - wide[0] > 1.5 * (narrow[1] - narrow[0])


def test_scores_do_not_depend_on_the_order_of_rows(trained: TrainedModel) -> None:
    rows = elsewhere(100)
    assert held(trained, rows).f1 == held(trained, rows.take(pa.array(np.arange(100)[::-1]))).f1


def test_files_of_another_system_are_refused_before_training_by_name() -> None:
    ours = (judged(name="rows.csv"),)
    demand_one_system(ours, ())
    demand_one_system(ours, (judged(),))
    strange = [judged(name=f"held{at}.csv", system=MagnitudeSystem.PSF) for at in range(8)]
    with pytest.raises(NotServable, match=r"held0\.csv \(psf magnitudes\).* and 3 more .*model magnitudes.*rows\.csv"):
        demand_one_system(ours, (judged(), *strange))


def placed(rows: pa.Table, ra: np.ndarray, dec: np.ndarray) -> pa.Table:
    return replace(replace(rows, "ra", ra.tolist()), "dec", dec.tolist())


def test_a_file_is_drawn_equally_bright_for_a_model_of_equally_bright_classes(tmp_path: Path) -> None:
    prepared = prepare(
        small_snapshot(tmp_path, small_rows(600)), task=Task.SUPERCLASS, arm=Arm.MAGNITUDE_MATCHED, split=SplitName.SKY,
        salt="cosmic", seed=0, min_class_size=5, filter="none", folder=tmp_path,
    )  # fmt: skip
    fitted = fit(prepared, model=Model.DECISION_TREE, rebalancing=Rebalancing.NONE, seed=0, folder=tmp_path / "fits")
    found = held(load(fitted.model), elsewhere(400))
    assert found.n % 3 == 0
    assert {one.n for one in found.per_class.values()} == {found.n // 3}
    assert 0 < found.n < 400
    (why,) = found.excluded
    assert why.startswith("not drawn")
