"""The page has words of its own for what it shows."""

from __future__ import annotations

from cosmic.records import Arm
from cosmic.reporting import words


def test_every_arm_has_a_name_and_a_short_one_of_its_own() -> None:
    for names in ([words.arm(arm) for arm in Arm], [words.arm_short(arm) for arm in Arm]):
        assert len(set(names)) == len(Arm)
    assert not {words.arm_short(arm) for arm in Arm} & set(Arm)
