"""Expected warnings are silent while anyone expects them, in any order of leaving, and loud again afterwards."""

from __future__ import annotations

import contextlib
import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning

from cosmic.models.quiet import unconverged_is_no_warning


def test_two_that_overlap_are_both_silent_and_the_last_restores_the_filters() -> None:
    before = list(warnings.filters)
    first, second = contextlib.ExitStack(), contextlib.ExitStack()
    first.enter_context(unconverged_is_no_warning())
    second.enter_context(unconverged_is_no_warning())
    first.close()
    warnings.warn("stopped early", ConvergenceWarning, stacklevel=1)
    with pytest.raises(UserWarning, match="something else"):
        warnings.warn("something else", UserWarning, stacklevel=1)
    second.close()
    assert list(warnings.filters) == before
    with pytest.raises(ConvergenceWarning):
        warnings.warn("stopped early", ConvergenceWarning, stacklevel=1)
