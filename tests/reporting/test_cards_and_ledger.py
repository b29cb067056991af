"""Cards and ledger: the honest arm large, published marks on the real sky alone, reasons where nothing was run."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic import facts as f
from cosmic.reporting.best import best_of, best_per_arm
from cosmic.reporting.cards import IF_LABELLED, NODES, cards
from cosmic.reporting.ledger import beside, findings
from cosmic.reporting.published import published_for, published_study
from cosmic.reporting.shown import plain
from tests.reporting.sample_facts import sample_facts


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> f.Facts:
    return sample_facts(tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> f.Facts:
    return sample_facts(tmp_path_factory.mktemp("simulated"), simulated=True)


def _result(rebalancing: str, validation: float | None, test: float) -> f.Result:
    return f.Result(task="star", arm="photometric", model="logistic", rebalancing=rebalancing,
                    validation=None if validation is None else f.Scores(f1=validation), test=f.Scores(f1=test))  # fmt: skip


def test_the_best_model_is_chosen_by_validation_and_the_first_of_equals() -> None:
    results = [_result("none", None, 0.99), _result("smote", 0.8, 0.1), _result("rarest", 0.8, 0.9)]
    assert best_per_arm(results) == (
        f.Best(task="star", arm="photometric", result=1, model="logistic", rebalancing="smote"),
    )


def test_every_node_has_a_card_and_says_why_it_was_not_run(real: f.Facts) -> None:
    found = {card.node: card for card in cards(real)}
    assert tuple(found) == tuple(node for node in NODES if node not in IF_LABELLED)
    assert str(found["superclass"].headline) == "0.862"
    assert found["superclass"].not_run is None
    assert str(found["galaxy"].not_run) == "no Galaxy Zoo 2 labels in this catalogue"
    star = [plain(row.text) for row in found["star"].rows]
    assert any(text.startswith("same inputs as published not run: no ELODIE columns") for text in star)


def test_a_node_that_the_study_lacks_has_a_card_only_where_objects_have_its_labels(real: f.Facts) -> None:
    labelled = real.model_copy(update={"class_counts": {**real.class_counts, "galaxy-spectral": {"AGN": 5, "none": 7}}})
    (card,) = (card for card in cards(labelled) if card.node == "galaxy-spectral")
    assert card.rows == ()  # nothing was published
    assert card.not_run is not None
    assert len(cards(labelled)) == len(cards(real)) + 1


def test_an_arm_that_was_not_asked_for_is_said_to_be_so(real: f.Facts) -> None:
    asked = tuple(result for result in real.results if (result.task, result.arm) != ("superclass", "published"))
    facts = real.model_copy(update={"results": asked, "best": best_per_arm(asked)})
    card = next(card for card in cards(facts) if card.node == "superclass")
    assert "same inputs as published not run: this run was not asked for it" in [plain(row.text) for row in card.rows]
    claim = findings(facts)[0]
    assert (claim.verdict, plain(claim.why)) == ("not tested", "this run was not asked for it")


def test_an_arm_without_one_of_the_classes_is_no_equal_of_the_published_figure(real: f.Facts) -> None:
    lacking = tuple(
        result.model_copy(update={"dropped_classes": {"quasar": 12}})
        if (result.task, result.arm) == ("superclass", "published") and result.test
        else result
        for result in real.results
    )
    facts = real.model_copy(update={"results": lacking})
    assert {row.same for row in beside(facts) if facts.published_study[row.study].task == "superclass"} == {None}


def test_a_node_that_no_fact_mentions_still_says_why(real: f.Facts) -> None:
    facts = real.model_copy(update={"results": real.results[:-1]})
    assert str(cards(facts)[-1].not_run) == "this run was not asked for it: --task galaxy-image"


def test_published_marks_stand_on_the_real_sky_alone(real: f.Facts, simulated: f.Facts) -> None:
    def kinds(facts: f.Facts) -> set[str]:
        strips = [mark.kind for card in cards(facts) for strip in card.strips for mark in strip.marks]
        return {*strips, *(row.kind for card in cards(facts) for row in card.rows)}

    assert "published" in kinds(real)
    assert "published" not in kinds(simulated)
    assert "same" in kinds(simulated)


def test_macro_figures_have_no_published_mark(real: f.Facts) -> None:
    strips = {strip.figure: strip for strip in cards(real)[0].strips}
    assert "published" not in {mark.kind for mark in strips["macro F1"].marks}
    assert "published" in {mark.kind for mark in strips["weighted F1"].marks}


def test_the_published_mark_passes_over_figures_that_are_something_else(real: f.Facts) -> None:
    galaxy = next(card for card in cards(real) if card.node == "galaxy")
    assert [str(row.number) for row in galaxy.rows] == ["0.284"]  # not 0.341, a training score
    assert [plain(row.text) for row in galaxy.rows] == ["published weighted F1"]


def test_a_published_figure_of_other_classes_says_so(real: f.Facts) -> None:
    superclass, star = cards(real)[:2]
    assert (superclass.classes, star.classes) == ("three classes", "ten letters")
    said = {card.node: [plain(row.text) for row in card.rows if row.kind == "published"] for card in (superclass, star)}
    assert said == {
        "superclass": ["published"],
        "star": ["published, other classes: A F G K M"],
    }


def test_shape_beside_other_objects_gives_its_own_n_or_common_figures(real: f.Facts) -> None:
    def own_row(facts: f.Facts) -> str:
        return plain(cards(facts)[0].rows[0].text)

    shape = best_of(real, "superclass", "photometric+shape")
    assert shape is not None
    assert cards(real)[0].key == "weighted F1"
    assert own_row(real) == "this arm; with shape 0.924"
    results = list(real.results)
    results[shape] = results[shape].model_copy(update={"n_test": 718})
    other = real.model_copy(update={"results": tuple(results)})
    assert own_row(other) == "this arm; with shape 0.924 (n 718)"
    pair = f.ArmPair(task="superclass", arm="photometric+shape", other="photometric", n=700, f1=0.93, f1_other=0.9)
    assert own_row(other.model_copy(update={"arms": (pair,)})) == "this arm; with shape 0.930 (0.900 without, n 700)"


def test_a_leak_is_not_judged_on_different_objects(real: f.Facts) -> None:
    index = best_of(real, "superclass", "published") or 0
    results = list(real.results)
    results[index] = results[index].model_copy(update={"n_test": 718})
    found = findings(real.model_copy(update={"results": tuple(results)}))[1]
    assert (found.verdict, found.ours) == ("not tested", None)
    assert "different objects" in plain(found.why)
    pair = f.ArmPair(task="superclass", arm="published", other="no-leak", n=0, not_run="no object has both")
    found = findings(real.model_copy(update={"results": tuple(results), "arms": (pair,)}))[1]
    assert plain(found.why) == "with and without redshift: no object has both"


def test_a_simulated_sky_has_no_ledger(simulated: f.Facts) -> None:
    assert findings(simulated) == ()
    assert beside(simulated) == ()


def test_the_ledger_says_what_became_of_each_claim(real: f.Facts) -> None:
    verdicts = [each.verdict for each in findings(real)]
    assert verdicts == [
        "lower here",
        "holds, as a leak",
        "new here",
        "holds",
        "not tested",
        "not tested",
        "new here",
        "not tested",
    ]
    not_tested = findings(real)[4]
    assert str(not_tested.published) == "0.997"
    assert "no ELODIE columns" in plain(not_tested.why)


@pytest.mark.parametrize(("f1", "verdict"), [(0.9991, "reproduced"), (0.98, "lower here")])
def test_a_figure_near_the_published_one_is_reproduced(f1: float, verdict: str, real: f.Facts) -> None:
    index = best_of(real, "superclass", "published")
    assert index is not None
    results = list(real.results)
    results[index] = results[index].model_copy(
        update={"test": f.Scores(f1=f1, interval={"f1": (f1 - 0.001, f1 + 0.0005)})}
    )
    assert findings(real.model_copy(update={"results": tuple(results)}))[0].verdict == verdict
    two = {"galaxy": f.ClassScore(n=9), "star": f.ClassScore(n=9)}
    results[index] = results[index].model_copy(update={"test": f.Scores(f1=f1, per_class=two)})
    found = findings(real.model_copy(update={"results": tuple(results)}))[0]
    assert found.verdict == "other classes"
    assert "the study had three classes (galaxy, quasar, star), here they are two classes" in plain(found.why)


def test_published_rows_stand_beside_our_model_of_the_same_family(real: f.Facts) -> None:
    rows = {(real.published_study[row.study].task, real.published_study[row.study].model): row for row in beside(real)}
    assert {task for task, _ in rows} == {"superclass", "star"}
    forest = rows["superclass", "random_forest"]
    assert forest.same is not None
    assert (real.results[forest.same].arm, real.results[forest.same].model) == ("published", "random_forest")
    assert rows["superclass", "knn"].same is None
    assert rows["star", "decision_tree"].same is None
    assert rows["star", "decision_tree"].honest is not None


def test_the_published_table_is_whole() -> None:
    assert len(published_study()) == 23
    found = published_for("star", "decision_tree")
    assert found is not None
    assert (found.f1, found.run_time_s) == (0.9972, 2)
    assert published_for("star", "boosting") is None


def test_a_bare_file_gives_cards_and_ledger_too(tmp_path: Path) -> None:
    facts = sample_facts(tmp_path, bare=True, first=True)
    assert [card.not_run is None for card in cards(facts)] == [True, False, False, False]
    assert {each.verdict for each in findings(facts)} >= {"lower here", "not tested"}
