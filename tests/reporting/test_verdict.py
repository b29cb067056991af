"""The verdict and the things to know follow from the facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic import facts as f
from cosmic.reporting.best import HONEST, best_of
from cosmic.reporting.shown import plain
from cosmic.reporting.verdict import things_to_know, verdict
from tests.reporting.sample_facts import sample_facts


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> f.Facts:
    return sample_facts(tmp_path_factory.mktemp("real"))


def _with_test(facts: f.Facts, task: str, **figures: object) -> f.Facts:
    """The facts with other figures for the shown model without a spectrum."""
    index = best_of(facts, task, HONEST)
    assert index is not None
    results = list(facts.results)
    test = results[index].test
    assert test is not None
    results[index] = results[index].model_copy(update={"test": test.model_copy(update=figures)})
    return facts.model_copy(update={"results": tuple(results)})


def _titles(facts: f.Facts) -> list[str]:
    return [thing.title for thing in things_to_know(facts, 99)]


def test_a_good_model_holds_and_a_weak_one_reaches_only(real: f.Facts) -> None:
    said = plain(verdict(_with_test(_with_test(real, "superclass", f1_macro=0.912), "star", f1_macro=0.633)))
    assert said.startswith("Superclass holds at a macro F1 of 0.912 without a spectrum (three classes, n\u00a020,371)")
    assert "the star letter reaches only 0.633 (ten letters, n\u00a012,815)" in said


@pytest.mark.parametrize(
    ("n_test", "sizes", "few"),
    [
        (12, {"F": 6, "K": 6}, True),
        (400, {"F": 391, "K": 9}, True),
        (400, {"F": 400}, True),
        (400, {"F": 380, "K": 20}, False),
    ],
)
def test_nothing_is_said_to_hold_on_few_objects(n_test: int, sizes: dict[str, int], few: bool, real: f.Facts) -> None:
    classes = {label: f.ClassScore(f1=1.0, n=n) for label, n in sizes.items()}
    facts = _with_test(real, "star", f1_macro=1.0, per_class=classes, interval={})
    index = best_of(facts, "star", HONEST)
    results = list(facts.results)
    results[index or 0] = results[index or 0].model_copy(update={"n_test": n_test})
    said = plain(verdict(facts.model_copy(update={"results": tuple(results)})))
    number = "one letter" if len(sizes) == 1 else "two letters"
    expected = (
        f"cannot be judged ({number}, n\u00a0{n_test}: too few to say)"
        if few
        else f"holds at 1.000 ({number}, n\u00a0{n_test})"
    )
    assert f"the star letter {expected}" in said


def _selection(index: int, label: str, completeness: float | None, *bins: tuple[float, int, float]) -> f.Selection:
    curve = tuple(
        f.CurveBin(r_lo=lo, r_hi=lo + 0.5, n=n, n_selected=n, completeness=value,
                   interval={"completeness": (max(0.0, value - 0.1), min(1.0, value + 0.1))})
        for lo, n, value in bins
    )  # fmt: skip
    return f.Selection(task="superclass", arm=HONEST, label=label, result=index, completeness=completeness, n=900,
                       curve=curve, interval={"completeness": (0.1, 0.9)})  # fmt: skip


def _weakest(facts: f.Facts, *selections: f.Selection) -> str:
    said = plain(verdict(facts.model_copy(update={"selections": selections})))
    return said.partition("; superclass: ")[2].partition(" 41 rows")[0]


def test_the_class_and_magnitudes_that_are_really_worst_are_named(real: f.Facts) -> None:
    index = best_of(real, "superclass", HONEST) or 0
    quasars = _selection(index, "quasar", 0.6, (19.0, 500, 0.7), (20.0, 200, 0.5), (21.0, 49, 0.0))
    stars = _selection(index, "star", 0.9, (19.0, 500, 0.95), (20.0, 61, 0.05))
    # not the class of the lowest completeness: the one that has the worst bin; a bin of 49 says nothing
    assert _weakest(real, quasars, stars) == (
        "least complete at 95 % purity: stars at r\u00a020.0–20.5, 5\u00a0% (0–15\u00a0%, n 61)."
    )
    near = _selection(index, "galaxy", 0.9, (20.0, 61, 0.04))  # the intervals overlap: the lower one is named
    assert "galaxies at r\u00a020.0–20.5, 4\u00a0%" in _weakest(real, stars, near)


def test_a_class_without_bins_counts_whole_and_one_that_cannot_be_selected_is_worst(real: f.Facts) -> None:
    index = best_of(real, "superclass", HONEST) or 0
    galaxies = _selection(index, "galaxy", 0.97, (19.0, 500, 0.95))
    quasars = _selection(index, "quasar", 0.28)
    assert (
        _weakest(real, galaxies, quasars) == "least complete at 95 % purity: quasars, 28\u00a0% (10–90\u00a0%, n 900)."
    )
    lost = quasars.model_copy(update={"completeness": None, "not_run": "no threshold is pure"})
    assert _weakest(real, galaxies, lost) == "no selection of quasars is 95 % pure on validation (n 900)."
    few = lost.model_copy(update={"n": 19})
    assert "galaxies" in _weakest(real, galaxies, few), "a class of 19 says nothing"


def test_without_selections_the_lowest_f1_is_named(real: f.Facts) -> None:
    scores = {
        "galaxy": f.ClassScore(f1=0.9, n=500),
        "star": f.ClassScore(f1=0.7, n=80),
        "quasar": f.ClassScore(f1=0.1, n=3),
    }
    assert _weakest(_with_test(real, "superclass", per_class=scores)) == "the lowest F1 is that of stars, 0.700 (n 80)."


def test_no_better_than_the_majority_is_said_so(real: f.Facts) -> None:
    facts = _with_test(real, "superclass", f1_macro=0.24, interval={"f1_macro": (0.21, 0.27)}, majority_f1_macro=0.22)
    assert "Superclass is no better than always answering the largest class: macro F1 0.240" in plain(verdict(facts))


@pytest.mark.parametrize(
    ("n", "said"),
    [(0, "No row was quarantined."), (1, "1 row was quarantined."), (1041, "1,041 rows were quarantined.")],
)
def test_quarantine_closes_the_verdict(n: int, said: str, real: f.Facts) -> None:
    facts = real.model_copy(update={"ingest": real.ingest.model_copy(update={"quarantined": n})})
    assert plain(verdict(facts)).endswith(said)


def test_a_simulated_sky_is_named_first(tmp_path: Path) -> None:
    assert plain(verdict(sample_facts(tmp_path, simulated=True))).startswith("On a simulated sky, superclass holds")


def _without_models(facts: f.Facts, *results: f.Result) -> str:
    gone = {"results": results, "best": (), "selections": (), "hierarchy": (), "arms": ()}
    return plain(verdict(facts.model_copy(update=gone)))


def test_without_a_model_the_verdict_gives_the_reason(real: f.Facts) -> None:
    reason = "no class labels: neither class nor subClass is in rows.csv"
    found = _without_models(real, f.Result(task="superclass", arm=HONEST, not_run=reason))
    assert found == f"No model could be trained: {reason}. 41 rows were quarantined."


def test_without_a_model_each_task_gives_its_own_reason(real: f.Facts) -> None:
    galaxy = f.Result(task="galaxy", arm="published", not_run="no galaxy labels")
    assert _without_models(real, galaxy).startswith("No model could be trained: no galaxy labels. ")
    small = [f.Result(task=task, arm=HONEST, not_run="no class has 9000 objects") for task in ("superclass", "star")]
    assert _without_models(real, *small, galaxy).startswith(
        "No model could be trained: superclass, star letter: no class has 9000 objects; galaxy (table): no galaxy labels. "
    )


def test_a_run_of_another_arm_alone_says_that_this_one_was_not_asked_for(real: f.Facts) -> None:
    results = tuple(r for r in real.results if r.arm == "published")
    best = tuple(b.model_copy(update={"result": 0}) for b in real.best if b.arm == "published")
    gone = {"results": results, "best": best, "selections": (), "hierarchy": (), "arms": ()}
    said = plain(verdict(real.model_copy(update=gone)))
    assert said.startswith("No model works without a spectrum: ")
    assert "this run was not asked for" in said


def test_a_file_of_stars_alone_is_judged_by_its_stars(real: f.Facts) -> None:
    facts = real.model_copy(update={"best": tuple(b for b in real.best if b.task == "star")})
    assert plain(verdict(facts)).startswith("Star letter reaches only a macro F1 of 0.652 without a spectrum")


def test_redshift_is_a_leak_only_where_it_clearly_helps(real: f.Facts) -> None:
    assert "Redshift decides the class" in _titles(real)
    published, without = best_of(real, "superclass", "published"), best_of(real, "superclass", "no-leak")
    assert published is not None
    assert without is not None
    results = list(real.results)
    results[published] = results[published].model_copy(update={"test": results[without].test})
    assert "Redshift decides the class" not in _titles(real.model_copy(update={"results": tuple(results)}))


def test_arms_of_different_objects_are_compared_on_common_ones_or_not_at_all(real: f.Facts) -> None:
    index = best_of(real, "superclass", "published") or 0
    results = list(real.results)
    results[index] = results[index].model_copy(update={"n_test": 718})
    unequal = real.model_copy(update={"results": tuple(results)})
    assert "Redshift decides the class" not in _titles(unequal)
    pair = f.ArmPair(task="superclass", arm="no-leak", other="published", n=700, f1=0.9, f1_other=0.97,
                     difference=-0.07, interval=(-0.08, -0.06))  # fmt: skip
    thing = next(t for t in things_to_know(unequal.model_copy(update={"arms": (pair,)}), 99) if "Redshift" in t.title)
    assert plain(thing.text).startswith(
        "the study's inputs reach weighted F1 0.970, and 0.900 without redshift, on the same 700 test objects."
    )
    unclear = pair.model_copy(update={"interval": (-0.1, 0.01)})
    assert "Redshift decides the class" not in _titles(unequal.model_copy(update={"arms": (unclear,)}))


def test_a_worse_model_and_warnings_come_first_and_three_are_shown(real: f.Facts) -> None:
    warned = real.model_copy(update={"notes": (f.Note(level="warning", text="Two magnitude systems were offered"),)})
    titles = [thing.title for thing in things_to_know(warned)]
    assert titles == ["Superclass got worse", "Warning", "Redshift decides the class"]


def test_a_difference_whose_interval_holds_zero_is_no_loss(real: f.Facts) -> None:
    assert real.run.previous is not None
    loss = real.run.previous.comparisons[0].model_copy(update={"interval": (-0.004, 0.001)})
    run = real.run.model_copy(update={"previous": real.run.previous.model_copy(update={"comparisons": (loss,)})})
    assert "Superclass got worse" not in _titles(real.model_copy(update={"run": run}))


def test_a_model_of_other_classes_than_before_did_not_get_worse(real: f.Facts) -> None:
    assert real.run.previous is not None
    assert "Superclass got worse" in _titles(real)
    other = real.run.previous.model_copy(update={"classes_new": {"superclass": ("quasar",)}})
    run = real.run.model_copy(update={"previous": other})
    assert "Superclass got worse" not in _titles(real.model_copy(update={"run": run}))


def test_dropped_classes_are_named_up_to_a_bound(real: f.Facts) -> None:
    dropped = {"galaxy": {f"S{i}": i for i in range(9)}}
    thing = next(
        t for t in things_to_know(real.model_copy(update={"dropped_classes": dropped}), 99) if "dropped" in t.title
    )
    assert plain(thing.text).count("(") == 6
    assert plain(thing.text).endswith("and more, listed below.")


def test_few_test_objects_many_lost_rows_unequal_arms_and_memory_are_told(real: f.Facts) -> None:
    assert "Class C is rare" in _titles(real)
    lost = real.ingest.model_copy(update={"quarantined": real.ingest.rows // 50})
    assert "Many rows were quarantined" in _titles(real.model_copy(update={"ingest": lost}))
    index = best_of(real, "superclass", "published")
    assert index is not None
    results = list(real.results)
    results[index] = results[index].model_copy(update={"n_test": 999})
    assert "The arms of superclass saw different objects" in _titles(
        real.model_copy(update={"results": tuple(results)})
    )
    assert "The superclass model knows its training part by heart" in _titles(_with_test(real, "superclass", f1=0.7))


def test_the_half_per_cent_beyond_any_test_part_is_nothing_to_know(real: f.Facts) -> None:
    assert "The faint end is hardly tested" in _titles(real)
    bright = tuple(each.model_copy(update={"n_above": each.n_catalogue // 200}) for each in real.coverage)
    assert "The faint end is hardly tested" not in _titles(real.model_copy(update={"coverage": bright}))


def test_an_arm_whose_objects_are_drawn_has_fewer_on_purpose(real: f.Facts) -> None:
    index = best_of(real, "superclass", "photometric")
    assert index is not None
    drawn = real.results[index].model_copy(update={"arm": "magnitude-matched", "n_test": 999})
    best = f.Best(task="superclass", arm="magnitude-matched", result=len(real.results), model="", rebalancing="")
    facts = real.model_copy(update={"results": (*real.results, drawn), "best": (*real.best, best)})
    assert "The arms of superclass saw different objects" not in _titles(facts)
