"""A turn is waited for as long as the limit says, and hardly longer where the Prefect server is busy."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest
from prefect import flow, task

from cosmic.errors import ConfigError
from tasks import survey, turns


@pytest.mark.usefixtures("prefect_server")
def test_a_server_that_notes_the_states_of_tasks_costs_no_seconds_of_pause_a_turn() -> None:
    """On SQLite nearly every turn that a task takes at its start meets a busy server; Prefect alone waits 2 s each."""
    survey.set_limit(60_000)
    took: list[float] = []

    @task
    def asks(number: int) -> int:
        started = time.monotonic()
        turns.take_turn(survey.LIMIT)
        took.append(time.monotonic() - started)
        return number

    @flow
    def one() -> None:
        for number in range(6):
            asks(number)

    one()
    assert sorted(took)[len(took) // 2] < 1.2, took


def paused(asked: httpx.Request, code: int, **headers: str) -> str | None:
    answer = httpx.Response(code, request=asked, headers=headers)
    asyncio.run(turns._name_a_pause(answer))
    return answer.headers.get("Retry-After")


def test_the_pauses_that_a_busy_server_gets_grow_and_others_say_their_own() -> None:
    asked = httpx.Request("POST", "http://127.0.0.1/increment")
    pauses = [float(paused(asked, 503) or 0) for _ in range(5)]
    assert pauses == pytest.approx([0.1, 0.4, 1.6, 6.4, 25.6])
    assert paused(asked, 503, **{"Retry-After": "7"}) == "7"
    assert paused(asked, 423, **{"Retry-After": "3"}) == "3"
    assert paused(asked, 200) is None


@pytest.mark.usefixtures("prefect_server")
def test_a_limit_that_is_not_there_lets_nobody_through() -> None:
    with pytest.raises(ConfigError, match="no limit 'cosmic-nothing'"):
        turns.take_turn("cosmic-nothing")
