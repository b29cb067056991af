"""How the survey is asked: as often a minute as the limit lets, again as the settings say, and with an alert."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import StateType

from cosmic.errors import ContractViolation, PermanentSourceError, SuspiciousResponse, TransientSourceError
from cosmic.home import Home
from cosmic.records import Sky
from cosmic.skyserver.client import Service
from cosmic.skyserver.plan import Request
from cosmic.skyserver.work import Wanted
from tasks import survey
from tasks.policies import asks_survey
from tasks.turns import take_turn
from tests.skyserver.faults import Fault, Wrong
from tests.skyserver.server import serve
from tests.skyserver.sources import simulated_spectra


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give a function that sets COSMIC_* variables, past what this machine has."""
    for name in [name for name in os.environ if name.startswith("COSMIC_")]:
        monkeypatch.delenv(name)

    def put(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"COSMIC_{name.upper()}", str(value))

    return put


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.parametrize("modules", [(), ("cosmic.skyserver.pull",)], ids=["a census", "a pull"])
@pytest.mark.parametrize(
    ("retries", "error", "attempts"),
    [
        (2, TransientSourceError, 3),
        (0, TransientSourceError, 1),
        (2, PermanentSourceError, 1),
        (2, SuspiciousResponse, 1),
    ],
)
def test_only_what_passes_is_asked_again_as_often_as_the_settings_say(
    settings: Callable[..., None], retries: int, error: type[Exception], attempts: int, modules: tuple[str, ...]
) -> None:
    settings(retries=retries, retry_seconds=0)
    asked: list[int] = []

    @task(**asks_survey(*modules))
    def ask(at: str) -> None:
        asked.append(1)
        raise error("no answer")

    @flow
    def one() -> State[None]:
        return ask(f"{time.time_ns()}", return_state=True)  # type: ignore[no-any-return, call-overload]

    assert one(return_state=True).type is StateType.FAILED
    assert len(asked) == attempts


def test_pauses_double_up_to_ten_minutes_and_vary(settings: Callable[..., None]) -> None:
    settings(retries=10, retry_seconds=3)
    line = asks_survey()
    assert line["retry_delay_seconds"][:4] == [3, 6, 12, 24]
    assert line["retry_delay_seconds"][-1] == 600
    assert line["retry_jitter_factor"] > 0


def test_after_so_many_minutes_nothing_is_asked_again(settings: Callable[..., None]) -> None:
    settings(retry_minutes=5)
    worth_it = asks_survey()["retry_condition_fn"]

    class Run:
        def __init__(self, minutes: float) -> None:
            self.start_time = datetime.now(UTC) - timedelta(minutes=minutes)

    failed: State[None] = State(type=StateType.FAILED, data=TransientSourceError("no answer"))
    assert worth_it(None, Run(4.9), failed)
    assert not worth_it(None, Run(5.1), failed)


@pytest.mark.usefixtures("prefect_server")
def test_all_workers_together_never_ask_more_often_than_the_limit_has_it() -> None:
    a_minute, workers, each = 600, 4, 4
    survey.set_limit(a_minute)
    turns: list[float] = []

    def worker() -> None:
        for _ in range(each):
            take_turn(survey.LIMIT)
            turns.append(time.monotonic())

    threads = [threading.Thread(target=worker) for _ in range(workers)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    turns.sort()
    assert len(turns) == workers * each
    window, most = 1.0, 1.0 * a_minute / 60 * 60 / 57  # as 60 a minute are allowed where 57 are set
    fullest = max(sum(start <= turn < start + window for turn in turns) for start in turns)
    assert fullest <= most + 1
    assert turns[-1] - turns[0] >= 0.9 * (len(turns) - 1) * 60 / a_minute


@pytest.mark.usefixtures("prefect_server")
def test_the_limit_is_one_turn_that_comes_back_after_a_while() -> None:
    survey.set_limit(57)
    with get_client(sync_client=True) as client:
        limit = client.read_global_concurrency_limit_by_name(survey.LIMIT)
    assert (limit.limit, limit.slot_decay_per_second) == (1, pytest.approx(57 / 60))


def alerts_on_the_server() -> list[dict[str, Any]]:
    with get_client(sync_client=True) as client:
        asked = {"filter": {"event": {"name": ["cosmic.suspicious-response"]}}}
        found: list[dict[str, Any]] = client.request("POST", "/events/filter", json=asked).json()["events"]
        return found


@pytest.mark.usefixtures("prefect_server")
def test_what_cannot_be_right_raises_an_alert_and_keeps_the_page(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", Sky.REAL)
    with serve(simulated_spectra(100, seed=3), faults=[Fault(Wrong.CAPPED, rows=2), Fault(Wrong.EMPTY)]) as found:
        survey.set_limit(600)
        with pytest.raises(SuspiciousResponse, match="it is not whole"):
            survey.census.fn(Request(), service=Service(found.url), folder=tmp_path)
        counted = survey.census.fn(Request(), service=Service(found.url), folder=tmp_path)
        with pytest.raises(SuspiciousResponse, match="no rows at all"):
            survey.compare.fn(Request(), counted, home=home, wanted=Wanted())
    assert len(list(tmp_path.glob("*.csv"))) == 2
    end = time.monotonic() + 30
    while len(sent := [one for one in alerts_on_the_server() if found.url in one["payload"]["why"]]) < 2:
        assert time.monotonic() < end, f"{len(sent)} of 2 alerts came to the server"
        time.sleep(0.1)
    assert {one["payload"]["what"] for one in sent} == {"DR17 default"}
    assert {one["resource"]["prefect.resource.id"] for one in sent} == {"cosmic.survey.17.default"}


def test_answers_that_broke_their_contract_are_asked_for_anew_and_others_are_gone_on_with(tmp_path: Path) -> None:
    home = Home(tmp_path, Sky.REAL)
    first, other = survey.moment(home, "DR17 default"), survey.moment(home, "DR16 default")
    with pytest.raises(TransientSourceError), survey.noting_refusals(home, "DR17 default"):
        raise TransientSourceError("the database went away")
    assert survey.moment(home, "DR17 default") == first
    with pytest.raises(ContractViolation), survey.noting_refusals(home, "DR17 default"):
        raise ContractViolation("a page broke its contract:\n- all of it")
    assert survey.moment(home, "DR17 default") != first
    assert survey.moment(home, "DR16 default") == other
