"""The choice is made on validation, and the first of equals wins."""

from __future__ import annotations

import pytest

from cosmic.evaluation.choice import best_on_validation


@pytest.mark.parametrize(
    ("figures", "chosen"),
    [([0.2, 0.9, 0.9, 0.1], 1), ([None, 0.0, None], 1), ([None, None], None), ([], None), ([0.3, None], 0)],
)
def test_the_highest_figure_wins_and_the_first_of_equals(figures: list[float | None], chosen: int | None) -> None:
    assert best_on_validation(figures) == chosen
