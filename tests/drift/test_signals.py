"""What people are told of a comparison, and which rows a model has not seen."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from cosmic.alerts.judging import judge
from cosmic.alerts.records import Kind, Severity
from cosmic.drift import arrived, compare, signals
from cosmic.facts.drift import DriftFacts, DriftVerdict
from tests.drift.made import fainter, made, put

REFERENCE = made(2000, seed=1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def facts(verdict: DriftVerdict, *, tests: int = 9) -> DriftFacts:
    return DriftFacts(
        n_new=7, n_reference=9, n_known=7, n_new_sky=0, n_new_magnitudes=0, n_unplaced=0, alpha=0.001, least=30,
        tests=tests, verdict=verdict, summary=f"{verdict}: something.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "severity", "advice"),
    [
        (DriftVerdict.WATCH, Severity.WARNING, "Look at"),
        (DriftVerdict.RETRAIN, Severity.ERROR, "Train again"),
        (DriftVerdict.STOP, Severity.CRITICAL, "Do not train"),
    ],
)
def test_the_verdict_gives_the_severity_and_the_advice(verdict: DriftVerdict, severity: Severity, advice: str) -> None:
    (signal,) = signals(facts(verdict), table="objects", link="page.html", source="state")
    assert (signal.check, signal.table, signal.failing, signal.severity) == ("drift", "objects", True, severity)
    assert advice in signal.summary
    assert (signal.rows, signal.link, signal.source) == (7, "page.html", "state")


def test_a_sound_night_closes_the_incident_and_one_that_says_nothing_leaves_it_open() -> None:
    night = compare(fainter(made(1000, seed=2), "i", 0.15), REFERENCE)
    (opened,) = judge(signals(night, table="objects"), {}, now=NOW)
    assert (opened.kind, opened.incident.severity) == (Kind.OPENED, Severity.CRITICAL)
    known = {("drift", "objects"): opened.incident}
    (closed,) = judge(signals(facts(DriftVerdict.FINE), table="objects"), known, now=NOW)
    assert closed.kind is Kind.RECOVERED
    assert (
        signals(facts(DriftVerdict.FINE, tests=0), table="objects") == ()
    )  # there were rows, and none could be judged


def test_rows_that_are_new_or_have_other_values_have_arrived_and_the_others_not() -> None:
    more = made(50, seed=3)
    changed = put(REFERENCE, "g", [*REFERENCE["g"].to_pylist()[:1999], 17.0])
    gone = put(changed, "psf_r", [None, *REFERENCE["psf_r"].to_pylist()[1:]])
    keys = arrived(pa.concat_tables([gone, more]), REFERENCE)["object_key"].to_pylist()
    assert set(keys) == {"pmf:1-55000-0", "pmf:1-55000-1999", *more["object_key"].to_pylist()}
    assert arrived(REFERENCE, REFERENCE).num_rows == 0
    assert arrived(more, REFERENCE.slice(0, 0)).num_rows == 50
