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
    assert said.startswith("Superclass holds at a macro F1 of 0.912 without a spectrum")
    assert "the star letter reaches only 0.633" in said


def test_the_weakest_class_is_named_with_the_magnitude_where_it_fails(real: f.Facts) -> None:
    index = best_of(real, "superclass", HONEST)
    curve = tuple(
        f.CurveBin(r_lo=lo, r_hi=lo + 1, n=n, n_selected=n, completeness=value)
        for lo, n, value in ((18.0, 500, 0.95), (19.0, 500, 0.9), (20.0, 200, 0.5), (21.0, 100, 0.2), (22.0, 3, 1.0))
    )
    selection = f.Selection(task="superclass", arm=HONEST, label="quasar", result=index or 0, completeness=0.8, n=1303,
                            curve=curve)  # fmt: skip
    facts = real.model_copy(update={"selections": (selection,)})
    assert "; quasars fainter than r\u00a0=\u00a020.0 are the weak spot." in plain(verdict(facts))
    flat = selection.model_copy(update={"curve": curve[:2]})
    assert "; quasars are the weak spot." in plain(verdict(real.model_copy(update={"selections": (flat,)})))


def test_no_better_than_the_majority_is_said_so(real: f.Facts) -> None:
    facts = _with_test(real, "superclass", f1_macro=0.24, interval={"f1_macro": (0.21, 0.27)}, majority_f1_macro=0.22)
    assert "Superclass is no better than always answering the largest class (macro F1 0.240)" in plain(verdict(facts))


@pytest.mark.parametrize(
    ("n", "said"),
    [(0, "No row was quarantined."), (1, "1 row was quarantined."), (1041, "1,041 rows were quarantined.")],
)
def test_quarantine_closes_the_verdict(n: int, said: str, real: f.Facts) -> None:
    facts = real.model_copy(update={"ingest": real.ingest.model_copy(update={"quarantined": n})})
    assert plain(verdict(facts)).endswith(said)


def test_a_simulated_sky_is_named_first(tmp_path: Path) -> None:
    assert plain(verdict(sample_facts(tmp_path, simulated=True))).startswith("On a simulated sky, superclass holds")


def test_without_a_model_the_verdict_gives_the_reason(real: f.Facts) -> None:
    reason = "no class labels: neither class nor subClass is in rows.csv"
    facts = real.model_copy(
        update={
            "results": (f.Result(task="superclass", arm=HONEST, not_run=reason),),
            "best": (), "selections": (), "hierarchy": (),
        }
    )  # fmt: skip
    assert plain(verdict(facts)) == f"No model could be trained: {reason}. 41 rows were quarantined."


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


def test_a_worse_model_and_warnings_come_first_and_three_are_shown(real: f.Facts) -> None:
    warned = real.model_copy(update={"notes": (f.Note(level="warning", text="Two magnitude systems were offered"),)})
    titles = [thing.title for thing in things_to_know(warned)]
    assert titles == ["Superclass got worse", "Warning", "Redshift decides the class"]


def test_a_difference_whose_interval_holds_zero_is_no_loss(real: f.Facts) -> None:
    assert real.run.previous is not None
    loss = real.run.previous.comparisons[0].model_copy(update={"interval": (-0.004, 0.001)})
    run = real.run.model_copy(update={"previous": real.run.previous.model_copy(update={"comparisons": (loss,)})})
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
