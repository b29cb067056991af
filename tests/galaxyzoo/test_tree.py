"""The decision tree hangs together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cosmic.galaxyzoo.tree import ANSWERS, ARTEFACT, FIRST, STEMS, TASKS, reached_through


def paths(task: int | None = FIRST, so_far: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Yield every way through the tree, as columns of answers."""
    if task is None:
        yield so_far
        return
    for answer in TASKS[task].answers:
        yield from paths(answer.leads_to, (*so_far, answer.column))


WAYS = tuple(paths())


def test_there_are_37_answers_to_11_tasks_and_no_answer_35() -> None:
    assert len(ANSWERS) == len(set(STEMS)) == 37
    assert [len(task.answers) for task in TASKS.values()] == [3, 2, 2, 2, 4, 2, 3, 7, 3, 3, 6]
    assert {answer.number for answer in ANSWERS} == set(range(1, 39)) - {35}
    assert [task.name for task in TASKS.values()][4:6] == ["bulge_prominence", "odd"]


def test_the_answers_of_a_task_follow_each_other() -> None:
    together = [answer for task in TASKS.values() for answer in ANSWERS[task.columns]]
    assert together == list(ANSWERS)
    assert all(answer.task == number for number, task in TASKS.items() for answer in task.answers)


def test_every_way_ends_with_an_artefact_or_with_what_is_odd() -> None:
    assert {ANSWERS[way[-1]].number for way in WAYS} == {3, 15, 19, 20, 21, 22, 23, 24, 38}
    assert all(ARTEFACT not in way[1:] for way in WAYS)


@pytest.mark.parametrize("number", TASKS)
def test_the_answers_that_a_task_is_reached_through_are_those_that_every_way_to_it_has(number: int) -> None:
    before = [set(way[:place]) for way in WAYS for place, column in enumerate(way) if ANSWERS[column].task == number]
    assert before
    assert set(reached_through(number)) == set.intersection(*before)
