"""Files of the dossier are named by what they hold, so that no other setting ever answers with a stale one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cosmic import artefacts
from cosmic.datasets import prepare
from cosmic.evaluation.dossier import BESIDE, Details, Pairs, compose, hold_out, keep, pair, score_fit
from cosmic.facts import Hierarchy, Holdout
from cosmic.models.fit import fit
from cosmic.models.persistence import read_card
from cosmic.records import (
    Arm,
    JudgedPage,
    Kept,
    MagnitudeSystem,
    Model,
    Page,
    PageId,
    Prepared,
    Rebalancing,
    Scored,
    Snapshot,
    SplitName,
    Task,
)
from tests.small_sky import small_rows, small_snapshot

MODEL = MagnitudeSystem.MODEL


@dataclass(frozen=True)
class Trained:
    """One fitted model with what it came from."""

    folder: Path
    snapshot: Snapshot
    prepared: Prepared
    scored: Scored

    def keep(self, *, resamples: int = 20, scored: Scored | None = None) -> Kept:
        return keep(
            scored or self.scored, self.prepared, snapshot=self.snapshot, resamples=resamples, seed=0,
            folder=self.folder / "models",
        )  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("dossier")
    snapshot = small_snapshot(folder)
    prepared = prepare(
        snapshot, task=Task.SUPERCLASS, arm=Arm.PHOTOMETRIC, split=SplitName.SKY, salt="cosmic", seed=0,
        min_class_size=5, filter="none", folder=folder,
    )  # fmt: skip
    fitted = fit(prepared, model=Model.DECISION_TREE, rebalancing=Rebalancing.NONE, seed=0, folder=folder / "fits")
    return Trained(folder, snapshot, prepared, score_fit(fitted, resamples=20, seed=0, folder=folder / "fits"))


def named_by_content(path: Path, kind: str) -> bool:
    return path.name == f"{kind}-{hashlib.sha256(path.read_bytes()).hexdigest()[:32]}.json"


def test_the_folder_of_a_kept_model_is_named_by_its_model_and_its_fit(trained: Trained) -> None:
    kept = trained.keep()
    assert kept.model.parent.name == f"{kept.sha256[:24]}-{trained.scored.fitted.id[:24]}"
    assert read_card(kept.card).digest == kept.sha256


def test_equal_models_of_other_data_do_not_share_a_folder(trained: Trained) -> None:
    first = trained.keep()
    other = replace(trained.scored, fitted=replace(trained.scored.fitted, id="f" * 64))
    second = trained.keep(scored=other)
    assert first.sha256 == second.sha256
    assert first.model.parent != second.model.parent
    assert artefacts.intact(first.model)
    assert artefacts.intact(second.model)


def test_details_of_other_settings_stand_beside_the_first(trained: Trained) -> None:
    first = trained.keep()
    before = first.details.read_bytes()
    second = trained.keep(resamples=40)
    assert first.details != second.details
    assert first.details.read_bytes() == before
    assert named_by_content(first.details, "details")
    assert named_by_content(second.details, "details")
    assert Details.model_validate_json(before).selections
    assert trained.keep().details == first.details


def test_a_hierarchy_after_another_filter_stands_beside_the_first(trained: Trained) -> None:
    kept = trained.keep()
    whole, bright = (
        compose(
            Arm.PHOTOMETRIC, [kept], [trained.prepared], snapshot=trained.snapshot, split=SplitName.SKY, salt="cosmic",
            seed=0, filter=name, resamples=20, folder=trained.folder / "models",
        )
        for name in ("none", "brightness")
    )  # fmt: skip
    found = [Hierarchy.model_validate_json(artefacts.check(one.path).read_bytes()) for one in (whole, bright)]
    assert whole.path != bright.path
    assert all(named_by_content(one.path, "hierarchy") for one in (whole, bright))
    assert (found[0].n or 0) > (found[1].n or 0) > 0


def test_a_second_question_about_galaxies_is_no_part_of_the_composed_paths(trained: Trained) -> None:
    kept = trained.keep()
    spectral = replace(kept, task=Task.GALAXY_SPECTRAL)
    alone, beside = (
        compose(
            Arm.PHOTOMETRIC, models, [trained.prepared], snapshot=trained.snapshot, split=SplitName.SKY, salt="cosmic",
            seed=0, filter="none", resamples=20, folder=trained.folder / "models",
        )
        for models in ([kept], [kept, spectral])
    )  # fmt: skip
    one, two = (Hierarchy.model_validate_json(artefacts.check(each.path).read_bytes()) for each in (alone, beside))
    assert (two.n, two.f, two.interval) == (one.n, one.f, one.interval)
    assert {node.task: node.not_run for node in two.nodes} == {
        "superclass": None, "galaxy-spectral": BESIDE[Task.GALAXY_SPECTRAL],
    }  # fmt: skip


def test_each_hold_out_file_has_a_file_of_its_own_and_trained_objects_are_no_part_of_it(trained: Trained) -> None:
    kept = trained.keep()
    own = small_rows()  # the very objects of the catalogue
    files = {"own.csv": own, "half.csv": own.slice(0, 300)}
    found = {}
    for name, rows in files.items():
        path = artefacts.write(trained.folder / f"{name}.parquet", lambda part, rows=rows: pq.write_table(rows, part))
        page = Page(PageId(name), path, path, f"/data/{name}", "files", 1)
        judged = JudgedPage(page, path, path, path, rows.num_rows, rows.num_rows, 0, {}, MODEL, "contract")
        held = hold_out(kept, judged, snapshot=trained.snapshot, resamples=20, seed=0, folder=trained.folder / "models")
        assert named_by_content(held.path, "holdout")
        found[name] = Holdout.model_validate_json(artefacts.check(held.path).read_bytes())
    whole = found["own.csv"]
    n_train = read_card(kept.card).n_train
    assert (whole.n_trained_on, whole.n) == (n_train, own.num_rows - n_train)
    assert found["half.csv"].n_rows == 300
    assert found["half.csv"].n != whole.n


def test_the_arms_of_a_task_are_written_by_content_too(trained: Trained) -> None:
    paired = pair(
        Task.SUPERCLASS, [trained.keep()], [trained.prepared], resamples=20, seed=0, folder=trained.folder / "models"
    )
    assert named_by_content(paired.path, "arms")
    pairs = Pairs.model_validate_json(artefacts.check(paired.path).read_bytes()).pairs
    assert pairs
    assert all(one.not_run for one in pairs)
