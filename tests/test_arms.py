"""A task has the arms that mean something for it."""

from __future__ import annotations

from cosmic.arms import ONLY_FOR, composable, has_arm, pairs_to_try, rebalancings
from cosmic.features import NotRun, choose
from cosmic.records import TABLE_TASKS, Arm, MagnitudeSystem, Rebalancing, Sky, Task
from tests.small_sky import small_rows


def test_a_run_that_asks_for_nothing_tries_every_arm_of_its_tasks_alone() -> None:
    pairs = pairs_to_try((), (), sky=Sky.REAL)
    assert (Task.GALAXY, Arm.MORPHOMETRIC) in pairs
    assert (Task.SUPERCLASS, Arm.MAGNITUDE_MATCHED) in pairs
    assert {arm for task, arm in pairs if task is Task.STAR} == set(Arm) - set(ONLY_FOR)
    assert all(has_arm(*pair) for pair in pairs)
    assert len(set(pairs)) == len(pairs)


def test_an_arm_that_a_task_has_not_says_so_where_nothing_else_was_asked_for() -> None:
    assert pairs_to_try((Task.STAR,), (Arm.MORPHOMETRIC,), sky=Sky.REAL) == [(Task.STAR, Arm.MORPHOMETRIC)]
    found = choose(small_rows(20), task=Task.STAR, arm=Arm.MORPHOMETRIC, system=MagnitudeSystem.MODEL)
    assert isinstance(found, NotRun)
    assert "galaxy alone" in found.reason


def test_on_a_simulated_sky_profiles_are_looked_at_where_they_are_asked_for() -> None:
    assert Arm.MORPHOMETRIC not in {arm for _, arm in pairs_to_try((), (), sky=Sky.SIMULATED)}
    assert pairs_to_try((), (Arm.MORPHOMETRIC,), sky=Sky.SIMULATED) == [(Task.GALAXY, Arm.MORPHOMETRIC)]


def test_hierarchies_are_of_arms_that_every_task_has() -> None:
    assert composable(pairs_to_try((), (), sky=Sky.REAL)) == [
        arm for arm in Arm if all(has_arm(task, arm) for task in TABLE_TASKS)
    ]


def test_classes_that_were_matched_are_not_rebalanced() -> None:
    assert rebalancings(Arm.MAGNITUDE_MATCHED) == (Rebalancing.NONE,)
    assert rebalancings(Arm.PHOTOMETRIC) == tuple(Rebalancing)
