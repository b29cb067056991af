"""Which of several models is kept and shown: the best on validation. Never looks at a test score."""

from __future__ import annotations

from collections.abc import Sequence


def best_on_validation(figures: Sequence[float | None]) -> int | None:
    """Return the index of the highest weighted F1 on validation, the first of equals; None where there is no figure."""
    known = [at for at, figure in enumerate(figures) if figure is not None]
    return max(known, key=lambda at: (figures[at], -at), default=None)
