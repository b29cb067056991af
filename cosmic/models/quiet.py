"""Expected warnings of a fit, silenced for as long as someone expects them. Hides nothing: callers record what happened.

Python's warning filters belong to the whole process, so threads that enter and leave in any order would restore each
other's. The first to enter sets the filter and the last to leave lifts it.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator


class _Quiet:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.filters: warnings.catch_warnings[None] | None = None


_quiet = _Quiet()


@contextlib.contextmanager
def unconverged_is_no_warning() -> Iterator[None]:
    """Let solvers that stop early stay silent while anyone is inside; their attributes still say that they did."""
    from sklearn.exceptions import ConvergenceWarning

    with _quiet.lock:
        _quiet.inside += 1
        if _quiet.filters is None:
            _quiet.filters = warnings.catch_warnings()
            _quiet.filters.__enter__()
            warnings.simplefilter("ignore", ConvergenceWarning)
    try:
        yield
    finally:
        with _quiet.lock:
            _quiet.inside -= 1
            if not _quiet.inside and _quiet.filters is not None:
                _quiet.filters.__exit__(None, None, None)
                _quiet.filters = None
