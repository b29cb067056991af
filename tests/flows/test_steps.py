"""What the flow knows of its steps: their final states, the first failure, and how many were remembered."""

from __future__ import annotations

from typing import NoReturn

import pytest
from prefect import flow, task

from cosmic.errors import ConfigError
from flows.steps import Steps

pytestmark = pytest.mark.usefixtures("prefect_server")


@task
def double(number: int) -> int:
    return 2 * number


@task
def refuse(number: int) -> int:
    if number == 3:
        raise ConfigError("3 is too many")
    return number


def test_records_come_in_the_order_of_the_items() -> None:
    @flow
    def many() -> tuple[tuple[int, ...], int, int]:
        steps = Steps()
        return steps.many("doubling", range(12), double.submit), steps.run, steps.cached

    assert many() == (tuple(range(0, 24, 2)), 12, 0)


def test_final_states_are_known_without_asking_the_server_which_learns_of_them_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @flow
    def many() -> tuple[int, ...]:
        def no_question(**_: object) -> NoReturn:
            raise AssertionError("the server may still say PENDING of a step that has ended")

        steps = Steps()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("prefect.futures.get_client", no_question)
            return steps.many("doubling", range(12), double.submit)

    assert many() == tuple(range(0, 24, 2))


def test_the_first_failure_is_raised_as_it_was() -> None:
    @flow
    def many() -> None:
        Steps().many("refusing", range(6), refuse.submit)

    with pytest.raises(ConfigError, match="3 is too many"):
        many()


def test_nothing_to_do_is_done() -> None:
    assert Steps().many("resting", [], double.submit) == ()
