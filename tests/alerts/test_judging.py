"""Signals open, escalate and close incidents: each once, whatever the order in which they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cosmic.alerts.judging import judge
from cosmic.alerts.records import Incident, Kind, Severity, Signal

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

signals = st.builds(
    Signal, check=st.sampled_from(["late", "colours"]), table=st.sampled_from(["objects", "votes"]), failing=st.booleans(),
    severity=st.sampled_from(Severity), source=st.sampled_from([None, "a", "b"]),
)  # fmt: skip


@given(st.lists(st.lists(signals, max_size=5), max_size=12))
def test_every_incident_is_opened_once_recovers_once_and_only_gets_worse(batches: list[list[Signal]]) -> None:
    known: dict[tuple[str, str], Incident] = {}
    told: list[tuple[str, str, int, str]] = []
    for at, batch in enumerate(batches):
        for change in judge(batch, known, now=NOW + timedelta(hours=at)):
            one = change.incident
            before = known.get((one.check, one.table))
            if change.kind is Kind.OPENED:
                assert before is None or before.recovered is not None
                assert one.number == (before.number + 1 if before else 1)
            else:
                assert before is not None
                assert before.recovered is None
                assert one.severity.rank >= before.severity.rank
                assert one.times >= before.times
                assert (change.kind is Kind.ESCALATED) == (one.severity.rank > before.severity.rank)
                assert (change.kind is Kind.RECOVERED) == (one.recovered is not None)
            if change.kind in (Kind.OPENED, Kind.RECOVERED):
                told.append((one.check, one.table, one.number, change.kind))
            known[one.check, one.table] = one
        failing = {(signal.check, signal.table) for signal in batch if signal.failing}
        heard = {(signal.check, signal.table) for signal in batch}
        for name in heard:
            assert (known[name].recovered is None if name in known else False) == (name in failing)
    assert len(told) == len(set(told))


def test_the_same_failing_source_counts_once_and_another_one_again() -> None:
    opened = judge([Signal("late", "retrain", True, source="a")], {}, now=NOW)[0].incident
    again = judge([Signal("late", "retrain", True, source="a")], {("late", "retrain"): opened}, now=NOW)[0]
    assert (again.kind, again.incident.times) == (Kind.SEEN, 1)
    other = judge([Signal("late", "retrain", True, source="b")], {("late", "retrain"): opened}, now=NOW)[0]
    assert (other.kind, other.incident.times) == (Kind.SEEN, 2)


def test_of_several_signals_of_one_check_the_worst_counts() -> None:
    found = judge(
        [Signal("c", "t", False), Signal("c", "t", True, Severity.ERROR), Signal("c", "t", True, Severity.WARNING)],
        {},
        now=NOW,
    )
    assert [(one.kind, one.incident.severity) for one in found] == [(Kind.OPENED, Severity.ERROR)]
