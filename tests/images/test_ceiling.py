"""How far volunteers agree with themselves: on made galaxies whose truth is known, and on the real votes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from cosmic.errors import ConfigError
from cosmic.galaxyzoo.grammar import LABELS
from cosmic.galaxyzoo.soft import answer_probabilities
from cosmic.galaxyzoo.tree import COLUMN
from cosmic.galaxyzoo.volunteers import draw_counts, simulate_votes
from cosmic.galaxyzoo.votes import best_fractions, fraction_array
from cosmic.images.ceiling import answers_of, ceiling, of_images, redraw
from cosmic.images.data import LabelledImages
from cosmic.images.records import Scheme
from cosmic.images.rules import CLEAN, clean5, hubble14
from tests.galaxyzoo.real import TABLE5, needs_real_tables, votes

TEN = ("Er", "Ee", "Ec", "Ser", "Sen", "Sb", "Sc", "Sd", "SBb", "SBc")


def made(n: int, *, volunteers: int = 20, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return fractions and numbers of volunteers of simulated galaxies of all labels."""
    labels = np.random.default_rng(seed).choice(LABELS, n)
    table = simulate_votes(pa.array(labels.tolist()), seed=seed, volunteers=volunteers)
    return best_fractions(table), table["total_classifications"].to_numpy().astype(np.int64)


def sure(*answers: int) -> np.ndarray:
    """Return fractions of one galaxy whose volunteers all gave these answers, and the first one of every other task."""
    found = np.zeros((1, 37))
    for number in (1, 4, 6, 8, 10, 15, 16, 18 + 1, 25, 28, 31, *answers):
        found[0, COLUMN[number]] = 1.0
    return found


def test_volunteers_who_are_all_of_one_mind_agree_always() -> None:
    fractions = np.zeros((50, 37))
    fractions[:, [COLUMN[1], COLUMN[16], COLUMN[15]]] = 1.0
    found = ceiling(fractions, np.full(50, 20), scheme=Scheme.HUBBLE14, names=("Er",), draws=3, seed=0, source="made")
    assert found.overall == found.balanced == 1.0
    assert found.per_label == {"Er": 1.0}
    assert found.counts == {"Er": 50}


def test_a_tie_comes_out_again_half_of_the_time() -> None:
    fractions = np.zeros((400, 37))
    fractions[:, [COLUMN[1], COLUMN[15]]] = 1.0
    fractions[:, [COLUMN[16], COLUMN[17]]] = 0.5
    found = redraw(fractions, np.full(400, 101), scheme=Scheme.HUBBLE14, names=("Er", "Ee"), draws=20, seed=1)
    assert found.equal.sum() / found.drawn.sum() == pytest.approx(0.5, abs=0.03)


def test_the_corrected_figure_is_that_of_a_second_panel_and_the_observed_one_is_too_high() -> None:
    rng = np.random.default_rng(5)
    truth = answer_probabilities(rng.standard_gamma(np.full((3000, 37), 1.0)))
    asked = np.full(len(truth), 20)
    first, second = (hubble14(answers_of(draw_counts(truth, asked, rng))) for _ in range(2))
    fractions = answers_of(draw_counts(truth, asked, np.random.default_rng(8)))
    seen = hubble14(fractions)
    agree = float((first == second)[(first >= 0) & (second >= 0)].mean())
    ideal = float((seen == hubble14(truth))[(seen >= 0) & (hubble14(truth) >= 0)].mean())
    found = ceiling(fractions, asked, scheme=Scheme.HUBBLE14, names=LABELS, draws=5, seed=0, source="made")
    assert found.corrected == pytest.approx(agree, abs=0.03)
    assert found.endless == pytest.approx(ideal, abs=0.03)
    assert found.overall > agree + 0.05


def test_more_volunteers_agree_more_and_intervals_hold_the_figures() -> None:
    fractions, _ = made(600)
    few, many = (
        ceiling(fractions, np.full(600, n), scheme=Scheme.HUBBLE14, names=LABELS, draws=4, seed=0, source="made")
        for n in (10, 80)
    )
    assert many.overall > few.overall + 0.05
    for name in ("overall", "balanced", "corrected", "endless"):
        lo, hi = few.interval[name]
        assert lo <= getattr(few, name) <= hi


def test_the_same_seed_gives_the_same_ceiling_and_another_one_another() -> None:
    fractions, total = made(200)
    one, two, other = (
        ceiling(fractions, total, scheme=Scheme.HUBBLE14, names=LABELS, draws=2, seed=seed, source="made")
        for seed in (0, 0, 1)
    )
    assert one == two
    assert one.overall != other.overall


def test_galaxies_are_counted_by_number_of_volunteers_and_only_those_with_a_kept_label() -> None:
    fractions, _ = made(300)
    total = np.where(np.arange(300) < 100, 20, 50)
    fractions[7] = np.nan
    names = ("SBc", "Er")
    found = ceiling(fractions, total, scheme=Scheme.HUBBLE14, names=names, draws=2, seed=0, source="made")
    codes = hubble14(np.nan_to_num(fractions, nan=-1))
    codes[7] = -1
    wanted = {name: int((codes == LABELS.index(name)).sum()) for name in names}
    assert found.counts == wanted
    assert sum(part.n for part in found.by_votes) == found.n == sum(wanted.values())
    assert {(part.lo, part.hi) for part in found.by_votes} == {(15.0, 25.0), (45.0, 60.0)}


def test_debiasing_weighs_the_new_votes_as_it_weighed_the_old_ones() -> None:
    voted = np.zeros((300, 37))
    voted[:, [COLUMN[1], COLUMN[15]]] = 1.0
    voted[:, COLUMN[16]], voted[:, COLUMN[17]] = 0.6, 0.4
    debiased = voted.copy()
    debiased[:, COLUMN[16]], debiased[:, COLUMN[17]] = 0.4, 0.6
    given = {"scheme": Scheme.HUBBLE14, "names": ("Er", "Ee"), "draws": 10, "seed": 0}
    found = redraw(debiased, np.full(300, 40), voted=voted, **given)  # type: ignore[arg-type]
    assert (found.codes == 1).all()
    # Ee wins where fewer than 30 of 60 parts of weight are Er's: 24 x 2/3 against 16 x 3/2
    assert 0.85 < found.equal.sum() / found.drawn.sum() < 1.0


def test_clean_classes_are_those_above_their_thresholds() -> None:
    found = np.concatenate([sure(16), sure(17), sure(18), sure(2, 4), sure(2, 5, 8), np.full((1, 37), 0.3)])
    found[1:3, COLUMN[16]] = 0
    found[3:5, COLUMN[1]] = 0
    found[4, COLUMN[4]] = 0
    assert [CLEAN[code] if code >= 0 else None for code in clean5(found)] == [*CLEAN, None]


def test_labels_that_follow_from_no_rule_are_refused_in_words() -> None:
    fractions, total = made(20)
    with pytest.raises(ConfigError, match="do not follow"):
        ceiling(fractions, total, scheme=Scheme.GIVEN, names=("a",), seed=0, source="made")
    with pytest.raises(ConfigError, match="no label XYZ"):
        ceiling(fractions, total, scheme=Scheme.HUBBLE14, names=("XYZ",), seed=0, source="made")


def test_images_with_votes_have_a_ceiling_and_a_share_each_and_images_without_have_none() -> None:
    table = simulate_votes(pa.array(["Er", "Sc"] * 50), seed=3)
    labels = hubble14(best_fractions(table))
    rows = np.flatnonzero(np.isin(labels, (0, 8)))
    known = pa.table(
        {
            "fractions": table["debiased_fractions"],
            "total_classifications": table["total_classifications"],
            "block": [f"nested64:{at // 4}" for at in range(100)],
        }
    )
    data = LabelledImages(
        pixels=np.zeros((100, 1, 1, 3), np.uint8), rows=rows, codes=(labels[rows] == 8).astype(np.int64),
        part=np.zeros(len(rows), np.int8), names=("Er", "Sc"), table=known.take(pa.array(rows)),
    )  # fmt: skip
    found = of_images(data, scheme=Scheme.HUBBLE14, draws=3, seed=0, source="made")
    assert found is not None
    assert found[0].n == len(rows)
    assert found[1].shape == rows.shape
    assert found[1].mean() == pytest.approx(found[0].overall, abs=0.05)
    assert (
        of_images(replace(data, table=known.select(["block"])), scheme=Scheme.HUBBLE14, seed=0, source="made") is None
    )
    assert of_images(data, scheme=Scheme.GIVEN, seed=0, source="made") is None


@needs_real_tables
def test_real_votes_of_stripe_82_agree_on_four_fifths_of_ten_labels_at_twenty_volunteers() -> None:
    table = votes(TABLE5).table.slice(0, 2000)
    fractions, voted = best_fractions(table), fraction_array(table, "weighted_fractions")
    shares = {}
    for asked in (20, 44):
        found = ceiling(
            fractions, np.full(len(fractions), asked), scheme=Scheme.HUBBLE14, names=TEN, draws=3, seed=0,
            source="table 5", voted=voted,
        )  # fmt: skip
        shares[asked] = (found.overall, found.balanced)
        assert found.corrected is not None
        assert found.endless is not None
        assert found.corrected < min(found.endless, found.overall)
    assert shares[20] == pytest.approx((0.80, 0.73), abs=0.03)
    assert shares[44] == pytest.approx((0.85, 0.79), abs=0.03)
