"""constraints.txt resolves, wheels only, on every platform and Python that we support."""

from __future__ import annotations

import pytest

from benchmarks.pins import PLATFORMS, PYTHONS, resolve


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_pins_resolve(python: str, platform: str) -> None:
    answer = resolve(python, platform)
    assert answer.returncode == 0, answer.stderr
