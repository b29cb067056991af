"""Facts of runs that never happened, shaped like real ones, to render and check the report. Seeded, no files read."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cosmic import facts as f
from cosmic.facts.file import count_cells, write_array
from cosmic.reporting.best import best_per_arm
from cosmic.reporting.published import published_for, published_study

ARMS = ("published", "no-leak", "photometric", "photometric+shape")
MODELS = ("logistic", "decision_tree", "random_forest")
REBALANCING = ("none", "smote", "rarest")
CLASSES = {"superclass": ("galaxy", "quasar", "star"), "star": ("A", "B", "C", "D", "F", "G", "K", "M", "O", "d")}
SIZES = {"superclass": (52344, 18961, 30557), "star": (7441, 612, 233, 4102, 19876, 5123, 11044, 14876, 402, 389)}
QUALITY = {
    ("superclass", "published"): 0.972,
    ("superclass", "no-leak"): 0.905,
    ("superclass", "photometric"): 0.886,
    ("superclass", "photometric+shape"): 0.931,
    ("star", "published"): 0.985,
    ("star", "no-leak"): 0.752,
    ("star", "photometric"): 0.785,
}
FEATURES = {
    "published": ("redshift_log", "sum_ugriz", "u-r", "g-i", "r-z"),
    "no-leak": ("sum_ugriz", "u-r", "g-i", "r-z"),
    "photometric": ("u", "g", "r", "i", "z", "u-g", "g-r", "r-i", "i-z"),
    "photometric+shape": ("u", "g", "r", "i", "z", "u-g", "g-r", "r-i", "i-z", "psf-cmodel_r"),
}


def sample_facts(folder: Path, *, simulated: bool = False, first: bool = False, bare: bool = False) -> f.Facts:
    """Return facts whose arrays are in `folder`.

    Parameters
    ----------
    simulated : bool
        The simulated sky: ELODIE values are there, published figures are not.
    first : bool
        No run before this one.
    bare : bool
        A file that serves the superclass alone, without shape, positions and quarantine.
    """
    rng = np.random.default_rng(20261123)
    results = _results(rng, simulated=simulated, bare=bare)
    best = best_per_arm(results)
    tasks = ("superclass",) if bare else ("superclass", "star")
    n = sum(SIZES["superclass"])
    quarantined = 0 if bare else 41
    sky, new = (None, None) if bare else _sky(rng, folder)
    names = ("simulated sky",) if simulated else ("spectra.csv.gz",)
    return f.Facts(
        seed=0,
        run=f.Run(
            id="20261123T064112Z-3f9c", date="2026-11-23", started="2026-11-23T06:41:12Z",
            finished="2026-11-23T06:47:15Z", total_s=363.2, minutes=6.05,
            command="python -m flows.full_pipeline --source simulated --seed 0" if simulated
            else "python -m flows.full_pipeline --source files --path spectra.csv.gz",
            citation="Cosmic 0.1.0, run 20261123T064112Z-3f9c, snapshot 7f3a91c2. Data: Sloan Digital Sky Survey.",
            cosmic="0.1.0", database="sqlite", catalogue="4be0f8f8-9c1e-4f6e-9b53-0d7f4a3e2a10", runner="local",
            new_objects=n if first else 12406, sky_new=None if first else new, steps_cached=0, steps_run=81,
            models=(f.SavedModel(task="superclass", arm="photometric", file="models/9ab41e/model.skops",
                                 sha256="9ab41e" + "0d" * 29),),
            previous=None if first else _previous(),
        ),
        machine=f.Machine(cores=2, memory_mb=7936.0, system="Linux x86_64", python="3.11.7",
                          versions={"numpy": "2.4.6", "scikit-learn": "1.9.1", "pyarrow": "26.0.1"}),
        source=f.Source(kind="simulated" if simulated else "files", simulated=simulated, names=names, system="model",
                        unit="magnitude", rows=n + quarantined, seed=0 if simulated else None,
                        columns={"redshift": "z", "ra": "alpha"},
                        pages=(f.PageFacts(name=names[0], sha256="c1" * 32, kind="csv", size=8123456,
                                           rows=n + quarantined),)),
        ingest=f.IngestFacts(rows=n + quarantined, valid=n, quarantined=quarantined,
                             inserted=n if first else 12406, updated=0 if first else 310,
                             unchanged=0 if first else n - 12716,
                             reasons={} if bare else {"i: sentinel -9999": 38, "redshift above 8": 2,
                                                      "class: unknown string 'GALXY'": 1}),
        snapshot=f.SnapshotFacts(id="7f3a91c2" + "5e" * 28, rows=n, system="model",
                                 sky="simulated" if simulated else "real"),
        split=f.SplitFacts(name="sky", salt="cosmic-1", nside=64, parts=_parts(n)),
        class_counts={task: dict(zip(CLASSES[task], SIZES[task], strict=True)) for task in tasks},
        dropped_classes={} if bare else {"star": {"L": 61, "T": 12}},
        labels=tuple(_labels(task) for task in tasks),
        results=results, best=best,
        selections=tuple(_selections(rng, results, best)),
        hierarchy=() if bare else tuple(_hierarchy(best)),
        coverage=tuple(f.Coverage(task=task, column="r", unit="mag", lo=14.62, hi=21.04, n_test=20372, n_catalogue=n,
                                  n_below=411, n_above=1873) for task in tasks),
        sky=sky,
        published_study=() if simulated else published_study(),
        notes=(f.Note(text="Magnitudes are taken as modelMag: the file names them u g r i z."),),
    )  # fmt: skip


def _results(rng: np.random.Generator, *, simulated: bool, bare: bool) -> tuple[f.Result, ...]:
    found: list[f.Result] = []
    for task, arm in product(("superclass", "star"), ARMS):
        reason = _reason(task, arm, simulated=simulated, bare=bare)
        if reason:
            found.append(f.Result(task=task, arm=arm, not_run=reason))
            continue
        for model, rebalancing in product(MODELS, REBALANCING):
            found.append(_result(rng, task, arm, model, rebalancing, simulated=simulated))
    found.append(f.Result(task="galaxy", arm="published", not_run="no Galaxy Zoo 2 labels in this catalogue"))
    found.append(f.Result(task="galaxy-image", arm="published", not_run="no images were given"))
    return tuple(found)


def _reason(task: str, arm: str, *, simulated: bool, bare: bool) -> str | None:
    if task == "star" and bare:
        return "no subClass column: spectra.csv.gz has no star types"
    if task == "star" and arm == "published" and not simulated:
        return "no ELODIE columns: elodie_bv, elodie_teff and elodie_feh are not in spectra.csv.gz"
    if arm == "photometric+shape" and (bare or task == "star"):
        return "no shape columns: neither psfMag with cModelMag or modelMag, nor probPSF"
    return None


def _result(
    rng: np.random.Generator, task: str, arm: str, model: str, rebalancing: str, *, simulated: bool
) -> f.Result:
    quality = QUALITY[task, arm] - {"logistic": 0.06, "decision_tree": 0.02, "random_forest": 0.0}[model]
    quality -= {"none": 0.0, "smote": 0.004, "rarest": 0.02}[rebalancing]
    sizes = np.array(SIZES[task])
    test = _scores(rng, CLASSES[task], sizes // 5, quality)
    features = FEATURES[arm] + (
        ("elodie_bv", "elodie_teff", "elodie_feh") if (task, arm) == ("star", "published") else ()
    )
    weights = np.sort(rng.dirichlet(np.ones(len(features)) * 0.7))[::-1]
    forest = {"n_estimators": 50, "max_depth": 10, "criterion": "entropy", "bootstrap": True}
    settings: dict[str, dict[str, f.Setting]] = {
        "logistic": {"C": float("inf"), "max_iter": 50},
        "decision_tree": {"criterion": "entropy", "max_depth": 10, "min_samples_split": 10},
        "random_forest": forest,
    }
    return f.Result(
        task=task, arm=arm, model=model, rebalancing=rebalancing, split="sky", seed=0, features=features,
        hyperparameters=settings[model], n_train=int(sizes.sum() * 0.6), n_validation=int((sizes // 5).sum()),
        n_test=int((sizes // 5).sum()), fit_s=float(rng.uniform(0.4, 9)), predict_s=float(rng.uniform(0.01, 0.3)),
        peak_mb=float(rng.uniform(200, 500)), train=_scores(rng, CLASSES[task], sizes * 3 // 5, quality + 0.01),
        validation=_scores(rng, CLASSES[task], sizes // 5, quality), test=test,
        published=published_for(task, model) if arm == "published" and not simulated else None,
        holdout=(f.Holdout(path="later.csv", sha256="ab" * 32, n=1200,
                           **dict(_scores(rng, CLASSES[task], sizes // 80, quality - 0.01))),)
        if (model, rebalancing, arm) == ("random_forest", "none", "photometric") else (),
        importance_kind="permutation",
        importance=tuple(f.Importance(feature=name, value=float(w * 0.4), spread=float(w * 0.02))
                         for name, w in zip(features, weights, strict=True)),
        tree=_tree(rng, features, CLASSES[task], int(sizes.sum() * 0.6), 3) if model == "decision_tree" else None,
    )  # fmt: skip


def _scores(rng: np.random.Generator, labels: tuple[str, ...], sizes: NDArray[np.int64], quality: float) -> f.Scores:
    k = len(labels)
    counts = np.zeros((k, k), dtype=int)
    for row, size in enumerate(sizes):
        near = np.exp(-np.abs(np.arange(k) - row) / 1.5) * np.sqrt(sizes / sizes.max())
        near[row] = 0
        hit = max(0.05, quality - 0.35 * (1 - size / sizes.max()) * (1 - quality))
        counts[row] = rng.multinomial(
            size, [*(hit if j == row else (1 - hit) * near[j] / near.sum() for j in range(k))]
        )
    n = counts.sum()
    hits = np.diag(counts)
    precision, recall = hits / np.maximum(counts.sum(0), 1), hits / counts.sum(1)
    f1 = 2 * hits / (counts.sum(0) + counts.sum(1))
    share = counts.sum(1) / n
    top = float(share.max())
    figures = {
        "accuracy": float(hits.sum() / n), "precision": float(share @ precision), "recall": float(share @ recall),
        "f1": float(share @ f1), "f1_macro": float(f1.mean()), "balanced_accuracy": float(recall.mean()),
    }  # fmt: skip
    half = 1.6 * np.sqrt(quality * (1 - quality) / n)
    return f.Scores(
        **figures, majority=top, majority_f1=top * 2 * top / (1 + top), majority_f1_macro=2 * top / (1 + top) / k,
        per_class={label: f.ClassScore(precision=float(precision[i]), recall=float(recall[i]), f1=float(f1[i]),
                                       n=int(counts[i].sum())) for i, label in enumerate(labels)},
        interval={name: (value - half * (3 if "macro" in name or "balanced" in name else 1),
                         min(1.0, value + half * (3 if "macro" in name or "balanced" in name else 1)))
                  for name, value in figures.items()},
        confusion=f.Confusion(labels=labels, counts=tuple(tuple(int(c) for c in row) for row in counts)),
    )  # fmt: skip


def _tree(
    rng: np.random.Generator, features: tuple[str, ...], labels: tuple[str, ...], n: int, depth: int
) -> f.TreeNode:
    label, share = str(rng.choice(labels)), float(rng.uniform(0.5, 0.99))
    if depth == 0:
        return f.TreeNode(label=label, n=n, share=share)
    left = int(n * rng.uniform(0.3, 0.7))
    children = tuple(_tree(rng, features, labels, size, depth - 1) for size in (left, n - left))
    return f.TreeNode(label=label, n=n, share=share, feature=str(rng.choice(features)),
                      threshold=float(rng.normal(1.4, 0.8)), children=children)  # fmt: skip


def _parts(n: int) -> dict[f.Part, f.Portion]:
    train, validation = int(n * 0.594), int(n * 0.201)
    sizes: dict[f.Part, int] = {"train": train, "validation": validation, "test": n - train - validation}
    return {part: f.Portion(n=size, share=size / n) for part, size in sizes.items()}


def _labels(task: str) -> f.LabelFacts:
    return f.LabelFacts(
        task=task, rule="class" if task == "superclass" else "star letter of subClass",
        min_class_size=None if task == "superclass" else 200,
        parts={label: _parts(n) for label, n in zip(CLASSES[task], SIZES[task], strict=True)},
        excluded={} if task == "superclass" else {"CV": 12, "no subClass": 1204},
    )  # fmt: skip


def _selections(rng: np.random.Generator, results: tuple[f.Result, ...], best: tuple[f.Best, ...]) -> list[f.Selection]:
    found = []
    for entry in best:
        if entry.arm not in ("photometric", "published"):
            continue
        test = results[entry.result].test
        for i, label in enumerate(CLASSES[entry.task]):
            n = SIZES[entry.task][i] // 5
            completeness = float(rng.uniform(0.55, 0.98))
            if label == "O":
                found.append(f.Selection(task=entry.task, arm=entry.arm, label=label, result=entry.result, n=n,
                                         not_run="no threshold reaches the target on validation"))  # fmt: skip
                continue
            curve = []
            for lo in np.arange(15.0, 22.5, 0.75):
                size = int(n / 10 * np.exp(-((lo - 19) ** 2) / 6)) + 2
                value = float(
                    np.clip(completeness + 0.1 - 0.5 / (1 + np.exp(21 - lo)) * (1.2 - completeness) * 3, 0, 1)
                )
                half = 1.0 / np.sqrt(size + 4)
                curve.append(f.CurveBin(r_lo=float(lo), r_hi=float(lo) + 0.75, n=size, n_selected=int(size * value),
                                        completeness=value, purity=0.95,
                                        interval={"completeness": (max(0.0, value - half), min(1.0, value + half))}))  # fmt: skip
            assert test is not None
            found.append(f.Selection(
                task=entry.task, arm=entry.arm, label=label, result=entry.result,
                threshold=float(rng.uniform(0.4, 0.9)), completeness=completeness, purity=0.951,
                validation_completeness=completeness + 0.004, validation_purity=0.95, n=n,
                n_selected=int(n * completeness / 0.951), curve=tuple(curve),
                interval={"completeness": (completeness - 0.01, completeness + 0.01), "purity": (0.944, 0.957)},
            ))  # fmt: skip
    return found


def _hierarchy(best: tuple[f.Best, ...]) -> list[f.Hierarchy]:
    index = {(entry.task, entry.arm): entry.result for entry in best}
    found = []
    for arm in ARMS:
        if ("superclass", arm) not in index or ("star", arm) not in index:
            found.append(f.Hierarchy(arm=arm, not_run="no star model in this arm"))
            continue
        nodes = [f.HierarchyNode(task=task, result=index[task, arm]) for task in ("superclass", "star")]
        nodes.append(f.HierarchyNode(task="galaxy", not_run="no Galaxy Zoo 2 labels in this catalogue"))
        found.append(f.Hierarchy(arm=arm, nodes=tuple(nodes), precision=0.871, recall=0.866, f=0.8685, n=20372,
                                 interval={"f": (0.864, 0.873)}))  # fmt: skip
    return found


def _previous() -> f.Previous:
    same = {"n": 17893, "f1_before": 0.9143, "f1_now": 0.9121, "difference": -0.0022, "interval": (-0.0041, -0.0002)}
    return f.Previous(
        id="20261122T064003Z-77aa", date="2026-11-22", snapshot="1b00c4d9" + "77" * 28, objects_new=12406,
        objects_changed_class=310, objects_changed=310, labels_changed=0, features_changed=0, quarantined_before=29,
        comparisons=(f.Comparison(task="superclass", arm="photometric", **same),
                     f.Comparison(task="star", arm="photometric", n=9023, f1_before=0.79, f1_now=0.794,
                                  difference=0.004, interval=(-0.001, 0.009)),
                     f.Comparison(task="star", arm="published", n=0, not_run="no star model before")),
    )  # fmt: skip


def _sky(rng: np.random.Generator, folder: Path) -> tuple[f.SkyMap, f.ArrayFile]:
    """A footprint like the survey's: a northern cap and three southern stripes, in nested HEALPix cells."""
    from astropy import units
    from astropy_healpix import HEALPix

    cap = np.stack([rng.uniform(115, 255, 60000), np.degrees(np.arcsin(rng.uniform(-0.05, 0.87, 60000)))])
    stripes = np.stack([rng.uniform(-50, 55, 9000), rng.choice([-9.0, 0.0, 14.0], 9000) + rng.normal(0, 1.1, 9000)])
    lon, lat = np.concatenate([cap, stripes], axis=1)
    grid = HEALPix(nside=64, order="nested")
    cells = np.asarray(grid.lonlat_to_healpix(lon * units.deg, lat * units.deg), dtype=np.int64)
    test = cells[(cells * 2654435761 % 1000) < 205]
    fresh = cells[(lon % 360 > 150) & (lon % 360 < 178)]
    sky = f.SkyMap(
        nside=64, catalogue=write_array(count_cells(cells), folder), test=write_array(count_cells(test), folder),
        quarantined=write_array(count_cells(rng.choice(cells, 41)), folder), n_catalogue=len(cells),
        n_quarantined=41, n_test=len(test), n_without_position=0,
    )  # fmt: skip
    return sky, write_array(count_cells(fresh), folder)
